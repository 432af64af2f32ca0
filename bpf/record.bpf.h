/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Filling and sending records. */
#ifndef HOSTNETD_RECORD_BPF_H
#define HOSTNETD_RECORD_BPF_H

#include "arming.bpf.h"
#include "cgroup.bpf.h"
#include "common.bpf.h"
#include "sock.bpf.h"

#define EXE_LEVELS 24
#define EXE_NAME 128 /* a longer name of a path's part is cut */

/* The number that the agent's pid namespace has for it; 0: it is not visible there. */
static __always_inline __u32 visible_pid(struct pid *pid)
{
	const void *at = &pid->numbers[0];

	if (!pid || BPF_CORE_READ(pid, level) < host.pid_ns_level)
		return 0;
	at += host.pid_ns_level * bpf_core_type_size(struct upid);
	if (BPF_CORE_READ((const struct upid *)at, ns) != (void *)host.pid_ns)
		return 0;
	return BPF_CORE_READ((const struct upid *)at, nr);
}

/* In two steps for the verifier: a whole record of the head alone, then what the larger ones add. */
static __always_inline void fill_head(struct hn_record *r, __u16 kind, __u16 size, struct task_struct *task,
				      const struct mark *mark)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	r->kind = kind;
	r->size = size;
	r->flags = (in_host_netns(task) ? HN_RECORD_IN_HOST : 0) |
		   (mark->flags & MARK_ARMED ? HN_RECORD_ARMED : 0);
	r->time = bpf_ktime_get_boot_ns();
	r->start = BPF_CORE_READ(leader, start_boottime);
	r->thread_start = BPF_CORE_READ(task, start_boottime);
	r->entered = mark->entered;
	r->cgroup_id = mark->home;
	r->pid = visible_pid(BPF_CORE_READ(leader, thread_pid));
	r->tid = visible_pid(BPF_CORE_READ(task, thread_pid));
	r->parent = visible_pid(BPF_CORE_READ(task, real_parent, group_leader, thread_pid));
	r->uid = BPF_CORE_READ(task, cred, euid.val);
	r->netns = task_netns(task);
	r->mntns = task_mntns(task);
	r->exe_mntns = 0;
	r->cgroup_len = 0;
	r->exe_len = 0;
	r->argv_len = 0;
	r->port = 0;
	r->family = 0;
	r->protocol = 0;
	__builtin_memset(r->address, 0, sizeof(r->address));
	r->error = 0;
	/* The process's: a thread may have named itself. */
	bpf_probe_read_kernel_str(r->comm, sizeof(r->comm), &leader->comm);
}

