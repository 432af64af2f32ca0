// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A process's life: it enters a container's cgroup, is born, executes, ends. The marks are kept here for tasks of
 * every netns; records go out for armed tasks of the host netns only. */
#include "record.bpf.h"

/* The task comes into a container's cgroup. From outside: it is being set up, whatever it was before. From one
 * container's cgroup to another: what is armed stays armed and stays the first one's. */
static __always_inline void enter(struct task_struct *task, const struct place *place, __u32 mntns)
{
	__u32 strong = place->class == CLASS_STRONG ? MARK_STRONG : 0;
	struct mark *mark = mark_own(task);

	if (mark && (mark->flags & MARK_STRONG || !strong)) {
		/* Set up from a cgroup that only looks like a container's, or from a helper's. */
		if (!(mark->flags & MARK_ARMED) && (strong || !(mark->flags & MARK_STRONG))) {
			keep_home(place);
			mark->home = place->key;
		}
		return;
	}
	mark = mark_make(task);
	if (!mark)
		return;
	keep_home(place);
	mark->flags = MARK_WATCHED | strong;
	mark->entry_mntns = mntns;
	mark->home = place->key;
	mark->entered = bpf_ktime_get_boot_ns();
}

/* What was only being set up, or only had a look, and goes again, was never the container's. */
static __always_inline void leave(struct task_struct *task)
{
	struct mark *mark = mark_own(task);
	struct place place = {};

	if (!mark || (mark->flags & (MARK_ARMED | MARK_WATCHED)) != MARK_WATCHED)
		return;
	place_of(task, &place); /* the other hierarchy may still hold it there */
	if (place.class == CLASS_HOST)
		mark_delete(task);
}

SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(on_cgroup_attach, struct cgroup *to, const char *path, struct task_struct *task)
{
	struct cgroup *pids;
	struct place place;
	int hierarchy = BPF_CORE_READ(to, root, hierarchy_id);

	fired(HN_PROGRAM_CGROUP_ATTACH);
	/* A v1 node moves a task once in every hierarchy: pids and the default one are read. */
	pids = pids_cgroup(BPF_CORE_READ(task, cgroups));
	if (hierarchy && (!pids || BPF_CORE_READ(pids, root, hierarchy_id) != hierarchy))
		return 0;
	place_of_cgroup(to, &place);
	if (place.class > CLASS_HOST)
		enter(task, &place, task_mntns(task));
	else
		leave(task);
	return 0;
}

/* Not sched_process_fork: io_uring's workers never pass it. Runs in the parent. */
SEC("tp_btf/task_newtask")
int BPF_PROG(on_newtask, struct task_struct *child, __u64 clone_flags)
{
	struct task_struct *parent = current_task();
	struct mark *mark = mark_of(parent), *own;

	fired(HN_PROGRAM_NEWTASK);
	if (mark) {
		own = mark_make(child);
		if (own) {
			*own = *mark;
			own->flags &= ~MARK_IN_HOST;
			if (!(clone_flags & CLONE_THREAD))
				own->flags &= ~MARK_REPORTED;
			own->sockets = own->told = own->asked_port = 0;
			if (in_host_netns(child))
				own->flags |= MARK_IN_HOST;
		}
	}
	if (clone_flags & CLONE_INTO_CGROUP) {
		struct place place;

		/* cgroup_attach_task does not see this way in. The child may have a new mount namespace already:
		 * what it came with is its parent's. */
		if (!mark) /* a sweep that met the child before now would have taken its new mount namespace */
			mark_delete(child);
		place_of_cgroup(BPF_CORE_READ(child, cgroups, dfl_cgrp), &place);
		if (place.class > CLASS_HOST)
			enter(child, &place, task_mntns(parent));
	}
	return 0;
}

static __always_inline void read_argv(struct hn_record_exec *r, char *to, __u32 size, struct task_struct *task)
{
	unsigned long start = task->mm->arg_start, end = task->mm->arg_end;
	__u32 n = end > start ? end - start : 0;

	if (n > size) {
		n = size;
		r->head.flags |= HN_RECORD_ARGV_TRUNCATED;
	}
	/* Refused under lockdown=confidentiality, faulted out: no argv, the rest of the record stands. */
	if (n && bpf_probe_read_user(to, n, (void *)start) == 0)
		r->head.argv_len = n;
}

