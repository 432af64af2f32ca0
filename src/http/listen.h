/* SPDX-License-Identifier: Apache-2.0 */
/* Where the server listens: an address and a port, or a Unix socket. */
#ifndef HN_HTTP_LISTEN_H
#define HN_HTTP_LISTEN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"

#define HN_LISTEN_BACKLOG 128

struct hn_listen {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	} address;
	socklen_t n;
	bool loopback; /* an address that only this netns reaches */
	bool made;     /* the Unix socket's file is ours: */
	dev_t dev;
	ino_t ino;
};

/* "127.0.0.1:9464", "[::1]:9464", "unix:/run/hostnetd/api.sock". No names: they would need a resolver. -EINVAL. */
_must_check_ int hn_listen_parse(const char *text, struct hn_listen *ret, struct hn_reason *reason);
/* A descriptor that listens, close-on-exec and non-blocking. A Unix socket that nobody answers is replaced; one that
 * somebody does is -EADDRINUSE; its folder is made if it is missing (0700), its file has mode 0600. */
_must_check_ int hn_listen_open(struct hn_listen *l, struct hn_reason *reason);
/* Takes away the file of the Unix socket, if it still is the one that was made. */
void hn_listen_close(struct hn_listen *l);

#endif
