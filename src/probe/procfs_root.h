/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of an open procfs, for the files that read it. */
#ifndef HOSTNETD_PROCFS_ROOT_H
#define HOSTNETD_PROCFS_ROOT_H

#include <dirent.h>

#include "hostnetd/cgroup.h"
#include "procfs.h"

struct hn_procfs {
	int fd;
	char text[64 * 1024]; /* /proc/PID/cgroup has up to some 15 lines, each with a path of up to PATH_MAX */
};

/* hn_procfs_cgroup() for one thread (tid 0: the process), with its meaning. */
_must_check_ int hn_procfs_task_cgroup(struct hn_procfs *p, pid_t pid, pid_t tid, char *buf, size_t size,
				       struct hn_container_ref *ret, bool *ret_truncated);

/* A folder below it, with a position of its own. NULL: errno. */
DIR *hn_procfs_open_dir(const struct hn_procfs *p, const char *path);
static inline void hn_dir_cleanup(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

#endif
