/* SPDX-License-Identifier: Apache-2.0 */
/* A long answer while it is made. walk.c has the lists of what is, walk_events.c those of what happened, walk_watch.c
 * what the agent did meanwhile. */
#ifndef HOSTNETD_WALK_SELF_H
#define HOSTNETD_WALK_SELF_H

#include "history_watch.h"
#include "hostnetd/str.h"
#include "serve_self.h"

#define HN_PIECE_BYTES 24576
#define HN_PIECE_LOOKS 256 /* at what is in memory */
#define HN_PIECE_ROWS 32   /* of the store */

/* The order of lists: the newest first; among equals by id. */
struct hn_walk_key {
	int64_t first_seen;
	char id[HN_FINDING_ID_SIZE];
};

struct hn_walk {
	struct hn_serve *serve;
	enum hn_http_list list;
	struct hn_filter filter;
	struct hn_walk_key after; /* the last of the page before; id "": this is the first */
	struct hn_walk_key *keys;
	size_t n, at, room;
	size_t n_past; /* of them */
	/* FINDINGS: the store's are looked through first, from the last seen one on. */
	bool gathered;
	struct hn_wall past_until;
	char past_id[HN_FINDING_ID_SIZE];
	uint64_t seq;  /* EVENTS: go below; FINDING: go above */
	bool past_end; /* EVENTS, FINDING: the store has no more */
	size_t given, total;
	bool begun, more;
	struct hn_walk_key last;
	struct hn_finding *recalled; /* one of the store */
	struct hn_str head;          /* FINDING: how the answer begins; it may go at any time */
	/* FINDING: from when to when it was there (0: it is), and what the agent said of its watching then. */
	struct hn_wall from, to;
	struct hn_watch watch;
	bool watch_read;
	size_t watch_left; /* rows of it that are still to be given: the last of them is the next */
};

void hn_walk_comma(struct hn_walk *w, struct hn_str *out);
void hn_walk_put(struct hn_walk *w, const struct hn_http_event *event, struct hn_str *out);
/* Each makes a piece. False: that was the last. */
bool hn_walk_step_events(struct hn_walk *w, struct hn_str *out);
bool hn_walk_step_timeline(struct hn_walk *w, struct hn_str *out);
void hn_walk_end_story(struct hn_walk *w, struct hn_str *out);

/* What the agent says of its own watching, in a finding's timeline. */
void hn_walk_read_watch(struct hn_walk *w);
/* Those before `seq`. False: the piece is full. */
_must_check_ bool hn_walk_watch_before(struct hn_walk *w, uint64_t seq, struct hn_str *out);
/* One of those that are in memory, and not in the store or not when it was read. */
bool hn_walk_takes_watch(const struct hn_walk *w, const struct hn_http_event *event);

#endif
