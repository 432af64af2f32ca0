// SPDX-License-Identifier: Apache-2.0
/* The API's long answers, a piece at a time. Between two pieces the agent goes on: a walk holds ids, never entries. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/health.h"
#include "hostnetd/str.h"
#include "walk_self.h"

#define PAST_MAX 4096 /* findings of the store, the last seen ones */
#define PAST_LOOKS 16 /* one that is read from the store takes as long as so many in memory */

static int compare_keys(const void *a, const void *b)
{
	const struct hn_walk_key *x = a, *y = b;

	if (x->first_seen != y->first_seen)
		return x->first_seen > y->first_seen ? -1 : 1;
	return strcmp(x->id, y->id);
}

/* A story is told of whatever shares or did, since events name it. */
static bool belongs(enum hn_http_list list, const struct hn_finding *f)
{
	if (list == HN_HTTP_FINDING)
		return hn_wall_known(f->first_seen);
	if (list == HN_HTTP_SHARING)
		return f->state == HN_STATE_OPEN || f->state == HN_STATE_EXCEPTED || f->state == HN_STATE_SHARING;
	return f->state == HN_STATE_OPEN || f->state == HN_STATE_EXCEPTED || f->state == HN_STATE_RESOLVED;
}

static int take_keys(struct hn_walk *w)
{
	const struct hn_agent *agent = w->serve->parts.agent;
	const struct hn_entry *e;
	size_t cursor = 0, n = 0;

	while (hn_agent_next(agent, &cursor))
		n++;
	w->room = n + 1;
	w->keys = calloc(w->room, sizeof(*w->keys));
	if (!w->keys)
		return -ENOMEM;
	cursor = 0;
	while (w->n < n && (e = hn_agent_next(agent, &cursor))) {
		if (!belongs(w->list, &e->finding))
			continue;
		w->keys[w->n].first_seen = e->finding.first_seen.ns;
		memcpy(w->keys[w->n].id, e->finding.id, sizeof(w->keys[w->n].id));
		w->n++;
	}
	qsort(w->keys, w->n, sizeof(*w->keys), compare_keys);
	/* What shares now is in memory. */
	w->gathered = w->list == HN_HTTP_SHARING ||
		      (w->filter.state != HN_FILTER_ANY && w->filter.state != HN_STATE_RESOLVED);
	return 0;
}

static bool is_hex(const char *text, size_t n)
{
	return strspn(text, "0123456789abcdef") >= n;
}

static int read_cursor(struct hn_walk *w, const char *text, struct hn_reason *reason)
{
	char number[17] = "";

	if (!text)
		return 0;
	if (w->list == HN_HTTP_EVENTS) {
		if (strlen(text) == 16 && is_hex(text, 16)) {
			w->seq = strtoull(text, NULL, 16);
			return 0;
		}
	} else if (strlen(text) == 16 + HN_FINDING_ID_SIZE - 1 && is_hex(text, strlen(text))) {
		memcpy(number, text, 16);
		w->after.first_seen = (int64_t)strtoull(number, NULL, 16);
		hn_strcpy(w->after.id, sizeof(w->after.id), text + 16);
		return 0;
	}
	return hn_reason_set(reason, -EINVAL, "parameter 'cursor' is not what 'next' of the page before said");
}

static const struct hn_finding *find(const struct hn_walk *w, const char *id)
{
	const struct hn_entry *e = hn_agent_find(w->serve->parts.agent, id);

	return e && belongs(w->list, &e->finding) ? &e->finding : NULL;
}

struct gathering {
	struct hn_walk *walk;
	size_t rows;
	bool full;
};

static bool take_id(const struct hn_history_row *row, void *arg)
{
	struct gathering *g = arg;
	struct hn_walk *w = g->walk;

	g->rows++;
	w->past_until = row->until;
	hn_strcpy(w->past_id, sizeof(w->past_id), row->id);
	if (strlen(row->id) != HN_FINDING_ID_SIZE - 1 || !hn_streq(row->field[HN_HISTORY_STATE], "resolved") ||
	    hn_agent_find(w->serve->parts.agent, row->id))
		return true;
	if (w->n == w->room) {
		struct hn_walk_key *grown = reallocarray(w->keys, w->room + PAST_MAX, sizeof(*grown));

		g->full = !grown;
		if (!grown)
			return false;
		w->keys = grown;
		w->room += PAST_MAX;
	}
	w->keys[w->n].first_seen = row->time.ns;
	hn_strcpy(w->keys[w->n].id, sizeof(w->keys[w->n].id), row->id);
	w->n++;
	w->n_past++;
	g->full = w->n_past == PAST_MAX;
	return !g->full;
}

