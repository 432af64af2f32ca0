/* SPDX-License-Identifier: Apache-2.0 */
/* Writes report objects and Kubernetes Events to the API server.
 *
 * Reports: one object for each namespace in which this node has, or lately had, a finding, and one of the node's own, which is
 * always there: it says whether the agent sees everything, counts what the others hold, and is renewed every heartbeat, so that
 * silence shows. An object is written at most once an interval, by one request (server-side apply), the first time soon. Without
 * findings it turns to `pass`, and is deleted an hour later. What a former run left is found by the node's own report.
 *
 * What 5,000 nodes cost the API server, on paper, with the defaults (heartbeat 10 min, interval 30 s):
 * - at rest 5,000 / 600 s = 8.3 writes a second of about 2 KiB each, spread by jitter of a tenth: 17 KiB/s into etcd, 10 MiB of
 *   objects kept; and 8.3/s more for each thousand... of namespaces with findings, one for each node and namespace of them;
 * - all agents started at once: 4 requests each (discovery, node, own report, first write) over their backed-off, jittered starts:
 *   20,000 requests, one a second and node at most; a rolling update of 10 % spreads it over minutes;
 * - a finding: one write of its namespace's object, one of the node's own and one Event; the worst node writes 2 reports each 30 s.
 * No agent lists or watches anything. */
#ifndef HN_SINK_OBJECTS_H
#define HN_SINK_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "hostnetd/apiserver.h"
#include "hostnetd/health.h"
#include "hostnetd/report_kind.h"
#include "hostnetd/sink.h"

struct event_base;
struct hn_objects;

struct hn_objects_settings {
	bool reports, events;
	const struct hn_report_kind *kind; /* NULL: whichever is served */
	int64_t interval_ns, heartbeat_ns;
	const struct hn_apiserver_settings *apiserver; /* only during the open */
	struct event_base *base;
	const struct hn_identity *who;
	struct hn_sink_source source;
	uint64_t seed;
	void (*say)(const char *text); /* warnings, each once */
};

/* Connects to nothing yet. */
_must_check_ int hn_objects_open(const struct hn_objects_settings *settings, struct hn_objects **ret,
				 struct hn_reason *reason);
void hn_objects_free(struct hn_objects *o);
void hn_objects_take(struct hn_objects *o, const struct hn_event *event);
/* The agent sees everything, or not any more. */
void hn_objects_control(struct hn_objects *o, const struct hn_health *health);
void hn_objects_health(const struct hn_objects *o, struct hn_sink_health *ret);
/* What waits goes now. */
void hn_objects_hurry(struct hn_objects *o);
bool hn_objects_is_idle(const struct hn_objects *o);

#endif
