// SPDX-License-Identifier: Apache-2.0
/* Events: the newest are in memory, older ones in the store. */
#include <string.h>

#include "walk_self.h"

/* Events are in the order in which they happened, and a clock may have been set back between two. */
#define CLOCK_NS (3600 * HN_NSEC_PER_SEC)
#define EXECUTABLES_MAX 256

struct piece {
	struct hn_walk *walk;
	struct hn_str *out;
	size_t rows;
	bool full; /* the page, or the piece */
};

void hn_walk_put(struct hn_walk *w, const struct hn_http_event *event, struct hn_str *out)
{
	hn_walk_comma(w, out);
	hn_str_append(out, event->json, event->n);
}

/* False: there is no place for it on this page. */
static bool give(struct hn_walk *w, const struct hn_http_event *event, struct hn_str *out)
{
	if (!hn_filter_takes_event(&w->filter, event))
		return true;
	if (w->list == HN_HTTP_EVENTS && w->given >= w->filter.limit) {
		w->more = true;
		return false;
	}
	hn_walk_put(w, event, out);
	return true;
}

static bool take_row(const struct hn_history_row *row, void *arg)
{
	struct piece *p = arg;
	struct hn_walk *w = p->walk;
	struct hn_http_event event = {.seq = row->seq,
				      .time = row->time,
				      .type = row->type,
				      .finding = row->id,
				      .json = row->json,
				      .n = strlen(row->json)};

	p->rows++;
	if (w->list == HN_HTTP_FINDING && !hn_walk_watch_before(w, row->seq, p->out)) {
		p->full = true;
		return false;
	}
	if (w->list == HN_HTTP_EVENTS && hn_wall_known(w->filter.since) &&
	    row->time.ns < w->filter.since.ns - CLOCK_NS) {
		w->past_end = true;
		return false;
	}
	if (event.n > 0 && !give(w, &event, p->out)) {
		p->full = true;
		return false;
	}
	w->seq = row->seq;
	p->full = p->out->len >= HN_PIECE_BYTES;
	return !p->full;
}

/* Looks at some rows from w->seq on. At their end, and where they cannot be read, w->past_end is set. */
static void step_past(struct hn_walk *w, struct hn_str *out)
{
	struct hn_past *past = &w->serve->past;
	struct hn_history_reader *reader = hn_past_reader(past);
	struct hn_history_place place = {.finding = w->filter.finding[0] ? w->filter.finding : NULL,
					 .limit = HN_PIECE_ROWS};
	struct piece piece = {.walk = w, .out = out};
	struct hn_reason reason;

	if (w->list == HN_HTTP_EVENTS)
		place.before = w->seq;
	else
		place.after = w->seq;
	/* Below 0 there is nothing, and 0 would mean that it goes upwards. */
	if (!reader || (w->list == HN_HTTP_EVENTS && w->seq == 0)) {
		w->past_end = true;
	} else if (hn_history_piece(reader, &place, take_row, &piece, &reason) < 0) {
		hn_past_fail(past, &reason);
		w->past_end = true;
	} else if (!piece.full && piece.rows < HN_PIECE_ROWS) {
		w->past_end = true;
	}
}

bool hn_walk_step_events(struct hn_walk *w, struct hn_str *out)
{
	struct hn_http_event event;

	for (unsigned looks = 0; looks < HN_PIECE_LOOKS && out->len < HN_PIECE_BYTES; looks++) {
		if (!hn_ring_before(w->serve->ring, w->seq, &event)) {
			step_past(w, out);
			return !w->past_end && !w->more;
		}
		if (!give(w, &event, out))
			return false;
		w->seq = event.seq;
	}
	return true;
}

bool hn_walk_step_timeline(struct hn_walk *w, struct hn_str *out)
{
	const struct hn_ring *ring = w->serve->ring;
	struct hn_http_event event;

	if (!w->watch_read) {
		hn_walk_read_watch(w);
		return true;
	}
	if (!w->past_end && !hn_ring_reaches(ring, w->seq)) {
		step_past(w, out);
		return true;
	}
	for (unsigned looks = 0; looks < HN_PIECE_LOOKS && out->len < HN_PIECE_BYTES; looks++) {
		if (!hn_ring_after(ring, w->seq, &event))
			return !hn_walk_watch_before(w, UINT64_MAX, out);
		if (!hn_walk_watch_before(w, event.seq, out))
			return true;
		w->seq = event.seq;
		if (hn_walk_takes_watch(w, &event))
			hn_walk_put(w, &event, out);
		else
			(void)give(w, &event, out);
	}
	return true;
}

struct executables {
	struct hn_str *out;
	unsigned n;
};

static bool take_executable(const struct hn_history_row *row, void *arg)
{
	struct executables *e = arg;

	hn_str_puts(e->out, e->n ? "," : "");
	hn_str_puts(e->out, row->json);
	return ++e->n < EXECUTABLES_MAX;
}

void hn_walk_end_story(struct hn_walk *w, struct hn_str *out)
{
	struct hn_history_reader *reader = hn_past_reader(&w->serve->past);
	struct executables executables = {.out = out};
	struct hn_reason reason;

	hn_str_puts(out, "],\"executables\":[");
	if (reader &&
	    hn_history_executables(reader, w->filter.finding, take_executable, &executables, &reason) < 0)
		hn_past_fail(&w->serve->past, &reason);
	hn_str_puts(out, w->watch.found > w->watch.n ? "],\"agentEventsLeftOut\":true}\n" : "]}\n");
}
