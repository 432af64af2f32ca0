/* SPDX-License-Identifier: Apache-2.0 */
/* The workload that a person deployed, as far as a pod's own fields tell. Pure. */
#ifndef HN_KUBE_OWNER_H
#define HN_KUBE_OWNER_H

#include <stddef.h>

#include "hostnetd/pod.h"

/* All borrowed from the pod or static. */
struct hn_workload {
	const char *api_version;
	const char *kind;
	const char *name; /* not terminated: `name_len` bytes */
	size_t name_len;
};

/* Reads name, labels and controller of the pod; `workload` of the pod need not be set yet. */
void hn_owner_find(const struct hn_pod *pod, struct hn_workload *ret);

#endif
