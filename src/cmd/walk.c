// SPDX-License-Identifier: Apache-2.0
/* The API's long answers, a piece at a time. Between two pieces the agent goes on: a walk holds ids, never entries. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/health.h"
#include "hostnetd/str.h"
#include "serve_self.h"

#define PIECE_BYTES 24576
#define PIECE_LOOKS 256

/* The order of lists: the newest first; among equals by id. */
struct key {
	int64_t first_seen;
	char id[HN_FINDING_ID_SIZE];
};

struct walk {
	struct hn_serve *serve;
	enum hn_http_list list;
	struct hn_filter filter;
	struct key after; /* the last of the page before; id "": this is the first */
	struct key *keys;
	size_t n, at;
	uint64_t seq; /* EVENTS: go below; FINDING: go above */
	size_t given, total;
	bool begun, more;
	struct key last;
	struct hn_str head; /* FINDING: how the answer begins; it may go at any time */
};

static int compare_keys(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->first_seen != y->first_seen)
		return x->first_seen > y->first_seen ? -1 : 1;
	return strcmp(x->id, y->id);
}

static bool belongs(enum hn_http_list list, const struct hn_finding *f)
{
	if (list == HN_HTTP_SHARING)
		return f->state == HN_STATE_OPEN || f->state == HN_STATE_EXCEPTED || f->state == HN_STATE_SHARING;
	return f->state == HN_STATE_OPEN || f->state == HN_STATE_EXCEPTED || f->state == HN_STATE_RESOLVED;
}

static int take_keys(struct walk *w)
{
	const struct hn_agent *agent = w->serve->parts.agent;
	const struct hn_entry *e;
	size_t cursor = 0, n = 0;

	while (hn_agent_next(agent, &cursor))
		n++;
	w->keys = calloc(n + 1, sizeof(*w->keys));
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
	return 0;
}

static bool is_hex(const char *text, size_t n)
{
	return strspn(text, "0123456789abcdef") >= n;
}

static int read_cursor(struct walk *w, const char *text, struct hn_reason *reason)
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

static const struct hn_finding *find(const struct walk *w, const char *id)
{
	const struct hn_entry *e = hn_agent_find(w->serve->parts.agent, id);

	return e && belongs(w->list, &e->finding) ? &e->finding : NULL;
}

static int open_one(struct walk *w, const char *id, struct hn_reason *reason)
{
	const struct hn_finding *f;

	if (strlen(id) != HN_FINDING_ID_SIZE - 1 || !is_hex(id, strlen(id)))
		return hn_reason_set(reason, -EINVAL, "a finding's id has %d hexadecimal digits",
				     HN_FINDING_ID_SIZE - 1);
	hn_strcpy(w->filter.finding, sizeof(w->filter.finding), id);
	f = find(w, id);
	if (!f)
		return hn_reason_set(reason, -ENOENT, "there is no such finding, or it is resolved and forgotten");
	hn_str_puts(&w->head, "{\"finding\":");
	hn_report_finding_json(w->serve->parts.who, f, &w->head);
	hn_str_puts(&w->head, ",\"timeline\":[");
	return w->head.failed ? hn_reason_set(reason, -ENOMEM, "no memory for the answer") : 0;
}

void hn_walk_close(void *walk)
{
	struct walk *w = walk;

	hn_str_done(&w->head);
	free(w->keys);
	free(w);
}

int hn_walk_open(void *self, enum hn_http_list list, const struct hn_http_query *query, void **ret_walk,
		 struct hn_reason *reason)
{
	struct walk *w = calloc(1, sizeof(*w));
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

static void put_comma(struct walk *w, struct hn_str *out)
{
	if (w->given++)
		hn_str_putc(out, ',');
}

static void give(struct walk *w, const struct hn_finding *f, struct hn_str *out)
{
	bool any = false;

	if (w->list == HN_HTTP_FINDINGS) {
		put_comma(w, out);
		hn_report_finding_json(w->serve->parts.who, f, out);
		return;
	}
	for (size_t i = 0; i < f->n_containers; i++)
		if (f->containers[i].present) {
			put_comma(w, out);
			hn_report_sharing_json(f, &f->containers[i], out);
			any = true;
		}
	if (!any) {
		put_comma(w, out);
		hn_report_sharing_json(f, NULL, out);
	}
}

static void end_list(struct walk *w, struct hn_str *out)
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

/* All are counted, those of this page are given. */
static bool step_entries(struct walk *w, struct hn_str *out)
{
	for (unsigned looks = 0; w->at < w->n && looks < PIECE_LOOKS && out->len < PIECE_BYTES; looks++) {
		const struct key *key = &w->keys[w->at++];
		const struct hn_finding *f = find(w, key->id);

		if (!f || !hn_filter_takes(&w->filter, f))
			continue;
		w->total++;
		if (w->after.id[0] && compare_keys(key, &w->after) <= 0)
			continue;
		if (w->given >= w->filter.limit) {
			w->more = true;
			continue;
		}
		give(w, f, out);
		w->last = *key;
	}
	return w->at < w->n;
}

static bool step_events(struct walk *w, struct hn_str *out)
{
	struct hn_http_event event;

	for (unsigned looks = 0; looks < PIECE_LOOKS && out->len < PIECE_BYTES; looks++) {
		if (!hn_ring_before(w->serve->ring, w->seq, &event))
			return false;
		if (hn_filter_takes_event(&w->filter, &event)) {
			if (w->given >= w->filter.limit) {
				w->more = true;
				return false;
			}
			put_comma(w, out);
			hn_str_append(out, event.json, event.n);
		}
		w->seq = event.seq;
	}
	return true;
}

static bool step_timeline(struct walk *w, struct hn_str *out)
{
	struct hn_http_event event;

	for (unsigned looks = 0; looks < PIECE_LOOKS && out->len < PIECE_BYTES; looks++) {
		if (!hn_ring_after(w->serve->ring, w->seq, &event))
			return false;
		w->seq = event.seq;
		if (!hn_filter_takes_event(&w->filter, &event))
			continue;
		put_comma(w, out);
		hn_str_append(out, event.json, event.n);
	}
	return true;
}

bool hn_walk_step(void *walk, struct hn_str *out)
{
	struct walk *w = walk;
	bool more;

	if (!w->begun && w->list == HN_HTTP_FINDING)
		hn_str_append(out, w->head.data, w->head.len);
	else if (!w->begun)
		hn_str_puts(out, "{\"items\":[");
	w->begun = true;
	more = w->list == HN_HTTP_FINDING ? step_timeline(w, out) :
	       w->list == HN_HTTP_EVENTS  ? step_events(w, out) :
					    step_entries(w, out);
	if (more)
		return true;
	if (w->list == HN_HTTP_FINDING)
		hn_str_puts(out, "]}\n");
	else
		end_list(w, out);
	return false;
}
