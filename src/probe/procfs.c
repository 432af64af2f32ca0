/* SPDX-License-Identifier: Apache-2.0 */
/* An open procfs and the readers of one process. Keeps nothing of what it read. */
#include "procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostnetd/str.h"
#include "hostnetd/time.h"

#include "cgroup_lines.h"
#include "procfs_root.h"
#include "task_file.h"

#define TICK_NS (10 * HN_NSEC_PER_MSEC) /* /proc gives the start in ticks of 10 ms */

int hn_procfs_open(const char *proc_root, struct hn_procfs **ret, struct hn_reason *reason)
{
	_cleanup_(hn_procfs_cleanup) struct hn_procfs *p = calloc(1, sizeof(*p));

	if (!p)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	p->fd = open(proc_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->fd < 0) {
		int err = -errno;

		return hn_reason_set(reason, err, "cannot open %s: %s; give the host's procfs with --proc-root",
				     proc_root, strerror(-err));
	}
	*ret = TAKE_PTR(p);
	return 0;
}

DIR *hn_procfs_open_dir(const struct hn_procfs *p, const char *path)
{
	int fd = openat(p->fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !dir)
		close(fd);
	return dir;
}

void hn_procfs_free(struct hn_procfs *p)
{
	if (!p)
		return;
	if (p->fd >= 0)
		close(p->fd);
	free(p);
}

int hn_procfs_task_cgroup(struct hn_procfs *p, pid_t pid, pid_t tid, char *buf, size_t size,
			  struct hn_container_ref *ret, bool *ret_truncated)
{
	const struct hn_task_name task = {p->fd, pid, tid};
	bool truncated;
	size_t len;
	int err;

	err = hn_task_read(&task, "cgroup", p->text, sizeof(p->text), &len, &truncated);
	if (err)
		return err;
	/* A line that is cut off would end in half a name. */
	while (truncated && len > 0 && p->text[len - 1] != '\n')
		len--;
	err = hn_cgroup_lines_choose(p->text, len, buf, size, ret, ret_truncated);
	return err == -ENOENT ? -EBADMSG : err;
}

int hn_procfs_argv(struct hn_procfs *p, pid_t pid, char *buf, size_t size, size_t *ret_len, bool *ret_truncated)
{
	const struct hn_task_name task = {p->fd, pid, 0};

	return hn_task_read(&task, "cmdline", buf, size, ret_len, ret_truncated);
}

int hn_procfs_start(struct hn_procfs *p, pid_t pid, uint64_t *ret_ns)
{
	const struct hn_task_name task = {p->fd, pid, 0};
	struct hn_task_stat stat;
	int err;

	err = hn_task_stat(&task, &stat);
	if (err)
		return err;
	*ret_ns = stat.start_ns;
	return 0;
}

int hn_procfs_same(struct hn_procfs *p, pid_t pid, uint64_t start_ns)
{
	uint64_t start = 0;
	int r = hn_procfs_start(p, pid, &start);

	if (r < 0)
		return r;
	return start + TICK_NS < start_ns || start > start_ns + TICK_NS ? -ESRCH : 0;
}

/* A parent is older than its child: a younger one got the pid of a parent that has ended. */
size_t hn_procfs_ancestors(struct hn_procfs *p, pid_t parent, uint64_t start_ns,
			   struct hn_ancestor ret[static HN_ANCESTORS])
{
	struct hn_task_stat stat = {.parent = parent, .start_ns = start_ns};
	size_t n = 0;

	while (n < HN_ANCESTORS && stat.parent > 0) {
		const struct hn_task_name task = {p->fd, stat.parent, 0};
		uint64_t child = stat.start_ns;

		ret[n] = (struct hn_ancestor){.pid = stat.parent};
		if (hn_task_stat(&task, &stat) < 0 || stat.start_ns > child + TICK_NS)
			return n + 1;
		hn_strcpy(ret[n++].comm, sizeof(ret->comm), stat.comm);
	}
	return n;
}

int hn_procfs_cgroup(struct hn_procfs *p, pid_t pid, char *buf, size_t size)
{
	return hn_procfs_task_cgroup(p, pid, 0, buf, size, NULL, NULL);
}

int hn_procfs_ns(struct hn_procfs *p, pid_t pid, const char *type, uint64_t *ret_inode)
{
	const struct hn_task_name task = {p->fd, pid, 0};

	return hn_task_ns(&task, type, ret_inode);
}
