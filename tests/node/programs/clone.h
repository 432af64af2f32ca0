/* SPDX-License-Identifier: Apache-2.0 */
/* clone3 without a libc wrapper, the way runtimes use it, and what its children do next. */
#ifndef HN_TESTS_CLONE_H
#define HN_TESTS_CLONE_H

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Children forked this way must only use what is safe after fork: none of these programs has a second thread. */
static inline pid_t clone3_fork(struct clone_args *args)
{
	args->exit_signal = 17; /* SIGCHLD; <signal.h> and <linux/sched.h> do not go together everywhere */
	return (pid_t)syscall(SYS_clone3, args, sizeof(*args));
}

static inline void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Writes `pid` (0: the writer) into cgroup.procs of every directory of `dirs`, which commas separate; "-" is none. */
static inline void enter_cgroups(const char *dirs, pid_t pid)
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
		if (fd < 0 || dprintf(fd, "%d\n", pid) < 0)
			die(path);
		close(fd);
	}
}

/* The first directory of `dirs`: the cgroup2 one, where there is one. */
static inline int open_first_cgroup(const char *dirs)
{
	char first[4096];

	snprintf(first, sizeof(first), "%.*s", (int)strcspn(dirs, ","), dirs);
	return open(first, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static inline int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#endif
