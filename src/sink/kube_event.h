/* SPDX-License-Identifier: Apache-2.0 */
/* Kubernetes Events (events.k8s.io/v1) of one finding, as JSON. Pure. A finding has one Event for its coming and one for its going;
 * when it comes again the server's series counts, as long as it keeps the Event (an hour, mostly). */
#ifndef HN_SINK_KUBE_EVENT_H
#define HN_SINK_KUBE_EVENT_H

#include <stdbool.h>

#include "hostnetd/report.h"
#include "hostnetd/str.h"

enum hn_kube_event_kind { HN_KUBE_EVENT_OPENED, HN_KUBE_EVENT_RESOLVED, HN_KUBE_EVENT_KIND_MAX };

struct hn_kube_event {
	enum hn_kube_event_kind kind;
	const struct hn_finding *finding;
	const struct hn_identity *who;
	const char *node_uid; /* "": not known */
	struct hn_wall time;
};

#define HN_KUBE_EVENT_NAME_SIZE 64
void hn_kube_event_name(enum hn_kube_event_kind kind, const char *finding,
			char ret[static HN_KUBE_EVENT_NAME_SIZE]);
/* The pod's namespace, or where what has none belongs. */
const char *hn_kube_event_namespace(const struct hn_finding *f);
/* To be created. */
void hn_kube_event_json(const struct hn_kube_event *e, struct hn_str *out);
/* A merge patch: it happened again. All else of an Event must not change. */
void hn_kube_event_again_json(const struct hn_kube_event *e, struct hn_str *out);

#endif
