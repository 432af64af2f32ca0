/* SPDX-License-Identifier: Apache-2.0 */
/* A node's processes, cheaply: they hold a few file descriptors and sleep. Reads lines
 *   COUNT DESCRIPTORS NETNS CGROUPS NAME
 * each a container (or, with "-" as NETNS and CGROUPS, some processes of the host): COUNT processes with so many
 * descriptors, half of them sockets, in a netns of their own ("own") or in the host's ("host"), in these cgroups, with NAME
 * as argv[0]. After an empty line and when all are there it says "ready N". All end with its standard input. */
#include "place.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

static void hold_descriptors(int n)
{
	for (int i = 3; i < n; i++) {
		int fd = i % 4 == 0 ? socket(AF_INET, SOCK_STREAM, 0) :
			 i % 4 == 1 ? socket(AF_UNIX, SOCK_STREAM, 0) :
				      open("/dev/null", O_RDONLY);
		if (fd < 0)
			die("descriptor");
	}
}

static void sleep_for_ever(void)
{
	for (;;)
		pause();
}

/* After its exec: the container's first process, which forks the others. `ready` is told when they are there. */
static int lead(char *argv[])
{
	int count = atoi(argv[2]), descriptors = atoi(argv[3]), ready = atoi(argv[4]);
	pid_t self = getpid();

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fcntl(ready, F_DUPFD_CLOEXEC, 1000) != 1000)
		die("dup");
	close(ready);
	hold_descriptors(descriptors);
	for (int i = 1; i < count; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			close(1000);
			die_with_parent(self);
			sleep_for_ever();
		}
	}
	if (write(1000, "", 1) != 1)
		die("ready");
	close(1000);
	sleep_for_ever();
	return 0;
}

static pid_t start(const char *self, const char *count, const char *descriptors, const char *netns,
		   const char *cgroups, char *name, int ready)
{
	char ready_text[16];
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		die("fork");
	if (pid > 0)
		return pid;
	die_with_parent(parent);
	close(STDIN_FILENO);
	if (open("/dev/null", O_RDONLY) != STDIN_FILENO || dup2(STDIN_FILENO, STDOUT_FILENO) < 0)
		die("/dev/null");
	enter_cgroups(cgroups);
	if (strcmp(netns, "-") != 0)
		leave_namespaces(netns);
	snprintf(ready_text, sizeof(ready_text), "%d", ready);
	execv(self, (char *[]){name, "lead", (char *)count, (char *)descriptors, ready_text, NULL});
	die(self);
	return -1;
}

int main(int argc, char *argv[])
{
	char line[8192], self[4096], count[16], descriptors[16], netns[16], cgroups[4096], name[64], byte;
	const struct rlimit files = {4096, 4096};
	int ready[2], started = 0, sum = 0;
	ssize_t n;

	if (argc == 5 && strcmp(argv[1], "lead") == 0)
		return lead(argv);
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0 || pipe(ready) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ||
	    setrlimit(RLIMIT_NOFILE, &files) < 0)
		die("crowd");
	self[n] = '\0';
	/* The leaders inherit the end that they write to, and nothing else. */
	fcntl(ready[0], F_SETFD, FD_CLOEXEC);
	while (fgets(line, sizeof(line), stdin) && line[0] != '\n') {
		if (sscanf(line, "%15s %15s %15s %4095s %63s", count, descriptors, netns, cgroups, name) != 5)
			die("a line is wrong");
		start(self, count, descriptors, netns, cgroups, name, ready[1]);
		started++;
		sum += atoi(count);
	}
	for (; started; started--)
		if (read(ready[0], &byte, 1) != 1)
			die("a leader failed");
	printf("ready %d\n", sum);
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin))
		;
	/* Their own death signals end those below them; all of them are ours to reap. */
	for (;;) {
		FILE *children;
		int pid;

		snprintf(line, sizeof(line), "/proc/self/task/%d/children", (int)getpid());
		children = fopen(line, "re");
		while (children && fscanf(children, "%d", &pid) == 1)
			kill(pid, SIGKILL);
		if (children)
			fclose(children);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (waitpid(-1, NULL, 0) < 0 && errno == ECHILD)
			return 0;
	}
}
