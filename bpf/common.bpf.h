/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What all programs share: settings, maps, and the small readers of a task. */
#ifndef HOSTNETD_COMMON_BPF_H
#define HOSTNETD_COMMON_BPF_H

#include <linux/bpf.h>
#include "ktypes.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "compat.bpf.h"
#include "hostnetd/abi.h"

extern struct hn_host host;

#define RING_BYTES (1 << 20)
extern struct ring_map {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_BYTES);
} ring SEC(".maps");

extern struct counters_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, HN_COUNTER_MAX);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

/* A task that is, or was, in a container's cgroup. It follows the task out of the cgroup, and to its children. */
enum mark_flag {
	MARK_ARMED = 1 << 0,    /* runs a program of the container's own mount namespace: no set-up any more */
	MARK_WATCHED = 1 << 1,  /* its entry was seen; else a sweep made the mark */
	MARK_STRONG = 1 << 2,   /* home is a container's by a form that nothing else has */
	MARK_IN_HOST = 1 << 3,  /* the thread was in the host netns when last looked at */
	MARK_REPORTED = 1 << 4, /* user space heard of it: it wants to hear of its end */
};
struct mark {
	__u32 flags;
	__u32 entry_mntns; /* that the task came with */
	__u64 home;        /* key of the cgroup that it entered */
	__u64 entered;     /* when; 0: a sweep made the mark */
	__u32 sockets;     /* generation of the sweep that last reported a socket of it */
	__u32 told;        /* generation of the sweep since which its datagrams were told of */
	__u32 asked_port;  /* of a bind that is under way */
	__u32 unused;
};
extern struct marks_map {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct mark);
} marks SEC(".maps");

/* 5.10 has no task storage, and no bpf_get_current_task_btf: user space then chooses a hash by thread and start time. Its
 * memory is there from the start: kprobes and tracepoints may not allocate, as that kernel warns. A thread that executes takes its leader's pid and start: it has the leader's mark from then on, which is armed alike. */
extern const volatile bool marks_by_key;
struct mark_key {
	__u64 start;
	__u32 pid;
	__u32 unused;
};
extern struct marks_keyed_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct mark_key);
	__type(value, struct mark);
} marks_keyed SEC(".maps");

/* In rising order, and WEAK and STRONG bits: those of a path's names are OR-ed. */
enum cgroup_class { CLASS_NEW, CLASS_HOST, CLASS_WEAK, CLASS_STRONG = 4 };
extern struct cgroups_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, __u64);
	__type(value, struct hn_cgroup_names);
} cgroups SEC(".maps");

/* The names of cgroups that tasks entered from outside: a container cannot push them out, as it can those in `cgroups`
 * by moving through cgroups of its own making. Sweeps keep those that are needed young. */
extern struct homes_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, __u64);
	__type(value, struct hn_cgroup_names);
} homes SEC(".maps");

extern struct quotas_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct hn_quota);
} quotas SEC(".maps");

/* Mount namespaces of processes outside containers, with the sweep that last saw one there: a runtime's. */
extern struct host_mntns_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, __u32);
	__type(value, __u32);
} host_mntns SEC(".maps");

/* Mount namespaces in which a task was armed: containers' own. Each sweep touches those that live. */
extern struct container_mntns_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, __u32);
} container_mntns SEC(".maps");

static __always_inline void count(__u32 which, __u64 n)
{
	__u64 *counter = bpf_map_lookup_elem(&counters, &which);

	if (counter)
		*counter += n;
}

static __always_inline void fired(enum hn_program program)
{
	if (host.testing)
		host.fired[program] = 1;
}

/* By probe_read: each pointer that is followed from a task that the verifier trusts costs it a search of the kernel's BTF,
 * which made half of the time that loading takes. */
static __always_inline __u32 task_netns(struct task_struct *task)
{
	return BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
}

static __always_inline __u32 task_mntns(struct task_struct *task)
{
	return BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
}

/* The same for the program that every exec of the node passes. */
static __always_inline __u32 task_netns_fast(struct task_struct *task)
{
	return marks_by_key ? task_netns(task) : task->nsproxy->net_ns->ns.inum;
}

static __always_inline __u32 task_mntns_fast(struct task_struct *task)
{
	return marks_by_key ? task_mntns(task) : task->nsproxy->mnt_ns->ns.inum;
}

/* Most tasks of the host share PID 1's: one pointer tells. */
static __always_inline bool has_hosts_namespaces(struct task_struct *task)
{
	struct nsproxy *nsproxy = marks_by_key ? BPF_CORE_READ(task, nsproxy) : task->nsproxy;

	return (__u64)nsproxy == host.nsproxy;
}

static __always_inline struct task_struct *task_leader(struct task_struct *task)
{
	return marks_by_key ? BPF_CORE_READ(task, group_leader) : task->group_leader;
}

static __always_inline struct task_struct *current_task(void)
{
	return marks_by_key ? (struct task_struct *)bpf_get_current_task() : bpf_get_current_task_btf();
}

static __always_inline bool in_host_netns(struct task_struct *task)
{
	return host.netns && task_netns(task) == host.netns;
}

static __always_inline void mark_key(struct task_struct *task, struct mark_key *key)
{
	key->start = BPF_CORE_READ(task, start_boottime);
	key->pid = BPF_CORE_READ(task, pid);
	key->unused = 0;
}

/* The thread's own. */
static __always_inline struct mark *mark_own(struct task_struct *task)
{
	struct mark_key key;

	if (!marks_by_key) {
		/* The helper is slow for the many tasks that have no storage at all. */
		if (bpf_core_field_exists(task->bpf_storage) && !task->bpf_storage)
			return NULL;
		return bpf_task_storage_get(&marks, task, 0, 0);
	}
	mark_key(task, &key);
	return bpf_map_lookup_elem(&marks_keyed, &key);
}

/* The thread's own mark, else its leader's: cgroup_attach_task names the leader only. */
static __always_inline struct mark *mark_of(struct task_struct *task)
{
	struct mark *mark = mark_own(task);

	if (!mark && task_leader(task) != task)
		mark = mark_own(task_leader(task));
	return mark;
}

static __always_inline struct mark *mark_make(struct task_struct *task)
{
	struct mark *mark;

	if (marks_by_key) {
		struct mark_key key;
		struct mark none = {};

		mark_key(task, &key);
		bpf_map_update_elem(&marks_keyed, &key, &none, BPF_NOEXIST);
		mark = bpf_map_lookup_elem(&marks_keyed, &key);
	} else {
		mark = bpf_task_storage_get(&marks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	}
	if (!mark)
		count(HN_COUNTER_UNMARKED, 1);
	return mark;
}

static __always_inline void mark_delete(struct task_struct *task)
{
	struct mark_key key;

	if (!marks_by_key) {
		bpf_task_storage_delete(&marks, task);
		return;
	}
	mark_key(task, &key);
	bpf_map_delete_elem(&marks_keyed, &key);
}

/* A mark of the thread's own, for what is true of it alone. NULL: no memory. */
static __always_inline struct mark *mark_split(struct task_struct *task, struct mark *mark)
{
	struct mark *own;

	if (task_leader(task) == task || mark_own(task))
		return mark;
	own = mark_make(task);
	if (own)
		*own = *mark;
	return own;
}

/* Task storage ends with its task. A leader's mark stays while other threads may ask for it. */
static __always_inline void mark_end(struct task_struct *task, bool process_ended)
{
	struct task_struct *leader = task_leader(task);

	if (!marks_by_key)
		return;
	if (task != leader || process_ended)
		mark_delete(task);
	if (task != leader && process_ended)
		mark_delete(leader);
}

#endif
