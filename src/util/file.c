/* SPDX-License-Identifier: Apache-2.0 */
#include "hostnetd/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (4 * 1024 * 1024)

void hn_file_done(struct hn_file *f)
{
	free(f->bytes);
	*f = (struct hn_file){0};
}

static int read_all(int fd, struct hn_file *f)
{
	ssize_t got;

	f->bytes = malloc(FILE_MAX + 1);
	if (!f->bytes)
		return -ENOMEM;
	for (;;) {
		got = read(fd, f->bytes + f->n, FILE_MAX + 1 - f->n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		f->n += (size_t)got;
		if (f->n > FILE_MAX)
			return -EFBIG;
	}
}

int hn_file_read(const char *path, struct hn_file *ret, struct hn_reason *reason)
{
	_cleanup_(hn_file_done) struct hn_file f = {0};
	/* O_NONBLOCK: a FIFO must not hang the start. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err;
	struct stat st;

	if (fd < 0)
		return hn_reason_set(reason, -errno, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) < 0)
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	else
		err = read_all(fd, &f);
	close(fd);
	if (err == -EFBIG)
		return hn_reason_set(reason, err, "%s: larger than 4 MiB", path);
	if (err)
		return hn_reason_set(reason, err, "%s: %s", path,
				     err == -EINVAL ? "not a regular file" : strerror(-err));
	*ret = f;
	f = (struct hn_file){0};
	return 0;
}
