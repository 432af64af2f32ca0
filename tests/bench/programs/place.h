/* SPDX-License-Identifier: Apache-2.0 */
/* How these programs come into a pod: by its cgroups' directories, and by namespaces of their own. */
#ifndef HN_BENCH_PLACE_H
#define HN_BENCH_PLACE_H

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

static inline void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Moves the caller into every directory of `dirs`, which commas separate; "-" is none. */
static inline void enter_cgroups(const char *dirs)
{
	char list[4096], path[4096 + 16], *rest = NULL;

	if (strcmp(dirs, "-") == 0)
		return;
	if (strlen(dirs) >= sizeof(list))
		die("too many cgroups");
	strcpy(list, dirs);
	for (char *dir = strtok_r(list, ",", &rest); dir; dir = strtok_r(NULL, ",", &rest)) {
		snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
		int fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, "0\n", 2) != 2)
			die(path);
		close(fd);
	}
}

/* A mount namespace of its own, as every container has one; `netns` says "own" or "host". */
static inline void leave_namespaces(const char *netns)
{
	int own = strcmp(netns, "own") == 0 ? CLONE_NEWNET : 0;

	if (unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | own) < 0)
		die("unshare");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		die("mount /");
}

/* Nothing here outlives the one who started it. */
static inline void die_with_parent(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
}

#endif
