// SPDX-License-Identifier: Apache-2.0
/* A finding's story has holes where nobody watched: what the agent said of that stands in it, as `hostnetd history` has it. */
#include <string.h>

#include "walk_self.h"

#define ROWS 256

void hn_walk_read_watch(struct hn_walk *w)
{
	struct hn_past *past = &w->serve->past;
	struct hn_history_reader *reader = hn_past_reader(past);
	struct hn_reason reason;

	w->watch_read = true;
	w->watch.most = ROWS;
	if (reader && hn_watch_read(&w->watch, reader, w->from, w->to, &reason) < 0) {
		hn_past_fail(past, &reason);
		hn_watch_done(&w->watch);
	}
	w->watch_left = w->watch.n;
}

bool hn_walk_watch_before(struct hn_walk *w, uint64_t seq, struct hn_str *out)
{
	for (; w->watch_left && w->watch.rows[w->watch_left - 1].seq < seq; w->watch_left--) {
		const char *json = w->watch.rows[w->watch_left - 1].json;
		struct hn_http_event event = {.json = json, .n = strlen(json)};

		if (out->len >= HN_PIECE_BYTES)
			return false;
		hn_walk_put(w, &event, out);
	}
	return true;
}

/* As the store's query: a gap counts where it overlaps, the rest where it lies within. */
static bool overlaps(const struct hn_http_event *event, struct hn_wall from, struct hn_wall to)
{
	struct hn_wall since = hn_wall_known(event->since) ? event->since : event->time;
	struct hn_wall until = hn_wall_known(event->until) ? event->until : event->time;

	return until.ns >= from.ns && (!hn_wall_known(to) || since.ns <= to.ns);
}

bool hn_walk_takes_watch(const struct hn_walk *w, const struct hn_http_event *event)
{
	uint64_t read = w->watch.n ? w->watch.rows[0].seq : 0;

	return strncmp(event->type, "agent.", 6) == 0 && event->seq > read && overlaps(event, w->from, w->to);
}
