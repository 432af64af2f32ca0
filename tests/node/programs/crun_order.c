/* SPDX-License-Identifier: Apache-2.0 */
/* Repeats the order in which crun sets up a process, and rests between all steps, so that sweeps meet each of them:
 *   crun_order start REST_MS NETNS ROOTFS CGROUPS PROGRAM ARG...   a new container: cloned into its cgroup
 *   crun_order exec  REST_MS PID   -      CGROUPS PROGRAM ARG...   one more process in the container of PID
 * CGROUPS are the container's directories, one a hierarchy, cgroup2 first, separated by commas. Both work inside the
 * container's cgroup while they are still in the caller's network namespace; none of it is drift. */
#include "clone.h"

#include <sched.h>
#include <sys/mount.h>
#include <time.h>

static struct timespec rest_time;

static void rest(void)
{
	nanosleep(&rest_time, NULL);
}

static int open_ns(const char *pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/ns/%s", pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die(path);
	return fd;
}

static void enter_ns(int fd, int type, const char *what)
{
	if (setns(fd, type) < 0)
		die(what);
	close(fd);
}

static int start(char *argv[])
{
	const char *netns = argv[3], *rootfs = argv[4], *cgroups = argv[5];
	const uint64_t namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC;
	struct clone_args args = {.flags = namespaces | CLONE_INTO_CGROUP};
	int ready[2];
	char byte;

	int net = open(netns, O_RDONLY | O_CLOEXEC);
	if (net < 0)
		die(netns);
	if (pipe2(ready, O_CLOEXEC) < 0)
		die("pipe");
	int cgroup = open_first_cgroup(cgroups);
	if (cgroup < 0)
		die(cgroups);
	args.cgroup = (uint64_t)cgroup;
	pid_t pid = clone3_fork(&args);
	if (pid < 0) {
		/* A cgroup1 directory, or a kernel that is older than the flag. */
		args.flags = namespaces;
		pid = clone3_fork(&args);
	}
	if (pid < 0)
		die("clone3");
	if (pid > 0) {
		enter_cgroups(cgroups, pid);
		if (write(ready[1], "", 1) != 1)
			die("write");
		return wait_for(pid);
	}
	if (read(ready[0], &byte, 1) != 1)
		die("read");
	rest();
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		die("mount /");
	rest();
	if (mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL) < 0)
		die("bind rootfs");
	rest();
	enter_ns(net, CLONE_NEWNET, "setns net");
	rest();
	if (chroot(rootfs) < 0 || chdir("/") < 0 || mount("proc", "/proc", "proc", 0, NULL) < 0)
		die("rootfs");
	rest();
	execv(argv[6], argv + 6);
	die(argv[6]);
	return 1;
}

static int exec_in(char *argv[])
{
	const char *target = argv[3], *cgroups = argv[5];
	int mnt = open_ns(target, "mnt"), uts = open_ns(target, "uts"), ipc = open_ns(target, "ipc");
	int pidns = open_ns(target, "pid"), net = open_ns(target, "net");

	pid_t pid = fork();
	if (pid < 0)
		die("fork");
	if (pid > 0)
		return wait_for(pid);
	enter_cgroups(cgroups, 0);
	rest();
	/* crun's order: the mount namespace is one of the first, the network namespace comes later. */
	enter_ns(mnt, CLONE_NEWNS, "setns mnt");
	rest();
	enter_ns(pidns, CLONE_NEWPID, "setns pid");
	rest();
	enter_ns(uts, CLONE_NEWUTS, "setns uts");
	rest();
	enter_ns(ipc, CLONE_NEWIPC, "setns ipc");
	rest();
	enter_ns(net, CLONE_NEWNET, "setns net");
	rest();
	pid = fork(); /* only a child is in the new pid namespace */
	if (pid < 0)
		die("fork");
	if (pid > 0)
		return wait_for(pid);
	rest();
	execv(argv[6], argv + 6);
	die(argv[6]);
	return 1;
}

int main(int argc, char *argv[])
{
	if (argc < 7) {
		fprintf(stderr, "usage: crun_order start|exec REST_MS NETNS|PID ROOTFS|- CGROUPS PROGRAM ARG...\n");
		return 2;
	}
	long ms = strtol(argv[2], NULL, 10);
	rest_time.tv_sec = ms / 1000;
	rest_time.tv_nsec = ms % 1000 * 1000000;
	return strcmp(argv[1], "start") == 0 ? start(argv) : exec_in(argv);
}
