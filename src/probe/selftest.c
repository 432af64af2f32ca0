// SPDX-License-Identifier: Apache-2.0
#include "selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hostnetd/abi.h"
#include "hostnetd/log.h"
#include "hostnetd/macro.h"

#define LIMIT_SECONDS 2
#define DISCARD_PORT 9
#define BIT(program) (1ULL << (program))

/* What the child could do, as its exit status. */
enum deed {
	DEED_EXEC = 1 << 0,
	DEED_CGROUP = 1 << 1,
	DEED_SETNS = 1 << 2,
	DEED_IPV4 = 1 << 3,
	DEED_IPV6 = 1 << 4,
	DEED_UNIX = 1 << 5,
};

static const struct {
	enum deed deed;
	uint64_t programs; /* of which nothing is known without it */
} needs[] = {
	{DEED_EXEC, BIT(HN_PROGRAM_EXEC)},
	{DEED_CGROUP, BIT(HN_PROGRAM_CGROUP_ATTACH)},
	{DEED_SETNS, BIT(HN_PROGRAM_INSTALL_FEXIT) | BIT(HN_PROGRAM_INSTALL_KPROBE)},
	{DEED_IPV4, BIT(HN_PROGRAM_SOCK_STATE) | BIT(HN_PROGRAM_SOCK_CREATE) | BIT(HN_PROGRAM_BIND4) |
			    BIT(HN_PROGRAM_POST_BIND4) | BIT(HN_PROGRAM_CONNECT4) | BIT(HN_PROGRAM_SENDMSG4) |
			    BIT(HN_PROGRAM_BIND_FEXIT) | BIT(HN_PROGRAM_SEND_FENTRY) |
			    BIT(HN_PROGRAM_CONNECT_FENTRY)},
	{DEED_IPV6, BIT(HN_PROGRAM_BIND6) | BIT(HN_PROGRAM_POST_BIND6) | BIT(HN_PROGRAM_CONNECT6) |
			    BIT(HN_PROGRAM_SENDMSG6) | BIT(HN_PROGRAM_BIND6_FEXIT) | BIT(HN_PROGRAM_SEND6_FENTRY) |
			    BIT(HN_PROGRAM_CONNECT6_FENTRY)},
	{DEED_UNIX, BIT(HN_PROGRAM_UNIX_CONNECT)},
};

static bool execute(void)
{
	char name[] = "hostnetd", option[] = "--version", *argv[] = {name, option, NULL}, *env[] = {NULL};
	int status = -1, null;
	pid_t child = fork();

	if (child == 0) {
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (null >= 0) {
			dup2(null, STDOUT_FILENO);
			dup2(null, STDERR_FILENO);
		}
		execve("/proc/self/exe", argv, env);
		_exit(127);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) != 127;
}

static bool move(int cgroup_fd)
{
	int fd = cgroup_fd < 0 ? -1 : openat(cgroup_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	bool moved = fd >= 0 && write(fd, "0", 1) == 1;

	if (fd >= 0)
		close(fd);
	return moved;
}

/* Into the netns where it is: nothing changes, whether it is allowed or not. */
static bool change_nothing(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), r;

	r = fd < 0 ? -1 : setns(fd, CLONE_NEWNET);
	if (fd >= 0)
		close(fd);
	(void)unshare(0);
	return r == 0 || (fd >= 0 && errno == EPERM);
}

/* A listener, and a datagram to a port where nobody listens. False: there is no such family here. */
static bool use_inet(int family)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} own = {.any.sa_family = (sa_family_t)family}, to;
	socklen_t size = family == AF_INET ? sizeof(own.v4) : sizeof(own.v6);
	int stream = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int datagram = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool done;

	if (family == AF_INET)
		own.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		own.v6.sin6_addr = in6addr_loopback;
	to = own;
	if (family == AF_INET)
		to.v4.sin_port = htons(DISCARD_PORT);
	else
		to.v6.sin6_port = htons(DISCARD_PORT);
	done = stream >= 0 && datagram >= 0 && bind(stream, &own.any, size) == 0 && listen(stream, 1) == 0 &&
	       bind(datagram, &own.any, size) == 0;
	if (done) {
		/* Whether it gets anywhere does not matter. */
		(void)sendto(datagram, "", 1, 0, &to.any, size);
		(void)!connect(datagram, &to.any, size);
	}
	if (stream >= 0)
		close(stream);
	if (datagram >= 0)
		close(datagram);
	return done;
}

static bool use_unix(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int n = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "hostnetd-selftest-%d", getpid());
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
	    client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool done = server >= 0 && client >= 0 && bind(server, (struct sockaddr *)&name, size) == 0 &&
		    listen(server, 1) == 0 && connect(client, (struct sockaddr *)&name, size) == 0;

	if (server >= 0)
		close(server);
	if (client >= 0)
		close(client);
	return done;
}

static int do_deeds(int cgroup_fd)
{
	/* The sockets come after the move: they are then another cgroup's than the agent's. */
	bool moved = move(cgroup_fd);

	return (moved ? DEED_CGROUP : 0) | (execute() ? DEED_EXEC : 0) | (change_nothing() ? DEED_SETNS : 0) |
	       (use_inet(AF_INET) ? DEED_IPV4 : 0) | (use_inet(AF_INET6) ? DEED_IPV6 : 0) |
	       (use_unix() ? DEED_UNIX : 0);
}

uint64_t hn_selftest_run(int cgroup_fd)
{
	int status = 0, deeds;
	uint64_t unknown = 0;
	pid_t child = fork();

	if (child == 0) {
		alarm(LIMIT_SECONDS); /* its default action ends it */
		_exit(do_deeds(cgroup_fd));
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
		hn_debug("the self-test of the hooks could not run to its end");
		return ~0ULL;
	}
	deeds = WEXITSTATUS(status);
	for (size_t i = 0; i < HN_ARRAY_SIZE(needs); i++)
		if (!(deeds & (int)needs[i].deed))
			unknown |= needs[i].programs;
	return unknown;
}
