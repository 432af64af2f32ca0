/* SPDX-License-Identifier: Apache-2.0 */
/* A process whose leader exits first and whose other thread lives on: the leader is then a zombie without nsproxy, argv
 * and executable, and the process is alive all the same. With an argument (a namespace's file) the thread enters that
 * network namespace after its leader is gone. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void *survivor(void *netns)
{
	/* The leader needs a moment to be gone; the test looks at /proc itself before it relies on that. */
	const struct timespec moment = {.tv_nsec = 200 * 1000 * 1000};

	nanosleep(&moment, NULL);
	if (netns) {
		int fd = open(netns, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || setns(fd, CLONE_NEWNET) < 0) {
			perror(netns);
			exit(1);
		}
		close(fd);
	}
	printf("alone\n");
	fflush(stdout);
	for (;;)
		pause();
	return NULL;
}

int main(int argc, char *argv[])
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, survivor, argc > 1 ? argv[1] : NULL) != 0)
		return 1;
	pthread_exit(NULL);
}
