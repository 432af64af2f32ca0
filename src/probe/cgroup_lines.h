/* SPDX-License-Identifier: Apache-2.0 */
/* Which line of /proc/PID/cgroup says where a task belongs. Pure. */
#ifndef HOSTNETD_CGROUP_LINES_H
#define HOSTNETD_CGROUP_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "hostnetd/cgroup.h"
#include "hostnetd/macro.h"

/* Chooses from `len` bytes of text the path that names a pod, else one that names a container, else the one of
 * `pids`; among equals pids, memory, v2, the first. Copies it to `buf`, cut after a whole name where it does
 * not fit (*ret_truncated; may be NULL), and says in *ret what the whole path means (may be NULL). -ENOENT: no
 * line has a path. */
_must_check_ int hn_cgroup_lines_choose(const char *text, size_t len, char *buf, size_t size,
					struct hn_container_ref *ret, bool *ret_truncated);

#endif
