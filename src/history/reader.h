/* SPDX-License-Identifier: Apache-2.0 */
/* A reader from inside: reader.c is for whoever looks at a file, piece.c for the agent itself. */
#ifndef HOSTNETD_HISTORY_READER_H
#define HOSTNETD_HISTORY_READER_H

#include "hostnetd/history.h"

#include "sqlite.h"

struct hn_history_reader {
	struct hn_db *db;
	bool clues;               /* the file's form has them */
	struct hn_history *store; /* that it is beside; NULL: none */
	unsigned opened;          /* which of the store's files it is of */
	/* Of the file, -1: none. Kept as long as `db`: to close any descriptor of a file takes this process's locks off it (fcntl(2)),
	 * SQLite's as well. */
	int fd;
	bool log; /* there is one beside the file */
};

/* A reader beside the store has no file open any more. */
void hn_history_give_back(struct hn_history *h);
/* Until when the last run watched, and whether it was told to stop: it saw what it wrote after its last heartbeat. Of a time to
 * come a clock was wrong. 0: there was none. */
_must_check_ int hn_watching_last(struct hn_db *db, struct hn_wall *ret_until, bool *ret_clean,
				  struct hn_reason *reason);

/* Gives each row to the callback. Columns: seq, finding, type, JSON, first and last time; then `fields`. */
_must_check_ int hn_history_walk(struct hn_query *q, const int fields[], size_t n, hn_history_callback *callback,
				 void *arg, struct hn_reason *reason);

#endif
