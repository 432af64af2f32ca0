// SPDX-License-Identifier: Apache-2.0
/* Tomorrow's question about last week: was anything there that was not yet known as AI? */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"

#include "hostnetd/json.h"
#include "hostnetd/utf8.h"

#define PROGRAMS 64
#define WORDS (HN_FINDING_ARGV * 2)
#define POD_MAX ((size_t)8 * 1024 * 1024)

struct programs {
	struct hn_history_reader *reader;
	struct hn_process_view views[PROGRAMS];
	size_t n;
	struct {
		char exe[256], words[WORDS];
	} text[PROGRAMS];
};

struct rejudging {
	struct hn_history_reader *reader;
	const struct hn_catalogue *catalogue;
	struct hn_reason *reason;
	struct programs programs;
	struct hn_str out;
	struct hn_json json;
	bool table;
	unsigned width;
	size_t looked_at, changed;
	int error;
};

/* Each program and command line once. */
static bool take_program(const struct hn_history_row *row, void *arg)
{
	struct programs *p = arg;
	struct hn_process_view *view = &p->views[p->n];
	const char *exe = row->field[HN_HISTORY_EXE];
	char *words = p->text[p->n].words;
	size_t n;

	if (!exe[0] && !row->field[HN_HISTORY_ARGV][0])
		return true;
	n = hn_history_argv(p->reader, row->field[HN_HISTORY_ARGV], words, WORDS);
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->text[i].exe, exe) == 0 && p->views[i].argv_len == n &&
		    memcmp(p->text[i].words, words, n) == 0)
			return true;
	hn_strcpy(p->text[p->n].exe, sizeof(p->text[p->n].exe), exe);
	*view = (struct hn_process_view){.pid = (pid_t)strtol(row->field[HN_HISTORY_PID], NULL, 10),
					 .exe = p->text[p->n].exe,
					 .argv = words,
					 .argv_len = n};
	return ++p->n < PROGRAMS;
}

static bool take_pod(const struct hn_history_row *row, void *arg)
{
	struct hn_podlist **ret = arg;
	static const char head[] = "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[", tail[] = "]}";
	_cleanup_(hn_podlist_reader_cleanup) struct hn_podlist_reader *reader = hn_podlist_reader_new(POD_MAX);
	struct hn_reason ignored;

	if (reader && hn_podlist_reader_feed(reader, head, sizeof(head) - 1, &ignored) == 0 &&
	    hn_podlist_reader_feed(reader, row->json, strlen(row->json), &ignored) == 0 &&
	    hn_podlist_reader_feed(reader, tail, sizeof(tail) - 1, &ignored) == 0)
		(void)!hn_podlist_reader_finish(reader, ret, &ignored);
	return false;
}

static void put_changed(struct rejudging *re, const struct hn_history_row *row, const struct hn_judgement *ai)
{
	_cleanup_(hn_str_done) struct hn_str title = {0};
	const char *const *f = row->field;

	if (re->table) {
		hn_str_visible(&re->out, row->id, strnlen(row->id, 12));
		hn_str_puts(&re->out, "  ");
		hn_history_show(&title, f[HN_HISTORY_TITLE]);
		hn_str_wrap(&re->out, hn_str_get(&title), 14, 14, re->width);
		hn_str_puts(&re->out, "\n              was ");
		hn_history_show(&re->out, f[HN_HISTORY_VERDICT]);
		hn_str_printf(&re->out, ", now %s ", hn_verdict_name(ai->verdict));
		hn_history_show(&re->out, ai->product);
		hn_str_puts(&re->out, "\n");
		return;
	}
	hn_json_object(&re->json);
	hn_json_key(&re->json, "was");
	hn_json_object(&re->json);
	hn_json_kv_string(&re->json, "verdict", f[HN_HISTORY_VERDICT]);
	hn_json_kv_opt(&re->json, "product", f[HN_HISTORY_PRODUCT]);
	hn_json_object_end(&re->json);
	hn_json_key(&re->json, "now");
	hn_json_object(&re->json);
	hn_json_kv_string(&re->json, "verdict", hn_verdict_name(ai->verdict));
	hn_json_kv_opt(&re->json, "product", ai->product);
	hn_json_kv_opt(&re->json, "category", ai->category);
	hn_json_kv_fraction(&re->json, "score", ai->score);
	hn_json_object_end(&re->json);
	hn_json_key(&re->json, "finding");
	hn_json_raw(&re->json, row->json);
	hn_json_object_end(&re->json);
}

static bool rejudge(const struct hn_history_row *row, void *arg)
{
	struct rejudging *re = arg;
	_cleanup_(hn_podlist_cleanup) struct hn_podlist *pods = NULL;
	struct hn_history_filter filter = {.finding = row->id, .limit = 100000};
	struct hn_judgement ai;

	re->programs.n = 0;
	re->error = hn_history_events(re->reader, &filter, take_program, &re->programs, re->reason);
	if (re->error == 0)
		re->error = hn_history_pods(re->reader, row->id, take_pod, &pods, re->reason);
	if (re->error < 0)
		return false;
	re->looked_at++;
	hn_ai_judge(re->catalogue, pods && hn_podlist_count(pods) ? hn_podlist_at(pods, 0) : NULL,
		    re->programs.views, re->programs.n, &ai);
	if (strcmp(hn_verdict_name(ai.verdict), row->field[HN_HISTORY_VERDICT]) != 0) {
		re->changed++;
		put_changed(re, row, &ai);
	}
	return !re->out.failed;
}

int hn_history_rejudge(struct hn_history_reader *r, const struct hn_settings *s,
		       const struct hn_history_filter *filter, struct hn_reason *reason)
{
	_cleanup_(hn_catalogue_cleanup) struct hn_catalogue *catalogue = NULL;
	struct rejudging *re = calloc(1, sizeof(*re));
	int result;

	if (!re)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	result = hn_catalogue_new((const char *const *)s->signatures.items, s->signatures.n, &catalogue, reason);
	if (result < 0) {
		free(re);
		return result;
	}
	re->reader = re->programs.reader = r;
	re->catalogue = catalogue;
	re->reason = reason;
	re->table = hn_settings_table(s);
	re->width = hn_settings_width();
	hn_json_init(&re->json, &re->out);
	if (!re->table) {
		hn_json_object(&re->json);
		hn_json_kv_string(&re->json, "schema", HN_HISTORY_SCHEMA);
		hn_json_key(&re->json, "rejudged");
		hn_json_array(&re->json);
	}
	result = hn_history_findings(r, filter, rejudge, re, reason);
	if (re->error < 0)
		result = re->error;
	if (!re->table) {
		hn_json_array_end(&re->json);
		hn_json_kv_uint(&re->json, "lookedAt", re->looked_at);
		hn_json_object_end(&re->json);
		hn_str_putc(&re->out, '\n');
	} else {
		hn_str_printf(&re->out, "%zu looked at, %zu judged differently\n", re->looked_at, re->changed);
	}
	if (result == 0)
		result = hn_output_write(&re->out);
	hn_str_done(&re->out);
	free(re);
	return result;
}
