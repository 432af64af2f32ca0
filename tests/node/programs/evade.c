/* SPDX-License-Identifier: Apache-2.0 */
/* Gets into the host's network namespace (/run/hostnet) in ways that somebody might hope nobody watches. Says
 * "joined INODE", "borrowed PORT" or what else happened, and stays. The modes are the rows at the end. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOST "/run/hostnet"
#define PROTOCOL_MPTCP 262

static char **words;
static int home;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void stay(void)
{
	for (;;)
		pause();
}

static int open_file(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		die(path);
	return fd;
}

static void say(const char *what)
{
	struct stat st;

	if (stat("/proc/thread-self/ns/net", &st) < 0)
		die("/proc/thread-self/ns/net");
	printf("%s %lu\n", what, (unsigned long)st.st_ino);
	fflush(stdout);
}

static void enter(int fd, const char *what)
{
	if (setns(fd, CLONE_NEWNET) < 0)
		die("setns");
	say(what);
}

static void join(void)
{
	enter(open_file(HOST, O_RDONLY), "joined");
}

static void *go_home(void *arg)
{
	enter(home, "home");
	if (arg) {
		execl("/bin/sleep", "sleep", "701", NULL);
		die("exec");
	}
	stay();
	return NULL;
}

static void start_thread(void *(*run)(void *), void *arg)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, arg) != 0)
		die("pthread_create");
}

/* --- calls ------------------------------------------------------------------------------------------------------ */

/* The kernel takes the lower half of the register alone for the call's number. */
static void number(void)
{
	long r;

#if defined(__aarch64__)
	register unsigned long x8 __asm__("x8") = (1UL << 32) | SYS_setns;
	register long x0 __asm__("x0") = open_file(HOST, O_RDONLY);
	register long x1 __asm__("x1") = CLONE_NEWNET;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
	r = x0;
#else
	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "0"((1UL << 32) | SYS_setns), "D"(open_file(HOST, O_RDONLY)), "S"(CLONE_NEWNET)
			 : "rcx", "r11", "memory");
#endif
	if (r < 0)
		die("setns");
	say("joined");
}

#if defined(__x86_64__)
static void int80(void)
{
	int r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "0"(346), "b"(open_file(HOST, O_RDONLY)), "c"(CLONE_NEWNET)
			 : "memory", "r8", "r9", "r10", "r11");
	if (r < 0)
		die("setns by int $0x80");
	say("joined");
}

/* Does this kernel serve such calls at all? Some that run as a hypervisor's guest end the caller. */
static void compat(void)
{
	int r;

	__asm__ volatile("int $0x80" : "=a"(r) : "0"(20) : "memory", "r8", "r9", "r10", "r11");
	_exit(r == getpid() ? 0 : 1);
}
#else
/* Here a 32-bit call takes a 32-bit program. */
static void int80(void)
{
	die("no 32-bit call");
}

static void compat(void)
{
	_exit(1);
}
#endif

static void pidfd(void)
{
	int fd = (int)syscall(SYS_pidfd_open, atoi(words[2]), 0);

	if (fd < 0)
		die("pidfd_open");
	enter(fd, "joined");
}

/* --- descriptors ------------------------------------------------------------------------------------------------ */

static void getfd(void)
{
	int process = (int)syscall(SYS_pidfd_open, atoi(words[2]), 0);

	if (process < 0 || syscall(SYS_pidfd_getfd, process, atoi(words[3]), 0) < 0)
		die("pidfd_getfd");
	printf("borrowed 0\n");
}

static void receive(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {&byte, 1};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), got;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", words[2]);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || recvmsg(fd, &message, 0) < 1 ||
	    !CMSG_FIRSTHDR(&message))
		die("receive");
	memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(got));
	close(fd);
	if (strcmp(words[3], "netns") == 0)
		enter(got, "joined");
	else
		printf("borrowed 0\n");
}

static void *borrow(void *arg)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int fd, there = open_file(HOST, O_RDONLY);

	if (setns(there, CLONE_NEWNET) < 0)
		die("setns");
	fd = socket(AF_INET, SOCK_STREAM, arg ? PROTOCOL_MPTCP : 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) < 0 || listen(fd, 4) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		die("listen");
	if (setns(home, CLONE_NEWNET) < 0)
		die("setns back");
	close(there);
	printf("borrowed %u\n", ntohs(address.sin_port));
	fflush(stdout);
	return NULL;
}

static void mptcp(void)
{
	start_thread(borrow, &home);
}

/* The child keeps the socket when the parent, which opened it, is gone. */
static void heir(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, borrow, NULL) != 0 || pthread_join(thread, NULL) != 0)
		die("pthread");
	sleep(2);
	if (fork() == 0) {
		printf("child %d\n", getpid());
		fflush(stdout);
		stay();
	}
	sleep(1);
	exit(0);
}

