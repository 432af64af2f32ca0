// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A TCP socket of the host netns that begins to listen, or connects, whoever holds it. */
#include "contact.bpf.h"

/* Returns whether the destination is one of this node's own addresses. */
static __always_inline bool read_destination(const struct sock *sk, struct hn_watch *to)
{
	__u64 own[2] = {};

	to->port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	to->unused = 0;
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET6) {
		bpf_probe_read_kernel(to->address, 16, &sk->__sk_common.skc_v6_daddr);
		bpf_probe_read_kernel(own, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		if (*(__u64 *)to->address == own[0] && *(__u64 *)(to->address + 8) == own[1])
			return true; /* ::1 has itself as source */
		return is_v4(to) && is_loopback(to);
	}
	put_v4(to, BPF_CORE_READ(sk, __sk_common.skc_daddr));
	return is_loopback(to) ||
	       *(__u32 *)(to->address + 12) == BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_sock_state, const struct sock *sk, int from, int to)
{
	struct task_struct *task;
	struct hn_watch destination;
	struct mark *mark;
	bool local;

	fired(HN_PROGRAM_SOCK_STATE);
	/* In these transitions alone the current task is the socket's owner. */
	if (from != TCP_CLOSE || (to != TCP_LISTEN && to != TCP_SYN_SENT))
		return 0;
	if (!host.netns || sk->__sk_common.skc_net.net->ns.inum != host.netns)
		return 0;
	task = current_task();
	mark = mark_of(task);
	if (!mark || !(mark->flags & MARK_ARMED))
		return 0;
	if (to == TCP_LISTEN) {
		emit_named(HN_RECORD_LISTEN, task, mark, sk);
		return 0;
	}
	local = read_destination(sk, &destination);
	calls(task, mark, &destination, local, IPPROTO_TCP, false);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
