/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* When a task stops to be set-up: by the mount namespaces of hosts, runtimes and containers. */
#ifndef HOSTNETD_ARMING_BPF_H
#define HOSTNETD_ARMING_BPF_H

#include "cgroup.bpf.h"

/* The mount namespace of the mount that the program's file lies on. 0: none, as for a memfd (runc init's). */
static __always_inline __u32 exe_mntns(struct task_struct *task)
{
	struct vfsmount *vfsmount = BPF_CORE_READ(task, mm, exe_file, f_path.mnt);
	struct mount *mount;

	if (!vfsmount)
		return 0;
	mount = (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
	return BPF_CORE_READ(mount, mnt_ns, ns.inum);
}

static __always_inline void note_mntns(void *map, __u32 mntns)
{
	__u32 *seen = bpf_map_lookup_elem(map, &mntns);

	if (!seen)
		bpf_map_update_elem(map, &mntns, &host.generation, BPF_ANY);
	else
		*seen = host.generation;
}

/* A task outside containers' cgroups lives in this mount namespace: is it a runtime's? A container's process that went to
 * a cgroup of the host's must not make its own one: its pid namespace tells. */
static __always_inline void note_host_mntns(struct task_struct *task, __u32 mntns)
{
	if (BPF_CORE_READ(task, thread_pid, level) == host.pid_ns_level)
		note_mntns(&host_mntns, mntns);
}

/* It runs the container's own program if that lies on a mount of the task's own mount namespace, and no process outside
 * containers (a runtime) lives in that one. */
static __always_inline bool runs_own_program(struct task_struct *task, __u32 mntns)
{
	__u32 *seen;

	if (mntns == host.mntns || exe_mntns(task) != mntns)
		return false;
	seen = bpf_map_lookup_elem(&host_mntns, &mntns);
	return !seen || host.generation - *seen > 1;
}

static __always_inline void arm(struct mark *mark, __u32 mntns)
{
	mark->flags |= MARK_ARMED;
	if (mntns != host.mntns)
		note_mntns(&container_mntns, mntns);
}

/* A task of a container's cgroup whose entry nobody saw. NULL: no memory. */
static __always_inline struct mark *mark_found(struct task_struct *task, const struct place *place, __u32 mntns)
{
	struct mark *mark = mark_make(task);

	if (!mark)
		return NULL;
	mark->flags = place->class == CLASS_STRONG ? MARK_STRONG : 0;
	mark->entry_mntns = mntns;
	mark->home = place->key;
	keep_home(place);
	return mark;
}

static __always_inline void arm_found(struct task_struct *task, struct mark *mark, __u32 mntns)
{
	if (!(mark->flags & (MARK_ARMED | MARK_WATCHED)) && runs_own_program(task, mntns))
		arm(mark, mntns);
}

/* Does this exec arm? In another mount namespace than it came with: yes. runc's exec joins the container's before the
 * cgroup, so the program starts where its task came from: in a namespace that is a container's already. Numbers of
 * namespaces are used again; a runtime's own program never lies on a mount of a container's. */
static __always_inline bool exec_arms(struct task_struct *task, const struct mark *mark, __u32 mntns)
{
	if (mntns != mark->entry_mntns)
		return true;
	return bpf_map_lookup_elem(&container_mntns, &mntns) && runs_own_program(task, mntns);
}

#endif