/* --- processes -------------------------------------------------------------------------------------------------- */

static void orphan(void)
{
	if (fork() != 0) {
		wait(NULL);
		stay();
	}
	if (fork() != 0)
		_exit(0);
	join();
}

static void leader(void)
{
	join();
	sleep(2);
	start_thread(go_home, NULL);
	sleep(2);
	printf("gone 1\n");
	fflush(stdout);
	pthread_exit(NULL);
}

static void execthread(void)
{
	join();
	sleep(2);
	start_thread(go_home, words);
}

static void unshare_away(void)
{
	home = open_file("/proc/self/ns/net", O_RDONLY);
	sleep(2);
	if (unshare(CLONE_NEWNET) < 0)
		die("unshare");
	say("away");
	sleep(4);
	enter(home, "joined");
}

/* --- user namespaces -------------------------------------------------------------------------------------------- */

/* All rights in a user namespace of its own, none over the host's netns. */
static void user(void)
{
	int fd = open_file(HOST, O_RDONLY);

	if (unshare(CLONE_NEWUSER) < 0)
		die("unshare");
	if (setns(fd, CLONE_NEWNET) == 0)
		say("joined");
	else
		printf("refused %d\n", errno);
}

/* As unshare -Urn. */
static void nested(void)
{
	sleep(2);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		die("unshare");
	say("away");
}

/* --- cgroups ---------------------------------------------------------------------------------------------------- */

static void write_zero(const char *directory, const char *file)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	fd = open_file(path, O_WRONLY);
	if (dprintf(fd, "0") < 0)
		die(path);
	close(fd);
}

/* Moves itself into each of these cgroups, then joins. */
static void away(void)
{
	for (int i = 2; words[i]; i++)
		write_zero(words[i], "cgroup.procs");
	join();
}

static void *one_thread_away(void *arg)
{
	(void)arg;
	write_zero(words[2], "tasks");
	join();
	stay();
	return NULL;
}

static void tasks(void)
{
	start_thread(one_thread_away, NULL);
}

static void into(void)
{
	struct clone_args args = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD};
	long pid;

	args.cgroup = (uint64_t)open_file(words[2], O_RDONLY | O_DIRECTORY);
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		die("clone3");
	if (pid > 0)
		stay();
	join();
}

/* As many cgroups, one in the other, below the given one; then to the innermost. */
static void deep(void)
{
	int levels = atoi(words[3]);

	if (chdir(words[2]) < 0)
		die(words[2]);
	for (int i = 0; i < levels; i++)
		if ((mkdir("d", 0755) < 0 && errno != EEXIST) || chdir("d") < 0)
			die("d");
	write_zero(".", "cgroup.procs");
	join();
}

/* Leaves, then goes through so many new cgroups that no cache of names remembers where it came from. */
static void churn(void)
{
	char path[256];
	int n = atoi(words[2]);

	for (int i = 3; words[i]; i++)
		write_zero(words[i], "cgroup.procs");
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/evade-%d", words[3], i);
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			die(path);
		write_zero(path, "cgroup.procs");
		write_zero(words[3], "cgroup.procs");
		rmdir(path);
	}
	join();
}

static void renamed(void)
{
	for (int i = 2; words[i] && words[i + 1]; i += 2)
		if (rename(words[i], words[i + 1]) < 0)
			die(words[i]);
	printf("renamed 1\n");
	fflush(stdout);
	join();
}

static const struct mode {
	const char *name;
	void (*run)(void);
	int words;
} modes[] = {
	{"number", number, 0}, {"int80", int80, 0},	{"pidfd", pidfd, 1},	   {"getfd", getfd, 2},
	{"receive", receive, 2}, {"mptcp", mptcp, 0},	{"heir", heir, 0},	   {"orphan", orphan, 0},
	{"leader", leader, 0}, {"execthread", execthread, 0}, {"unshare", unshare_away, 0}, {"away", away, 1},
	{"tasks", tasks, 1},   {"into", into, 1},	{"deep", deep, 2},	   {"churn", churn, 2},
	{"rename", renamed, 2}, {"join", join, 0},	{"user", user, 0},	   {"nested", nested, 0},
	{"compat", compat, 0},
};

int main(int argc, char *argv[])
{
	words = argv;
	home = open_file("/proc/self/ns/net", O_RDONLY);
	for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(argv[1], modes[i].name) == 0 && argc >= 2 + modes[i].words) {
			modes[i].run();
			fflush(stdout);
			stay();
		}
	fprintf(stderr, "evade: what is %s?\n", argc > 1 ? argv[1] : "nothing");
	return 2;
}
