// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What processes have open and mapped: character devices, and files that are mapped to be executed. It knows no marks:
 * whom it looks at it is told. Each program runs in the agent's own read(2). */
#include <linux/bpf.h>
#include "ktypes.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "hostnetd/abi.h"

/* The processes that are asked about, by start time, with the pid that the agent knows: kernels before 6.1 (f0d74c4da1f0)
 * cannot walk one process only. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, HN_HELD_PROCESSES);
	__type(key, __u64);
	__type(value, __u32);
} wanted SEC(".maps");

static __always_inline __u32 wanted_pid(struct task_struct *task, __u64 *start)
{
	__u32 *pid;

	*start = BPF_CORE_READ(task, group_leader, start_boottime);
	pid = bpf_map_lookup_elem(&wanted, start);
	return pid ? *pid : 0;
}

/* The name alone: the path may lie in a namespace that the agent cannot see. */
static __always_inline void read_name(struct hn_held_record *r, struct file *file)
{
	const unsigned char *name = BPF_CORE_READ(file, f_path.dentry, d_name.name);

	bpf_probe_read_kernel_str(r->name, sizeof(r->name), name);
}

#define MEM_MAJOR 1 /* null, zero, random: everybody's */
#define TTY_MAJOR 5
#define PTS_MAJOR 136 /* and the seven behind it */

SEC("iter/task_file")
int hold_files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct hn_held_record r = {.kind = HN_HELD_DEVICE};
	struct inode *inode;
	__u32 major;

	if (!task || !file)
		return 0;
	inode = BPF_CORE_READ(file, f_inode);
	if ((BPF_CORE_READ(inode, i_mode) & S_IFMT) != S_IFCHR)
		return 0;
	r.rdev = BPF_CORE_READ(inode, i_rdev);
	major = r.rdev >> 20;
	if (major == MEM_MAJOR || major == TTY_MAJOR || (major >= PTS_MAJOR && major < PTS_MAJOR + 8))
		return 0;
	r.pid = wanted_pid(task, &r.start);
	if (!r.pid)
		return 0;
	r.fd = ctx->fd;
	read_name(&r, file);
	bpf_seq_write(ctx->meta->seq, &r, sizeof(r));
	return 0;
}

/* Since 5.12 (3a7b35b899de); user space leaves it out where the kernel does not know it. */
SEC("iter/task_vma")
int hold_maps(struct bpf_iter__task_vma *ctx)
{
	struct task_struct *task = ctx->task;
	struct vm_area_struct *vma = ctx->vma;
	struct hn_held_record r = {.kind = HN_HELD_LIBRARY};
	struct file *file;

	if (!task || !vma)
		return 0;
	/* A library has four or five areas, and one that is executed. */
	if (bpf_core_field_exists(vma->vm_flags) && !(BPF_CORE_READ(vma, vm_flags) & VM_EXEC))
		return 0;
	file = BPF_CORE_READ(vma, vm_file);
	if (!file)
		return 0;
	r.pid = wanted_pid(task, &r.start);
	if (!r.pid)
		return 0;
	read_name(&r, file);
	bpf_seq_write(ctx->meta->seq, &r, sizeof(r));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
