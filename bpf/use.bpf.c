// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The use of the host network that no TCP state tells: sockets that are made there, UDP ports that are taken, datagrams
 * that are sent. Two ways to be called: cgroup programs at the root of the tree, and trampolines where a cgroup program
 * may not ask for a task's mark. Both cost other system calls nothing. */
#include "contact.bpf.h"

/* The armed task that works on this socket of the host netns; NULL: nobody's concern. */
static __always_inline struct mark *user_of(const struct sock *sk, struct task_struct *task)
{
	struct mark *mark;

	if (!is_of_host_netns(sk))
		return NULL;
	mark = mark_of(task);
	return mark && mark->flags & MARK_ARMED ? mark : NULL;
}

/* A thread that entered unseen gives itself away by its first socket. */
static __always_inline void creates(const struct sock *sk)
{
	struct task_struct *task = current_task();
	struct mark *mark = user_of(sk, task);

	if (!mark || mark->flags & MARK_IN_HOST || !in_host_netns(task))
		return;
	mark = mark_split(task, mark);
	if (!mark)
		return;
	mark->flags |= MARK_IN_HOST;
	emit_named(HN_RECORD_ENTERED, task, mark, NULL);
}

/* Which port was asked for shows before the bind, whether it was got after it: a port that the kernel chose is a client's. */
static __always_inline void asks_for_port(const struct sock *sk, __u16 port)
{
	struct mark *mark;

	if (protocol_of(sk) != IPPROTO_UDP)
		return;
	mark = user_of(sk, current_task());
	if (mark)
		mark->asked_port = port;
}

static __always_inline void binds(const struct sock *sk)
{
	struct task_struct *task = current_task();
	struct mark *mark;

	if (protocol_of(sk) != IPPROTO_UDP)
		return;
	mark = user_of(sk, task);
	if (mark && mark->asked_port && mark->asked_port == BPF_CORE_READ(sk, __sk_common.skc_num))
		emit_named(HN_RECORD_LISTEN, task, mark, sk);
}

static __always_inline void bound(const struct socket *socket)
{
	const struct sock *sk = BPF_CORE_READ(socket, sk);
	struct task_struct *task = current_task();
	struct mark *mark;

	if (protocol_of(sk) != IPPROTO_UDP || !listens(sk))
		return;
	mark = user_of(sk, task);
	if (mark)
		emit_named(HN_RECORD_LISTEN, task, mark, sk);
}

/* A stream's calls are told by its states; of datagrams one a sweep tells enough. */
static __always_inline void sends(const struct sock *sk, const struct hn_watch *to)
{
	struct task_struct *task = current_task();
	__u8 protocol = protocol_of(sk);
	struct mark *mark;

	if (protocol == IPPROTO_TCP)
		return;
	mark = user_of(sk, task);
	if (mark)
		calls(task, mark, to, is_loopback(to), protocol, true);
}

/* The kernel's socket behind a pointer that the verifier types otherwise and lets nobody calculate with. */
static __always_inline const struct sock *plain(const void *typed)
{
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &typed);
	return (const struct sock *)address;
}

SEC("cgroup/sock_create")
int on_sock_create(struct bpf_sock *ctx)
{
	fired(HN_PROGRAM_SOCK_CREATE);
	creates(plain(ctx));
	return 1;
}

SEC("cgroup/bind4")
int on_bind4(struct bpf_sock_addr *ctx)
{
	fired(HN_PROGRAM_BIND4);
	asks_for_port(plain(ctx->sk), bpf_ntohs(ctx->user_port));
	return 1;
}

SEC("cgroup/bind6")
int on_bind6(struct bpf_sock_addr *ctx)
{
	fired(HN_PROGRAM_BIND6);
	asks_for_port(plain(ctx->sk), bpf_ntohs(ctx->user_port));
	return 1;
}

SEC("cgroup/post_bind4")
int on_post_bind4(struct bpf_sock *ctx)
{
	fired(HN_PROGRAM_POST_BIND4);
	binds(plain(ctx));
	return 1;
}

SEC("cgroup/post_bind6")
int on_post_bind6(struct bpf_sock *ctx)
{
	fired(HN_PROGRAM_POST_BIND6);
	binds(plain(ctx));
	return 1;
}