/* The path of the program in its task's root, from the file's name up to the root. */
static __noinline int read_exe(struct task_struct *task, struct hn_record_named *r)
{
	struct dentry *dentry = BPF_CORE_READ(task, mm, exe_file, f_path.dentry);
	struct vfsmount *vfsmount = BPF_CORE_READ(task, mm, exe_file, f_path.mnt);
	struct dentry *root = BPF_CORE_READ(task, fs, root.dentry);
	struct vfsmount *root_mount = BPF_CORE_READ(task, fs, root.mnt);
	int i;

	if (!r)
		return 0;
	r->head.exe_mntns = exe_mntns(task);
	for (i = 0; i < EXE_LEVELS && dentry; i++) {
		const unsigned char *name;
		__u32 off;
		char *at;
		long n;

		if (dentry == root && vfsmount == root_mount)
			return 0;
		if (dentry == BPF_CORE_READ(vfsmount, mnt_root)) {
			struct mount *mount = (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
			struct mount *above = BPF_CORE_READ(mount, mnt_parent);

			if (above == mount || !above)
				return 0;
			dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			vfsmount = (void *)above + bpf_core_field_offset(struct mount, mnt);
			continue;
		}
		name = BPF_CORE_READ(dentry, d_name.name);
		off = *(volatile __u16 *)&r->head.exe_len; /* this, and the pointer: as in read_names() */
		if (off > HN_EXE_NAMES - EXE_NAME)
			break;
		at = &r->exe[off];
		barrier_var(at);
		n = bpf_probe_read_kernel_str(at, EXE_NAME, name);
		if (n < 2 || n > EXE_NAME)
			return 0;
		*(volatile __u16 *)&r->head.exe_len = off + n;
		if (dentry == BPF_CORE_READ(dentry, d_parent)) /* a file of no mounted tree: a memfd */
			return 0;
		dentry = BPF_CORE_READ(dentry, d_parent);
	}
	r->head.flags |= HN_RECORD_EXE_TRUNCATED;
	return 0;
}

/* The names of the container that the task belongs to. Once armed it belongs where it entered, wherever it moves to;
 * a cgroup below that one adds nothing that names a container or pod. */
static __always_inline void fill_place(struct hn_record_named *r, struct task_struct *task, const struct mark *mark)
{
	struct place place = {};
	struct hn_cgroup_names *home = NULL;
	__u64 key = mark->home;

	place_of(task, &place);
	if (mark->flags & MARK_ARMED && place.key != key)
		home = bpf_map_lookup_elem(&homes, &key);
	if (home && home->class > CLASS_HOST) {
		place.names = home;
		place.key = key;
		r->head.flags |= HN_RECORD_HOME;
	}
	r->head.cgroup_id = place.key & ~HN_CGROUP_KEY_V2;
	if (place.key & HN_CGROUP_KEY_V2)
		r->head.flags |= HN_RECORD_CGROUP_V2;
	if (!place.names)
		return;
	if (place.names->truncated)
		r->head.flags |= HN_RECORD_CGROUP_TRUNCATED;
	r->head.cgroup_len = place.names->len;
	bpf_probe_read_kernel(r->cgroup, sizeof(r->cgroup), place.names->names);
}

static __always_inline void fill_named(struct hn_record_named *r, __u16 kind, __u16 size, struct task_struct *task,
				       const struct mark *mark)
{
	fill_head(&r->head, kind, size, task, mark);
	fill_place(r, task, mark);
	read_exe(task, r);
}

/* May this cgroup send a record now? User space knows a cgroup in `quotas` well: it gets a share of records. */
enum permission { SEND_NOT, SEND_QUIET, SEND_URGENT };
static __always_inline enum permission may_send(__u64 key, __u64 now)
{
	struct hn_quota *quota = bpf_map_lookup_elem(&quotas, &key);

	if (!quota)
		return SEND_URGENT;
	if (now - quota->window >= 1000000000ULL) {
		quota->window = now;
		quota->sent = 0;
	}
	if (quota->sent >= HN_QUOTA_PER_SECOND) {
		__sync_fetch_and_add(&quota->suppressed, 1);
		count(HN_COUNTER_SUPPRESSED, 1);
		return SEND_NOT;
	}
	quota->sent++;
	return SEND_QUIET;
}

/* A wake-up is most of what a record costs. One that is not urgent wakes if nothing has for a while: then the agent may
 * sleep for long; after a wake-up it looks again by itself within HN_QUIET_NS. Behind a record that was sent without a
 * wake-up, the default flag does not wake either: force it. */
static __always_inline void send(void *record, enum permission permission)
{
	__u64 now = bpf_ktime_get_boot_ns();
	bool wake = permission == SEND_URGENT || now - host.woken > HN_QUIET_NS ||
		    bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) > RING_BYTES / 4;

	if (wake)
		host.woken = now;
	bpf_ringbuf_submit(record, wake ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

static __always_inline void *lost(void)
{
	count(HN_COUNTER_LOST, 1);
	return NULL;
}

/* Remembers that user space knows of this process, for its end: on the thread's mark and on its leader's. */
static __always_inline void mark_reported(struct task_struct *task, struct mark *mark)
{
	struct mark *leader;

	mark->flags |= MARK_REPORTED;
	if (task_leader(task) == task)
		return;
	leader = mark_own(task_leader(task));
	if (leader)
		leader->flags |= MARK_REPORTED;
}

/* A filled record, to be sent; NULL: not permitted, or the ring is full. */
static __always_inline struct hn_record_named *begin_named(__u16 kind, struct task_struct *task, struct mark *mark,
							   enum permission permission)
{
	struct hn_record_named *r;

	if (permission == SEND_NOT)
		return NULL;
	mark_reported(task, mark);
	r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0) ?: lost();
	if (r)
		fill_named(r, kind, sizeof(*r), task, mark);
	return r;
}

static __always_inline void emit_named(__u16 kind, struct task_struct *task, struct mark *mark,
				       const struct sock *sk)
{
	enum permission permission = may_send(mark->home, bpf_ktime_get_boot_ns());
	struct hn_record_named *r = begin_named(kind, task, mark, permission);

	if (!r)
		return;
	if (sk)
		fill_endpoint(&r->head, sk);
	send(r, permission);
}

#endif
