/* SPDX-License-Identifier: Apache-2.0 */
/* Starts one process in each of many pods, as a runtime does: into the pod's cgroup, a mount namespace of its own, exec.
 *   newcomer PAUSE_US PROGRAM      reads lines: the cgroups' directories of one pod
 *   newcomer serve ...             what it execs: lives until it is ended
 * The moment before the exec (CLOCK_REALTIME, ns) is an argument of what it execs, so that who reports the process reports
 * the moment too; what was executed says "exec NS": what the exec alone took. It says "started N" after the last line; all end with its standard input's second end, a line "end". */
#include "place.h"

#include <stdint.h>
#include <sys/wait.h>
#include <time.h>

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void start(const char *program, const char *cgroups, pid_t parent)
{
	char stamp[64];

	die_with_parent(parent);
	enter_cgroups(cgroups);
	leave_namespaces("host");
	/* Not in the same breath as what came before: the agent sleeps when the exec comes, as it mostly does. */
	usleep(2000);
	snprintf(stamp, sizeof(stamp), "at-%lld", (long long)now());
	execv(program, (char *[]){"vllm", "serve", "--served-model-name", stamp, NULL});
	die(program);
}

int main(int argc, char *argv[])
{
	char line[4096];
	pid_t self = getpid();
	int n = 0;

	if (argc > 1 && strcmp(argv[1], "serve") == 0) {
		int64_t at = now();

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (argc > 3 && strncmp(argv[3], "at-", 3) == 0)
			dprintf(STDOUT_FILENO, "exec %lld\n", (long long)at - atoll(argv[3] + 3));
		for (;;)
			pause();
	}
	if (argc != 3) {
		fprintf(stderr, "usage: newcomer PAUSE_US PROGRAM\n");
		return 2;
	}
	while (fgets(line, sizeof(line), stdin) && line[0] != '\n') {
		pid_t pid = fork();

		line[strcspn(line, "\n")] = '\0';
		if (pid < 0)
			die("fork");
		if (pid == 0)
			start(argv[2], line, self);
		n++;
		usleep((useconds_t)atol(argv[1]));
	}
	printf("started %d\n", n);
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin))
		;
	kill(0, SIGKILL); /* it leads a session of its own */
	return 0;
}
