/* SPDX-License-Identifier: Apache-2.0 */
/* The SHA-256 of what a process runs. A process of its own reads the file: whoever mounts a file system whose server stays
 * silent holds that one up, and neither the store nor the agent's end. It waits for work from the start on: a program
 * that runs for some milliseconds would have ended before its reader had begun. */
#ifndef HOSTNETD_HISTORY_HASHER_H
#define HOSTNETD_HISTORY_HASHER_H

#include <stdint.h>
#include <sys/types.h>

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"

#include "hash.h"

struct hn_hasher;
/* `program` is started with the words of hn_history_hasher_serve(); NULL: nothing is hashed. Both are borrowed.
 * NULL: no memory. */
struct hn_hasher *hn_hasher_new(const char *proc_root, const char *program);
void hn_hasher_free(struct hn_hasher *h); /* waits for nothing that hangs */
/* /proc/PID/exe is the very file that was executed, whatever path the container shows or has unlinked; the kernel opens it
 * without a look-up in the container's file system. It is the container's all the same: regular files only, at most
 * 256 MiB and 10 s. `owner` names whose it is: after a hang its files are let be for some minutes. -EHOSTDOWN: they are now. `reason`
 * is touched only where something hangs or cannot be started: that is worth a word. */
_must_check_ int hn_hasher_begin(struct hn_hasher *h, const char *owner, pid_t pid, uint64_t start_ns,
				 struct hn_reason *reason);
/* Waits 2 ms at most, or until the eventfd `wake` is written to (-1: there is none). 1: call again; 0: done, or -errno: it
 * is over. */
_must_check_ int hn_hasher_step(struct hn_hasher *h, int wake, char ret[static HN_HASH_TEXT], int64_t *ret_size,
				struct hn_reason *reason);
void hn_hasher_rest(struct hn_hasher *h); /* there is nothing to read at the moment: makes ready for what comes */

#endif
