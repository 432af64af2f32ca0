/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's structs, by hand: only the fields that are read. libbpf relocates every access to the running
 * kernel's layout (CO-RE), so order and size here mean nothing. ___suffix: another kernel's form of a struct. */
#ifndef HOSTNETD_KTYPES_H
#define HOSTNETD_KTYPES_H

#include <linux/types.h>
#include <stdbool.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

struct hlist_node {
	struct hlist_node *next;
};
struct ns_common {
	unsigned int inum;
};
struct net {
	struct ns_common ns;
};
struct mnt_namespace {
	struct ns_common ns;
};
struct nsset;
struct nsproxy {
	struct mnt_namespace *mnt_ns;
	struct net *net_ns;
};

struct pid_namespace {
	struct task_struct *child_reaper;
	struct ns_common ns;
};
struct upid {
	int nr;
	struct pid_namespace *ns;
};
struct hlist_head {
	struct hlist_node *first;
};
enum pid_type { PIDTYPE_TGID };
struct pid {
	unsigned int level;
	struct hlist_head tasks[4];
	struct upid numbers[1];
};

struct kernfs_node {
	struct kernfs_node *parent;
	const char *name;
	void *priv; /* the cgroup */
	__u64 id;
};
struct kernfs_node___rcu { /* since 6.15 (741c10b096bc): parent is __parent */
	struct kernfs_node *__parent;
};
struct cgroup_root {
	int hierarchy_id;
};
struct cgroup {
	struct kernfs_node *kn;
	int level;
	struct cgroup_root *root;
};
struct cgroup___ancestors { /* since 6.1 (7f203bc89eb6); before, only the ancestors' ids */
	struct cgroup *ancestors[1];
};
struct cgroup_subsys_state {
	struct cgroup *cgroup;
};
struct css_set {
	struct cgroup_subsys_state *subsys[16];
	struct cgroup *dfl_cgrp;
};
enum cgroup_subsys_id { pids_cgrp_id };

struct qstr {
	const unsigned char *name;
};
struct inode {
	unsigned short i_mode;
	__u32 i_rdev;
};
struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
};
struct vfsmount {
	struct dentry *mnt_root;
};
struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct mnt_namespace *mnt_ns;
};
struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};
struct file {
	struct path f_path;
	struct inode *f_inode;
	void *private_data;
};
struct fs_struct {
	struct path root;
};
struct vm_area_struct {
	unsigned long vm_flags;
	struct file *vm_file;
};
struct mm_struct {
	unsigned long arg_start, arg_end;
	struct file *exe_file;
};

typedef struct {
	unsigned int val;
} kuid_t;
struct cred {
	kuid_t euid;
};
struct signal_struct {
	atomic_t live;
};
struct task_struct {
	unsigned int flags;
	int pid;
	struct mm_struct *mm;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	struct hlist_node pid_links[4];
	__u64 start_boottime;
	const struct cred *cred;
	char comm[16];
	struct fs_struct *fs;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	struct css_set *cgroups;
	void *bpf_storage;
};

typedef struct {
	struct net *net;
} possible_net_t;
struct in6_addr {
	union {
		__u8 u6_addr8[16];
	} in6_u;
};
struct sock_common {
	__u32 skc_daddr;
	__u32 skc_rcv_saddr;
	__u16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};
struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
	__u16 sk_type;
	__u8 sk_userlocks : 4;
	struct pid *sk_peer_pid; /* of who listens, where it connected; of who connected, where it was accepted */
};
struct socket {
	struct sock *sk;
};

struct sockaddr_un {
	char sun_path[108];
};
struct unix_address {
	int len; /* of the family and the name */
	struct sockaddr_un name[0];
};
struct unix_sock {
	struct sock sk;
	struct unix_address *addr;
	struct sock *peer;
};
struct msghdr {
	void *msg_name; /* in kernel memory, where it is given */
};

struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id;
	__u64 seq_num;
};
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};
struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};
struct bpf_iter__task_vma {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	struct vm_area_struct *vma;
};

#pragma clang attribute pop

/* As user space has them: their layout is the same on every kernel. */
struct hn_sockaddr {
	__u16 family, port;
	__u32 v4, v6[4]; /* v4 is the flow label where the family is IPv6 */
};

#define PF_EXITING 0x00000004
#define PF_KTHREAD 0x00200000
#define S_IFMT 00170000
#define S_IFSOCK 0140000
#define AF_UNIX 1
#define S_IFCHR 0020000
#define VM_EXEC 0x4
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16
#define AF_PACKET 17
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_MPTCP 262 /* Go's servers ask for it since 1.24 */
#define SOCK_BINDPORT_LOCK 8
#define TCP_SYN_SENT 2
#define TCP_CLOSE 7
#define TCP_LISTEN 10
#define CLONE_THREAD 0x00010000
#define CLONE_INTO_CGROUP 0x200000000ULL
#define CLONE_NEWNET 0x40000000
#define EPERM 1
#define EACCES 13

#endif
