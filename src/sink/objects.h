/* SPDX-License-Identifier: Apache-2.0 */
/* Writes report objects and Kubernetes Events to the API server.
 *
 * Reports: one object for each namespace in which this node has, or lately had, a finding, and one of the node's own, which is
 * always there: it says whether the agent sees everything, counts what the others hold, and is renewed every heartbeat, so that
 * silence shows. An object is written at most once an interval, by one request (server-side apply), the first time soon. Without
 * findings it turns to `pass` (`skip` while the agent does not see everything), and is deleted an hour of passing later. What a former run left is found by the node's own report.
 *
 * What 5,000 nodes cost the API server, on paper, with the defaults (heartbeat 10 min, interval 30 s):
 * - at rest each node's own object every 540 to 600 s: 8.8 writes a second, of 1.3 KiB and what the server adds (its managed fields,
 *   taken for another 1 KiB): 20 KiB/s into etcd, 12 MiB of objects kept. Each further object, one a node and namespace with
 *   findings, is one write more in that time: 2,000 of them 3.5 a second;
 * - all agents started at once: 4 requests each (discovery, node, own report, first write) over their backed-off, jittered starts:
 *   20,000 requests, one a second and node at most; a rolling update of 10 % spreads it over minutes;
 * - the same finding on all nodes at once (an AI DaemonSet with hostNetwork): 15,000 writes over the few seconds that its pods
 *   take to start, since the first write and the Event are prompt; then one object a node each interval at most. A server that
 *   answers 429 is obeyed;
 * - a finding: one write of its namespace's object, one of the node's own and one Event. A node where all changes all the time
 *   writes each of its objects every 30 s, and never more than one request a second.
 * No agent lists or watches anything. */
#ifndef HN_SINK_OBJECTS_H
#define HN_SINK_OBJECTS_H

#include "sink.h"

struct hn_objects;

int hn_objects_open(const struct hn_sink_parts *parts, void **ret_self, struct hn_reason *reason);
void hn_objects_free(void *self);
void hn_objects_take(void *self, const struct hn_event *event);
void hn_objects_control(void *self, const struct hn_health *health);
void hn_objects_health(const void *self, struct hn_sink_health *ret);
void hn_objects_hurry(void *self);
bool hn_objects_is_idle(const void *self);

#endif
