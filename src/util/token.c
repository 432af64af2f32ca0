// SPDX-License-Identifier: Apache-2.0
#include "hostnetd/token.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

bool hn_token_is_good(const char *token, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		/* Anything else could end the header's line. */
		if (token[i] <= ' ' || token[i] >= 0x7f)
			return false;
	}
	return n > 0 && n < HN_TOKEN_SIZE;
}

int hn_token_read(const char *path, char ret[static HN_TOKEN_SIZE], struct hn_reason *reason)
{
	_cleanup_(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	size_t n = 0;
	int r;

	if (fd < 0) {
		r = -errno;
		return hn_reason_set(reason, r, "token file %s: %s", path, strerror(-r));
	}
	for (;;) {
		ssize_t got = read(fd, ret + n, HN_TOKEN_SIZE - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			r = -errno;
			return hn_reason_set(reason, r, "token file %s: %s", path, strerror(-r));
		}
		if (got == 0)
			break;
		n += (size_t)got;
		if (n == HN_TOKEN_SIZE)
			return hn_reason_set(reason, -EINVAL, "token file %s: larger than a token", path);
	}
	while (n > 0 && strchr(" \t\r\n", ret[n - 1]))
		n--;
	if (n == 0)
		return hn_reason_set(reason, -EINVAL, "token file %s is empty", path);
	ret[n] = '\0';
	if (!hn_token_is_good(ret, n))
		return hn_reason_set(reason, -EINVAL, "token file %s: it holds a byte that belongs to no token",
				     path);
	return 0;
}
