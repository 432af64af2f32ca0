/* SPDX-License-Identifier: Apache-2.0 */
/* The sweep over /proc. First walk: which threads of containers are in the host netns, and which mount
 * namespaces do host processes have. Then the sightings, since only now it is known whose mount namespace is
 * its own. Processes come and go meanwhile: a thread that has another start time the second time is another
 * thread. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostnetd/cgroup.h"
#include "hostnetd/str.h"
#include "hostnetd/time.h"
#include "inodes.h"
#include "procfs.h"
#include "procfs_root.h"
#include "task_file.h"

#define FOUND_MAX 65536
#define HOST_MNTNS_MAX 1024

struct found {
	pid_t pid, tid;
	uint64_t netns;
	uint64_t mntns; /* 0: not readable */
	uint64_t thread_start_ns;
};

struct sweep {
	struct hn_procfs *p;
	uint64_t host_netns;
	const struct hn_inodes *inodes; /* NULL: threads are looked for, not sockets */
	struct hn_procfs_counters *counters;
	struct found *found;
	size_t n_found, cap_found;
	size_t n_host_mntns;
	bool host_mntns_full;
	uint64_t host_mntns[HOST_MNTNS_MAX];
	char cgroup[PATH_MAX];
	char argv[4096];
	char exe[PATH_MAX];
};

static void free_sweep(struct sweep **s)
{
	if (*s)
		free((*s)->found);
	free(*s);
}

/* The next entry that is a number; 0 at the end or on an error, which is in *ret_error. */
static pid_t next_id(DIR *dir, int *ret_error)
{
	const struct dirent *entry;

	for (;;) {
		char *end;
		long id;

		errno = 0;
		entry = readdir(dir);
		if (!entry) {
			*ret_error = -errno;
			return 0;
		}
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		errno = 0;
		id = strtol(entry->d_name, &end, 10);
		if (*end == '\0' && errno == 0 && id <= INT_MAX)
			return (pid_t)id;
	}
}

static void count_error(struct sweep *s, int err, bool in_container)
{
	if (hn_task_is_gone(err))
		s->counters->vanished++;
	else if (hn_task_is_denied(err))
		(*(in_container ? &s->counters->unreadable : &s->counters->unreadable_host))++;
	else
		s->counters->failed++;
}

static bool is_host_mntns(const struct sweep *s, uint64_t mntns)
{
	for (size_t i = 0; i < s->n_host_mntns; i++) {
		if (s->host_mntns[i] == mntns)
			return true;
	}
	return false;
}

static void note_host_mntns(struct sweep *s, pid_t pid)
{
	const struct hn_task_name task = {s->p->fd, pid, 0};
	uint64_t mntns;

	if (hn_task_ns(&task, "mnt", &mntns) != 0 || is_host_mntns(s, mntns))
		return;
	if (s->n_host_mntns == HOST_MNTNS_MAX)
		s->host_mntns_full = true;
	else
		s->host_mntns[s->n_host_mntns++] = mntns;
}

