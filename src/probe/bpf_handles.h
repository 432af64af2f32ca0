/* SPDX-License-Identifier: Apache-2.0 */
/* What is used of a loaded BPF object once it runs: descriptors of our own and the page of its variables. libbpf keeps each program's
 * instructions and all of .BTF.ext for as long as the object is open, above 1 MiB of anonymous memory; the kernel needs none of
 * it. Attached links outlive the object, too. */
#ifndef HOSTNETD_BPF_HANDLES_H
#define HOSTNETD_BPF_HANDLES_H

#include <stddef.h>
#include <sys/types.h>

#include "hostnetd/abi.h"
#include "hostnetd/macro.h"
#include "hostnetd/reason.h"

struct hostnetd_bpf;

enum hn_bpf_handle {
	/* Maps. */
	HN_BPF_RING,
	HN_BPF_COUNTERS,
	HN_BPF_QUOTAS,
	HN_BPF_WANTED,
	/* Iterators. */
	HN_BPF_SWEEP_TASKS,
	HN_BPF_SWEEP_FILES,
	HN_BPF_HOLD_FILES,
	HN_BPF_HOLD_MAPS, /* may be -1: not loaded */
	HN_BPF_HANDLE_MAX,
};

/* All zero: nothing was taken. */
struct hn_bpf_handles {
	int fd[HN_BPF_HANDLE_MAX];
	struct hn_host *host; /* shared with the kernel side */
	void *page;
	size_t size; /* of `page`, bytes */
};

/* Of a loaded object, which may be closed after it. -errno with a reason; then nothing was taken. */
_must_check_ int hn_bpf_handles_take(const struct hostnetd_bpf *skel, struct hn_bpf_handles *ret,
				     struct hn_reason *reason);
void hn_bpf_handles_done(struct hn_bpf_handles *h);

/* A descriptor to read an iterator's output from, which the caller closes; or -errno. pid 0: of all processes; another: -E2BIG before
 * 6.1 (f0d74c4da1f0), where an iterator cannot be told to walk one only. */
_must_check_ int hn_bpf_iterate(const struct hn_bpf_handles *h, enum hn_bpf_handle iterator, pid_t pid);

#endif
