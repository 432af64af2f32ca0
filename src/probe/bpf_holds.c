// SPDX-License-Identifier: Apache-2.0
/* Asks the kernel what processes hold, one after the other. Before 6.1 (f0d74c4da1f0) an iterator cannot walk one process
 * only: there one walk over all files answers for all of them, and nobody looks at libraries. */
#include "bpf_holds.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "held.h"

static_assert(HN_HELD_PROCESSES >= HN_PROBE_HOLDERS, "all that are asked about fit the map");

#define READ_RECORDS 64

/* Reads the iterator to its end, or until it has given `limit` records. The kernel hands out whole records. */
static int drain(int fd, size_t limit, hn_held_callback *callback, void *arg)
{
	struct hn_held_record buffer[READ_RECORDS];
	struct hn_held held;

	while (limit > 0) {
		ssize_t n = read(fd, buffer, sizeof(buffer));

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		for (size_t i = 0; i < (size_t)n / sizeof(buffer[0]) && limit > 0; i++, limit--)
			if (hn_held_read(&buffer[i], &held) == 0)
				callback(&held, arg);
	}
	return 0;
}

/* pid 0: all processes. -E2BIG where the kernel knows no such choice. */
static int walk(const struct hn_bpf_handles *h, enum hn_bpf_handle which, pid_t pid, hn_held_callback *callback,
		void *arg)
{
	int fd = hn_bpf_iterate(h, which, pid), r;

	if (fd < 0)
		return fd;
	r = drain(fd, pid ? HN_HELD_RECORDS : HN_HELD_RECORDS * HN_PROBE_HOLDERS, callback, arg);
	close(fd);
	return r;
}

/* 0; 1: of devices only; or -errno. */
static int walk_each(const struct hn_bpf_handles *h, const struct hn_holder *holders, size_t n,
		     hn_held_callback *callback, void *arg)
{
	bool libraries = h->fd[HN_BPF_HOLD_MAPS] >= 0;

	for (size_t i = 0; i < n; i++) {
		int r = walk(h, HN_BPF_HOLD_FILES, holders[i].pid, callback, arg);

		if (r == -E2BIG) {
			r = walk(h, HN_BPF_HOLD_FILES, 0, callback, arg);
			return r < 0 ? r : 1;
		}
		if (r == 0 && libraries)
			r = walk(h, HN_BPF_HOLD_MAPS, holders[i].pid, callback, arg);
		if (r < 0 && r != -ESRCH && r != -EINVAL) /* it has ended */
			return r;
	}
	return !libraries;
}

int hn_bpf_holds(const struct hn_bpf_handles *h, const struct hn_holder *holders, size_t n,
		 hn_held_callback *callback, void *arg, struct hn_reason *reason)
{
	int wanted = h->fd[HN_BPF_WANTED], r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		uint32_t pid = (uint32_t)holders[i].pid;

		r = bpf_map_update_elem(wanted, &holders[i].start_ns, &pid, BPF_ANY);
	}
	if (r == 0)
		r = walk_each(h, holders, n, callback, arg);
	for (size_t i = 0; i < n; i++)
		bpf_map_delete_elem(wanted, &holders[i].start_ns);
	return r < 0 ? hn_reason_set(reason, r, "cannot read what processes hold: %s", strerror(-r)) : r;
}
