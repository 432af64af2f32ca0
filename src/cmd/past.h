/* SPDX-License-Identifier: Apache-2.0 */
/* The store as the API reads it: what memory does not have any more, or never had in this run. */
#ifndef HOSTNETD_PAST_H
#define HOSTNETD_PAST_H

#include <stdbool.h>

#include "hostnetd/history.h"

struct hn_past {
	struct hn_history *history; /* borrowed; NULL: --store none */
	struct hn_history_reader *reader;
	struct hn_mono retry;
	bool failed; /* and that was said */
};

/* NULL: there is no store, or it cannot be read now. Borrowed, until the next call. */
struct hn_history_reader *hn_past_reader(struct hn_past *p);
/* Lets a file go that the store has left, which waits for that. To be called often: it costs nothing. */
void hn_past_look(struct hn_past *p);
/* A call of the reader failed: that is logged once, and for a while memory has to do. */
void hn_past_fail(struct hn_past *p, const struct hn_reason *reason);
void hn_past_done(struct hn_past *p);

#endif
