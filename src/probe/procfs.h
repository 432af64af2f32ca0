/* SPDX-License-Identifier: Apache-2.0 */
/* What /proc says of processes: small readers, and the sweep that stands in where BPF cannot load. The root is one
 * directory's descriptor, so a DaemonSet's host mount and a test's made-up tree are the same thing. */
#ifndef HOSTNETD_PROCFS_H
#define HOSTNETD_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "hostnetd/macro.h"
#include "hostnetd/probe.h"
#include "hostnetd/reason.h"

struct hn_procfs;

/* -errno with a reason that names the folder. */
_must_check_ int hn_procfs_open(const char *proc_root, struct hn_procfs **ret, struct hn_reason *reason);
void hn_procfs_free(struct hn_procfs *p); /* NULL is fine */
HN_DEFINE_CLEANUP(struct hn_procfs, hn_procfs_free, hn_procfs_cleanup)

/* The readers of one process: -ENOENT or -ESRCH when it is gone, -EACCES or -EPERM when it may not be read,
 * -EBADMSG when the text makes no sense. */

/* NUL-separated, not terminated; empty for a kernel thread or a leader that has exited. */
_must_check_ int hn_procfs_argv(struct hn_procfs *p, pid_t pid, char *buf, size_t size, size_t *ret_len,
				bool *ret_truncated);
/* Start of the process, CLOCK_BOOTTIME, to the kernel's tick (10 ms). */
_must_check_ int hn_procfs_start(struct hn_procfs *p, pid_t pid, uint64_t *ret_ns);
/* See hn_probe_ancestors(). */
size_t hn_procfs_ancestors(struct hn_procfs *p, pid_t parent, uint64_t start_ns,
			   struct hn_ancestor ret[static HN_ANCESTORS]);
/* 0 if the process of this number is the one that started then, as far as the tick tells; -ESRCH: another one is. */
_must_check_ int hn_procfs_same(struct hn_procfs *p, pid_t pid, uint64_t start_ns);
/* The path of the hierarchy that says most (see cgroup_lines.h), cut after a whole name where it does not fit. */
_must_check_ int hn_procfs_cgroup(struct hn_procfs *p, pid_t pid, char *buf, size_t size);
/* The inode number of a namespace: "net", "mnt", "pid", "cgroup". */
_must_check_ int hn_procfs_ns(struct hn_procfs *p, pid_t pid, const char *type, uint64_t *ret_inode);

/* What the process has open and mapped, if it is still this one. Needs the right to trace it. */
_must_check_ int hn_procfs_holds(struct hn_procfs *p, const struct hn_holder *holder, hn_held_callback *callback,
				 void *arg);

struct hn_procfs_counters {
	uint64_t processes;
	uint64_t threads;
	uint64_t in_host_netns;   /* of these: whoever they belong to */
	uint64_t vanished;        /* ended while the sweep read them: not a loss */
	uint64_t unreadable;      /* threads in a container's cgroup whose netns may not be read: not seen */
	uint64_t unreadable_host; /* the same in a host's cgroup */
	uint64_t failed;          /* processes or threads that could not be read for another reason */
	uint64_t not_kept;        /* container threads beyond the sweep's limit */
	bool saw_init;            /* PID 1 was listed: else hidepid or a pid namespace hides processes */
};

/* Walks all processes and threads, and calls back for every thread of a container's cgroup that is in the host
 * netns `host_netns`: PRESENT if it is armed, else CANDIDATE. Armed here: it sits in a mount namespace that
 * neither PID 1 nor any host process has, and its executable is neither deleted nor a memfd (`runc init`). 0,
 * or -errno if /proc itself cannot be read; *counters is set in both cases. */
_must_check_ int hn_procfs_sweep(struct hn_procfs *p, uint64_t host_netns, hn_sighting_callback *callback,
				 void *arg, struct hn_procfs_counters *counters);

/* SOCKET for each socket of the host netns that an armed process of a container has open, as DESIGN.md's borrowers and their
 * ports want them. `host_netns` is PID 1's: the tables are read below /proc/1/net. 0 or -errno, as above. */
_must_check_ int hn_procfs_sweep_sockets(struct hn_procfs *p, uint64_t host_netns, hn_sighting_callback *callback,
					 void *arg, struct hn_procfs_counters *counters);

#endif
