/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The names of a cgroup, and whether they can be a container's. User space has the exact rules (src/node/cgroup.c);
 * here it is only decided whom to watch: too much costs a record that user space drops, too little loses one. */
#ifndef HOSTNETD_CGROUP_BPF_H
#define HOSTNETD_CGROUP_BPF_H

#include "common.bpf.h"

/* Reads the names of the cgroup with this node, at this level, into the entry of `cgroups` with this key. Global:
 * the verifier looks at it once a program, not once a call. Plain numbers as arguments: 5.10 knows no others here. */
int read_names(__u64 node, __u64 key);

/* A new entry of `cgroups`, all 0. */
extern const char no_names[sizeof(struct hn_cgroup_names)];


static __always_inline __u64 cgroup_key(struct cgroup *cgroup)
{
	__u64 id = BPF_CORE_READ(cgroup, kn, id);

	/* The default hierarchy's number is 0, as in /proc/PID/cgroup. */
	return BPF_CORE_READ(cgroup, root, hierarchy_id) ? id : id | HN_CGROUP_KEY_V2;
}

static __always_inline struct hn_cgroup_names *cgroup_names(struct cgroup *cgroup, __u64 key)
{
	struct hn_cgroup_names *names = bpf_map_lookup_elem(&cgroups, &key);

	if (!names) {
		bpf_map_update_elem(&cgroups, &key, no_names, BPF_NOEXIST);
		names = bpf_map_lookup_elem(&cgroups, &key);
	}
	if (names && names->class == CLASS_NEW)
		read_names((__u64)BPF_CORE_READ(cgroup, kn), key);
	return names;
}

struct place {
	__u64 key;
	struct hn_cgroup_names *names; /* NULL: no memory */
	__u32 class;
};

static __always_inline void place_of_cgroup(struct cgroup *cgroup, struct place *place)
{
	place->key = cgroup_key(cgroup);
	place->names = cgroup_names(cgroup, place->key);
	place->class = place->names ? place->names->class : CLASS_HOST;
}

static __always_inline void keep_home(const struct place *place)
{
	__u64 key = place->key;

	if (place->names && !bpf_map_lookup_elem(&homes, &key))
		bpf_map_update_elem(&homes, &key, place->names, BPF_NOEXIST);
}

/* Where the task is: by its pids controller or by v2, whichever says container more clearly. */
static __always_inline void place_of(struct task_struct *task, struct place *place)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct cgroup *pids = pids_cgroup(set), *unified = BPF_CORE_READ(set, dfl_cgrp);
	struct place other;

	place_of_cgroup(pids ?: unified, place);
	if (place->class == CLASS_STRONG || !pids || pids == unified)
		return;
	place_of_cgroup(unified, &other);
	if (other.class > place->class)
		*place = other;
}

#endif
