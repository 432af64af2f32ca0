/* SPDX-License-Identifier: Apache-2.0 */
/* What a cgroup's path says: which container, which pod. Pure: text in, struct out. */
#ifndef HOSTNETD_CGROUP_H
#define HOSTNETD_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

#include "hostnetd/macro.h"

enum hn_cgroup_kind {
	HN_CGROUP_HOST,                 /* a service, a session, the root, or what no rule knows */
	HN_CGROUP_SLICE,                /* groups pods, containers or services */
	HN_CGROUP_POD,                  /* the pod is certain, the container is not */
	HN_CGROUP_SANDBOX_OR_CONTAINER, /* a pause container has this form too */
	HN_CGROUP_CONTAINER,            /* a container for sure */
	HN_CGROUP_HELPER,               /* a process of the runtime beside a container (conmon, monitor, VMM) */
	HN_CGROUP_KIND_MAX,
};

#define HN_POD_UID_SIZE 40       /* 36, or 32 for a static pod, and the NUL */
#define HN_CONTAINER_ID_SIZE 132 /* 64 hex digits, or a name (containerd allows 76, machines 64) */

struct hn_container_ref {
	enum hn_cgroup_kind kind;
	const char *runtime;                     /* static text; "" where the name does not say */
	char pod_uid[HN_POD_UID_SIZE];           /* "" if none */
	char container_id[HN_CONTAINER_ID_SIZE]; /* "" if none */
	bool weak; /* only the form /NAMESPACE/NAME says container: a second sign is needed */
};

const char *hn_cgroup_kind_name(enum hn_cgroup_kind kind); /* as in facts' table: "sandbox-or-container" ... */

/* Judges the path as the kernel wrote it (third field of /proc/PID/cgroup, or names joined with '/'). Never fails:
 * what no rule knows is HN_CGROUP_HOST. Linear in `len`; reads no more than 64 KiB of it. */
void hn_cgroup_parse(const char *path, size_t len, struct hn_container_ref *ret);

/* True for the two container kinds, for a helper and for a pod: a cgroup that belongs to a container or pod. */
bool hn_cgroup_is_container(const struct hn_container_ref *ref);

#endif
