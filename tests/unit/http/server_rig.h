/* SPDX-License-Identifier: Apache-2.0 */
/* The server over a Unix socket with as little behind it as the routes need, and its client; the loop is turned here. */
#ifndef HN_TESTS_HTTP_SERVER_RIG_H
#define HN_TESTS_HTTP_SERVER_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "hostnetd/http.h"
#include "hostnetd/str.h"
#include "hostnetd/time.h"

#define HOST "Host: localhost\r\n"
#define RING_BYTES 40000
#define PATIENCE_NS (10 * HN_NSEC_PER_SEC)

struct rig {
	char folder[64], listen[96];
	const char *token; /* its file; NULL: none */
	void (*log)(const char *text);
	struct event_base *base;
	struct hn_ring *ring;
	struct hn_http *http;
	struct hn_http_source source;
};

/* --- who answers: as little as the routes need --------------------------------------------------------------------- */

static inline int open_walk(void *self, enum hn_http_list list, const struct hn_http_query *query, void **ret_walk,
			    struct hn_reason *reason)
{
	(void)query;
	*ret_walk = self;
	return list == HN_HTTP_FINDING ? hn_reason_set(reason, -ENOENT, "none") : 0;
}

static inline bool step(void *walk, struct hn_str *out)
{
	(void)walk;
	hn_str_puts(out, "{\"items\":[]}\n");
	return false;
}

static inline void close_walk(void *walk)
{
	(void)walk;
}

static inline void status(void *self, struct hn_str *out)
{
	(void)self;
	hn_str_puts(out, "{}\n");
}

static inline bool drift(void *self, struct hn_str *out)
{
	(void)self;
	(void)out;
	return false;
}

static inline void metrics(void *self, bool openmetrics, struct hn_str *out)
{
	(void)openmetrics;
	status(self, out);
}

static inline bool ready(void *self, struct hn_reason *why)
{
	(void)self;
	(void)why;
	return true;
}

static inline void begin(struct rig *rig)
{
	struct hn_http_settings settings = {
		.listen = rig->listen, .flag = "--listen", .token_file = rig->token, .log = rig->log};
	struct hn_reason reason = {{0}};

	rig->ring = hn_ring_new(RING_BYTES);
	assert_non_null(rig->ring);
	if (hn_http_new(&settings, rig->base, &rig->source, rig->ring, &rig->http, &reason) < 0)
		fail_msg("%s", reason.text);
}

static inline void end(struct rig *rig)
{
	hn_http_free(rig->http);
	hn_ring_free(rig->ring);
}

static inline struct rig *rig_new(void)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	snprintf(rig->folder, sizeof(rig->folder), "%.40s/hostnetd-XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(rig->folder));
	snprintf(rig->listen, sizeof(rig->listen), "unix:%s/api", rig->folder);
	rig->base = event_base_new();
	assert_non_null(rig->base);
	rig->source = (struct hn_http_source){.self = rig,
					      .open = open_walk,
					      .step = step,
					      .close = close_walk,
					      .status = status,
					      .drift = drift,
					      .metrics = metrics,
					      .ready = ready};
	return rig;
}

static inline int tear_down(void **state)
{
	struct rig *rig = *state;

	end(rig);
	event_base_free(rig->base);
	unlink(rig->listen + 5);
	assert_int_equal(rmdir(rig->folder), 0);
	free(rig);
	return 0;
}

/* --- a client -------------------------------------------------------------------------------------------------------- */

static inline int ask(const struct rig *rig, const char *bytes, size_t n)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), little = 4096;

	hn_strcpy(address.sun_path, sizeof(address.sun_path), rig->listen + 5);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof(little)), 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(write(fd, bytes, n), n);
	return fd;
}

static inline void turn(const struct rig *rig)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(rig->base, EVLOOP_NONBLOCK);
}

/* Reads until `wanted` is there, or (NULL) until the server closes. False: the other of the two. */
static inline bool take(const struct rig *rig, int fd, const char *wanted, struct hn_str *got)
{
	int64_t until = hn_mono_now().ns + PATIENCE_NS;
	char piece[16384];

	while (hn_mono_now().ns < until) {
		ssize_t n;

		turn(rig);
		n = read(fd, piece, sizeof(piece));
		if (n > 0)
			hn_str_append(got, piece, (size_t)n);
		if (wanted && strstr(hn_str_get(got), wanted))
			return true;
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return !wanted;
		if (n < 0)
			usleep(500);
	}
	return false;
}

#endif
