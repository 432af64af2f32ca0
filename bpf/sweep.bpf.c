// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What is there now: an iterator over all threads, one over the file descriptors of container tasks, and the
 * question which namespaces are the host's. Each runs in the agent's own read(2), one at a time. */
#include "unix.bpf.h"

/* A record is too large for the stack. Only the one reader of these iterators uses this: no per-CPU map, in which
 * a preempted program would find another's bytes. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hn_record_exec);
} scratch SEC(".maps");

/* Run once by BPF_PROG_TEST_RUN in the agent's own task: no right on /proc is needed. */
SEC("raw_tp/sys_enter")
int find_host(void *ctx)
{
	struct task_struct *self = (void *)bpf_get_current_task(), *reaper;
	struct pid *pid = BPF_CORE_READ(self, thread_pid);
	struct pid_namespace *pid_ns;
	struct place place;
	const void *at = &pid->numbers[0];

	host.pid_ns_level = BPF_CORE_READ(pid, level);
	at += host.pid_ns_level * bpf_core_type_size(struct upid);
	pid_ns = BPF_CORE_READ((const struct upid *)at, ns);
	host.pid_ns = (__u64)pid_ns;
	reaper = BPF_CORE_READ(pid_ns, child_reaper);
	host.netns = BPF_CORE_READ(reaper, nsproxy, net_ns, ns.inum);
	host.mntns = BPF_CORE_READ(reaper, nsproxy, mnt_ns, ns.inum);
	host.nsproxy = (__u64)BPF_CORE_READ(reaper, nsproxy);
	place_of(self, &place);
	host.own_cgroup = place.key;
	place_of(reaper, &place);
	host.pid1_cgroup = place.key;
	host.pid1_is_own = reaper == self;
	return 0;
}

SEC("iter/task")
int sweep_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task; /* one read: newer verifiers want the copy tested and used */
	struct hn_record_named *r;
	struct mark *mark;
	struct place place = {};
	__u32 zero = 0, mntns;
	__u64 home;
	bool leads;

	if (!task)
		return 0;
	/* Since 6.16 sched_process_exit comes before the memory is given back: a task whose end was told is still here. */
	if (task->flags & (PF_KTHREAD | PF_EXITING) || !BPF_CORE_READ(task, nsproxy))
		return 0;
	if (host.arming) {
		count(HN_COUNTER_SWEPT, 1);
		if (host.netns_given && in_host_netns(task))
			host.netns_threads++;
	}
	mark = mark_own(task);
	mntns = task_mntns(task);
	if (!mark || !(mark->flags & MARK_ARMED)) {
		place_of(task, &place);
		if (place.class == CLASS_HOST) {
			note_host_mntns(task, mntns);
			if (!mark)
				return 0;
		}
		if (!mark) {
			mark = mark_found(task, &place, mntns);
			if (!mark)
				return 0;
		}
		if (!host.arming)
			return 0;
		arm_found(task, mark, mntns);
	} else if (task_leader(task) == task && bpf_map_lookup_elem(&container_mntns, &mntns)) {
		note_mntns(&container_mntns, mntns);
	}
	home = mark->home;
	bpf_map_lookup_elem(&homes, &home); /* in use: not to be evicted */
	if (!host.arming || !in_host_netns(task))
		return 0;
	r = bpf_map_lookup_elem(&scratch, &zero);
	if (!r)
		return 0;
	if (!(mark->flags & MARK_ARMED)) {
		if (place.class != CLASS_STRONG)
			return 0;
		fill_named(r, HN_RECORD_CANDIDATE, sizeof(*r), task, mark);
		bpf_seq_write(ctx->meta->seq, r, sizeof(*r));
		return 0;
	}
	mark->flags |= MARK_IN_HOST;
	mark_reported(task, mark);
	leads = task_leader(task) == task || !in_host_netns(task_leader(task));
	if (leads) {
		fill_named(r, HN_RECORD_PRESENT, sizeof(*r), task, mark);
		bpf_seq_write(ctx->meta->seq, r, sizeof(*r));
	} else {
		fill_head(&r->head, HN_RECORD_PRESENT, sizeof(r->head), task, mark);
		bpf_seq_write(ctx->meta->seq, r, sizeof(r->head));
	}
	return 0;
}

static __always_inline void see_unix(struct bpf_iter__task_file *ctx, struct task_struct *task, struct mark *mark,
				     const struct sock *sk, struct hn_record_exec *r)
{
	__u32 n = abstract_name(sk, r->argv);

	if (!n || !is_news(mark, r->argv, n))
		return;
	mark_reported(task, mark);
	fill_named((void *)r, HN_RECORD_ABSTRACT, sizeof(*r), task, mark);
	r->head.argv_len = n;
	bpf_seq_write(ctx->meta->seq, r, sizeof(*r));
}

SEC("iter/task_file")
int sweep_files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct hn_record_exec *full;
	struct hn_record_named *r;
	struct socket *socket;
	struct mark *mark;
	struct sock *sk;
	bool listening;
	__u32 zero = 0;

	if (!task || !file || !host.netns)
		return 0;
	mark = mark_of(task);
	if (!mark || !(mark->flags & MARK_ARMED))
		return 0;
	if ((BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	socket = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	if (!sk || !is_of_host_netns(sk))
		return 0;
	full = bpf_map_lookup_elem(&scratch, &zero);
	if (!full)
		return 0;
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_UNIX) {
		see_unix(ctx, task, mark, sk, full);
		return 0;
	}
	r = (void *)full;
	if (!counts(sk))
		return 0;
	listening = listens(sk);
	/* Of a borrower any socket tells, and one is enough. */
	if (!listening && (in_host_netns(task) || mark->sockets == host.generation))
		return 0;
	mark_reported(task, mark);
	fill_named(r, HN_RECORD_SOCKET, sizeof(*r), task, mark);
	if (listening)
		fill_endpoint(&r->head, sk);
	else
		mark->sockets = host.generation;
	bpf_seq_write(ctx->meta->seq, r, sizeof(*r));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
