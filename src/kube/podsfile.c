// SPDX-License-Identifier: Apache-2.0
// Reads slices and rests between them: a large file must not keep the loop from the ring buffer.
#include "podsfile.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostnetd/time.h"
#include "podlist.h"

#define SLICE 16384
#define BUDGET_NS (2 * HN_NSEC_PER_MSEC)

struct hn_podsfile {
	const char *path;
	int fd;
	struct event *next;
	struct hn_podlist_reader *reader;
	struct hn_filestamp stamp;
	hn_podsfile_done *done;
	void *arg;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* One slice: 1 while there is more, 0 at the end, or -errno. */
static int read_slice(int fd, const char *path, struct hn_podlist_reader *reader, struct hn_reason *reason)
{
	char slice[SLICE];
	ssize_t n = read(fd, slice, sizeof(slice));
	int r;

	if (n < 0) {
		r = -errno;
		return r == -EINTR ? 1 : hn_reason_set(reason, r, "%s: %s", path, strerror(-r));
	}
	if (n == 0)
		return 0;
	r = hn_podlist_reader_feed(reader, slice, (size_t)n, reason);
	return r < 0 ? hn_reason_wrap(reason, r, "%s", path) : 1;
}

static int read_end(const char *path, struct hn_podlist_reader *reader, struct hn_podlist **ret,
		    struct hn_reason *reason)
{
	int r = hn_podlist_reader_finish(reader, ret, reason);

	return r < 0 ? hn_reason_wrap(reason, r, "%s", path) : 0;
}

/* Without an event loop a pipe is as good as a file. */
int hn_podlist_read_fd(int fd, const char *name, struct hn_podlist **ret, struct hn_reason *reason)
{
	_cleanup_(hn_podlist_reader_cleanup) struct hn_podlist_reader *reader =
		hn_podlist_reader_new(HN_PODLIST_BYTES);
	int r = 1;

	if (!reader)
		return hn_reason_set(reason, -ENOMEM, "%s: no memory", name);
	while (r > 0)
		r = read_slice(fd, name, reader, reason);
	return r < 0 ? r : read_end(name, reader, ret, reason);
}

int hn_podlist_read_file(const char *path, struct hn_podlist **ret, struct hn_reason *reason)
{
	_cleanup_(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r;

	if (fd < 0) {
		r = -errno;
		return hn_reason_set(reason, r, "%s: %s", path, strerror(-r));
	}
	return hn_podlist_read_fd(fd, path, ret, reason);
}

static void on_next(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct hn_podsfile *p = arg;
	int64_t until = hn_mono_now().ns + BUDGET_NS;
	struct timeval soon = {0, 0};
	struct hn_podlist *list = NULL;
	struct hn_reason reason = {""};
	int r = 1;

	while (r > 0 && hn_mono_now().ns < until)
		r = read_slice(p->fd, p->path, p->reader, &reason);
	if (r > 0 && event_add(p->next, &soon) == 0)
		return;
	if (r > 0)
		r = hn_reason_set(&reason, -ENOMEM, "%s: no memory", p->path);
	if (r == 0)
		(void)!read_end(p->path, p->reader, &list, &reason);
	p->done(p->arg, list, &reason);
}

static int start(struct hn_podsfile *p, struct event_base *base, struct hn_reason *reason)
{
	struct timeval soon = {0, 0};
	struct stat st;
	int r;

	p->fd = open(p->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (p->fd < 0 || fstat(p->fd, &st) < 0) {
		r = -errno;
		return hn_reason_set(reason, r, "%s: %s", p->path, strerror(-r));
	}
	if (!S_ISREG(st.st_mode))
		return hn_reason_set(reason, -EINVAL,
				     "%s: not a regular file; a pods file is read again and again", p->path);
	hn_filestamp_of(&st, &p->stamp);
	p->reader = hn_podlist_reader_new(HN_PODLIST_BYTES);
	p->next = evtimer_new(base, on_next, p);
	if (!p->reader || !p->next || event_add(p->next, &soon) < 0)
		return hn_reason_set(reason, -ENOMEM, "%s: no memory", p->path);
	return 0;
}

int hn_podsfile_read(const char *path, struct event_base *base, hn_podsfile_done *done, void *arg,
		     struct hn_podsfile **ret, struct hn_reason *reason)
{
	struct hn_podsfile *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return hn_reason_set(reason, -ENOMEM, "%s: no memory", path);
	p->path = path;
	p->fd = -1;
	p->done = done;
	p->arg = arg;
	r = start(p, base, reason);
	if (r < 0) {
		hn_podsfile_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

void hn_podsfile_free(struct hn_podsfile *p)
{
	if (!p)
		return;
	if (p->next)
		event_free(p->next);
	close_fd(&p->fd);
	hn_podlist_reader_free(p->reader);
	free(p);
}

const struct hn_filestamp *hn_podsfile_stamp(const struct hn_podsfile *p)
{
	return &p->stamp;
}
