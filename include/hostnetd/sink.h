/* SPDX-License-Identifier: Apache-2.0 */
/* Sinks push what `run` has to say to other systems. None blocks the loop, and none is waited for: each has a bounded queue, drops
 * and counts, and one request under way at most. The table is src/sink/sinks.c: one row a sink. */
#ifndef HOSTNETD_SINK_H
#define HOSTNETD_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "hostnetd/apiserver.h"
#include "hostnetd/health.h"
#include "hostnetd/macro.h"
#include "hostnetd/reason.h"
#include "hostnetd/report.h"
#include "hostnetd/report_kind.h"

struct event_base;
struct hn_sinks;

/* What the operator asked for; NULL: not this one. Borrowed until the end. */
struct hn_sink_settings {
	const char *webhook_url, *webhook_secret_file, *webhook_ca_file;
	bool webhook_ocsf; /* instead of our own events */
	const char *otlp_url, *otlp_headers_file, *otlp_ca_file;
	/* Objects on the API server. */
	bool report_objects, kubernetes_events;
	const struct hn_report_kind *report_kind; /* NULL: whichever is served */
	int64_t report_interval_ns, report_heartbeat_ns;
	struct hn_apiserver_settings apiserver;
};

/* What a sink may ask of the agent while it is open. */
struct hn_sink_source {
	/* What is known now, each once: *cursor starts at 0; NULL at the end. Nothing may come between two calls. */
	const struct hn_finding *(*next_finding)(void *self, size_t *cursor);
	/* How the agent is now; its texts are borrowed until the loop goes on. */
	void (*health)(void *self, struct hn_health *ret);
	void *self;
};

struct hn_sink_parts {
	const struct hn_sink_settings *settings;
	struct event_base *base;
	const struct hn_identity *who;
	struct hn_sink_source source;
	uint64_t seed; /* of jitter */
};

/* Opens those that are asked for; reads their files, connects to nothing. -EINVAL with a reason that names the flag. `parts` is
 * copied, what it points to is borrowed. */
_must_check_ int hn_sinks_open(const struct hn_sink_parts *parts, struct hn_sinks **ret, struct hn_reason *reason);
void hn_sinks_free(struct hn_sinks *s);
size_t hn_sinks_count(const struct hn_sinks *s);
/* An outlet's function. */
void hn_sinks_take(void *self, const struct hn_event *event);
/* How the control stands: called when that has changed, and from time to time, so that silence is no good news. */
void hn_sinks_control(struct hn_sinks *s, const struct hn_health *health);
/* Fills one for each that is open; the texts are borrowed until the loop goes on. Returns how many. */
size_t hn_sinks_health(const struct hn_sinks *s, struct hn_sink_health ret[static HN_HEALTH_SINKS]);
/* No event comes any more: runs the loop until all is sent or has failed once more, 5 s at most. What is left then is
 * lost; it is still counted as queued. */
void hn_sinks_stop(struct hn_sinks *s);
/* For doctor: asks the n-th of those that are wanted whether it could be sent to. 0 and `ret` says what was found; a negative errno and
 * `ret` says why not. *ret_name is its name; NULL, and 0, beyond the last. Blocks, 15 s at most. */
int hn_sinks_try(const struct hn_sink_parts *parts, size_t n, const char **ret_name, struct hn_reason *ret);

#endif
