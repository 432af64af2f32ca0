/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Calls from the host netns: which of them are worth a record. */
#ifndef HOSTNETD_CONTACT_BPF_H
#define HOSTNETD_CONTACT_BPF_H

#include "record.bpf.h"

extern struct watches_map {
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
extern struct contacts_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct contact);
	__type(value, __u64);
} contacts SEC(".maps");

/* An IPv4 address in the maps' form. */
static __always_inline void put_v4(struct hn_watch *to, __u32 address)
{
	*(__u64 *)to->address = 0;
	*(__u32 *)(to->address + 8) = bpf_htonl(0xffff);
	*(__u32 *)(to->address + 12) = address;
}

static __always_inline bool is_v4(const struct hn_watch *to)
{
	return !*(__u64 *)to->address && *(__u32 *)(to->address + 8) == bpf_htonl(0xffff);
}

static __always_inline bool is_loopback(const struct hn_watch *to)
{
	if (is_v4(to))
		return to->address[12] == 127;
	return !*(__u64 *)to->address && *(__u64 *)(to->address + 8) == bpf_cpu_to_be64(1);
}

/* The flag of the watched destination; 0 if it is none, or was reported a moment ago. `local`: one of the node's own
 * addresses. */
static __always_inline __u32 watched(const struct hn_watch *to, bool local, const struct mark *mark)
{
	struct contact contact = {.home = mark->home, .watch = *to};
	__u64 now = bpf_ktime_get_boot_ns(), *last;
	__u32 *flag;

	contact.watch.port = 0;
	flag = bpf_map_lookup_elem(&watches, &contact.watch);
	if (!flag && local) {
		__builtin_memset(contact.watch.address, 0, sizeof(contact.watch.address));
		contact.watch.port = to->port;
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

/* An armed task calls `to` by a socket of the host netns. What a member calls otherwise is its own affair; a borrower gives
 * itself away, `once` only. */
static __always_inline void calls(struct task_struct *task, struct mark *mark, const struct hn_watch *to, bool local,
				  __u8 protocol, bool once)
{
	__u32 flag = watched(to, local, mark);
	struct hn_record_named *r;
	enum permission permission;

	if (!flag && (in_host_netns(task) || (once && mark->told == host.generation)))
		return;
	if (once)
		mark->told = host.generation;
	permission = flag ? SEND_URGENT : may_send(mark->home, bpf_ktime_get_boot_ns());
	r = begin_named(HN_RECORD_CONNECT, task, mark, permission);
	if (!r)
		return;
	r->head.flags |= flag;
	r->head.family = AF_INET6;
	r->head.protocol = protocol;
	r->head.port = to->port;
	__builtin_memcpy(r->head.address, to->address, 16);
	send(r, permission);
}

#endif
