/* SPDX-License-Identifier: Apache-2.0 */
/* A row of the table of sinks (sinks.c). To add one: its own file, its row, its settings in hostnetd/sink.h. */
#ifndef HN_SINK_SINK_H
#define HN_SINK_SINK_H

#include "hostnetd/sink.h"

struct hn_courier_settings;
struct hn_parcel;

struct hn_sink_row {
	const char *name; /* in logs and as the metrics' label */
	bool (*wanted)(const struct hn_sink_settings *settings);
	int (*open)(const struct hn_sink_parts *parts, void **ret_self, struct hn_reason *reason);
	/* Borrows the event for the call. */
	void (*take)(void *self, const struct hn_event *event);
	void (*control)(void *self, const struct hn_health *health); /* NULL: it does not tell */
	/* Nothing comes any more; what waits is to be sent without a pause. */
	void (*hurry)(void *self);
	bool (*is_idle)(const void *self); /* after hurry(): nothing more will come of waiting */
	void (*health)(const void *self, struct hn_sink_health *ret);
	/* A question that changes nothing at the receiver, for doctor. */
	int (*question)(void *self, struct hn_courier_settings *ret_where, struct hn_parcel *ret,
			struct hn_reason *reason);
	void (*free)(void *self);
};

/* Puts a row's question and waits for the answer. 0 and what was found, or a negative errno and why not. */
int hn_sink_ask(const struct hn_sink_row *row, void *self, struct event_base *base, struct hn_reason *ret);

extern const struct hn_sink_row hn_sink_webhook, hn_sink_otlp, hn_sink_kubernetes;

#endif
