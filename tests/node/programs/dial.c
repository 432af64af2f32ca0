/* SPDX-License-Identifier: Apache-2.0 */
/* Calls a TCP port: dial ADDRESS PORT. Whether anybody answers does not matter. Says "dialled PORT" and stays. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	int family, fd;

	if (argc < 3)
		return 2;
	v6.sin6_port = v4.sin_port = htons((unsigned short)atoi(argv[2]));
	family = inet_pton(AF_INET, argv[1], &v4.sin_addr) == 1 ? AF_INET : AF_INET6;
	if (family == AF_INET6 && inet_pton(AF_INET6, argv[1], &v6.sin6_addr) != 1)
		return 2;
	fd = socket(family, SOCK_STREAM, 0);
	if (fd < 0)
		return 1;
	(void)!connect(fd, family == AF_INET ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6,
		       family == AF_INET ? sizeof(v4) : sizeof(v6));
	printf("dialled %s\n", argv[2]);
	fflush(stdout);
	for (;;)
		pause();
}
