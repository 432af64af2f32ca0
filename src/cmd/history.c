// SPDX-License-Identifier: Apache-2.0
/* `hostnetd history`: what was. Touches neither the node nor the file. */
#include "history.h"
#include "history_ask.h"
#include "history_watch.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "hostnetd/columns.h"
#include "hostnetd/json.h"
#include "hostnetd/log.h"
#include "hostnetd/utf8.h"

#define ID_SHOWN 12
#define CELL_MOST 12 /* bytes of what has only short values where nobody has tampered with it */
#define WORKLOAD_LEAST 30

void hn_history_show(struct hn_str *out, const char *text)
{
	hn_str_visible(out, text, strlen(text));
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

static int whole_id(struct hn_history_reader *r, const struct hn_history_filter *asked,
		    char ret[static HN_FINDING_ID_SIZE], struct hn_reason *reason)
{
	char lower[HN_FINDING_ID_SIZE + 1]; /* one more than any has: it is cut to none of them */
	struct hn_history_filter any = {.finding = lower, .limit = 2}, filter = *asked;
	struct first first = {.n = 0}, beside = {.n = 0};
	int error;

	filter.limit = 2;
	filter.finding = lower;
	hn_strcpy(lower, sizeof(lower), asked->finding);
	for (char *c = lower; *c; c++) /* some tools show hexadecimal in capitals */
		if (isxdigit((unsigned char)*c))
			*c = (char)tolower((unsigned char)*c);
	error = hn_history_findings(r, &filter, take_first, &first, reason);
	if (error == 0 && first.n == 0)
		error = hn_history_findings(r, &any, take_first, &beside, reason);
	if (error < 0)
		return error;
	if (beside.n)
		return hn_reason_set(reason, -ENOENT,
				     "no finding whose id begins with '%.64s' fits what else was asked for",
				     asked->finding);
	if (first.n == 0)
		return hn_reason_set(reason, -ENOENT,
				     "no finding's id begins with '%.64s': 'hostnetd history' lists them",
				     asked->finding);
	if (first.n > 1)
		return hn_reason_set(reason, -ENOTUNIQ,
				     "more than one finding's id begins with '%.64s': give more of it",
				     asked->finding);
	memcpy(ret, first.id, HN_FINDING_ID_SIZE);
	return 0;
}

struct page {
	struct hn_str out;
	struct hn_json json;
	size_t n;
	unsigned width;
};

static bool put_json(const struct hn_history_row *row, void *arg)
{
	struct page *page = arg;

	hn_json_raw(&page->json, row->json);
	page->n++;
	return !page->out.failed;
}

/* What they hold is hostile all the same: a file of another machine may say anything. */
static const struct {
	const char *head;
	unsigned width;
} columns[] = {{"ID", ID_SHOWN}, {"FIRST SEEN", 19}, {"STATE", 8}, {"SEVERITY", 8}, {"CAUSE", 9}, {"AI", 6}};
#define COLUMNS_WIDTH (ID_SHOWN + 19 + 8 + 8 + 9 + 6 + 6 * HN_COLUMNS_GAP)

void hn_history_show_workload(struct hn_str *out, const char *const *f)
{
	if (!f[HN_HISTORY_POD][0]) {
		hn_history_show(out, f[HN_HISTORY_TITLE]);
		return;
	}
	hn_history_show(out, f[HN_HISTORY_KIND]);
	hn_str_putc(out, ' ');
	hn_history_show(out, f[HN_HISTORY_NAMESPACE]);
	hn_str_putc(out, '/');
	hn_history_show(out, f[HN_HISTORY_WORKLOAD]);
	if (strcmp(f[HN_HISTORY_POD], f[HN_HISTORY_WORKLOAD]) != 0) {
		hn_str_puts(out, ", pod ");
		hn_history_show(out, f[HN_HISTORY_POD]);
	}
}

/* Behind the columns, or where the terminal is too narrow for that, below them. */
static void put_line(struct page *page, const char *const cells[], const char *workload)
{
	_cleanup_(hn_str_done) struct hn_str line = {0};
	unsigned behind = COLUMNS_WIDTH;

	for (size_t i = 0; i < HN_ARRAY_SIZE(columns); i++)
		hn_columns_put(&line, cells[i], columns[i].width);
	if (page->width && page->width < COLUMNS_WIDTH + WORKLOAD_LEAST) {
		behind = ID_SHOWN + HN_COLUMNS_GAP;
		hn_columns_end(&page->out, &line, page->width);
		for (unsigned i = 0; i < behind; i++)
			hn_str_putc(&page->out, ' ');
	} else {
		hn_str_append(&page->out, hn_str_get(&line), line.len);
	}
	hn_str_wrap(&page->out, workload, behind, behind, page->width);
	hn_str_putc(&page->out, '\n');
	page->out.failed |= line.failed;
}

static void put_head(struct page *page)
{
	const char *heads[HN_ARRAY_SIZE(columns)];

	for (size_t i = 0; i < HN_ARRAY_SIZE(columns); i++)
		heads[i] = columns[i].head;
	put_line(page, heads, "WORKLOAD");
}

static bool put_row(const struct hn_history_row *row, void *arg)
{
	struct page *page = arg;
	const char *const *f = row->field;
	const char *const given[] = {row->id, f[HN_HISTORY_STATE], f[HN_HISTORY_SEVERITY], f[HN_HISTORY_CAUSE],
				     f[HN_HISTORY_VERDICT]};
	_cleanup_(hn_str_done) struct hn_str workload = {0};
	struct hn_str safe[HN_ARRAY_SIZE(given)] = {{0}};
	char first[HN_TIME_TEXT];

	if (page->n++ == 0)
		put_head(page);
	hn_wall_format(row->time, first);
	first[strcspn(first, ".")] = '\0';
	for (size_t i = 0; i < HN_ARRAY_SIZE(given); i++)
		hn_str_visible(&safe[i], given[i], strnlen(given[i], CELL_MOST));
	hn_history_show_workload(&workload, f);
	put_line(page,
		 (const char *[]){hn_str_get(&safe[0]), first, hn_str_get(&safe[1]), hn_str_get(&safe[2]),
				  hn_str_get(&safe[3]), hn_str_get(&safe[4])},
		 hn_str_get(&workload));
	for (size_t i = 0; i < HN_ARRAY_SIZE(given); i++)
		hn_str_done(&safe[i]);
	return !page->out.failed;
}

static int list(struct hn_history_reader *r, const struct hn_settings *s, const struct hn_history_filter *filter,
		struct hn_reason *reason)
{
	struct page page = {.width = hn_settings_width()};
	struct hn_history_watched watched = {.end = HN_HISTORY_UNWATCHED};
	struct hn_watch watch = {.gaps_only = true};
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
	if (result == 0)
		result = hn_watch_read(&watch, r, filter->since, filter->until, reason);
	if (result == 0)
		result = hn_history_watched(r, &watched, reason);
	if (!table) {
		hn_json_array_end(&page.json);
		hn_json_key(&page.json, "gaps");
		hn_watch_json(&watch, &page.json);
		hn_watch_end_json(&watched, &page.json);
		hn_json_object_end(&page.json);
		hn_str_putc(&page.out, '\n');
	} else if (page.n == 0) {
		hn_str_puts(&page.out, "Nothing of that kind is in the history.\n");
	}
	if (table) {
		hn_watch_line(&watch, page.width, &page.out);
		hn_watch_end_line(&watched, page.width, &page.out);
	}
	if (result == 0)
		result = hn_output_write(&page.out);
	hn_watch_done(&watch);
	hn_str_done(&page.out);
	return result;
}

static int answer(const struct hn_settings *s, struct hn_reason *reason)
{
	_cleanup_(hn_history_reader_cleanup) struct hn_history_reader *r = NULL;
	char id[HN_FINDING_ID_SIZE];
	struct hn_ask ask;
	int result = hn_ask_read(s, &ask, reason);

	if (result == 0 && ask.kind == HN_ASK_VERIFY)
		return hn_history_verify(ask.file, reason);
	if (result == 0)
		result = hn_history_read(s->store, &r, reason);
	if (result == 0 && ask.filter.finding) {
		result = whole_id(r, &ask.filter, id, reason);
		ask.filter.finding = id;
	}
	if (result < 0)
		return result;
	switch (ask.kind) {
	case HN_ASK_STORY:
		return hn_history_story(r, s, id, reason);
	case HN_ASK_REJUDGE:
		return hn_history_rejudge(r, s, &ask.filter, reason);
	case HN_ASK_EXPORT:
		return hn_history_export(r, s, &ask.filter, reason);
	case HN_ASK_LIST:
	case HN_ASK_VERIFY:
	case HN_ASK_MAX:
		break;
	}
	return list(r, s, &ask.filter, reason);
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