/* Takes some more of the store's ids. */
static void gather(struct hn_walk *w)
{
	struct hn_past *past = &w->serve->past;
	struct hn_history_reader *reader = hn_past_reader(past);
	struct gathering g = {.walk = w};
	struct hn_reason reason;

	if (reader && hn_history_ids(reader, w->past_until, w->past_id, HN_PIECE_ROWS, take_id, &g, &reason) < 0)
		hn_past_fail(past, &reason);
	else if (reader && !g.full && g.rows == HN_PIECE_ROWS)
		return;
	w->gathered = true;
	if (w->n_past > 0)
		qsort(w->keys, w->n, sizeof(*w->keys), compare_keys);
}

/* What goes on is in memory. */
static bool is_over(const struct hn_walk *w, const struct hn_finding *f)
{
	return f->state == HN_STATE_RESOLVED || (w->list == HN_HTTP_FINDING && f->state == HN_STATE_GONE);
}

/* What is over and in the store only, and its JSON. NULL: there is none. Valid until the next. */
static const struct hn_finding *recall(struct hn_walk *w, const char *id, struct hn_str *json)
{
	struct hn_history_reader *reader =
		hn_agent_find(w->serve->parts.agent, id) ? NULL : hn_past_reader(&w->serve->past);
	struct hn_reason reason;
	int r;

	if (w->recalled)
		hn_finding_done(w->recalled);
	else
		w->recalled = calloc(1, sizeof(*w->recalled));
	if (!reader || !w->recalled)
		return NULL;
	r = hn_history_finding(reader, id, w->recalled, json, &reason);
	if (r < 0 && r != -ENOENT)
		hn_past_fail(&w->serve->past, &reason);
	return r == 0 && json->len > 0 && is_over(w, w->recalled) ? w->recalled : NULL;
}

static int open_one(struct hn_walk *w, const char *id, struct hn_reason *reason)
{
	_cleanup_(hn_str_done) struct hn_str kept = {0};
	const struct hn_finding *f;

	if (!hn_filter_is_id(id))
		return hn_reason_set(reason, -EINVAL, "a finding's id has %d hexadecimal digits",
				     HN_FINDING_ID_SIZE - 1);
	hn_strcpy(w->filter.finding, sizeof(w->filter.finding), id);
	f = find(w, id);
	hn_str_puts(&w->head, "{\"finding\":");
	if (f)
		hn_report_finding_json(w->serve->parts.who, f, &w->head);
	else if ((f = recall(w, id, &kept)))
		hn_str_append(&w->head, kept.data, kept.len);
	else
		return hn_reason_set(reason, -ENOENT, "there is no such finding, or it is resolved and forgotten");
	w->from = f->first_seen;
	/* What goes on was last seen later than that says. */
	if (is_over(w, f))
		w->to = f->resolved_at.ns > f->last_seen.ns ? f->resolved_at : f->last_seen;
	hn_str_puts(&w->head, ",\"timeline\":[");
	return w->head.failed ? hn_reason_set(reason, -ENOMEM, "no memory for the answer") : 0;
}

void hn_walk_close(void *walk)
{
	struct hn_walk *w = walk;

	hn_str_done(&w->head);
	hn_watch_done(&w->watch);
	if (w->recalled)
		hn_finding_done(w->recalled);
	free(w->recalled);
	free(w->keys);
	free(w);
}

