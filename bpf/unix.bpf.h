/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Abstract Unix sockets are the host netns's, not a file system's: who is in the host netns reaches every service of the
 * node that listens on one (CVE-2020-15257: containerd's shims did). */
#ifndef HOSTNETD_UNIX_BPF_H
#define HOSTNETD_UNIX_BPF_H

#include "arming.bpf.h"
#include "contact.bpf.h"

#define UNIX_NAME 108
#define FAMILY_BYTES 2 /* before the name */
#define AUTOBIND_NAME 6 /* a NUL and five digits: the kernel's choice for a client, never a service */

/* Does the process that listens live in a mount namespace of the node's? A container's own helpers do not. Who is gone
 * may have been one of the node's. */
static __always_inline bool is_nodes(struct pid *pid)
{
	__u32 type = bpf_core_enum_value(enum pid_type, PIDTYPE_TGID), mntns, *seen;
	struct hlist_node *first = NULL;
	struct task_struct *task;

	if (!pid || type >= 4)
		return true;
	bpf_probe_read_kernel(&first, sizeof(first), &pid->tasks[type]);
	if (!first)
		return true;
	task = (void *)first - bpf_core_field_offset(struct task_struct, pid_links) - type * 16 /* struct hlist_node */;
	mntns = task_mntns(task);
	if (!mntns || mntns == host.mntns)
		return true;
	seen = bpf_map_lookup_elem(&host_mntns, &mntns);
	return seen && host.generation - *seen <= 1;
}

/* The name that the connected socket called, if it is an abstract one of the node's: its length, else 0. `name` has room for
 * UNIX_NAME bytes. */
static __always_inline __u32 abstract_name(const struct sock *sk, char *name)
{
	const struct unix_sock *client = (const void *)sk;
	const struct unix_sock *peer = (const void *)BPF_CORE_READ(client, peer);
	struct unix_address *address;
	int n;

	if (BPF_CORE_READ(sk, __sk_common.skc_family) != AF_UNIX || !peer || !is_of_host_netns(sk))
		return 0;
	address = BPF_CORE_READ(peer, addr);
	if (!address)
		return 0;
	n = BPF_CORE_READ(address, len) - FAMILY_BYTES;
	if (n < 2 || n == AUTOBIND_NAME || n > UNIX_NAME)
		return 0;
	bpf_probe_read_kernel(name, UNIX_NAME, &address->name[0].sun_path);
	if (name[0] != '\0' || !is_nodes(BPF_CORE_READ(sk, sk_peer_pid)))
		return 0;
	return n;
}

/* The call is news: the container has not made it for a while. */
static __always_inline bool is_news(const struct mark *mark, const char *name, __u32 n)
{
	struct contact contact = {.home = mark->home, .unused = n};
	__u64 now = bpf_ktime_get_boot_ns(), *last;

	__builtin_memcpy(contact.watch.address, name + 1, sizeof(contact.watch.address));
	last = bpf_map_lookup_elem(&contacts, &contact);
	if (last && now - *last < CONTACT_PAUSE)
		return false;
	bpf_map_update_elem(&contacts, &contact, &now, BPF_ANY);
	return true;
}

#endif
