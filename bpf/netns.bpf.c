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
	mark = mark_split(task, mark);
	if (!mark)
		return;
	now = in_host_netns(task);
	if (now) {
		mark->flags |= MARK_IN_HOST;
		emit_named(HN_RECORD_ENTERED, task, mark, NULL);
	} else if (mark->flags & MARK_IN_HOST) {
		mark->flags &= ~MARK_IN_HOST;
		emit_named(HN_RECORD_LEFT, task, mark, NULL);
	}
}

/* When a container was last reported to be refused: who tries in a loop is told of now and then. */
#define REFUSAL_PAUSE 10000000000ULL
struct refusal {
	__u64 home;
	__u64 error;
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct refusal);
	__type(value, __u64);
} refusals SEC(".maps");

static __always_inline void refused(long error)
{
	struct task_struct *task = current_task();
	struct mark *mark = mark_of(task);
	struct refusal refusal = {.error = error};
	__u64 now = bpf_ktime_get_boot_ns(), *last;
	struct hn_record_named *r;

	if (error != EPERM && error != EACCES)
		return;
	if (!mark || !(mark->flags & MARK_ARMED) || in_host_netns(task))
		return;
	refusal.home = mark->home;
	last = bpf_map_lookup_elem(&refusals, &refusal);
	if (last && now - *last < REFUSAL_PAUSE)
		return; /* not counted: a sweep, which what is held back asks for, would find nothing */
	bpf_map_update_elem(&refusals, &refusal, &now, BPF_ANY);
	r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0) ?: lost();
	if (!r)
		return;
	fill_named(r, HN_RECORD_REFUSED, sizeof(*r), task, mark);
	r->head.error = error;
	send(r, SEND_URGENT);
}

struct sys_exit_args {
	__u64 common;
	long id;
	long ret;
};

/* 29 ns on every syscall of the node while it is attached; misses 32-bit calls; wants tracefs. */
SEC("tracepoint/syscalls/sys_exit_setns")
int on_exit_setns(struct sys_exit_args *ctx)
{
	fired(HN_PROGRAM_EXIT_SETNS);
	if (ctx->ret < 0)
		refused(-ctx->ret);
	else
		switched();
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_unshare")
int on_exit_unshare(struct sys_exit_args *ctx)
{
	fired(HN_PROGRAM_EXIT_UNSHARE);
	if (ctx->ret == 0)
		switched();
	return 0;
}

/* 71 ns on every syscall; needs nothing but CAP_BPF and CAP_PERFMON, and sees 32-bit calls. */
SEC("tp_btf/sys_exit")
int BPF_PROG(on_sys_exit, struct pt_regs *regs, long ret)
{
	unsigned long type;

	fired(HN_PROGRAM_SYS_EXIT);
	if (!is_netns_syscall(regs))
		return 0;
	if (ret == 0)
		switched();
	else if (is_setns(regs, &type) && (!type || type & CLONE_NEWNET))
		refused(-ret);
	return 0;
}

/* Nothing on other syscalls. Runs for the namespaces of an exiting task too: `new` is NULL then. */
SEC("fexit/switch_task_namespaces")
int BPF_PROG(on_switch_namespaces, struct task_struct *task, struct nsproxy *new)
{
	fired(HN_PROGRAM_SWITCH_FEXIT);
	if (new)
		switched();
	return 0;
}

/* The right to enter is asked for here, whatever kind of descriptor was given: only here is the target known. */
SEC("fexit/netns_install")
int BPF_PROG(on_netns_install, struct nsset *set, struct ns_common *ns, int ret)
{
	fired(HN_PROGRAM_INSTALL_FEXIT);
	if (ret < 0 && ns->inum == host.netns)
		refused(-ret);
	return 0;
}

/* The same where trampolines are refused and kprobes are not. The arguments are gone at a return: an exiting task is told
 * by its namespaces, which it has no more, and whose netns was asked for is not known. */
SEC("kretprobe/switch_task_namespaces")
int on_switch_returns(struct pt_regs *ctx)
{
	fired(HN_PROGRAM_SWITCH_KPROBE);
	if (BPF_CORE_READ(current_task(), nsproxy))
		switched();
	return 0;
}

SEC("kretprobe/netns_install")
int on_install_returns(struct pt_regs *ctx)
{
	int ret = return_value(ctx);

	fired(HN_PROGRAM_INSTALL_KPROBE);
	if (ret < 0)
		refused(-ret);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