static int keep(struct sweep *s, const struct hn_task_name *task, uint64_t netns)
{
	struct found found = {.pid = task->pid, .tid = task->tid, .netns = netns};
	struct hn_task_stat stat;
	int err;

	err = hn_task_stat(task, &stat);
	if (err) {
		count_error(s, err, true);
		return 0;
	}
	found.thread_start_ns = stat.start_ns;
	if (hn_task_ns(task, "mnt", &found.mntns) != 0)
		found.mntns = 0;
	if (s->n_found == FOUND_MAX) {
		s->counters->not_kept++;
		return 0;
	}
	if (s->n_found == s->cap_found) {
		size_t cap = s->cap_found ? 2 * s->cap_found : 256;
		struct found *grown = reallocarray(s->found, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		s->found = grown;
		s->cap_found = cap;
	}
	s->found[s->n_found++] = found;
	return 0;
}

/* A thread belongs to a container if its leader's cgroup says so, or its own: one thread can move alone on v1. */
static int visit_thread(struct sweep *s, pid_t pid, pid_t tid, bool leader_in_container)
{
	const struct hn_task_name task = {s->p->fd, pid, tid};
	struct hn_container_ref ref;
	bool in_container = leader_in_container;
	uint64_t netns = 0;
	int err, ns_err;

	s->counters->threads++;
	ns_err = hn_task_ns(&task, "net", &netns);
	if (ns_err && !hn_task_is_denied(ns_err)) {
		count_error(s, ns_err, false);
		return 0;
	}
	/* Sockets are the process's: its leader stands for it, wherever that is. */
	if (s->inodes ? tid != pid : !ns_err && netns != s->host_netns)
		return 0;
	s->counters->in_host_netns += !ns_err && netns == s->host_netns;
	if (!in_container && tid != pid) {
		err = hn_procfs_task_cgroup(s->p, pid, tid, s->cgroup, sizeof(s->cgroup), &ref, NULL);
		if (err) {
			count_error(s, err, false);
			return 0;
		}
		in_container = hn_cgroup_is_container(&ref);
	}
	if (ns_err)
		count_error(s, ns_err, in_container);
	return ns_err || !in_container ? 0 : keep(s, &task, netns);
}

static int visit_process(struct sweep *s, pid_t pid)
{
	_cleanup_(hn_dir_cleanup) DIR *tasks = NULL;
	struct hn_container_ref ref;
	bool in_container;
	char path[32];
	int err;
	pid_t tid;

	s->counters->processes++;
	s->counters->saw_init = s->counters->saw_init || pid == 1;
	err = hn_procfs_task_cgroup(s->p, pid, 0, s->cgroup, sizeof(s->cgroup), &ref, NULL);
	if (err) {
		count_error(s, err, true); /* whose it is cannot be said: it may be a container's */
		return 0;
	}
	in_container = hn_cgroup_is_container(&ref);
	if (!in_container || pid == 1)
		note_host_mntns(s, pid);
	snprintf(path, sizeof(path), "%d/task", pid);
	tasks = hn_procfs_open_dir(s->p, path);
	if (!tasks) {
		count_error(s, -errno, in_container);
		return 0;
	}
	while ((tid = next_id(tasks, &err)) > 0) {
		err = visit_thread(s, pid, tid, in_container);
		if (err)
			return err;
	}
	if (err)
		count_error(s, err, in_container);
	return 0;
}

/* `runc init` runs from a memfd or from a copy that is deleted; without BPF the mount of an executable cannot
 * be read. */
static bool is_own_exe(const char *exe)
{
	return exe[0] && !hn_starts_with(exe, "/memfd:") && !hn_ends_with(exe, " (deleted)");
}

static int read_cgroup(struct sweep *s, const struct found *f, struct hn_container_ref *ref, bool *ret_truncated)
{
	int err = hn_procfs_task_cgroup(s->p, f->pid, 0, s->cgroup, sizeof(s->cgroup), ref, ret_truncated);

	if (err || hn_cgroup_is_container(ref) || f->tid == f->pid)
		return err;
	return hn_procfs_task_cgroup(s->p, f->pid, f->tid, s->cgroup, sizeof(s->cgroup), ref, ret_truncated);
}

/* Of a borrower any socket tells, and one is enough; of both, each that listens. */
static void report_sockets(struct sweep *s, const struct found *f, struct hn_sighting *sighting,
			   hn_sighting_callback *callback, void *arg)
{
	_cleanup_(hn_dir_cleanup) DIR *files = NULL;
	const struct dirent *entry;
	bool told = f->netns == s->host_netns;
	char path[32], link[64];

	sighting->kind = HN_SIGHTING_SOCKET;
	sighting->netns = f->netns;
	sighting->in_host_netns = told;
	snprintf(path, sizeof(path), "%d/fd", f->pid);
	files = hn_procfs_open_dir(s->p, path);
	if (!files) {
		count_error(s, -errno, true);
		return;
	}
	while ((entry = readdir(files))) {
		ssize_t n = readlinkat(dirfd(files), entry->d_name, link, sizeof(link) - 1);
		const struct hn_inode *inode;
		uint64_t number;

		if (n <= 0)
			continue;
		link[n] = '\0';
		if (hn_link_parse(link, "socket", &number) != 0)
			continue;
		inode = hn_inodes_find(s->inodes, number);
		if (!inode || (told && !inode->listens.protocol))
			continue;
		sighting->endpoint = inode->listens;
		callback(sighting, arg);
		told = true;
	}
}

static void report(struct sweep *s, const struct found *f, const struct hn_sighting *base,
		   hn_sighting_callback *callback, void *arg)
{
	const struct hn_task_name leader = {s->p->fd, f->pid, 0}, thread = {s->p->fd, f->pid, f->tid};
	const bool own_mntns =
		f->mntns != 0 && s->n_host_mntns > 0 && !s->host_mntns_full && !is_host_mntns(s, f->mntns);
	struct hn_sighting sighting = *base;
	struct hn_task_stat stat, thread_stat;
	struct hn_container_ref ref;
	int err;

	err = read_cgroup(s, f, &ref, &sighting.cgroup_truncated);
	if (!err)
		err = hn_task_stat(&leader, &stat);
	if (!err)
		err = hn_task_stat(&thread, &thread_stat);
	if (!err && thread_stat.start_ns != f->thread_start_ns)
		err = -ESRCH;
	if (!err)
		err = hn_task_uid(&thread, &sighting.uid);
	if (err) {
		count_error(s, err, true);
		return;
	}
	/* Where only the form /NAMESPACE/NAME says container, a mount namespace of its own is the second sign. */
	if (!hn_cgroup_is_container(&ref) || (ref.weak && is_host_mntns(s, f->mntns)))
		return;
	/* From the thread: a leader that has exited has neither. */
	if (hn_task_readlink(&thread, "exe", s->exe, sizeof(s->exe)) != 0)
		s->exe[0] = '\0';
	if (hn_task_read(&thread, "cmdline", s->argv, sizeof(s->argv), &sighting.argv_len,
			 &sighting.argv_truncated) == 0)
		sighting.argv = s->argv;
	sighting.pid = f->pid;
	sighting.tid = f->tid;
	sighting.parent = stat.parent;
	sighting.start_ns = stat.start_ns;
	sighting.thread_start_ns = thread_stat.start_ns;
	sighting.mntns = f->mntns;
	sighting.armed = own_mntns && is_own_exe(s->exe);
	sighting.kind = sighting.armed ? HN_SIGHTING_PRESENT : HN_SIGHTING_CANDIDATE;
	sighting.comm = stat.comm;
	sighting.cgroup = s->cgroup;
	sighting.exe = s->exe;
	if (!s->inodes)
		callback(&sighting, arg);
	else if (sighting.armed)
		report_sockets(s, f, &sighting, callback, arg);
}

static int run_sweep(struct hn_procfs *p, uint64_t host_netns, const struct hn_inodes *inodes,
		     hn_sighting_callback *callback, void *arg, struct hn_procfs_counters *counters)
{
	_cleanup_(free_sweep) struct sweep *s = NULL;
	_cleanup_(hn_dir_cleanup) DIR *processes = NULL;
	struct hn_sighting base = {.netns = host_netns, .in_host_netns = true};
	int err = 0;
	pid_t pid;

	memset(counters, 0, sizeof(*counters));
	processes = hn_procfs_open_dir(p, ".");
	if (!processes)
		return -errno;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->p = p;
	s->host_netns = host_netns;
	s->inodes = inodes;
	s->counters = counters;
	while ((pid = next_id(processes, &err)) > 0) {
		err = visit_process(s, pid);
		if (err)
			return err;
	}
	if (err)
		return err;
	base.time = hn_wall_now();
	base.mono = hn_mono_now();
	for (size_t i = 0; i < s->n_found; i++)
		report(s, &s->found[i], &base, callback, arg);
	return 0;
}

int hn_procfs_sweep(struct hn_procfs *p, uint64_t host_netns, hn_sighting_callback *callback, void *arg,
		    struct hn_procfs_counters *counters)
{
	return run_sweep(p, host_netns, NULL, callback, arg, counters);
}

int hn_procfs_sweep_sockets(struct hn_procfs *p, uint64_t host_netns, hn_sighting_callback *callback, void *arg,
			    struct hn_procfs_counters *counters)
{
	_cleanup_(hn_inodes_done) struct hn_inodes inodes = {0};
	int r = hn_inodes_read(p->fd, &inodes);

	memset(counters, 0, sizeof(*counters));
	return r < 0 ? r : run_sweep(p, host_netns, &inodes, callback, arg, counters);
}
