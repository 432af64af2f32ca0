/* SPDX-License-Identifier: Apache-2.0 */
/* `run --compare-apiserver`: what differs becomes notices, and what goes wrong is said once. */
#ifndef HN_CMD_COMPARER_H
#define HN_CMD_COMPARER_H

#include "hostnetd/podcheck.h"
#include "outlets.h"
#include "vitals.h"

struct hn_comparer {
	struct hn_podcheck *check; /* NULL: it was not asked for */
	struct hn_outlets *outlets;
	char said[sizeof(((struct hn_reason *)0)->text)]; /* the problem that was last logged */
};

/* `vitals` holds the kubelet, and gets the check; all are borrowed until it is closed. */
_must_check_ int hn_comparer_open(struct hn_comparer *c, const struct hn_settings *s, struct event_base *base,
				  struct hn_vitals *vitals, struct hn_outlets *outlets, uint64_t seed,
				  struct hn_reason *reason);
/* The kubelet has a new list. */
void hn_comparer_answered(struct hn_comparer *c);
/* Says what has changed since the last call. */
void hn_comparer_look(struct hn_comparer *c);
void hn_comparer_close(struct hn_comparer *c);

#endif
