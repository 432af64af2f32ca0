/* SPDX-License-Identifier: Apache-2.0 */
/* Reads single files of tasks below a procfs, by a directory's descriptor. A comm is hostile: it may hold spaces,
 * parentheses and newlines. */
#include "task_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostnetd/str.h"
#include "hostnetd/time.h"

#define NAME_SIZE 80
#define STAT_SIZE 2048
#define STATUS_SIZE 8192

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

bool hn_task_is_gone(int error)
{
	return error == -ENOENT || error == -ESRCH;
}

bool hn_task_is_denied(int error)
{
	return error == -EACCES || error == -EPERM;
}

static int name_file(const struct hn_task_name *t, const char *file, char name[static NAME_SIZE])
{
	int n = t->tid > 0 ? snprintf(name, NAME_SIZE, "%d/task/%d/%s", t->pid, t->tid, file) :
			     snprintf(name, NAME_SIZE, "%d/%s", t->pid, file);

	return n < 0 || n >= NAME_SIZE ? -ENAMETOOLONG : 0;
}

static int open_file(const struct hn_task_name *t, const char *file)
{
	char name[NAME_SIZE];
	int fd, err = name_file(t, file, name);

	if (err)
		return err;
	fd = openat(t->proc_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

int hn_task_read(const struct hn_task_name *t, const char *file, char *buf, size_t size, size_t *ret_len,
		 bool *ret_truncated)
{
	_cleanup_(close_fd) int fd = open_file(t, file);
	size_t len = 0;
	ssize_t n;
	char more;

	if (fd < 0)
		return fd;
	for (;;) {
		n = len < size ? read(fd, buf + len, size - len) : read(fd, &more, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0 || len == size)
			break;
		len += (size_t)n;
	}
	*ret_len = len;
	*ret_truncated = n > 0;
	return 0;
}

int hn_task_readlink(const struct hn_task_name *t, const char *link, char *buf, size_t size)
{
	char name[NAME_SIZE];
	ssize_t n;
	int err;

	err = name_file(t, link, name);
	if (err)
		return err;
	n = readlinkat(t->proc_fd, name, buf, size);
	if (n < 0)
		return -errno;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	buf[n] = '\0';
	return 0;
}

/* Decimal digits from *text to the byte `end`, which is skipped. No sign, no space, no overflow. */
static bool read_number(const char **text, char end, uint64_t *ret)
{
	const char *c = *text;
	uint64_t value = 0;

	for (; *c >= '0' && *c <= '9'; c++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*c - '0'), &value))
			return false;
	}
	if (c == *text || *c != end)
		return false;
	*text = c + (end != '\0');
	*ret = value;
	return true;
}

int hn_link_parse(const char *text, const char *type, uint64_t *ret_inode)
{
	const size_t n = strlen(type);
	uint64_t inode;

	if (strncmp(text, type, n) != 0 || strncmp(text + n, ":[", 2) != 0)
		return -EBADMSG;
	text += n + 2;
	if (!read_number(&text, ']', &inode) || *text || inode == 0)
		return -EBADMSG;
	*ret_inode = inode;
	return 0;
}

int hn_task_ns(const struct hn_task_name *t, const char *type, uint64_t *ret_inode)
{
	char link[32], text[64];
	int err;

	snprintf(link, sizeof(link), "ns/%s", type);
	err = hn_task_readlink(t, link, text, sizeof(text));
	return err ? err : hn_link_parse(text, type, ret_inode);
}

int hn_task_stat_parse(const char *text, size_t len, struct hn_task_stat *ret)
{
	char line[STAT_SIZE];
	const char *open, *close, *c;
	uint64_t parent = 0, ticks = 0, start_ns;
	long per_second = sysconf(_SC_CLK_TCK);

	if (len >= sizeof(line) || per_second <= 0 || per_second > HN_NSEC_PER_SEC)
		return -EBADMSG;
	memcpy(line, text, len);
	line[len] = '\0';
	open = strchr(line, '(');
	close = strrchr(line, ')'); /* the last: a comm may hold one */
	if (!open || !close || close < open)
		return -EBADMSG;
	c = close + 1;
	for (unsigned field = 3; field <= 22; field++) {
		if (*c != ' ')
			return -EBADMSG;
		c++;
		if (field == 4 || field == 22) {
			const char *number = c;

			if (!read_number(&number, ' ', field == 4 ? &parent : &ticks))
				return -EBADMSG;
		}
		c += strcspn(c, " ");
	}
	if (parent > INT_MAX || __builtin_mul_overflow(ticks, (uint64_t)(HN_NSEC_PER_SEC / per_second), &start_ns))
		return -EBADMSG;
	hn_strncpy(ret->comm, sizeof(ret->comm), open + 1, (size_t)(close - open - 1));
	ret->parent = (pid_t)parent;
	ret->start_ns = start_ns;
	return 0;
}

/* The kernel gives its one line at once (single_open), and a finding waits while its ancestors are read: the newline tells
 * the end, without a second call. */
int hn_task_stat(const struct hn_task_name *t, struct hn_task_stat *ret)
{
	_cleanup_(close_fd) int fd = open_file(t, "stat");
	char text[STAT_SIZE];
	ssize_t n;

	if (fd < 0)
		return fd;
	do
		n = read(fd, text, sizeof(text));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == 0 || text[n - 1] != '\n' ? -EBADMSG : hn_task_stat_parse(text, (size_t)n, ret);
}

int hn_task_uid(const struct hn_task_name *t, uint32_t *ret_uid)
{
	char text[STATUS_SIZE];
	const char *line;
	uint64_t uid;
	bool truncated;
	size_t len;
	int err;

	err = hn_task_read(t, "status", text, sizeof(text) - 1, &len, &truncated);
	if (err)
		return err;
	text[len] = '\0';
	/* The kernel escapes newlines in the name, which stands before: this is the right line. */
	line = strstr(text, "\nUid:\t");
	if (!line)
		return -EBADMSG;
	line += strlen("\nUid:\t");
	/* Real, effective, saved, file system. */
	line += strspn(line, "0123456789");
	if (*line != '\t')
		return -EBADMSG;
	line++;
	if (!read_number(&line, '\t', &uid) || uid > UINT32_MAX)
		return -EBADMSG;
	*ret_uid = (uint32_t)uid;
	return 0;
}
