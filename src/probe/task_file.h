/* SPDX-License-Identifier: Apache-2.0 */
/* One file of one task below a procfs. Every reader tells a task that is gone (-ENOENT, -ESRCH) from one that
 * may not be read (-EACCES, -EPERM) and from text that makes no sense (-EBADMSG). */
#ifndef HOSTNETD_TASK_FILE_H
#define HOSTNETD_TASK_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "hostnetd/macro.h"

struct hn_task_name {
	int proc_fd;
	pid_t pid;
	pid_t tid; /* 0: the files of the process, which are its leader's */
};

#define HN_TASK_COMM_SIZE 64 /* the kernel's workers show more than the 15 bytes of the others */

struct hn_task_stat {
	char comm[HN_TASK_COMM_SIZE];
	pid_t parent;
	uint64_t start_ns; /* CLOCK_BOOTTIME; the kernel shows it in ticks: to 10 ms */
};

/* At most `size` bytes, not terminated. */
_must_check_ int hn_task_read(const struct hn_task_name *t, const char *file, char *buf, size_t size,
			      size_t *ret_len, bool *ret_truncated);
/* Terminated; -ENAMETOOLONG if it does not fit. */
_must_check_ int hn_task_readlink(const struct hn_task_name *t, const char *link, char *buf, size_t size);
/* The inode number in the link ns/TYPE, "net:[4026531840]". */
_must_check_ int hn_task_ns(const struct hn_task_name *t, const char *type, uint64_t *ret_inode);
_must_check_ int hn_task_stat(const struct hn_task_name *t, struct hn_task_stat *ret);
/* The effective user. */
_must_check_ int hn_task_uid(const struct hn_task_name *t, uint32_t *ret_uid);

/* The parsers, for a recording too. "TYPE:[NUMBER]": a namespace, a socket. */
_must_check_ int hn_link_parse(const char *text, const char *type, uint64_t *ret_inode);
_must_check_ int hn_task_stat_parse(const char *text, size_t len, struct hn_task_stat *ret);

bool hn_task_is_gone(int error);
bool hn_task_is_denied(int error);

#endif
