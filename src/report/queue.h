/* SPDX-License-Identifier: Apache-2.0 */
/* Lines on their way to a file descriptor that may be slow, and may be shared with other processes. */
#ifndef HOSTNETD_REPORT_QUEUE_H
#define HOSTNETD_REPORT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostnetd/str.h"

#define HN_QUEUE_LIMIT (4 * 1024 * 1024)

enum hn_queue_target { HN_QUEUE_FILE, HN_QUEUE_STREAM, HN_QUEUE_TERMINAL, HN_QUEUE_SOCKET };

struct hn_queue {
	int fd;  /* borrowed */
	int own; /* the same terminal, opened anew so that it can be told not to wait; -1: none */
	enum hn_queue_target target;
	size_t limit;
	struct hn_str bytes;
	size_t head;  /* bytes in front of it are written */
	size_t lines; /* that are not written to their end */
	uint64_t dropped;
	bool dead; /* nobody reads any more */
};

void hn_queue_init(struct hn_queue *q, int fd, size_t limit);
void hn_queue_done(struct hn_queue *q);
/* Takes one line with its newline, or drops and counts it. */
void hn_queue_push(struct hn_queue *q, const char *line, size_t n);
/* Counts a line that could not even be made. */
void hn_queue_drop(struct hn_queue *q);
/* Writes what goes without waiting. True if something is left. */
bool hn_queue_flush(struct hn_queue *q);

#endif
