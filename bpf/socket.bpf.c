// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A socket of the host netns that begins to listen, or connects, whoever holds it. */
#include "record.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, HN_WATCHES_MAX);
	__type(key, struct hn_watch);
	__type(value, __u32);
} watches SEC(".maps");

/* When a container was last reported to call a watched destination: a poll every second is one fact, not sixty. */
#define CONTACT_PAUSE 60000000000ULL
struct contact {
	__u64 home;
	struct hn_watch watch;
	__u32 unused;
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct contact);
	__type(value, __u64);
} contacts SEC(".maps");

/* The destination in the maps' form. Returns whether it is one of this node's own addresses. */
static __always_inline bool read_destination(const struct sock *sk, struct hn_watch *to)
{
	__u64 own[2] = {};
	__u32 v4;

	to->port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	to->unused = 0;
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET6) {
		bpf_probe_read_kernel(to->address, 16, &sk->__sk_common.skc_v6_daddr);
		bpf_probe_read_kernel(own, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		if (*(__u64 *)to->address == own[0] && *(__u64 *)(to->address + 8) == own[1])
			return true;
		if (*(__u64 *)to->address || *(__u32 *)(to->address + 8) != bpf_htonl(0xffff))
			return false; /* ::1 has itself as source */
		v4 = *(__u32 *)(to->address + 12);
	} else {
		v4 = BPF_CORE_READ(sk, __sk_common.skc_daddr);
		*(__u64 *)to->address = 0;
		*(__u32 *)(to->address + 8) = bpf_htonl(0xffff);
		*(__u32 *)(to->address + 12) = v4;
	}
	return (v4 & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000) ||
	       v4 == BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
}

/* The flag of the watched destination; 0 if it is none, or was reported a moment ago. */
static __always_inline __u32 watched(const struct sock *sk, const struct mark *mark)
{
	struct contact contact = {.home = mark->home};
	bool local = read_destination(sk, &contact.watch);
	__u64 now = bpf_ktime_get_boot_ns(), *last;
	__u16 port = contact.watch.port;
	__u32 *flag;

	contact.watch.port = 0;
	flag = bpf_map_lookup_elem(&watches, &contact.watch);
	if (!flag && local) {
		__builtin_memset(contact.watch.address, 0, sizeof(contact.watch.address));
		contact.watch.port = port;
		flag = bpf_map_lookup_elem(&watches, &contact.watch);
	}
	if (!flag)
		return 0;
	last = bpf_map_lookup_elem(&contacts, &contact);
	if (last && now - *last < CONTACT_PAUSE)
		return 0;
	bpf_map_update_elem(&contacts, &contact, &now, BPF_ANY);
	return *flag;
}

static __always_inline void connects(const struct sock *sk, struct task_struct *task, struct mark *mark)
{
	__u32 flag = watched(sk, mark);
	struct hn_record_named *r;
	struct hn_watch to;
	enum permission permission;

	/* What a member calls otherwise is its own affair; a borrower gives itself away. */
	if (!flag && in_host_netns(task))
		return;
	permission = flag ? SEND_URGENT : may_send(mark->home, bpf_ktime_get_boot_ns());
	r = begin_named(HN_RECORD_CONNECT, task, mark, permission);
	if (!r)
		return;
	read_destination(sk, &to);
	r->head.flags |= flag;
	r->head.family = AF_INET6;
	r->head.protocol = IPPROTO_TCP;
	r->head.port = to.port;
	__builtin_memcpy(r->head.address, to.address, 16);
	send(r, permission);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_sock_state, const struct sock *sk, int from, int to)
{
	struct task_struct *task;
	struct mark *mark;

	/* In these transitions alone the current task is the socket's owner. */
	if (from != TCP_CLOSE || (to != TCP_LISTEN && to != TCP_SYN_SENT))
		return 0;
	if (!host.netns || sk->__sk_common.skc_net.net->ns.inum != host.netns)
		return 0;
	task = current_task();
	mark = mark_of(task);
	if (!mark || !(mark->flags & MARK_ARMED))
		return 0;
	if (to == TCP_LISTEN)
		emit_named(HN_RECORD_LISTEN, task, mark, sk);
	else
		connects(sk, task, mark);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
