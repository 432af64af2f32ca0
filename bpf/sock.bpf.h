/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The small readers of a socket. */
#ifndef HOSTNETD_SOCK_BPF_H
#define HOSTNETD_SOCK_BPF_H

#include "common.bpf.h"

static __always_inline bool is_of_host_netns(const struct sock *sk)
{
	return host.netns && BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum) == host.netns;
}

static __always_inline __u8 protocol_of(const struct sock *sk)
{
	__u16 protocol = BPF_CORE_READ(sk, sk_protocol);

	return protocol == IPPROTO_MPTCP ? IPPROTO_TCP : protocol;
}

static __always_inline void fill_endpoint(struct hn_record *r, const struct sock *sk)
{
	r->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	r->protocol = protocol_of(sk);
	r->port = BPF_CORE_READ(sk, __sk_common.skc_num);
	if (r->family == AF_INET6) {
		bpf_probe_read_kernel(r->address, 16, &sk->__sk_common.skc_v6_rcv_saddr);
	} else {
		__u32 address = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);

		__builtin_memcpy(r->address, &address, 4);
	}
}

/* Waits for peers on a port of its own choice; what connects or sends only has one, too, but did not ask for it. */
static __always_inline bool listens(const struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	__u8 protocol = protocol_of(sk), state = BPF_CORE_READ(sk, __sk_common.skc_state);

	if (family != AF_INET && family != AF_INET6)
		return false;
	if (protocol == IPPROTO_TCP)
		return state == TCP_LISTEN;
	return protocol == IPPROTO_UDP && state == TCP_CLOSE && BPF_CORE_READ(sk, __sk_common.skc_num) &&
	       BPF_CORE_READ_BITFIELD_PROBED(sk, sk_userlocks) & SOCK_BINDPORT_LOCK;
}

/* Unix sockets do not count: an accepted one carries its client's netns. */
static __always_inline bool counts(const struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	return family == AF_INET || family == AF_INET6 || family == AF_PACKET || family == AF_NETLINK;
}

#endif
