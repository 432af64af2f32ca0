// SPDX-License-Identifier: Apache-2.0
/* What `hostnetd history` is asked: nothing is passed over in silence; and what was refused is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/history_ask.h"
#include "hostnetd/macro.h"

#include "printed.h"

#define STRANGER "ffffffffffffffffffffffffffffffff"
#define ATTEMPT(ns)                                                                                       \
	"'{\"type\":\"attempt.refused\",\"pod\":{\"namespace\":\"" ns "\",\"name\":\"p\"},"               \
	"\"container\":\"c\",\"attempt\":{\"call\":\"setns\",\"errno\":\"EPERM\",\"process\":{\"pid\":7," \
	"\"comm\":\"joiner\",\"uid\":0}}}'"

static const char rows[] =
	"INSERT INTO findings(id, state, severity, verdict, cause, ns, pod, kind, workload, first_seen, last_seen,"
	" resolved_at, body) VALUES('" ID
	"', 'open', 'high', 'ai', 'joined', 'ml', 'p', 'Pod', 'p', 10000000000, 20000000000, 0, '{\"title\":\"t\"}');"
	"INSERT INTO events VALUES"
	"(1, 9000000000, 0, 'attempt.refused', '" ID "', " ATTEMPT(
		"ml") "),"
		      "(2, 10000000000, 0, 'finding.opened', '" ID
		      "', '{\"state\":\"open\",\"severity\":\"high\"}'),"
		      "(3, 11000000000, 0, 'attempt.refused', '" STRANGER "', " ATTEMPT(
			      "other") "),"
				       "(4, 12000000000, 0, 'exception.expired', NULL, '{\"type\":\"exception.expired\"}')";

struct given {
	const char *words[2];
	const char *since, *until, *ns, *cause, *state, *output_file, *signatures;
	bool rejudge;
};

static struct hn_settings settings_of(const struct given *g)
{
	struct hn_settings s = {.output = HN_OUTPUT_JSON,
				.since = (char *)g->since,
				.until = (char *)g->until,
				.ns = (char *)g->ns,
				.cause = (char *)g->cause,
				.state = (char *)g->state,
				.output_file = (char *)g->output_file,
				.rejudge = g->rejudge};

	for (; s.n_words < 2 && g->words[s.n_words]; s.n_words++)
		s.words[s.n_words] = g->words[s.n_words];
	if (g->signatures)
		s.signatures.items[s.signatures.n++] = (char *)g->signatures;
	return s;
}

static void what_does_not_fit_is_refused(void **state)
{
	static const struct {
		struct given g;
		const char *why; /* NULL: it fits */
	} cases[] = {
		{{.rejudge = false}, NULL},
		{{.state = "gone", .cause = "socket"}, NULL},
		{{.state = "opened"}, "--state opened: it is one of sharing, open, excepted, resolved, gone"},
		{{.cause = "join"}, "--cause join: it is one of declared, joined, socket, unmanaged"},
		{{.cause = ""}, "--cause : it is one of declared, joined, socket, unmanaged"},
		{{.words = {"0123"}, .rejudge = true}, NULL},
		{{.words = {"export"}, .rejudge = true}, "--rejudge stands alone, or with one FINDING-ID"},
		{{.words = {"verify", "f"}, .rejudge = true}, "--rejudge stands alone, or with one FINDING-ID"},
		{{.words = {"verify"}}, "'verify' needs the bundle's file: 'hostnetd history verify FILE'"},
		{{.words = {"verify", "f"}, .since = "24h"}, "--since does not go with 'verify'"},
		{{.since = "1h", .until = "2h"}, "--since 1h is after --until 2h: nothing is between them"},
		{{.since = "2026-11-25", .until = "2026-11-24"},
		 "--since 2026-11-25 is after --until 2026-11-24: nothing is between them"},
		{{.since = "2026-11-24", .until = "2026-11-24"}, NULL},
		{{.since = "1h", .until = "1h"}, NULL},
		{{.since = "1970-01-01T00:00:01Z", .until = "1970-01-01T00:00:00Z"},
		 "--since 1970-01-01T00:00:01Z is after --until 1970-01-01T00:00:00Z: nothing is between them"},
		{{.words = {"a", "b"}}, "'a b': give one FINDING-ID, 'export' or 'verify FILE'"},
		{{.words = {"0123", "export"}}, "'export' stands in front: 'hostnetd history export 0123'"},
		{{.words = {"f", "verify"}}, "'verify' stands in front: 'hostnetd history verify f'"},
		{{.words = {"export", "0123"}, .ns = "ml", .output_file = "f"}, NULL},
		{{.words = {"0123"}, .output_file = "f"}, "--output-file belongs to 'hostnetd history export'"},
		{{.rejudge = true, .signatures = "f"}, NULL},
		{{.words = {"0123"}, .signatures = "f"}, "--signatures belongs to --rejudge"},
	};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(cases); i++) {
		struct hn_settings s = settings_of(&cases[i].g);
		struct hn_reason reason = {""};
		struct hn_ask ask;

		if (hn_ask_read(&s, &ask, &reason) != (cases[i].why ? -EINVAL : 0) ||
		    (cases[i].why && strcmp(reason.text, cases[i].why) != 0))
			fail_msg("%zu: %s", i, reason.text);
	}
}

