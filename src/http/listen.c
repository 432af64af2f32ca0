// SPDX-License-Identifier: Apache-2.0
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostnetd/str.h"

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int parse_unix(const char *path, struct hn_listen *ret, struct hn_reason *reason)
{
	ret->address.un.sun_family = AF_UNIX;
	ret->n = sizeof(ret->address.un);
	if (path[0] != '/')
		return hn_reason_set(reason, -EINVAL, "unix:%s: the path must begin with /", path);
	if (!hn_strcpy(ret->address.un.sun_path, sizeof(ret->address.un.sun_path), path))
		return hn_reason_set(reason, -EINVAL, "unix:%s: a socket's path has at most %zu bytes", path,
				     sizeof(ret->address.un.sun_path) - 1);
	return 0;
}

/* 1 to 65535; 0 if it is none. */
static in_port_t parse_port(const char *text)
{
	char *end;
	unsigned long port;

	if (text[0] < '0' || text[0] > '9' || strlen(text) > 5)
		return 0;
	port = strtoul(text, &end, 10);
	return *end == '\0' && port <= 65535 ? (in_port_t)port : 0;
}

int hn_listen_parse(const char *text, struct hn_listen *ret, struct hn_reason *reason)
{
	struct hn_listen l = {0};
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN];
	in_port_t port;
	size_t n;
	int r;

	if (hn_starts_with(text, "unix:")) {
		r = parse_unix(text + strlen("unix:"), &l, reason);
		if (r == 0)
			*ret = l;
		return r;
	}
	port = colon ? parse_port(colon + 1) : 0;
	if (port == 0)
		return hn_reason_set(reason, -EINVAL,
				     "%s: neither ADDRESS:PORT nor unix:PATH (a port is 1 to 65535)", text);
	n = (size_t)(colon - text);
	if (n > 2 && text[0] == '[' && text[n - 1] == ']' && hn_strncpy(host, sizeof(host), text + 1, n - 2) &&
	    inet_pton(AF_INET6, host, &l.address.in6.sin6_addr) == 1) {
		l.address.in6.sin6_family = AF_INET6;
		l.address.in6.sin6_port = htons(port);
		l.n = sizeof(l.address.in6);
		l.loopback = IN6_IS_ADDR_LOOPBACK(&l.address.in6.sin6_addr);
	} else if (hn_strncpy(host, sizeof(host), text, n) &&
		   inet_pton(AF_INET, host, &l.address.in.sin_addr) == 1) {
		l.address.in.sin_family = AF_INET;
		l.address.in.sin_port = htons(port);
		l.n = sizeof(l.address.in);
		l.loopback = ntohl(l.address.in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	} else {
		return hn_reason_set(
			reason, -EINVAL,
			"%s: no IPv4 address, and no IPv6 address in brackets, before the port (names are not looked up)",
			text);
	}
	*ret = l;
	return 0;
}

/* Does anybody answer there? 0 where nobody does: the file is left over. */
static int ask_socket(const struct hn_listen *l)
{
	_cleanup_(close_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, &l->address.any, l->n) == 0 || errno == EAGAIN)
		return -EADDRINUSE;
	return errno == ECONNREFUSED || errno == ENOENT ? 0 : -errno;
}

static int clear_path(const struct hn_listen *l, struct hn_reason *reason)
{
	const char *path = l->address.un.sun_path;
	char folder[sizeof(l->address.un.sun_path)];
	struct stat st;
	int r;

	hn_strcpy(folder, sizeof(folder), path);
	if (mkdir(dirname(folder), 0700) < 0 && errno != EEXIST)
		return hn_reason_set(reason, -errno, "%s: the folder cannot be made: %s", path, strerror(errno));
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : hn_reason_set(reason, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return hn_reason_set(reason, -EEXIST, "%s: is there, and is no socket", path);
	r = ask_socket(l);
	if (r == -EADDRINUSE)
		return hn_reason_set(reason, r, "%s: another program listens there (is the agent running?)", path);
	if (r < 0)
		return hn_reason_set(reason, r, "%s: %s", path, strerror(-r));
	if (unlink(path) < 0)
		return hn_reason_set(reason, -errno, "%s: left over, cannot be removed: %s", path,
				     strerror(errno));
	return 0;
}

static int bind_unix(struct hn_listen *l, int fd)
{
	mode_t old = umask(0177);
	int r = bind(fd, &l->address.any, l->n) < 0 ? -errno : 0;
	struct stat st;

	umask(old);
	if (r == 0 && lstat(l->address.un.sun_path, &st) == 0) {
		l->made = true;
		l->dev = st.st_dev;
		l->ino = st.st_ino;
	}
	return r;
}

int hn_listen_open(struct hn_listen *l, struct hn_reason *reason)
{
	bool is_unix = l->address.any.sa_family == AF_UNIX;
	_cleanup_(close_fd) int fd =
		socket(l->address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1, r;

	if (fd < 0)
		return hn_reason_set(reason, -errno, "socket: %s", strerror(errno));
	if (is_unix) {
		r = clear_path(l, reason);
		if (r < 0)
			return r;
		r = bind_unix(l, fd);
	} else {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		/* [::] must not take IPv4's port too: who wants both says so. */
		if (l->address.any.sa_family == AF_INET6)
			setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
		r = bind(fd, &l->address.any, l->n) < 0 ? -errno : 0;
	}
	if (r == 0 && listen(fd, HN_LISTEN_BACKLOG) < 0)
		r = -errno;
	if (r < 0) {
		hn_listen_close(l);
		return hn_reason_set(reason, r, "%s", strerror(-r));
	}
	return TAKE_FD(fd);
}

void hn_listen_close(struct hn_listen *l)
{
	struct stat st;

	if (!l->made)
		return;
	if (lstat(l->address.un.sun_path, &st) == 0 && st.st_dev == l->dev && st.st_ino == l->ino)
		unlink(l->address.un.sun_path);
	l->made = false;
}
