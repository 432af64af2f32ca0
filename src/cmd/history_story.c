// SPDX-License-Identifier: Apache-2.0
/* One finding's whole story: how it came into the host network, what it opened, whom it called, when it left. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "history_tree.h"
#include "history_watch.h"

#include "hostnetd/json.h"
#include "hostnetd/utf8.h"

#define EVENTS_MAX 1000000
#define FACT_COLUMN 12

struct story {
	struct hn_history_reader *reader;
	struct hn_str out;
	struct hn_json json;
	unsigned width;
	bool colour;
	char day[16]; /* of the last line */
	struct hn_tree *tree;
	struct hn_wall from, to; /* of the finding; to 0: it goes on */
	struct hn_watch watch;
	struct hn_history_watched watched;
	size_t watch_left; /* rows of it that are still to be put: the last of them is the next */
};

static bool put_json(const struct hn_history_row *row, void *arg)
{
	struct story *s = arg;

	hn_json_raw(&s->json, row->json);
	return !s->out.failed;
}

/* The command line, or the program where that is not known. */
static void put_command(struct story *s, struct hn_str *out, const struct hn_history_row *row)
{
	char words[HN_FINDING_ARGV * 2];
	size_t n = hn_history_argv(s->reader, row->field[HN_HISTORY_ARGV], words, sizeof(words));

	for (size_t i = 0; i < n; i++)
		if (!words[i] && i + 1 < n)
			words[i] = ' ';
	hn_history_show(out, n                             ? words :
			     row->field[HN_HISTORY_EXE][0] ? row->field[HN_HISTORY_EXE] :
							     row->field[HN_HISTORY_COMM]);
}

static void put_what(struct story *s, struct hn_str *line, const struct hn_history_row *row)
{
	const char *const *f = row->field;

	if (f[HN_HISTORY_PID][0]) {
		hn_str_puts(line, "pid ");
		hn_history_show(line, f[HN_HISTORY_PID]);
		hn_str_puts(line, " ");
		put_command(s, line, row);
	}
	if (f[HN_HISTORY_PORT][0]) {
		hn_str_puts(line, strcmp(row->type, "network.contact") == 0 ? " called " : " on ");
		hn_history_show(line, f[HN_HISTORY_ADDRESS]);
		hn_str_puts(line, " port ");
		hn_history_show(line, f[HN_HISTORY_PORT]);
		if (f[HN_HISTORY_CONTACT][0]) {
			hn_str_puts(line, " (");
			hn_history_show(line, f[HN_HISTORY_CONTACT]);
			hn_str_puts(line, ")");
		}
	}
	if (strcmp(row->type, "network.contact") == 0 && !f[HN_HISTORY_PORT][0])
		hn_str_puts(line, " called the abstract socket");
	if (f[HN_HISTORY_STATE][0]) {
		hn_history_show(line, f[HN_HISTORY_STATE]);
		hn_str_puts(line, ", ");
		hn_history_show(line, f[HN_HISTORY_SEVERITY]);
	}
	if (strcmp(f[HN_HISTORY_CHANGED], "") != 0 && strcmp(f[HN_HISTORY_CHANGED], "[]") != 0) {
		hn_str_puts(line, ", changed ");
		hn_history_show(line, f[HN_HISTORY_CHANGED]);
	}
	if (f[HN_HISTORY_COUNT][0]) {
		hn_history_show(line, f[HN_HISTORY_COUNT]);
		hn_str_puts(line, " ");
	}
	if (!f[HN_HISTORY_PID][0] && f[HN_HISTORY_CONTAINER][0]) {
		hn_str_puts(line, "container ");
		hn_history_show(line, f[HN_HISTORY_CONTAINER]);
	}
	if (f[HN_HISTORY_TEXT][0]) {
		hn_str_puts(line, line->len ? ": " : "");
		hn_history_show(line, f[HN_HISTORY_TEXT]);
	}
}

static void keep_process(struct story *s, const struct hn_history_row *row)
{
	_cleanup_(hn_str_done) struct hn_str label = {0};
	const char *const *f = row->field;

	if (!f[HN_HISTORY_PID][0] || strcmp(row->type, "attempt.refused") == 0) /* it is not in the host network */
		return;
	put_command(s, &label, row);
	s->out.failed |=
		label.failed || !hn_tree_take(s->tree, &(struct hn_tree_process){
							       .pid = f[HN_HISTORY_PID],
							       .start = f[HN_HISTORY_START],
							       .parent = f[HN_HISTORY_PARENT],
							       .ancestors = f[HN_HISTORY_ANCESTORS],
							       .label = hn_str_get(&label),
							       .is_exec = strcmp(row->type, "process.exec") == 0});
}

