/* SPDX-License-Identifier: Apache-2.0 */
/* One thread enters a network namespace, opens a socket there and goes back at once; the process keeps the socket.
 *   borrow NETNS listen6 | udp | udp6 | raw | packet | netlink | connect PORT
 * It says "borrowed PORT" (0: the socket has none) when it is done. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct way {
	const char *name;
	int family, type, protocol;
};

static const struct way ways[] = {
	{"listen6", AF_INET6, SOCK_STREAM, 0},
	{"udp", AF_INET, SOCK_DGRAM, 0},
	{"udp6", AF_INET6, SOCK_DGRAM, 0},
	{"raw", AF_INET, SOCK_RAW, IPPROTO_ICMP},
	{"packet", AF_PACKET, SOCK_RAW, 0},
	{"netlink", AF_NETLINK, SOCK_RAW, NETLINK_ROUTE},
	{"connect", AF_INET, SOCK_STREAM, 0},
};

static char **arguments;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* A fixed number would clash with another test's: the kernel chooses one, and bind(2) asks for it by name. */
static unsigned bind_any(int fd, int family, int type)
{
	for (unsigned port = 20000 + (unsigned)getpid() % 20000;; port++) {
		struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
		struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		struct sockaddr *address = family == AF_INET6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;

		v6.sin6_port = v4.sin_port = htons((unsigned short)port);
		if (bind(fd, address, family == AF_INET6 ? sizeof(v6) : sizeof(v4)) == 0) {
			if (type == SOCK_STREAM && listen(fd, 4) < 0)
				die("listen");
			return port;
		}
	}
}

static unsigned use(int fd, const struct way *way)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	if (strcmp(way->name, "connect") == 0) {
		to.sin_port = htons((unsigned short)atoi(arguments[3]));
		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
			die("connect");
		return 0;
	}
	return way->family == AF_INET6 || way->type == SOCK_DGRAM ? bind_any(fd, way->family, way->type) : 0;
}

static void *borrow(void *arg)
{
	const struct way *way = arg;
	int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int there = open(arguments[1], O_RDONLY | O_CLOEXEC);
	unsigned port;
	int fd;

	if (home < 0 || there < 0 || setns(there, CLONE_NEWNET) < 0)
		die("setns");
	fd = socket(way->family, way->type, way->protocol);
	if (fd < 0)
		die("socket");
	port = use(fd, way);
	if (setns(home, CLONE_NEWNET) < 0)
		die("setns back");
	close(home);
	close(there);
	printf("borrowed %u\n", port);
	fflush(stdout);
	return NULL;
}

int main(int argc, char *argv[])
{
	pthread_t thread;

	arguments = argv;
	for (size_t i = 0; argc > 2 && i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(argv[2], ways[i].name) != 0 || (strcmp(argv[2], "connect") == 0 && argc < 4))
			continue;
		if (pthread_create(&thread, NULL, borrow, (void *)&ways[i]) != 0)
			die("pthread_create");
		for (;;)
			pause();
	}
	fprintf(stderr, "usage: borrow NETNS listen6|udp|udp6|raw|packet|netlink|connect PORT\n");
	return 2;
}