static void times_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t since, until; /* 0: it is none */
	} cases[] = {
		{"2026-11-24T20:31:07Z", 1795552267000000000, 1795552267000000000},
		{"2026-11-24T20:31:07.123456Z", 1795552267123456000, 1795552267123456000},
		{"2026-11-24T20:31:07+01:00", 1795548667000000000, 1795548667000000000},
		{"2026-11-24T20:31Z", 1795552260000000000, 1795552319999999999},
		{"2026-11-24", 1795478400000000000, 1795564799999999999},
		{"1970-01-01T00:00:00Z", 1, 1}, /* a bound, where 0 is none */
		{"2026-02-31", 0, 0},
		{"2026-2-3", 0, 0},
		{" 2026-11-24", 0, 0},
		{"2026-11-24T20:31X", 0, 0},
		{"2026-13-24T20:31Z", 0, 0},
		{"", 0, 0},
		{"soon", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(cases); i++) {
		struct hn_settings s = {.since = (char *)cases[i].text, .until = (char *)cases[i].text};
		struct hn_reason reason = {""};
		struct hn_ask ask = {.kind = HN_ASK_LIST};
		int r = hn_ask_read(&s, &ask, &reason);

		if (r != (cases[i].since ? 0 : -EINVAL) || ask.filter.since.ns != cases[i].since ||
		    ask.filter.until.ns != cases[i].until)
			fail_msg("%s: %d, %lld to %lld", cases[i].text, r, (long long)ask.filter.since.ns,
				 (long long)ask.filter.until.ns);
	}
}

/* An ID, and what else it is to be. */
static void conditions_hold_of_an_id_too(void **state)
{
	static const struct {
		struct given g;
		int result;
	} cases[] = {
		{{.words = {"0123"}}, HN_EXIT_OK},
		{{.words = {"0123"}, .ns = "ml", .state = "open"}, HN_EXIT_OK},
		{{.words = {"0123"}, .ns = "nosuch"}, HN_EXIT_TROUBLE},
		{{.words = {"0123"}, .until = "1970-01-01T00:00:05Z"}, HN_EXIT_TROUBLE},
		{{.words = {"dead"}, .rejudge = true}, HN_EXIT_TROUBLE},
		{{.words = {"0123"}, .rejudge = true}, HN_EXIT_OK},
		{{.words = {"export", "dead"}}, HN_EXIT_TROUBLE},
	};
	struct rig rig;

	(void)state;
	rig_new(&rig, rows, "");
	for (size_t i = 0; i < HN_ARRAY_SIZE(cases); i++)
		if (answer(&rig, settings_of(&cases[i].g)) != cases[i].result)
			fail_msg("%zu: %s", i, hn_str_get(&rig.printed));
	rig_free(&rig);
}

static void what_was_refused_is_told(void **state)
{
	static const char line[] = "  00:00:09.000  attempt.refused   pid 7 joiner: tried setns, refused: EPERM\n"
				   "  00:00:10.000  finding.opened    open, high\n"
				   "\nExecutables (SHA-256)\n"
				   "  none could be read: it had ended before, or is larger than 256 MiB\n";
	static const struct {
		struct given g;
		const char *lines; /* their kinds, a letter each */
	} bundles[] = {
		{{.words = {"export"}}, "mfeeaae"}, /* the rule, then the stranger's attempt */
		{{.words = {"export", "0123"}}, "mfeeae"},
		{{.words = {"export"}, .ns = "other"}, "maae"},
		{{.words = {"export"}, .ns = "ml"}, "mfeeae"},
		{{.words = {"export"}, .state = "gone"}, "mae"},
	};
	struct rig rig;

	(void)state;
	rig_new(&rig, rows, "");
	if (!strstr(print(&rig, HN_OUTPUT_TABLE, ID, NULL, NULL), line))
		fail_msg("%s", hn_str_get(&rig.printed));
	for (size_t i = 0; i < HN_ARRAY_SIZE(bundles); i++) {
		char kinds[16] = "";
		size_t n = 0;

		assert_int_equal(answer(&rig, settings_of(&bundles[i].g)), HN_EXIT_OK);
		for (const char *at = hn_str_get(&rig.printed); (at = strstr(at, "{\"kind\":\"")) && n < 15;
		     at += 9)
			kinds[n++] = at[9];
		if (strcmp(kinds, bundles[i].lines) != 0)
			fail_msg("%zu: %s: %s", i, kinds, hn_str_get(&rig.printed));
	}
	rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(times_are_read),
		cmocka_unit_test(conditions_hold_of_an_id_too),
		cmocka_unit_test(what_was_refused_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
