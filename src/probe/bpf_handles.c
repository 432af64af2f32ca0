// SPDX-License-Identifier: Apache-2.0
#include "bpf_handles.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hostnetd.skel.h"

void hn_bpf_handles_done(struct hn_bpf_handles *h)
{
	if (!h->page)
		return;
	munmap(h->page, h->size);
	for (int i = 0; i < HN_BPF_HANDLE_MAX; i++)
		if (h->fd[i] >= 0)
			close(h->fd[i]);
	*h = (struct hn_bpf_handles){.page = NULL};
}

int hn_bpf_handles_take(const struct hostnetd_bpf *skel, struct hn_bpf_handles *ret, struct hn_reason *reason)
{
	const int fds[HN_BPF_HANDLE_MAX] = {
		[HN_BPF_RING] = bpf_map__fd(skel->maps.ring),
		[HN_BPF_COUNTERS] = bpf_map__fd(skel->maps.counters),
		[HN_BPF_QUOTAS] = bpf_map__fd(skel->maps.quotas),
		[HN_BPF_WANTED] = bpf_map__fd(skel->maps.wanted),
		[HN_BPF_SWEEP_TASKS] = bpf_program__fd(skel->progs.sweep_tasks),
		[HN_BPF_SWEEP_FILES] = bpf_program__fd(skel->progs.sweep_files),
		[HN_BPF_HOLD_FILES] = bpf_program__fd(skel->progs.hold_files),
		[HN_BPF_HOLD_MAPS] = bpf_program__fd(skel->progs.hold_maps),
	};
	struct hn_bpf_handles h = {.size = bpf_map__value_size(skel->maps.bss)};

	/* libbpf made the map mappable (BPF_F_MMAPABLE, 5.5), as it does for all variables of a skeleton. */
	h.page = mmap(NULL, h.size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(skel->maps.bss), 0);
	if (h.page == MAP_FAILED)
		return hn_reason_set(reason, -errno, "cannot map the kernel side's variables: %s",
				     strerror(errno));
	h.host = (struct hn_host *)((char *)h.page + ((char *)&skel->bss->host - (char *)skel->bss));
	for (int i = 0; i < HN_BPF_HANDLE_MAX; i++)
		h.fd[i] = -1;
	for (int i = 0; i < HN_BPF_HANDLE_MAX; i++) {
		if (fds[i] < 0)
			continue;
		h.fd[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);
		if (h.fd[i] < 0) {
			int r = hn_reason_set(reason, -errno, "cannot keep the kernel side's descriptors: %s",
					      strerror(errno));

			hn_bpf_handles_done(&h);
			return r;
		}
	}
	*ret = h;
	return 0;
}

int hn_bpf_iterate(const struct hn_bpf_handles *h, enum hn_bpf_handle iterator, pid_t pid)
{
	union bpf_iter_link_info info = {.task = {.pid = (uint32_t)pid}};
	LIBBPF_OPTS(bpf_link_create_opts, opts);
	int link, fd;

	if (pid) {
		opts.iter_info = &info;
		opts.iter_info_len = sizeof(info);
	}
	link = bpf_link_create(h->fd[iterator], 0, BPF_TRACE_ITER, &opts);
	if (link < 0)
		return link;
	/* The descriptor holds all that it needs of the link. */
	fd = bpf_iter_create(link);
	close(link);
	return fd;
}
