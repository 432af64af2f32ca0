// SPDX-License-Identifier: Apache-2.0
/* Asks the kernel what processes hold, one after the other. Before 6.1 (f0d74c4da1f0) an iterator cannot walk one process
 * only: there one walk over all files answers for all of them, and nobody looks at libraries. */
#include "bpf_holds.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "held.h"
#include "hostnetd.skel.h"

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
static int walk(struct bpf_program *program, pid_t pid, hn_held_callback *callback, void *arg)
{
	union bpf_iter_link_info info = {.task = {.pid = (uint32_t)pid}};
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));
	struct bpf_link *link = bpf_program__attach_iter(program, pid ? &opts : NULL);
	int fd, r;

	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	r = fd < 0 ? fd : drain(fd, pid ? HN_HELD_RECORDS : HN_HELD_RECORDS * HN_PROBE_HOLDERS, callback, arg);
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return r;
}

/* 0; 1: of devices only; or -errno. */
static int walk_each(struct hostnetd_bpf *skel, bool libraries, const struct hn_holder *holders, size_t n,
		     hn_held_callback *callback, void *arg)
{
	for (size_t i = 0; i < n; i++) {
		int r = walk(skel->progs.hold_files, holders[i].pid, callback, arg);

		if (r == -E2BIG) {
			r = walk(skel->progs.hold_files, 0, callback, arg);
			return r < 0 ? r : 1;
		}
		if (r == 0 && libraries)
			r = walk(skel->progs.hold_maps, holders[i].pid, callback, arg);
		if (r < 0 && r != -ESRCH && r != -EINVAL) /* it has ended */
			return r;
	}
	return !libraries;
}

int hn_bpf_holds(struct hostnetd_bpf *skel, bool libraries, const struct hn_holder *holders, size_t n,
		 hn_held_callback *callback, void *arg, struct hn_reason *reason)
{
	struct bpf_map *wanted = skel->maps.wanted;
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		uint32_t pid = (uint32_t)holders[i].pid;

		r = bpf_map__update_elem(wanted, &holders[i].start_ns, sizeof(holders[i].start_ns), &pid,
					 sizeof(pid), BPF_ANY);
	}
	if (r == 0)
		r = walk_each(skel, libraries, holders, n, callback, arg);
	for (size_t i = 0; i < n; i++)
		bpf_map__delete_elem(wanted, &holders[i].start_ns, sizeof(holders[i].start_ns), 0);
	return r < 0 ? hn_reason_set(reason, r, "cannot read what processes hold: %s", strerror(-r)) : r;
}
