/* SPDX-License-Identifier: Apache-2.0 */
/* A sink of events: each becomes a text, texts wait, some together become a body, the body is sent until it is taken. What differs
 * between such sinks is in their struct hn_feed_ops. */
#ifndef HN_SINK_FEED_H
#define HN_SINK_FEED_H

#include "backlog.h"
#include "courier.h"
#include "sink.h"

struct hn_feed;

/* A batch, as it is made into a body. */
struct hn_feed_batch {
	const struct hn_record *records; /* a list */
	size_t n;
	uint64_t dropped; /* since the start */
};

struct hn_feed_ops {
	bool damped; /* it wakes people */
	/* The event's text; nothing: it is not told. */
	void (*render)(void *self, const struct hn_event *event, struct hn_str *out);
	/* The body of a batch. */
	void (*wrap)(void *self, const struct hn_feed_batch *batch, struct hn_str *out);
	/* Before each try: path, type and headers. `ret` has the content. -errno with a reason. */
	int (*address)(void *self, struct hn_parcel *ret, struct hn_reason *reason);
	enum hn_delivery (*judge)(void *self, const struct hn_https_answer *answer, const char *body,
				  struct hn_reason *reason);
};

/* Borrowed until the end. `courier` needs no functions. NULL: no memory. */
struct hn_feed *hn_feed_new(const struct hn_feed_ops *ops, void *self, const struct hn_courier_settings *courier);
void hn_feed_free(struct hn_feed *f);
void hn_feed_take(struct hn_feed *f, const struct hn_event *event);
/* A text of the sink's own. */
void hn_feed_put(struct hn_feed *f, enum hn_weight weight, const struct hn_str *text);
/* In judge(): so many of the batch that is delivered were refused. */
void hn_feed_reject(struct hn_feed *f, uint64_t n);
void hn_feed_hurry(struct hn_feed *f);
bool hn_feed_is_idle(const struct hn_feed *f);
void hn_feed_health(const struct hn_feed *f, struct hn_sink_health *ret);

#endif