static __always_inline void emit_exec(struct task_struct *task, struct mark *mark)
{
	unsigned long argv = task->mm->arg_end - task->mm->arg_start;
	enum permission permission = may_send(mark->home, bpf_ktime_get_boot_ns());

	if (permission == SEND_NOT)
		return;
	mark_reported(task, mark);
	if (argv <= HN_ARGV_SHORT) {
		struct hn_record_exec *r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0) ?: lost();

		if (!r)
			return;
		fill_named((void *)r, HN_RECORD_EXEC, sizeof(*r), task, mark);
		read_argv(r, r->argv, HN_ARGV_SHORT, task);
		send(r, permission);
	} else {
		struct hn_record_exec_long *r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0) ?: lost();

		if (!r)
			return;
		fill_named((void *)r, HN_RECORD_EXEC, sizeof(*r), task, mark);
		read_argv((void *)r, r->argv, HN_ARGV_LONG, task);
		send(r, permission);
	}
}

/* A thread that executes takes its leader's place. A process that had threads when it came into the cgroup has one mark,
 * its leader's, and that is gone now: what a sweep would find is found here. */
static __always_inline struct mark *inherit_by_exec(struct task_struct *task)
{
	__u32 mntns = task_mntns(task);
	struct mark *mark;
	struct place place;

	place_of(task, &place);
	if (!host.arming || place.class == CLASS_HOST)
		return NULL;
	mark = mark_found(task, &place, mntns);
	if (mark)
		arm_found(task, mark, mntns);
	return mark;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, int old_pid)
{
	struct mark *mark = mark_of(task);
	__u32 mntns;

	fired(HN_PROGRAM_EXEC);
	if (!mark && old_pid != task->pid)
		mark = inherit_by_exec(task);
	if (!mark) {
		/* A runtime's, before its first container. Until the first sweep containers' tasks have no mark either. */
		if (host.arming && !has_hosts_namespaces(task)) {
			mntns = task_mntns_fast(task);
			if (mntns != host.mntns)
				note_host_mntns(task, mntns);
		}
		return 0;
	}
	if (!(mark->flags & MARK_ARMED)) {
		mntns = task_mntns_fast(task);
		if (!exec_arms(task, mark, mntns))
			return 0;
		arm(mark, mntns);
	}
	if (task_netns_fast(task) != host.netns) {
		mark->flags &= ~MARK_IN_HOST;
		return 0;
	}
	mark->flags |= MARK_IN_HOST;
	emit_exec(task, mark);
	return 0;
}

/* Of all that can end: a process that user space has heard of, or a thread of one that was in the host netns while its
 * leader was not. */
static __always_inline void emit_exit(struct task_struct *task, struct mark *mark, bool ended)
{
	struct task_struct *leader = task_leader(task);
	__u32 flags = mark->flags;
	struct mark *first;
	struct hn_record *r;

	if (leader != task) {
		first = mark_own(leader);
		if (first)
			flags |= first->flags & MARK_REPORTED;
	}
	if (!(flags & MARK_REPORTED)) /* nobody waits for its end: a storm of forks sends nothing */
		return;
	/* A leader's end says something too: the threads that are left, or that took its place by exec, may be elsewhere. */
	if (!ended && (!in_host_netns(task) || (leader != task && in_host_netns(leader))))
		return;
	r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0) ?: lost();
	if (!r)
		return;
	fill_head(r, HN_RECORD_EXIT, sizeof(*r), task, mark);
	r->cgroup_id &= ~HN_CGROUP_KEY_V2;
	if (ended)
		r->flags |= HN_RECORD_ENDED;
	send(r, SEND_QUIET);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	struct mark *mark = mark_of(task);
	bool ended;

	fired(HN_PROGRAM_EXIT);
	if (!mark)
		return 0;
	ended = task->signal->live.counter == 0; /* the leader may have gone before */
	if (mark->flags & MARK_ARMED)
		emit_exit(task, mark, ended);
	mark_end(task, ended);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
