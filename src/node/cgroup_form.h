/* SPDX-License-Identifier: Apache-2.0 */
/* How each runtime names the cgroups of its containers and helpers: one row each in cgroup_form.c. */
#ifndef HOSTNETD_CGROUP_FORM_H
#define HOSTNETD_CGROUP_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "cgroup_text.h"
#include "hostnetd/cgroup.h"

/* Where the walk down the path stands. */
struct hn_cgroup_place {
	struct hn_text segment;
	struct hn_text parent; /* n is 0: none */
	struct hn_text below;  /* the rest of the path */
	size_t index;          /* of the segment; leading ".." do not count */
	bool relative;         /* the path began with "..": the reader is in a cgroup namespace */
	bool in_pod;           /* the parent is a pod's own segment */
	bool below_kubepods;   /* a segment above groups pods */
	const char *above;     /* a segment above that rows name as their `deep` parent, the nearest; or NULL */
};

/* Fills kind, runtime and container_id from the first row that knows the segment. A row of kind slice groups
 * containers: what is below it decides. */
bool hn_cgroup_form_judge(const struct hn_cgroup_place *at, struct hn_container_ref *ret);

/* The name that rows with `deep` give for this segment as a parent; NULL: none does. */
const char *hn_cgroup_form_deep_parent(struct hn_text segment);

#endif
