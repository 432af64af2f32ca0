/* SPDX-License-Identifier: Apache-2.0 */
/* What waits for a receiver: bounded in records and bytes. Where it is full, what weighs least goes first, and of that the oldest:
 * the newest word on a finding is the one that holds. */
#ifndef HN_SINK_BACKLOG_H
#define HN_SINK_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hn_weight {
	HN_WEIGHT_STEP,    /* what happened to a process */
	HN_WEIGHT_NOTICE,  /* of the agent, a container, a rule */
	HN_WEIGHT_FINDING, /* a finding opened, changed, was resolved; the control's state */
	HN_WEIGHT_MAX,
};

struct hn_record {
	struct hn_record *next;
	uint64_t order;
	size_t n;
	char text[]; /* terminated */
};

struct hn_backlog {
	size_t max_records, max_bytes;
	size_t records, bytes;
	uint64_t dropped, order;
	struct {
		struct hn_record *head, *tail;
	} lists[HN_WEIGHT_MAX];
};

void hn_backlog_init(struct hn_backlog *b, size_t max_records, size_t max_bytes);
void hn_backlog_done(struct hn_backlog *b);
/* Copies it, or drops and counts: this one, or others to make room. */
void hn_backlog_put(struct hn_backlog *b, enum hn_weight weight, const char *text, size_t n);
/* Counts one that could not even be made. */
void hn_backlog_drop(struct hn_backlog *b);
const struct hn_record *hn_backlog_peek(const struct hn_backlog *b); /* the oldest of all; NULL: none */
struct hn_record *hn_backlog_take(struct hn_backlog *b);             /* the same, owned by the caller: free() */

#endif
