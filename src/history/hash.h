/* SPDX-License-Identifier: Apache-2.0 */
/* The SHA-256 of what a process runs. */
#ifndef HOSTNETD_HISTORY_HASH_H
#define HOSTNETD_HISTORY_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "hostnetd/macro.h"

#define HN_HASH_TEXT 65
/* /proc/PID/exe is the very file that was executed, whatever path the container shows or has unlinked; the kernel opens it
 * without a look-up in the container's file system. It is the container's all the same: regular files only, at most
 * 256 MiB, no waiting. -ESRCH: gone, or another process by now. */
_must_check_ int hn_hash_exe(const char *proc_root, pid_t pid, uint64_t start_ns, char ret[static HN_HASH_TEXT],
			     int64_t *ret_size);
void hn_hash_bytes(const void *bytes, size_t n, char ret[static HN_HASH_TEXT]);

#endif
