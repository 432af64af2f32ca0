/* SPDX-License-Identifier: Apache-2.0 */
/* Starts a program under a pid that somebody else had:
 *   pidreuse PID CGROUPS ROOTFS PROGRAM ARG...
 * CGROUPS as in crun_order ("-": none, stays where it is), ROOTFS "-" or a directory that becomes its root in a mount
 * namespace of its own, as a container's. It says "pid N" and lives as long as the program does. */
#include "clone.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <time.h>

static void become(const char *cgroups, const char *rootfs)
{
	enter_cgroups(cgroups, 0);
	if (strcmp(rootfs, "-") == 0)
		return;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL) < 0 || chroot(rootfs) < 0 || chdir("/") < 0)
		die(rootfs);
}

int main(int argc, char *argv[])
{
	const struct timespec moment = {.tv_nsec = 1000 * 1000};

	if (argc < 5) {
		fprintf(stderr, "usage: pidreuse PID CGROUPS ROOTFS PROGRAM ARG...\n");
		return 2;
	}
	pid_t wanted = (pid_t)strtol(argv[1], NULL, 10);
	struct clone_args args = {.set_tid = (uint64_t)(uintptr_t)&wanted, .set_tid_size = 1};
	pid_t pid = -1;
	/* Its former owner may be a zombie for a moment. */
	for (int i = 0; i < 5000; i++) {
		pid = clone3_fork(&args);
		if (pid >= 0 || errno != EEXIST)
			break;
		nanosleep(&moment, NULL);
	}
	if (pid < 0)
		die("clone3");
	if (pid > 0) {
		printf("pid %d\n", pid);
		fflush(stdout);
		return wait_for(pid);
	}
	prctl(PR_SET_PDEATHSIG, 9);
	become(argv[2], argv[3]);
	execv(argv[4], argv + 4);
	die(argv[4]);
	return 1;
}
