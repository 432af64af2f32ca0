// SPDX-License-Identifier: Apache-2.0
#include "history_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/json.h"
#include "hostnetd/str.h"
#include "hostnetd/utf8.h"

#include "history.h"

#define SPANS_SHOWN 3
#define ROW_BYTES ((size_t)8 * 1024) /* on the average */

static size_t most(const struct hn_watch *w)
{
	return w->most ? w->most : HN_WATCH_MAX;
}

static bool keep(const struct hn_history_row *row, void *arg)
{
	struct hn_watch *w = arg;
	const char *const *f = row->field;
	struct hn_watch_row *kept;

	if (w->gaps_only && strcmp(row->type, "agent.gap") != 0)
		return true;
	w->bytes += strlen(row->json) + strlen(f[HN_HISTORY_TEXT]);
	if (w->found++ >= most(w) || w->bytes > most(w) * ROW_BYTES)
		return true;
	kept = &w->rows[w->n++];
	*kept = (struct hn_watch_row){.seq = row->seq,
				      .time = row->time,
				      .type = strdup(row->type),
				      .json = strdup(row->json),
				      .since = strdup(f[HN_HISTORY_SINCE]),
				      .until = strdup(f[HN_HISTORY_UNTIL]),
				      .text = strdup(f[HN_HISTORY_TEXT]),
				      .count = strdup(f[HN_HISTORY_COUNT])};
	w->failed = !kept->type || !kept->json || !kept->since || !kept->until || !kept->text || !kept->count;
	return !w->failed;
}

int hn_watch_read(struct hn_watch *w, struct hn_history_reader *r, struct hn_wall since, struct hn_wall until,
		  struct hn_reason *reason)
{
	int error;

	w->rows = calloc(most(w), sizeof(*w->rows));
	if (!w->rows)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	error = hn_history_watching(r, since, until, w->most ? (int64_t)w->most + 1 : 0, keep, w, reason);
	return w->failed ? hn_reason_set(reason, -ENOMEM, "no memory") : error;
}

void hn_watch_done(struct hn_watch *w)
{
	for (size_t i = 0; i < w->n; i++) {
		free(w->rows[i].type);
		free(w->rows[i].json);
		free(w->rows[i].since);
		free(w->rows[i].until);
		free(w->rows[i].text);
		free(w->rows[i].count);
	}
	free(w->rows);
	*w = (struct hn_watch){.n = 0};
}

static void put_span(const struct hn_watch_row *row, struct hn_str *out)
{
	char told[HN_TIME_TEXT];

	if (row->since[0]) {
		hn_str_puts(out, "from ");
		hn_history_show(out, row->since);
		hn_str_puts(out, " ");
	}
	hn_str_printf(out, "until %s", row->until[0] ? row->until : hn_wall_format(row->time, told));
}

/* What the text says besides the times, which stand before it. */
static const char *why(const struct hn_watch_row *row)
{
	const char *end = row->until[0] ? strstr(row->text, row->until) : NULL;

	if (!end)
		return row->text;
	end += strlen(row->until);
	return strncmp(end, ": ", 2) == 0 ? end + 2 : row->text;
}

void hn_watch_tell(const struct hn_watch_row *row, struct hn_str *out)
{
	const char *text = row->text;

	if (strcmp(row->type, "agent.gap") == 0) {
		hn_str_puts(out, "not watched ");
		put_span(row, out);
		text = why(row);
	} else if (strcmp(row->type, "agent.lost") == 0) {
		hn_history_show(out, row->count[0] ? row->count : "some");
		hn_str_puts(out, " lost");
	}
	if (text[0])
		hn_str_puts(out, out->len ? ": " : "");
	hn_history_show(out, text);
}

void hn_watch_line(const struct hn_watch *w, unsigned width, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str line = {0};

	if (w->found == 0)
		return;
	hn_str_printf(&line, "%llu gap%s in watching: ", (unsigned long long)w->found, w->found == 1 ? "" : "s");
	for (size_t i = 0; i < w->n && i < SPANS_SHOWN; i++) {
		hn_str_puts(&line, i ? "; " : "");
		put_span(&w->rows[i], &line);
	}
	if (w->found > SPANS_SHOWN)
		hn_str_printf(&line, "; and %llu before (--output json lists them)",
			      (unsigned long long)(w->found - SPANS_SHOWN));
	hn_str_wrap(out, hn_str_get(&line), 0, 2, width);
	hn_str_putc(out, '\n');
	out->failed |= line.failed;
}

void hn_watch_json(const struct hn_watch *w, struct hn_json *j)
{
	char told[HN_TIME_TEXT];

	hn_json_object(j);
	hn_json_kv_uint(j, "count", w->found);
	hn_json_key(j, "spans");
	hn_json_array(j);
	for (size_t i = 0; i < w->n; i++) {
		const struct hn_watch_row *row = &w->rows[i];

		hn_json_object(j);
		hn_json_kv_opt(j, "since", row->since);
		hn_json_kv_string(j, "until", row->until[0] ? row->until : hn_wall_format(row->time, told));
		hn_json_kv_opt(j, "text", row->text);
		hn_json_object_end(j);
	}
	hn_json_array_end(j);
	hn_json_object_end(j);
}

static const struct {
	const char *word, *about, *text;
} ends[] = {
	[HN_HISTORY_STOPPED] = {"stopped", "", "the agent was stopped then"},
	[HN_HISTORY_BROKEN_OFF] = {"broken-off", "about ",
				   "the agent was killed then, or this is a copy of its file"},
	[HN_HISTORY_GOES_ON] = {"none", "", "an agent has the file open now"},
};

void hn_watch_end_line(const struct hn_history_watched *w, unsigned width, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str line = {0};
	char until[HN_TIME_TEXT];

	if (w->end == HN_HISTORY_UNWATCHED)
		return;
	hn_str_printf(&line, "watched until %s%s: %s%s", ends[w->end].about, hn_wall_format(w->until, until),
		      ends[w->end].text,
		      w->no_log ? "; no log (-wal) lies beside it: if it had one, the newest is missing here" :
				  "");
	hn_str_wrap(out, hn_str_get(&line), 0, 2, width);
	hn_str_putc(out, '\n');
	out->failed |= line.failed;
}

void hn_watch_end_json(const struct hn_history_watched *w, struct hn_json *j)
{
	char until[HN_TIME_TEXT];

	if (w->end == HN_HISTORY_UNWATCHED)
		return;
	hn_json_key(j, "watched");
	hn_json_object(j);
	hn_json_kv_string(j, "until", hn_wall_format(w->until, until));
	hn_json_kv_string(j, "end", ends[w->end].word);
	if (w->no_log)
		hn_json_kv_bool(j, "logMissing", true);
	hn_json_object_end(j);
}
