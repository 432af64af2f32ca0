/* SPDX-License-Identifier: Apache-2.0 */
/* `run --compare-apiserver`: what differs between the kubelet's pods and the API server's becomes notices. */
#ifndef HN_CMD_PODWATCH_H
#define HN_CMD_PODWATCH_H

#include "hostnetd/podcheck.h"
#include "outlets.h"
#include "vitals.h"

struct hn_podwatch {
	struct hn_podcheck *check; /* NULL: it was not asked for */
	struct hn_outlets *outlets;
};

/* `vitals` holds the kubelet, and gets the check; all are borrowed until it is closed. */
_must_check_ int hn_podwatch_open(struct hn_podwatch *c, const struct hn_settings *s, struct event_base *base,
				  struct hn_vitals *vitals, struct hn_outlets *outlets, uint64_t seed,
				  struct hn_reason *reason);
/* The kubelet has a new list. */
void hn_podwatch_answered(struct hn_podwatch *c);
void hn_podwatch_close(struct hn_podwatch *c);

#endif
