// SPDX-License-Identifier: Apache-2.0
#include "history_ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/str.h"
#include "hostnetd/time.h"

#define LIMIT 1000000
#define MINUTE_NS (60 * HN_NSEC_PER_SEC)
#define DAY_NS (86400 * HN_NSEC_PER_SEC)

#define DAY_TEXT 10    /* "2026-11-24" */
#define MINUTE_TEXT 17 /* "2026-11-24T20:31Z" */

/* What stands for a span: it is made whole, and is a time then or none. */
static bool read_short(const char *text, size_t form, const char *rest, struct hn_wall *ret)
{
	char whole[32];

	if (strlen(text) != form)
		return false;
	snprintf(whole, sizeof(whole), "%.*s%s", form == MINUTE_TEXT ? MINUTE_TEXT - 1 : DAY_TEXT, text, rest);
	return (form == DAY_TEXT || text[MINUTE_TEXT - 1] == 'Z') && hn_wall_parse(whole, ret) == 0;
}

/* "24h" (ago), "2026-11-24T20:31:07.123456Z", "2026-11-24T20:31Z", "2026-11-24": the end of a span is all of that minute, or day. */
static int read_time(const char *option, const char *text, bool is_end, struct hn_wall *ret,
		     struct hn_reason *reason)
{
	int64_t ago;

	if (!text || hn_wall_parse(text, ret) == 0)
		return 0;
	if (hn_duration_parse(text, &ago) == 0) {
		ret->ns = hn_wall_now().ns - ago;
		return 0;
	}
	if (read_short(text, MINUTE_TEXT, ":00Z", ret)) {
		ret->ns += is_end ? MINUTE_NS - 1 : 0;
		return 0;
	}
	if (read_short(text, DAY_TEXT, "T00:00:00Z", ret)) {
		ret->ns += is_end ? DAY_NS - 1 : 0;
		return 0;
	}
	return hn_reason_set(
		reason, -EINVAL,
		"--%s %.64s: neither a time before now (24h) nor a date (2026-11-24, 2026-11-24T20:31:07Z)",
		option, text);
}

static int read_span(const struct hn_settings *s, struct hn_wall *since, struct hn_wall *until,
		     struct hn_reason *reason)
{
	int r = read_time("since", s->since, false, since, reason);

	if (r == 0)
		r = read_time("until", s->until, true, until, reason);
	if (r < 0)
		return r;
	if (s->since && s->until && since->ns > until->ns)
		return hn_reason_set(reason, -EINVAL,
				     "--since %.64s is after --until %.64s: nothing is between them", s->since,
				     s->until);
	return 0;
}

static const char *cause_name(int i)
{
	return hn_cause_name((enum hn_cause)i);
}

static const char *state_name(int i)
{
	return hn_state_name((enum hn_state)i);
}

static int check_word(const char *option, const char *text, const char *(*name)(int), int max,
		      struct hn_reason *reason)
{
	_cleanup_(hn_str_done) struct hn_str words = {0};

	if (!text)
		return 0;
	for (int i = 0; i < max; i++) {
		if (!name(i)[0])
			continue;
		if (strcmp(name(i), text) == 0)
			return 0;
		hn_str_printf(&words, "%s%s", words.len ? ", " : "", name(i));
	}
	return hn_reason_set(reason, -EINVAL, "--%s %.64s: it is one of %s", option, text, hn_str_get(&words));
}

static int read_words(const struct hn_settings *s, struct hn_ask *ask, struct hn_reason *reason)
{
	const char *first = s->n_words ? s->words[0] : NULL, *second = s->n_words > 1 ? s->words[1] : NULL;

	ask->kind = s->rejudge ? HN_ASK_REJUDGE : first ? HN_ASK_STORY : HN_ASK_LIST;
	if (hn_streq(first, "verify")) {
		if (!second)
			return hn_reason_set(reason, -EINVAL,
					     "'verify' needs the bundle's file: 'hostnetd history verify FILE'");
		ask->kind = HN_ASK_VERIFY;
		ask->file = second;
	} else if (hn_streq(first, "export")) {
		ask->kind = HN_ASK_EXPORT;
		ask->filter.finding = second;
	} else if (hn_streq(second, "export") || hn_streq(second, "verify")) {
		return hn_reason_set(reason, -EINVAL, "'%s' stands in front: 'hostnetd history %s %.64s'", second,
				     second, first);
	} else if (second) {
		return hn_reason_set(reason, -EINVAL,
				     "'%.64s %.64s': give one FINDING-ID, 'export' or 'verify FILE'", first,
				     second);
	} else {
		ask->filter.finding = first;
	}
	return 0;
}

/* From the environment or --config it may be there for another command: one file serves all of them. */
static bool is_flag(const struct hn_settings *s, const char *variable)
{
	const char *value = getenv(variable);

	return !s->config && !(value && value[0]);
}

#define OF(kind) (1U << HN_ASK_##kind)
#define CHOOSING (OF(LIST) | OF(STORY) | OF(REJUDGE) | OF(EXPORT))

static int check_fits(const struct hn_settings *s, enum hn_ask_kind kind, struct hn_reason *reason)
{
	const struct {
		const char *name;
		bool given;
		unsigned kinds;
		const char *where;
	} rows[] = {
		{"rejudge", s->rejudge, OF(REJUDGE), "stands alone, or with one FINDING-ID"},
		{"output-file", s->output_file, OF(EXPORT), "belongs to 'hostnetd history export'"},
		{"signatures", s->signatures.n && is_flag(s, "HOSTNETD_SIGNATURES"), OF(REJUDGE),
		 "belongs to --rejudge"},
		{"namespace", s->ns && is_flag(s, "HOSTNETD_NAMESPACE"), CHOOSING, "does not go with 'verify'"},
		{"since", s->since, CHOOSING, "does not go with 'verify'"},
		{"until", s->until, CHOOSING, "does not go with 'verify'"},
		{"pod", s->pod, CHOOSING, "does not go with 'verify'"},
		{"workload", s->workload, CHOOSING, "does not go with 'verify'"},
		{"cause", s->cause, CHOOSING, "does not go with 'verify'"},
		{"state", s->state, CHOOSING, "does not go with 'verify'"},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++)
		if (rows[i].given && !(rows[i].kinds & 1U << kind))
			return hn_reason_set(reason, -EINVAL, "--%s %s", rows[i].name, rows[i].where);
	return 0;
}

int hn_ask_read(const struct hn_settings *s, struct hn_ask *ret, struct hn_reason *reason)
{
	struct hn_ask ask = {.filter = {.ns = s->ns,
					.pod = s->pod,
					.workload = s->workload,
					.cause = s->cause,
					.state = s->state,
					.limit = LIMIT}};
	int r = read_words(s, &ask, reason);

	if (r == 0)
		r = check_fits(s, ask.kind, reason);
	if (r == 0)
		r = check_word("cause", s->cause, cause_name, HN_CAUSE_MAX, reason);
	if (r == 0)
		r = check_word("state", s->state, state_name, HN_STATE_MAX, reason);
	if (r == 0)
		r = read_span(s, &ask.filter.since, &ask.filter.until, reason);
	if (r == 0)
		*ret = ask;
	return r;
}
