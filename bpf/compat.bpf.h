/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every difference between kernels that the programs meet: one inline function each, citing the commit it serves. */
#ifndef HOSTNETD_COMPAT_BPF_H
#define HOSTNETD_COMPAT_BPF_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "ktypes.h"

/* 6.15, 741c10b096bc ("kernfs: Use RCU to access kernfs_node::parent"), renamed the field. */
static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *kn)
{
	struct kernfs_node___rcu *renamed = (void *)kn;

	if (bpf_core_field_exists(renamed->__parent))
		return BPF_CORE_READ(renamed, __parent);
	return BPF_CORE_READ(kn, parent);
}

/* 6.1, 7f203bc89eb6 ("cgroup: Replace cgroup->ancestor_ids[] with ->ancestors[]"): no walk up is needed. */
static __always_inline bool has_ancestors(void)
{
	return bpf_core_field_exists(((struct cgroup___ancestors *)0)->ancestors);
}

static __always_inline struct kernfs_node *ancestor_node(struct cgroup *cgroup, unsigned int level)
{
	struct cgroup___ancestors *with = (void *)cgroup;
	struct cgroup *ancestor;

	/* The kernel's array has as many elements as the cgroup has levels: the caller has checked. */
	bpf_core_read(&ancestor, sizeof(ancestor), &with->ancestors[0] + level);
	return BPF_CORE_READ(ancestor, kn);
}

/* The cgroup that the pids controller counts the task in: on v1 and hybrid nodes the one controller that every
 * kernel still has there; on pure v2 it may be the root. NULL where the kernel has no pids controller. */
static __always_inline struct cgroup *pids_cgroup(struct css_set *set)
{
	int index;

	if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id))
		return NULL;
	index = bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id);
	return BPF_CORE_READ(set, subsys[index & 15], cgroup);
}

/* The registers at a syscall's exit hold its number; the numbers of a 32-bit process are others. A wrong match
 * (64-bit call 310 is process_vm_readv) only costs a look at the task's netns. */
#if defined(__TARGET_ARCH_x86)
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct pt_regs {
	unsigned long orig_ax, ax, si, cx;
};
#pragma clang attribute pop
static __always_inline long return_value(struct pt_regs *regs)
{
	return regs->ax;
}

/* The kernel takes the lower half alone for the number and leaves what a process put above it; bit 30 is x32's. */
static __always_inline __u32 syscall_number(struct pt_regs *regs)
{
	return (__u32)regs->orig_ax & ~0x40000000U;
}

static __always_inline bool is_netns_syscall(struct pt_regs *regs)
{
	__u32 nr = syscall_number(regs);

	return nr == 308 || nr == 272    /* setns, unshare */
	       || nr == 346 || nr == 310; /* the same by int $0x80 */
}

/* The second argument of setns, where it was that. */
static __always_inline bool is_setns(struct pt_regs *regs, unsigned long *type)
{
	__u32 nr = syscall_number(regs);

	*type = nr == 308 ? regs->si : regs->cx;
	return nr == 308 || nr == 346;
}
#elif defined(__TARGET_ARCH_arm64)
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct pt_regs {
	unsigned long regs[31];
	int syscallno;
};
#pragma clang attribute pop
static __always_inline long return_value(struct pt_regs *regs)
{
	return regs->regs[0];
}

static __always_inline bool is_netns_syscall(struct pt_regs *regs)
{
	int nr = regs->syscallno;

	return nr == 268 || nr == 97 || nr == 375 || nr == 337;
}

static __always_inline bool is_setns(struct pt_regs *regs, unsigned long *type)
{
	*type = regs->regs[1];
	return regs->syscallno == 268 || regs->syscallno == 375;
}
#else
#error "this architecture's numbers of setns and unshare are missing here"
#endif

#endif
