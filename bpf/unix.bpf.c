// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A Unix socket of the host netns connects to an abstract name. */
#include "unix.bpf.h"

SEC("fexit/unix_stream_connect")
int BPF_PROG(on_unix_connect, struct socket *socket, void *address, int length, int flags, int ret)
{
	struct task_struct *task = current_task();
	struct mark *mark = mark_of(task);
	char name[UNIX_NAME] = {};
	struct hn_record_exec *r;
	const struct sock *sk;
	__u32 n;

	fired(HN_PROGRAM_UNIX_CONNECT);
	if (ret || !mark || !(mark->flags & MARK_ARMED))
		return 0;
	sk = BPF_CORE_READ(socket, sk);
	n = abstract_name(sk, name);
	if (!n || !is_news(mark, name, n))
		return 0;
	mark_reported(task, mark);
	r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0) ?: lost();
	if (!r)
		return 0;
	fill_named((void *)r, HN_RECORD_ABSTRACT, sizeof(*r), task, mark);
	__builtin_memcpy(r->argv, name, UNIX_NAME);
	r->head.argv_len = n;
	send(r, SEND_URGENT);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
