// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A socket of the host netns that begins to listen, whoever holds it. */
#include "record.bpf.h"

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_sock_state, const struct sock *sk, int from, int to)
{
	struct task_struct *task;
	struct mark *mark;

	/* In this transition alone, and in CLOSE to SYN_SENT, the current task is the socket's owner. */
	if (from != TCP_CLOSE || to != TCP_LISTEN)
		return 0;
	if (!host.netns || sk->__sk_common.skc_net.net->ns.inum != host.netns)
		return 0;
	task = current_task();
	mark = mark_of(task);
	if (mark && mark->flags & MARK_ARMED)
		emit_named(HN_RECORD_LISTEN, task, mark, sk);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
