/* SPDX-License-Identifier: Apache-2.0 */
/* What no TCP state tells, done where the process is:
 *   datagram listen PORT          takes a UDP port
 *   datagram send ADDRESS PORT    sends one datagram
 *   datagram serve NAME           listens on the abstract Unix socket @NAME, and takes what comes
 *   datagram call NAME [gone]     connects to it, and holds the connection, or closes it at once
 * It says "ready 0" when it is done, and stays. */
#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void ready(void)
{
	printf("ready 0\n");
	fflush(stdout);
}

static struct sockaddr_in address_of(const char *address, const char *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port))};

	if (inet_pton(AF_INET, address, &a.sin_addr) != 1)
		die("address");
	return a;
}

static void listen_at(const char *port)
{
	struct sockaddr_in a = address_of("127.0.0.1", port);

	if (bind(socket(AF_INET, SOCK_DGRAM, 0), (struct sockaddr *)&a, sizeof(a)) < 0)
		die("bind");
	ready();
}

static void send_by_ipv6(const struct in6_addr *address, const char *port)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_addr = *address, .sin6_port = htons((unsigned short)atoi(port))};

	if (sendto(socket(AF_INET6, SOCK_DGRAM, 0), "", 1, 0, (struct sockaddr *)&a, sizeof(a)) < 0)
		die("sendto");
	ready();
}

static void send_to(const char *address, const char *port)
{
	struct sockaddr_in a;
	struct in6_addr v6;

	if (inet_pton(AF_INET6, address, &v6) == 1) {
		send_by_ipv6(&v6, port);
		return;
	}
	a = address_of(address, port);
	if (sendto(socket(AF_INET, SOCK_DGRAM, 0), "", 1, 0, (struct sockaddr *)&a, sizeof(a)) < 0)
		die("sendto");
	ready();
}

static socklen_t abstract(const char *name, struct sockaddr_un *a)
{
	a->sun_family = AF_UNIX;
	snprintf(a->sun_path + 1, sizeof(a->sun_path) - 1, "%s", name);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
}

static void serve(const char *name)
{
	struct sockaddr_un a = {0};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&a, abstract(name, &a)) < 0 || listen(fd, 8) < 0)
		die("bind");
	ready();
	while (accept(fd, NULL, NULL) >= 0)
		;
}

static void call(const char *name, int gone)
{
	struct sockaddr_un a = {0};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (connect(fd, (struct sockaddr *)&a, abstract(name, &a)) < 0)
		die("connect");
	if (gone)
		close(fd);
	ready();
}

int main(int argc, char *argv[])
{
	if (argc == 3 && strcmp(argv[1], "listen") == 0)
		listen_at(argv[2]);
	else if (argc == 4 && strcmp(argv[1], "send") == 0)
		send_to(argv[2], argv[3]);
	else if (argc == 3 && strcmp(argv[1], "serve") == 0)
		serve(argv[2]);
	else if (argc >= 3 && strcmp(argv[1], "call") == 0)
		call(argv[2], argc > 3);
	else
		return fprintf(stderr, "usage: datagram listen PORT | send ADDRESS PORT | serve NAME | call NAME [gone]\n"), 2;
	for (;;)
		pause();
}
