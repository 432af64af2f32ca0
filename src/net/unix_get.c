// SPDX-License-Identifier: Apache-2.0
// HTTP/1.0 on purpose: the answer is not chunked, and its end is the connection's.
#include "hostnetd/unix_get.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "hostnetd/time.h"

#define HEAD_BYTES 65536

struct connection {
	int fd;
	struct hn_mono deadline;
};

static int failed(struct hn_reason *reason, int error)
{
	return hn_reason_set(reason, error, "%s", strerror(-error));
}

static int wait_for(const struct connection *c, short what)
{
	struct pollfd p = {.fd = c->fd, .events = what};
	int64_t left = c->deadline.ns - hn_mono_now().ns;
	int r = left <= 0 ? 0 : poll(&p, 1, (int)(left / HN_NSEC_PER_MSEC) + 1);

	return r > 0 ? 0 : r == 0 ? -ETIMEDOUT : errno == EINTR ? 0 : -errno;
}

static int open_socket(const char *path, struct connection *c)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int r;

	if (!hn_strcpy(address.sun_path, sizeof(address.sun_path), path))
		return -ENAMETOOLONG;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return -errno;
	/* A full queue of the listener says EAGAIN at once, and nothing would wake us later. */
	while (connect(c->fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		r = errno == EAGAIN && hn_mono_now().ns < c->deadline.ns ? 0 : -errno;
		if (r < 0)
			return r;
		poll(NULL, 0, 10);
	}
	return 0;
}

static int send_all(const struct connection *c, const struct hn_str *request)
{
	for (size_t at = 0; at < request->len;) {
		ssize_t n = send(c->fd, request->data + at, request->len - at, MSG_NOSIGNAL);
		int r = n >= 0 ? 0 : errno == EAGAIN ? wait_for(c, POLLOUT) : errno == EINTR ? 0 : -errno;

		if (r < 0)
			return r;
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int receive_all(const struct connection *c, size_t max_bytes, struct hn_str *ret)
{
	char slice[16384];

	for (;;) {
		ssize_t n = recv(c->fd, slice, sizeof(slice), 0);
		int r = n >= 0 ? 0 : errno == EAGAIN ? wait_for(c, POLLIN) : errno == EINTR ? 0 : -errno;

		if (n == 0 || r < 0)
			return r;
		if (n > 0)
			hn_str_append(ret, slice, (size_t)n);
		if (ret->failed)
			return -ENOMEM;
		if (ret->len > max_bytes + HEAD_BYTES)
			return -E2BIG;
	}
}

/* Where the body begins; 0: the head is not whole. */
static size_t head_size(const struct hn_str *answer)
{
	const char *end = memmem(answer->data, answer->len, "\r\n\r\n", 4);

	return end ? (size_t)(end - answer->data) + 4 : 0;
}

/* -1: the head does not say. */
static long long content_length(const char *head)
{
	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, "content-length:", 15) == 0)
			return strtoll(line + 15, NULL, 10);
	}
	return -1;
}

static int take_body(struct hn_str *answer, size_t max_bytes, struct hn_str *ret, struct hn_reason *reason)
{
	size_t head = answer->len > 0 ? head_size(answer) : 0;
	long long length;
	long status;

	if (head == 0 || head > HEAD_BYTES || strncmp(answer->data, "HTTP/1.", 7) != 0 || answer->data[8] != ' ')
		return hn_reason_set(reason, -EBADMSG, "what answers there speaks no HTTP, or ended too early");
	status = strtol(answer->data + 9, NULL, 10);
	answer->data[head - 1] = '\0';
	length = content_length(answer->data);
	if (status == 401 || status == 403)
		return hn_reason_set(reason, -EPROTO, "%ld: it asks for a token (--runtime-token-file)", status);
	if (status != 200)
		return hn_reason_set(reason, -EPROTO, "it answers with status %ld", status);
	if (length >= 0 && (unsigned long long)length != answer->len - head)
		return hn_reason_set(reason, -EBADMSG, "the answer was cut off");
	if (answer->len - head > max_bytes)
		return failed(reason, -E2BIG);
	hn_str_append(ret, answer->data + head, answer->len - head);
	return ret->failed ? failed(reason, -ENOMEM) : 0;
}

int hn_unix_get(const char *socket_path, const char *path, const char *token, int64_t timeout_ns, size_t max_bytes,
		struct hn_str *ret, struct hn_reason *reason)
{
	struct connection c = {.fd = -1, .deadline = {hn_mono_now().ns + timeout_ns}};
	_cleanup_(hn_str_done) struct hn_str request = {0}, answer = {0};
	int r;

	hn_str_printf(&request, "GET %s HTTP/1.0\r\nHost: localhost\r\nUser-Agent: hostnetd\r\n", path);
	if (token)
		hn_str_printf(&request, "Authorization: Bearer %s\r\n", token);
	hn_str_puts(&request, "\r\n");
	r = request.failed ? -ENOMEM : open_socket(socket_path, &c);
	if (r == 0)
		r = send_all(&c, &request);
	if (r == 0)
		r = receive_all(&c, max_bytes, &answer);
	if (c.fd >= 0)
		close(c.fd);
	if (request.data)
		explicit_bzero(request.data, request.len);
	return r < 0 ? failed(reason, r) : take_body(&answer, max_bytes, ret, reason);
}
