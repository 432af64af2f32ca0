/* SPDX-License-Identifier: Apache-2.0 */
/* The SHA-256 of what a process runs, a slice at a time: who has something better to do meanwhile does it in between. */
#ifndef HOSTNETD_HISTORY_HASH_H
#define HOSTNETD_HISTORY_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "hostnetd/macro.h"

#define HN_HASH_TEXT 65

/* Remembers the last files, so that a program that runs again and again is read once. */
struct hn_hasher;
struct hn_hasher *hn_hasher_new(const char *proc_root); /* NULL: no memory; `proc_root` is borrowed */
void hn_hasher_free(struct hn_hasher *h);
/* /proc/PID/exe is the very file that was executed, whatever path the container shows or has unlinked; the kernel opens it
 * without a look-up in the container's file system. It is the container's all the same: regular files only, at most
 * 256 MiB, no waiting. -ESRCH: gone, or another process by now. */
_must_check_ int hn_hasher_begin(struct hn_hasher *h, pid_t pid, uint64_t start_ns);
/* 1: call again; 0: done, or -errno: it is over. */
_must_check_ int hn_hasher_step(struct hn_hasher *h, char ret[static HN_HASH_TEXT], int64_t *ret_size);
void hn_hash_bytes(const void *bytes, size_t n, char ret[static HN_HASH_TEXT]);

#endif
