/* SPDX-License-Identifier: Apache-2.0 */
/* What all agents of a cluster saw, from the report objects that they leave on its API server.
 *
 * The objects are hostile: whoever may write reports in a namespace may have written them. A node's own report, which only those
 * can write who may change cluster-wide objects, counts what the node's other reports must hold; whatever does not fit is a gap. */
#ifndef HOSTNETD_FLEET_H
#define HOSTNETD_FLEET_H

#include <stdint.h>

#include "hostnetd/apiserver.h"
#include "hostnetd/observed.h"
#include "hostnetd/time.h"

struct hn_fleet_settings {
	const char *name; /* of the cluster, for sources; "cluster" */
	struct hn_wall now;
	int64_t max_age_ns; /* of a node's own report */
	/* Something that is not covered: a node, a list. Negative ends it. */
	int (*gap)(void *arg, const char *what, const char *why, struct hn_reason *reason);
	void *arg;
};

/* Blocks. Everything that the API server refuses or does not have is a gap. -ENOMEM, or what gap() returned. */
_must_check_ int hn_fleet_read(struct hn_apiserver *api, const struct hn_fleet_settings *settings,
			       struct hn_observations *o, struct hn_reason *reason);

#endif
