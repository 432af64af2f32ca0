/* SPDX-License-Identifier: Apache-2.0 */
/* A runtime with threads: it goes to the cgroups (CGROUP.PROCS[,CGROUP.PROCS...]) when its threads are there already, and one
 * that is not its leader executes the program, in a mount namespace of its own.
 *   thread_exec PROCS ROOT PROGRAM [ARGUMENT ...] */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static char **words;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void *execute(void *arg)
{
	char pid[16], *save, *path;

	(void)arg;
	snprintf(pid, sizeof(pid), "%d", getpid());
	for (path = strtok_r(words[1], ",", &save); path; path = strtok_r(NULL, ",", &save)) {
		int fd = open(path, O_WRONLY | O_CLOEXEC);

		if (fd < 0 || write(fd, pid, strlen(pid)) < 0)
			die(path);
		close(fd);
	}
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(words[2], words[2], NULL, MS_BIND, NULL) < 0 || chroot(words[2]) < 0 || chdir("/") < 0)
		die("root");
	execv(words[3], words + 3);
	die(words[3]);
	return NULL;
}

int main(int argc, char *argv[])
{
	pthread_t thread;

	if (argc < 4)
		return fprintf(stderr, "usage: thread_exec PROCS ROOT PROGRAM [ARGUMENT ...]\n"), 2;
	words = argv;
	if (pthread_create(&thread, NULL, execute, NULL) != 0)
		die("pthread_create");
	for (;;)
		pause();
}
