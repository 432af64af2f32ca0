/* SPDX-License-Identifier: Apache-2.0 */
/* The queue never waits: not by O_NONBLOCK, which would change the descriptor for all who share it (a shell's
 * other programs), but by asking first and writing no more than then surely fits. Needs SIGPIPE ignored. */
#include "queue.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* One call writes at most so much, so that a fast reader does not starve the loop. */
#define FLUSH_BUDGET (256 * 1024)
/* A terminal is writable as soon as it takes a few characters. */
#define TERMINAL_CHUNK 256
/* Memory that an empty queue may keep. */
#define KEPT_CAPACITY (64 * 1024)

static enum hn_queue_target find_target(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return HN_QUEUE_STREAM;
	if (S_ISREG(st.st_mode))
		return HN_QUEUE_FILE;
	if (S_ISSOCK(st.st_mode))
		return HN_QUEUE_SOCKET;
	return isatty(fd) ? HN_QUEUE_TERMINAL : HN_QUEUE_STREAM;
}

void hn_queue_init(struct hn_queue *q, int fd, size_t limit)
{
	char path[32];

	*q = (struct hn_queue){.fd = fd, .own = -1, .limit = limit, .target = find_target(fd)};
	if (q->target != HN_QUEUE_TERMINAL)
		return;
	/* poll() calls a terminal writable that takes one character; the write of a few then waits for the rest. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	q->own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void hn_queue_done(struct hn_queue *q)
{
	if (q->own >= 0)
		close(q->own);
	q->own = -1;
	hn_str_done(&q->bytes);
}

void hn_queue_drop(struct hn_queue *q)
{
	q->dropped++;
}

/* Moves what is not written to the front, once that is worth it. */
static void compact(struct hn_queue *q)
{
	size_t left = q->bytes.len - q->head;

	if (left == 0 && q->bytes.cap > KEPT_CAPACITY)
		hn_str_done(&q->bytes);
	else if (left == 0)
		hn_str_clear(&q->bytes);
	else if (q->head < left)
		return;
	else {
		memmove(q->bytes.data, q->bytes.data + q->head, left + 1);
		q->bytes.len = left;
	}
	q->head = 0;
}

void hn_queue_push(struct hn_queue *q, const char *line, size_t n)
{
	if (q->dead || n > q->limit || q->bytes.len - q->head > q->limit - n) {
		q->dropped++;
		return;
	}
	hn_str_append(&q->bytes, line, n);
	if (q->bytes.failed) {
		q->bytes.failed = false; /* an append that failed changed nothing */
		q->dropped++;
		return;
	}
	q->lines++;
}

/* -EAGAIN where writing would wait. A file never does. */
static ssize_t write_some(const struct hn_queue *q, const char *bytes, size_t n)
{
	struct pollfd p = {.fd = q->fd, .events = POLLOUT};
	struct iovec iov = {.iov_base = (void *)bytes, .iov_len = n};
	ssize_t r;

	if (q->target == HN_QUEUE_SOCKET) {
		r = send(q->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
		return r < 0 ? -errno : r;
	}
	if (q->target == HN_QUEUE_FILE) {
		r = write(q->fd, bytes, n);
		return r < 0 ? -errno : r;
	}
	if (q->own >= 0) {
		r = write(q->own, bytes, n < TERMINAL_CHUNK ? n : TERMINAL_CHUNK);
		return r < 0 ? -errno : r;
	}
	r = poll(&p, 1, 0);
	if (r < 0)
		return -errno;
	if (r == 0 || !(p.revents & (POLLOUT | POLLERR | POLLHUP | POLLNVAL)))
		return -EAGAIN;
	iov.iov_len = q->target == HN_QUEUE_TERMINAL ? TERMINAL_CHUNK : PIPE_BUF;
	if (iov.iov_len > n)
		iov.iov_len = n;
	/* Another writer may have filled the pipe since: new kernels can be told not to wait. */
	r = pwritev2(q->fd, &iov, 1, -1, RWF_NOWAIT);
	if (r < 0 &&
	    (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL || errno == ESPIPE || errno == EPERM))
		r = write(q->fd, iov.iov_base, iov.iov_len);
	return r < 0 ? -errno : r;
}

static void advance(struct hn_queue *q, size_t n)
{
	const char *p = q->bytes.data + q->head, *end = p + n;

	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		q->lines--;
		p++;
	}
	q->head += n;
}

/* Nobody will read any of it. */
static void give_up(struct hn_queue *q)
{
	q->dead = true;
	q->dropped += q->lines;
	q->lines = 0;
	hn_str_done(&q->bytes);
	q->head = 0;
}

bool hn_queue_flush(struct hn_queue *q)
{
	size_t budget = FLUSH_BUDGET;

	while (q->head < q->bytes.len && budget > 0) {
		size_t n = q->bytes.len - q->head;
		ssize_t done = write_some(q, q->bytes.data + q->head, n < budget ? n : budget);

		if (done == -EINTR)
			continue;
		/* A full disk may have room again; the queue's bound holds meanwhile. */
		if (done == -EAGAIN || done == -ENOSPC || done == -EDQUOT || done == 0)
			break;
		if (done < 0) {
			give_up(q);
			return false;
		}
		advance(q, (size_t)done);
		budget -= (size_t)done;
	}
	compact(q);
	return q->bytes.len > q->head;
}
