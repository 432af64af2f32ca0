// SPDX-License-Identifier: Apache-2.0
/* What a process holds, by /proc/PID/fd and /proc/PID/maps: where BPF cannot tell. Needs the right to trace it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "held.h"
#include "procfs.h"
#include "procfs_root.h"
#include "task_file.h"

static void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

/* The kernel's node may be in a namespace of its own: the link is only text. */
static const char *base_of_link(int dir_fd, const char *name, char *buf, size_t size)
{
	ssize_t n = readlinkat(dir_fd, name, buf, size - 1);
	char *slash;

	if (n <= 0)
		return "";
	buf[n] = '\0';
	slash = strrchr(buf, '/');
	return slash ? slash + 1 : buf;
}

static int read_files(struct hn_procfs *p, struct hn_held *held, hn_held_callback *callback, void *arg)
{
	_cleanup_(hn_dir_cleanup) DIR *dir = NULL;
	const struct dirent *entry;
	size_t left = HN_HELD_RECORDS;
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "%d/fd", held->pid);
	dir = hn_procfs_open_dir(p, path);
	if (!dir)
		return -errno;
	fd = dirfd(dir);
	while (left-- > 0 && (entry = readdir(dir))) {
		char link[512];
		struct stat st;

		if (entry->d_name[0] == '.' || fstatat(fd, entry->d_name, &st, 0) < 0 || !S_ISCHR(st.st_mode) ||
		    hn_held_is_common(major(st.st_rdev)))
			continue;
		held->library = false;
		held->fd = (unsigned)strtoul(entry->d_name, NULL, 10);
		hn_held_name_device(held, major(st.st_rdev), minor(st.st_rdev),
				    base_of_link(fd, entry->d_name, link, sizeof(link)));
		callback(held, arg);
	}
	return 0;
}

static int read_maps(struct hn_procfs *p, struct hn_held *held, hn_held_callback *callback, void *arg)
{
	_cleanup_(close_file) FILE *file = NULL;
	size_t left = 8 * HN_HELD_RECORDS; /* lines, of which few are executed */
	char path[32], line[4096 + 128];
	int fd;

	snprintf(path, sizeof(path), "%d/maps", held->pid);
	fd = openat(p->fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	file = fdopen(fd, "re");
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	while (left-- > 0 && fgets(line, sizeof(line), file))
		if (hn_held_read_map(line, held))
			callback(held, arg);
	return 0;
}

int hn_procfs_holds(struct hn_procfs *p, const struct hn_holder *holder, hn_held_callback *callback, void *arg)
{
	struct hn_held held = {.pid = holder->pid, .start_ns = holder->start_ns};
	int r = hn_procfs_same(p, holder->pid, holder->start_ns);

	if (r == 0)
		r = read_files(p, &held, callback, arg);
	if (r == 0)
		r = read_maps(p, &held, callback, arg);
	return r;
}