static __always_inline void sends_to_v4(struct bpf_sock_addr *ctx)
{
	struct hn_watch to = {.port = bpf_ntohs(ctx->user_port)};

	put_v4(&to, ctx->user_ip4);
	sends(plain(ctx->sk), &to);
}

static __always_inline void sends_to_v6(struct bpf_sock_addr *ctx)
{
	struct hn_watch to = {.port = bpf_ntohs(ctx->user_port)};

	*(__u32 *)(to.address + 0) = ctx->user_ip6[0];
	*(__u32 *)(to.address + 4) = ctx->user_ip6[1];
	*(__u32 *)(to.address + 8) = ctx->user_ip6[2];
	*(__u32 *)(to.address + 12) = ctx->user_ip6[3];
	sends(plain(ctx->sk), &to);
}

SEC("cgroup/connect4")
int on_connect4(struct bpf_sock_addr *ctx)
{
	fired(HN_PROGRAM_CONNECT4);
	sends_to_v4(ctx);
	return 1;
}

SEC("cgroup/connect6")
int on_connect6(struct bpf_sock_addr *ctx)
{
	fired(HN_PROGRAM_CONNECT6);
	sends_to_v6(ctx);
	return 1;
}

SEC("cgroup/sendmsg4")
int on_sendmsg4(struct bpf_sock_addr *ctx)
{
	fired(HN_PROGRAM_SENDMSG4);
	sends_to_v4(ctx);
	return 1;
}

SEC("cgroup/sendmsg6")
int on_sendmsg6(struct bpf_sock_addr *ctx)
{
	fired(HN_PROGRAM_SENDMSG6);
	sends_to_v6(ctx);
	return 1;
}

/* What a datagram is sent to, or a socket connected with: an address in the kernel's memory, else the socket's peer. */
static __always_inline void sends_to(const struct sock *sk, const void *address)
{
	struct hn_sockaddr in = {};
	struct hn_watch to = {};

	if (!is_of_host_netns(sk))
		return;
	if (address) {
		if (bpf_probe_read_kernel(&in, sizeof(in), address) < 0 && bpf_probe_read_kernel(&in, 8, address) < 0)
			return;
	} else {
		in.family = BPF_CORE_READ(sk, __sk_common.skc_family);
		in.port = BPF_CORE_READ(sk, __sk_common.skc_dport);
		in.v4 = BPF_CORE_READ(sk, __sk_common.skc_daddr);
		if (in.family == AF_INET6)
			bpf_probe_read_kernel(in.v6, sizeof(in.v6), &sk->__sk_common.skc_v6_daddr);
	}
	to.port = bpf_ntohs(in.port);
	if (in.family == AF_INET6)
		__builtin_memcpy(to.address, in.v6, sizeof(to.address));
	else
		put_v4(&to, in.v4);
	sends(sk, &to);
}

SEC("fexit/inet_bind")
int BPF_PROG(on_inet_bind, struct socket *socket, void *address, int length, int ret)
{
	fired(HN_PROGRAM_BIND_FEXIT);
	if (ret == 0)
		bound(socket);
	return 0;
}

SEC("fexit/inet6_bind")
int BPF_PROG(on_inet6_bind, struct socket *socket, void *address, int length, int ret)
{
	fired(HN_PROGRAM_BIND6_FEXIT);
	if (ret == 0)
		bound(socket);
	return 0;
}

SEC("fentry/udp_sendmsg")
int BPF_PROG(on_udp_sendmsg, struct sock *sk, struct msghdr *message)
{
	fired(HN_PROGRAM_SEND_FENTRY);
	sends_to(sk, BPF_CORE_READ(message, msg_name));
	return 0;
}

SEC("fentry/udpv6_sendmsg")
int BPF_PROG(on_udpv6_sendmsg, struct sock *sk, struct msghdr *message)
{
	fired(HN_PROGRAM_SEND6_FENTRY);
	sends_to(sk, BPF_CORE_READ(message, msg_name));
	return 0;
}

SEC("fentry/ip4_datagram_connect")
int BPF_PROG(on_ip4_connect, struct sock *sk, void *address)
{
	fired(HN_PROGRAM_CONNECT_FENTRY);
	sends_to(sk, address);
	return 0;
}

SEC("fentry/ip6_datagram_connect")
int BPF_PROG(on_ip6_connect, struct sock *sk, void *address)
{
	fired(HN_PROGRAM_CONNECT6_FENTRY);
	sends_to(sk, address);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