static bool is_strong(const char *type)
{
	static const char *const types[] = {"network.contact", "agent.gap", "agent.lost"};

	for (size_t i = 0; i < HN_ARRAY_SIZE(types); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return strncmp(type, "finding.", 8) == 0;
}

static void put_at(struct story *s, struct hn_wall when, const char *type, const struct hn_str *what)
{
	char time[HN_TIME_TEXT];
	const char *strong = is_strong(type) ? "\033[1m" : "";

	hn_wall_format(when, time);
	if (strncmp(s->day, time, 10) != 0) {
		hn_strncpy(s->day, sizeof(s->day), time, 10);
		hn_str_printf(&s->out, "%s\n", s->day);
	}
	hn_str_printf(&s->out, "  %.12s  %s", time + 11, s->colour ? strong : "");
	hn_history_show(&s->out, type);
	for (size_t i = strlen(type); i < 18; i++)
		hn_str_putc(&s->out, ' ');
	hn_str_puts(&s->out, s->colour && strong[0] ? "\033[0m" : "");
	hn_str_wrap(&s->out, hn_str_get(what), 34, 34, s->width);
	hn_str_putc(&s->out, '\n');
	s->out.failed |= what->failed;
}

/* Numbers are given in the order in which it happened, also over restarts. */
static void put_watch_before(struct story *s, uint64_t seq, bool json)
{
	for (; s->watch_left && s->watch.rows[s->watch_left - 1].seq < seq; s->watch_left--) {
		const struct hn_watch_row *row = &s->watch.rows[s->watch_left - 1];
		_cleanup_(hn_str_done) struct hn_str what = {0};

		if (json) {
			hn_json_raw(&s->json, row->json);
			continue;
		}
		hn_watch_tell(row, &what);
		put_at(s, row->time, row->type, &what);
	}
}

static bool put_line(const struct hn_history_row *row, void *arg)
{
	struct story *s = arg;
	_cleanup_(hn_str_done) struct hn_str what = {0};

	put_watch_before(s, row->seq, false);
	keep_process(s, row);
	if (s->out.failed)
		return false;
	put_what(s, &what, row);
	put_at(s, row->time, row->type, &what);
	return true;
}

static bool put_event_json(const struct hn_history_row *row, void *arg)
{
	struct story *s = arg;

	put_watch_before(s, row->seq, true);
	return put_json(row, s);
}

/* An end that is written down, or none: what goes on was last seen later than was last written. */
static bool take_span(const struct hn_history_row *row, void *arg)
{
	static const char *const going_on[] = {"open", "sharing", "excepted"};
	struct story *s = arg;
	int64_t resolved = strtoll(row->field[HN_HISTORY_RESOLVED], NULL, 10);

	s->from = row->time;
	s->to.ns = resolved > row->until.ns ? resolved : row->until.ns;
	for (size_t i = 0; i < HN_ARRAY_SIZE(going_on); i++)
		if (strcmp(row->field[HN_HISTORY_STATE], going_on[i]) == 0)
			s->to.ns = 0;
	return true;
}

static int read_watch(struct story *s, const char *id, struct hn_reason *reason)
{
	struct hn_history_filter filter = {.finding = id, .limit = 1};
	int r = hn_history_findings(s->reader, &filter, take_span, s, reason);

	if (r == 0)
		r = hn_watch_read(&s->watch, s->reader, s->from, s->to, reason);
	s->watch_left = s->watch.n;
	return r < 0 ? r : hn_history_watched(s->reader, &s->watched, reason);
}

static bool put_head(const struct hn_history_row *row, void *arg)
{
	struct story *s = arg;
	_cleanup_(hn_str_done) struct hn_str title = {0};
	char first[HN_TIME_TEXT], last[HN_TIME_TEXT];

	hn_str_puts(&s->out, s->colour ? "\033[1m" : "");
	hn_history_show(&title, row->field[HN_HISTORY_TITLE]);
	hn_str_wrap(&s->out, hn_str_get(&title), 0, 0, s->width);
	hn_str_puts(&s->out, s->colour ? "\033[0m\n" : "\n");
	hn_history_show(&s->out, row->id);
	hn_str_puts(&s->out, ": ");
	hn_history_show(&s->out, row->field[HN_HISTORY_STATE]);
	hn_str_puts(&s->out, row->field[HN_HISTORY_SEVERITY][0] ? ", " : "");
	hn_history_show(&s->out, row->field[HN_HISTORY_SEVERITY]);
	hn_str_printf(&s->out, "\nseen from %s to %s\n\n", hn_wall_format(row->time, first),
		      hn_wall_format(row->until, last));
	return true;
}

static bool put_fact(const struct hn_history_row *row, void *arg)
{
	struct story *s = arg;
	_cleanup_(hn_str_done) struct hn_str text = {0};
	size_t before = s->out.len;

	hn_history_show(&s->out, row->type);
	while (!s->out.failed && s->out.len < before + FACT_COLUMN)
		hn_str_putc(&s->out, ' ');
	hn_history_show(&text, row->field[HN_HISTORY_TEXT]);
	hn_str_wrap(&s->out, hn_str_get(&text), FACT_COLUMN, FACT_COLUMN, s->width);
	hn_str_putc(&s->out, '\n');
	s->out.failed |= text.failed;
	return !s->out.failed;
}

static bool put_executable(const struct hn_history_row *row, void *arg)
{
	struct story *s = arg;
	_cleanup_(hn_str_done) struct hn_str exe = {0};

	hn_str_puts(&s->out, "  ");
	hn_history_show(&s->out, row->field[HN_HISTORY_SHA256]);
	hn_history_show(&exe, row->field[HN_HISTORY_EXE]);
	if (s->width && s->width < 68 + hn_utf8_columns(hn_str_get(&exe), exe.len)) {
		hn_str_puts(&s->out, "\n      ");
		hn_str_wrap(&s->out, hn_str_get(&exe), 6, 6, s->width);
	} else {
		hn_str_printf(&s->out, "  %s", hn_str_get(&exe));
	}
	hn_str_putc(&s->out, '\n');
	return !s->out.failed;
}

static int tell(struct story *s, const char *id, struct hn_reason *reason)
{
	struct hn_history_filter filter = {.finding = id, .limit = EVENTS_MAX};
	int r = hn_history_findings(s->reader, &filter, put_head, s, reason);
	size_t before;

	if (r == 0)
		r = hn_history_facts(s->reader, id, put_fact, s, reason);
	hn_str_putc(&s->out, '\n');
	if (s->watch.found > s->watch.n)
		hn_str_printf(&s->out, "  %llu events of the agent itself before these are left out\n",
			      (unsigned long long)(s->watch.found - s->watch.n));
	if (r == 0)
		r = hn_history_events(s->reader, &filter, put_line, s, reason);
	put_watch_before(s, UINT64_MAX, false);
	if (r == 0)
		hn_tree_put(s->tree, s->width, &s->out);
	if (r == 0) {
		hn_str_puts(&s->out, "\nExecutables (SHA-256)\n");
		before = s->out.len;
		r = hn_history_executables(s->reader, id, put_executable, s, reason);
	}
	if (r == 0 && s->out.len == before)
		hn_str_puts(&s->out, "  none could be read: it had ended before, or is larger than 256 MiB\n");
	if (s->watched.end != HN_HISTORY_UNWATCHED)
		hn_str_putc(&s->out, '\n');
	hn_watch_end_line(&s->watched, s->width, &s->out);
	return r;
}

static int tell_json(struct story *s, const char *id, struct hn_reason *reason)
{
	struct hn_history_filter filter = {.finding = id, .limit = EVENTS_MAX};
	uint64_t omitted = s->watch.found - s->watch.n;
	int r;

	hn_json_init(&s->json, &s->out);
	hn_json_object(&s->json);
	hn_json_kv_string(&s->json, "schema", HN_HISTORY_SCHEMA);
	hn_json_key(&s->json, "findings");
	hn_json_array(&s->json);
	r = hn_history_findings(s->reader, &filter, put_json, s, reason);
	hn_json_array_end(&s->json);
	hn_watch_end_json(&s->watched, &s->json);
	hn_json_key(&s->json, "timeline");
	hn_json_array(&s->json);
	if (r == 0)
		r = hn_history_events(s->reader, &filter, put_event_json, s, reason);
	put_watch_before(s, UINT64_MAX, true);
	hn_json_array_end(&s->json);
	if (omitted)
		hn_json_kv_uint(&s->json, "agentEventsOmitted", omitted);
	hn_json_key(&s->json, "pods");
	hn_json_array(&s->json);
	if (r == 0)
		r = hn_history_pods(s->reader, id, put_json, s, reason);
	hn_json_array_end(&s->json);
	hn_json_key(&s->json, "executables");
	hn_json_array(&s->json);
	if (r == 0)
		r = hn_history_executables(s->reader, id, put_json, s, reason);
	hn_json_array_end(&s->json);
	hn_json_object_end(&s->json);
	hn_str_putc(&s->out, '\n');
	return r;
}

int hn_history_story(struct hn_history_reader *r, const struct hn_settings *settings, const char *id,
		     struct hn_reason *reason)
{
	struct story *s = calloc(1, sizeof(*s));
	int result;

	if (s)
		s->tree = hn_tree_new();
	if (!s || !s->tree) {
		free(s);
		return hn_reason_set(reason, -ENOMEM, "no memory");
	}
	s->reader = r;
	s->width = hn_settings_width();
	s->colour = hn_settings_colour();
	result = read_watch(s, id, reason);
	if (result == 0)
		result = hn_settings_table(settings) ? tell(s, id, reason) : tell_json(s, id, reason);
	if (result == 0)
		result = hn_output_write(&s->out);
	hn_tree_free(s->tree);
	hn_watch_done(&s->watch);
	hn_str_done(&s->out);
	free(s);
	return result;
}