int hn_walk_open(void *self, enum hn_http_list list, const struct hn_http_query *query, void **ret_walk,
		 struct hn_reason *reason)
{
	struct hn_walk *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return hn_reason_set(reason, -ENOMEM, "no memory for the answer");
	w->serve = self;
	w->list = list;
	w->seq = list == HN_HTTP_EVENTS ? UINT64_MAX : 0;
	r = hn_filter_read(query, &w->filter, reason);
	if (r == 0)
		r = read_cursor(w, query->values[HN_HTTP_CURSOR], reason);
	if (r == 0 && list == HN_HTTP_FINDING)
		r = open_one(w, query->values[HN_HTTP_ID], reason);
	else if (r == 0 && list != HN_HTTP_EVENTS)
		r = take_keys(w);
	if (r < 0) {
		hn_walk_close(w);
		return r;
	}
	*ret_walk = w;
	return 0;
}

void hn_walk_comma(struct hn_walk *w, struct hn_str *out)
{
	if (w->given++)
		hn_str_putc(out, ',');
}

static void give(struct hn_walk *w, const struct hn_finding *f, struct hn_str *out)
{
	bool any = false;

	if (w->list == HN_HTTP_FINDINGS) {
		hn_walk_comma(w, out);
		hn_report_finding_json(w->serve->parts.who, f, out);
		return;
	}
	for (size_t i = 0; i < f->n_containers; i++)
		if (f->containers[i].present) {
			hn_walk_comma(w, out);
			hn_report_sharing_json(f, &f->containers[i], out);
			any = true;
		}
	if (!any) {
		hn_walk_comma(w, out);
		hn_report_sharing_json(f, NULL, out);
	}
}

static void end_list(struct hn_walk *w, struct hn_str *out)
{
	hn_str_puts(out, "]");
	if (w->list != HN_HTTP_EVENTS)
		hn_str_printf(out, ",\"total\":%zu", w->total);
	if (w->more && w->list == HN_HTTP_EVENTS)
		hn_str_printf(out, ",\"next\":\"%016" PRIx64 "\"", w->seq);
	else if (w->more)
		hn_str_printf(out, ",\"next\":\"%016" PRIx64 "%s\"", (uint64_t)w->last.first_seen, w->last.id);
	hn_str_puts(out, "}\n");
}

/* The page's place for what is at this key; false: it is on another page. */
static bool has_place(struct hn_walk *w, const struct hn_walk_key *key)
{
	w->total++;
	if (w->after.id[0] && compare_keys(key, &w->after) <= 0)
		return false;
	if (w->given >= w->filter.limit) {
		w->more = true;
		return false;
	}
	w->last = *key;
	return true;
}

static void step_past(struct hn_walk *w, const struct hn_walk_key *key, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str json = {0};
	const struct hn_finding *f = recall(w, key->id, &json);

	if (!f || !hn_filter_takes(&w->filter, f) || !has_place(w, key))
		return;
	hn_walk_comma(w, out);
	hn_str_append(out, json.data, json.len);
}

/* All are counted, those of this page are given. */
static bool step_entries(struct hn_walk *w, struct hn_str *out)
{
	for (unsigned looks = 0; w->at < w->n && looks < HN_PIECE_LOOKS && out->len < HN_PIECE_BYTES; looks++) {
		const struct hn_walk_key *key = &w->keys[w->at++];
		const struct hn_finding *f = find(w, key->id);

		if (f && hn_filter_takes(&w->filter, f) && has_place(w, key)) {
			give(w, f, out);
		} else if (!f && w->n_past > 0) {
			step_past(w, key, out);
			looks += PAST_LOOKS - 1;
		}
	}
	return w->at < w->n;
}

bool hn_walk_step(void *walk, struct hn_str *out)
{
	struct hn_walk *w = walk;
	bool more;

	if (!w->begun && w->list == HN_HTTP_FINDING)
		hn_str_append(out, w->head.data, w->head.len);
	else if (!w->begun)
		hn_str_puts(out, "{\"items\":[");
	w->begun = true;
	if (w->list == HN_HTTP_FINDINGS && !w->gathered) {
		gather(w);
		return true;
	}
	more = w->list == HN_HTTP_FINDING ? hn_walk_step_timeline(w, out) :
	       w->list == HN_HTTP_EVENTS  ? hn_walk_step_events(w, out) :
					    step_entries(w, out);
	if (more)
		return true;
	if (w->list == HN_HTTP_FINDING)
		hn_walk_end_story(w, out);
	else
		end_list(w, out);
	return false;
}
