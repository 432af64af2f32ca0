// SPDX-License-Identifier: Apache-2.0
/* `hostnetd history`: what was. Touches neither the node nor the file. */
#include "history.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "hostnetd/json.h"
#include "hostnetd/log.h"

#define ID_SHOWN 12

void hn_history_show(struct hn_str *out, const char *text)
{
	hn_str_visible(out, text, strlen(text));
}

/* "24h" (ago), "2026-11-24", "2026-11-24T20:31:07Z". */
static int read_time(const char *option, const char *text, struct hn_wall *ret, struct hn_reason *reason)
{
	static const char *const forms[] = {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d"};
	int64_t ago;

	if (!text)
		return 0;
	if (hn_duration_parse(text, &ago) == 0) {
		ret->ns = hn_wall_now().ns - ago;
		return 0;
	}
	for (size_t i = 0; i < HN_ARRAY_SIZE(forms); i++) {
		struct tm tm = {0};
		const char *end = strptime(text, forms[i], &tm);

		if (end && !*end) {
			ret->ns = (int64_t)timegm(&tm) * HN_NSEC_PER_SEC;
			return 0;
		}
	}
	return hn_reason_set(
		reason, -EINVAL,
		"--%s %s: neither a time before now (24h) nor a date (2026-11-24, 2026-11-24T20:31:07Z)", option,
		text);
}

struct first {
	char id[HN_FINDING_ID_SIZE];
	unsigned n;
};

static bool take_first(const struct hn_history_row *row, void *arg)
{
	struct first *first = arg;

	hn_strcpy(first->id, sizeof(first->id), row->id);
	return ++first->n < 2;
}

int hn_history_whole_id(struct hn_history_reader *r, const char *prefix, char ret[static HN_FINDING_ID_SIZE],
			struct hn_reason *reason)
{
	struct hn_history_filter filter = {.finding = prefix, .limit = 2};
	struct first first = {.n = 0};
	int error = hn_history_findings(r, &filter, take_first, &first, reason);

	if (error < 0)
		return error;
	if (first.n == 0)
		return hn_reason_set(reason, -ENOENT,
				     "no finding's id begins with '%.64s': 'hostnetd history' lists them", prefix);
	if (first.n > 1)
		return hn_reason_set(reason, -ENOTUNIQ,
				     "more than one finding's id begins with '%.64s': give more of it", prefix);
	memcpy(ret, first.id, HN_FINDING_ID_SIZE);
	return 0;
}

struct page {
	struct hn_str out;
	struct hn_json json;
	size_t n;
};

static bool put_json(const struct hn_history_row *row, void *arg)
{
	struct page *page = arg;

	hn_json_raw(&page->json, row->json);
	page->n++;
	return !page->out.failed;
}

static void put_cell(struct hn_str *out, const char *text, int width)
{
	_cleanup_(hn_str_done) struct hn_str safe = {0};

	hn_history_show(&safe, text);
	hn_str_printf(out, "%-*s ", width, hn_str_get(&safe));
}

static bool put_row(const struct hn_history_row *row, void *arg)
{
	struct page *page = arg;
	char first[HN_TIME_TEXT];
	const char *const *f = row->field;

	if (page->n++ == 0)
		hn_str_puts(&page->out,
			    "ID           FIRST SEEN           STATE    SEVERITY CAUSE     AI       WORKLOAD\n");
	hn_wall_format(row->time, first);
	first[strcspn(first, ".")] = '\0';
	hn_str_printf(&page->out, "%.*s ", ID_SHOWN, row->id);
	put_cell(&page->out, first, 20);
	put_cell(&page->out, f[HN_HISTORY_STATE], 8);
	put_cell(&page->out, f[HN_HISTORY_SEVERITY], 8);
	put_cell(&page->out, f[HN_HISTORY_CAUSE], 9);
	put_cell(&page->out, f[HN_HISTORY_VERDICT], 8);
	if (f[HN_HISTORY_POD][0]) {
		hn_history_show(&page->out, f[HN_HISTORY_KIND]);
		hn_str_putc(&page->out, ' ');
		hn_history_show(&page->out, f[HN_HISTORY_NAMESPACE]);
		hn_str_putc(&page->out, '/');
		hn_history_show(&page->out, f[HN_HISTORY_WORKLOAD]);
		if (strcmp(f[HN_HISTORY_POD], f[HN_HISTORY_WORKLOAD]) != 0) {
			hn_str_puts(&page->out, ", pod ");
			hn_history_show(&page->out, f[HN_HISTORY_POD]);
		}
	} else {
		hn_history_show(&page->out, f[HN_HISTORY_TITLE]);
	}
	hn_str_putc(&page->out, '\n');
	return !page->out.failed;
}

static int list(struct hn_history_reader *r, const struct hn_settings *s, const struct hn_history_filter *filter,
		struct hn_reason *reason)
{
	struct page page = {.n = 0};
	bool table = hn_settings_table(s);
	int result;

	hn_json_init(&page.json, &page.out);
	if (!table) {
		hn_json_object(&page.json);
		hn_json_kv_string(&page.json, "schema", HN_HISTORY_SCHEMA);
		hn_json_key(&page.json, "findings");
		hn_json_array(&page.json);
	}
	result = hn_history_findings(r, filter, table ? put_row : put_json, &page, reason);
	if (!table) {
		hn_json_array_end(&page.json);
		hn_json_object_end(&page.json);
		hn_str_putc(&page.out, '\n');
	} else if (page.n == 0) {
		hn_str_puts(&page.out, "Nothing of that kind is in the history.\n");
	}
	if (result == 0)
		result = hn_output_write(&page.out);
	hn_str_done(&page.out);
	return result;
}

static int answer(const struct hn_settings *s, struct hn_reason *reason)
{
	_cleanup_(hn_history_reader_cleanup) struct hn_history_reader *r = NULL;
	struct hn_history_filter filter = {.ns = s->ns,
					   .pod = s->pod,
					   .workload = s->workload,
					   .cause = s->cause,
					   .state = s->state,
					   .limit = 1000000};
	bool export = s->n_words && strcmp(s->words[0], "export") == 0;
	int result = read_time("since", s->since, &filter.since, reason);

	if (s->n_words == 2 && strcmp(s->words[0], "verify") == 0)
		return hn_history_verify(s->words[1], reason);
	if (s->n_words == 2 && !export)
		return hn_reason_set(reason, -EINVAL,
				     "'%.64s %.64s': give one FINDING-ID, 'export' or 'verify FILE'", s->words[0],
				     s->words[1]);
	if (s->output_file && !export)
		return hn_reason_set(reason, -EINVAL, "--output-file belongs to 'hostnetd history export'");
	if (result == 0)
		result = read_time("until", s->until, &filter.until, reason);
	if (result == 0)
		result = hn_history_read(s->store, &r, reason);
	if (result < 0)
		return result;
	if (export) {
		filter.finding = s->n_words == 2 ? s->words[1] : NULL;
		return hn_history_export(r, s, &filter, reason);
	}
	if (s->rejudge)
		return hn_history_rejudge(r, s, &filter, reason);
	return s->n_words ? hn_history_story(r, s, s->words[0], reason) : list(r, s, &filter, reason);
}

int hn_command_history(const struct hn_settings *s)
{
	struct hn_reason reason = {{0}};
	int result = answer(s, &reason);

	if (result >= 0)
		return result;
	hn_error("%s", reason.text);
	return HN_EXIT_TROUBLE;
}
