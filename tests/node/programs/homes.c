/* SPDX-License-Identifier: Apache-2.0 */
/* homes N DIRECTORY: a short process in each of N new cgroups below a cgroup directory, as N containers that come and go. Says
 * "done N" and ends. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

int main(int argc, char *argv[])
{
	char path[512], file[600];
	int n = argc > 2 ? atoi(argv[1]) : 0, fd, status;

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%064x", argv[2], (unsigned)i);
		snprintf(file, sizeof(file), "%s/cgroup.procs", path);
		if (mkdir(path, 0755) < 0)
			die(path);
		if (fork() == 0) {
			fd = open(file, O_WRONLY);
			_exit(fd < 0 || dprintf(fd, "0") < 0);
		}
		if (wait(&status) < 0 || status != 0)
			die(file);
		if (rmdir(path) < 0)
			die(path);
	}
	printf("done %d\n", n);
	return n == 0;
}
