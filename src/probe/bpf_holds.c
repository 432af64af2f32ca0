// SPDX-License-Identifier: Apache-2.0
/* Asks the kernel what processes hold, one after the other. Before 6.1 (f0d74c4da1f0) an iterator cannot walk one process
 * only: there one walk over all files answers for all of them, and nobody looks at libraries. */
#include "bpf_holds.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf_support.h"
#include "held.h"
#include "holds.skel.h"

static_assert(HN_HELD_PROCESSES >= HN_PROBE_HOLDERS, "all that are asked about fit the map");

#define READ_RECORDS 128

struct hn_bpf_holds {
	struct holds_bpf *skel;
	bool maps;     /* the kernel can walk mapped files */
	bool unscoped; /* it cannot walk one process only */
	struct hn_held_record buffer[READ_RECORDS];
};

void hn_bpf_holds_free(struct hn_bpf_holds *h)
{
	if (!h)
		return;
	holds_bpf__destroy(h->skel);
	free(h);
}

/* Before 5.12 (3a7b35b899de) there is no iterator over mapped files, and one missing target fails the object. */
static int load(struct hn_bpf_holds *h, bool maps)
{
	int r;

	holds_bpf__destroy(h->skel);
	h->skel = holds_bpf__open();
	if (!h->skel)
		return -errno;
	bpf_program__set_autoload(h->skel->progs.hold_maps, maps);
	r = holds_bpf__load(h->skel);
	h->maps = r == 0 && maps;
	return r;
}

int hn_bpf_holds_new(struct hn_bpf_holds **ret, struct hn_reason *reason)
{
	_cleanup_(hn_bpf_holds_cleanup) struct hn_bpf_holds *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	r = load(h, true);
	if (r < 0 && r != -EPERM)
		r = load(h, false);
	malloc_trim(0); /* libbpf read the kernel's whole BTF for a moment */
	if (r < 0)
		return hn_bpf_load_reason(r, reason);
	*ret = TAKE_PTR(h);
	return 0;
}

/* Reads the iterator to its end, or until it has given `limit` records. The kernel hands out whole records. */
static int drain(struct hn_bpf_holds *h, int fd, size_t limit, hn_held_callback *callback, void *arg)
{
	struct hn_held held;

	while (limit > 0) {
		ssize_t n = read(fd, h->buffer, sizeof(h->buffer));

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		for (size_t i = 0; i < (size_t)n / sizeof(h->buffer[0]) && limit > 0; i++, limit--)
			if (hn_held_read(&h->buffer[i], &held) == 0)
				callback(&held, arg);
	}
	return 0;
}

/* pid 0: all processes. -E2BIG where the kernel knows no such choice. */
static int walk(struct hn_bpf_holds *h, struct bpf_program *program, pid_t pid, hn_held_callback *callback,
		void *arg)
{
	union bpf_iter_link_info info = {.task = {.pid = (uint32_t)pid}};
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));
	struct bpf_link *link = bpf_program__attach_iter(program, pid ? &opts : NULL);
	int fd, r;

	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	r = fd < 0 ? fd : drain(h, fd, pid ? HN_HELD_RECORDS : HN_HELD_RECORDS * HN_PROBE_HOLDERS, callback, arg);
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return r;
}

static int walk_each(struct hn_bpf_holds *h, const struct hn_holder *holders, size_t n, hn_held_callback *callback,
		     void *arg)
{
	int r;

	for (size_t i = 0; i < n && !h->unscoped; i++) {
		r = walk(h, h->skel->progs.hold_files, holders[i].pid, callback, arg);
		if (r == 0 && h->maps)
			r = walk(h, h->skel->progs.hold_maps, holders[i].pid, callback, arg);
		h->unscoped = r == -E2BIG;
		if (r < 0 && r != -E2BIG && r != -ESRCH && r != -EINVAL) /* it has ended */
			return r;
	}
	return h->unscoped ? walk(h, h->skel->progs.hold_files, 0, callback, arg) : 0;
}

int hn_bpf_holds_look(struct hn_bpf_holds *h, const struct hn_holder *holders, size_t n,
		      hn_held_callback *callback, void *arg, struct hn_reason *reason)
{
	struct bpf_map *wanted = h->skel->maps.wanted;
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		uint32_t pid = (uint32_t)holders[i].pid;

		r = bpf_map__update_elem(wanted, &holders[i].start_ns, sizeof(holders[i].start_ns), &pid,
					 sizeof(pid), BPF_ANY);
	}
	if (r == 0)
		r = walk_each(h, holders, n, callback, arg);
	for (size_t i = 0; i < n; i++)
		bpf_map__delete_elem(wanted, &holders[i].start_ns, sizeof(holders[i].start_ns), 0);
	if (r < 0)
		return hn_reason_set(reason, r, "cannot read what processes hold: %s", strerror(-r));
	return h->unscoped || !h->maps;
}
