/* SPDX-License-Identifier: Apache-2.0 */
/* A server for tests: listens on one TCP port, says "listening PORT" and lives until it is killed.
 * Takes `--port N` (0: any) and `--host ADDRESS` (IPv4 or IPv6; default 127.0.0.1, so that no test opens the machine to
 * the outside) anywhere in its arguments and ignores the rest: it runs under the names of AI servers. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t read_address(const char *host, unsigned port, union address *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET6, host, &ret->v6.sin6_addr) == 1) {
		ret->v6.sin6_family = AF_INET6;
		ret->v6.sin6_port = htons((uint16_t)port);
		return sizeof(ret->v6);
	}
	if (inet_pton(AF_INET, host, &ret->v4.sin_addr) != 1) {
		fprintf(stderr, "listen: no address: %s\n", host);
		exit(2);
	}
	ret->v4.sin_family = AF_INET;
	ret->v4.sin_port = htons((uint16_t)port);
	return sizeof(ret->v4);
}

int main(int argc, char *argv[])
{
	const char *host = "127.0.0.1";
	unsigned port = 0;
	union address address;
	int one = 1;

	for (int i = 1; i + 1 < argc; i++) {
		if (strcmp(argv[i], "--port") == 0)
			port = (unsigned)strtoul(argv[i + 1], NULL, 10);
		if (strcmp(argv[i], "--host") == 0)
			host = argv[i + 1];
	}
	socklen_t len = read_address(host, port, &address);
	int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 || bind(fd, &address.any, len) < 0 ||
	    listen(fd, 16) < 0 || getsockname(fd, &address.any, &len) < 0) {
		perror("listen");
		return 1;
	}
	port = address.any.sa_family == AF_INET ? ntohs(address.v4.sin_port) : ntohs(address.v6.sin6_port);
	printf("listening %u\n", port);
	fflush(stdout);
	for (;;)
		pause();
}
