// SPDX-License-Identifier: Apache-2.0
#include "bpf_attach.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRACEPOINT "tracepoint/"
#define CGROUP "cgroup/"
#define CGROUP2_ROOT_INODE 1 /* of the hierarchy's own root: that of a cgroup namespace has its cgroup's id */

/* A file system that is mounted nowhere: fsopen(2), fsmount(2), since 5.2. Returns a descriptor of its root. */
static int mount_detached(const char *type)
{
	int context = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC), mount = -1, fd = -1, error = errno;

	if (context >= 0 && syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mount = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	if (mount >= 0)
		fd = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		error = errno;
	if (mount >= 0)
		close(mount);
	if (context >= 0)
		close(context);
	return fd < 0 ? -error : fd;
}

static int open_if_cgroup2(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
		return fd;
	close(fd);
	return -ENOENT;
}

int hn_bpf_open_cgroup2(const char *cgroup_root)
{
	char unified[4096];
	struct stat st;
	int fd = open_if_cgroup2(cgroup_root);

	if (fd < 0 && snprintf(unified, sizeof(unified), "%s/unified", cgroup_root) < (int)sizeof(unified))
		fd = open_if_cgroup2(unified);
	if (fd < 0)
		fd = mount_detached("cgroup2");
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) == 0 && st.st_ino == CGROUP2_ROOT_INODE)
		return fd;
	close(fd);
	return -EXDEV;
}

static long read_number(int folder, const char *path)
{
	int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
	char text[32] = "";
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n <= 0 ? -EIO : strtol(text, NULL, 10);
}

long hn_bpf_tracepoint_id(const char *tracepoint)
{
	static const char *const mounted[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing", NULL};
	char path[256];
	long id = -ENOENT;
	int folder;

	snprintf(path, sizeof(path), "events/%s/id", tracepoint);
	for (size_t i = 0; mounted[i] && id < 0; i++) {
		folder = open(mounted[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (folder < 0)
			continue;
		id = read_number(folder, path);
		close(folder);
	}
	if (id >= 0)
		return id;
	folder = mount_detached("tracefs");
	if (folder < 0)
		return folder;
	id = read_number(folder, path);
	close(folder);
	return id;
}

/* As libbpf does it, but for where the number comes from. */
static struct bpf_link *attach_tracepoint(const struct bpf_program *program)
{
	long id = hn_bpf_tracepoint_id(bpf_program__section_name(program) + strlen(TRACEPOINT));
	struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr)};
	struct bpf_link *link;
	int fd;

	if (id < 0) {
		errno = (int)-id;
		return NULL;
	}
	attr.config = (__u64)id;
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return NULL;
	link = bpf_program__attach_perf_event(program, fd);
	if (!link)
		close(fd);
	return link;
}

static bool begins(const struct bpf_program *program, const char *section)
{
	return strncmp(bpf_program__section_name(program), section, strlen(section)) == 0;
}

int hn_bpf_attach(struct bpf_object *object, const struct hn_hook *hook, const char *cgroup_root,
		  struct bpf_link *links[static HN_HOOK_PROGRAMS])
{
	int cgroup = -1, r = 0;

	if (hook->need == HN_NEED_CGROUP_MARKS) {
		cgroup = hn_bpf_open_cgroup2(cgroup_root);
		if (cgroup < 0)
			return cgroup;
	}
	for (int i = 0; i < HN_HOOK_PROGRAMS && hook->programs[i] && r == 0; i++) {
		struct bpf_program *program =
			bpf_object__find_program_by_name(object, hn_program_name(hook->programs[i]));

		links[i] = begins(program, CGROUP)     ? bpf_program__attach_cgroup(program, cgroup) :
			   begins(program, TRACEPOINT) ? attach_tracepoint(program) :
							 bpf_program__attach(program);
		if (!links[i])
			r = -errno;
	}
	if (cgroup >= 0)
		close(cgroup);
	if (r < 0)
		hn_bpf_detach(links);
	return r;
}

void hn_bpf_detach(struct bpf_link *links[static HN_HOOK_PROGRAMS])
{
	for (int i = 0; i < HN_HOOK_PROGRAMS; i++) {
		bpf_link__destroy(links[i]);
		links[i] = NULL;
	}
}
