/* SPDX-License-Identifier: Apache-2.0 */
/* A finding's id: stable across restarts of the agent and of the container. Pure. */
#ifndef HOSTNETD_ID_H
#define HOSTNETD_ID_H

#include "hostnetd/finding.h"

/* SHA-256 over node, pod uid (outside Kubernetes: container id) and way, the first 128 bits in hex. */
void hn_finding_id(const char *node, const char *pod_uid, const char *container_id, enum hn_way way,
		   char ret[static HN_FINDING_ID_SIZE]);

#endif
