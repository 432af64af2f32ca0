/* SPDX-License-Identifier: Apache-2.0 */
/* What the history takes of the disk: the file and its log together stay within the bound. The log has a share of its own,
 * since a reader that stays holds it, and nothing can be written back while it grows. */
#ifndef HOSTNETD_HISTORY_SPACE_H
#define HOSTNETD_HISTORY_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostnetd/time.h"

#include "sqlite.h"

struct hn_space {
	int64_t file_most, log_most; /* bytes; together the bound */
	int64_t slack;               /* unused pages of the file that are kept for what comes next */
	int64_t log_enough;          /* the log is written back from so much on, where nobody may be waiting */
	int64_t log_forced;          /* and from so much on whoever waits */
	size_t batch;                /* bytes of jobs that one transaction takes */
	unsigned rows;               /* that one step of pruning takes */
	bool shrinks;                /* the file can give pages back */
	int64_t tried;               /* the log's size at the last attempt: while somebody reads it only grows */
	struct hn_mono written_back; /* when that was last tried */
	struct hn_mono orphans;      /* when they were last looked for */
	struct hn_mono held;         /* since when there has been no room; 0: there is */
};

/* After the file was opened. `reason` says so where the file cannot give anything back and is too big; else it is left alone. */
_must_check_ int hn_space_init(struct hn_space *s, struct hn_db *db, int64_t max_bytes, struct hn_reason *reason);
/* Looks at how much room the disk has: a log that has taken the last of it could not be written back any more. */
void hn_space_look(struct hn_space *s, const char *path);
/* Before jobs of so many bytes are written. -EAGAIN: the log has no room for them, since somebody reads in this moment; -EBUSY:
 * since somebody reads on and on. */
_must_check_ int hn_space_for(struct hn_space *s, struct hn_db *db, size_t bytes, struct hn_reason *reason);
/* One small step: the oldest rows go, or unused pages are given back. 1: there is more to do. */
_must_check_ int hn_space_step(struct hn_space *s, struct hn_db *db, int64_t oldest, struct hn_reason *reason);
/* Writes the log back: soon where it is `quiet`, since whoever comes meanwhile waits for the disk; else only when that must not
 * wait any longer. `unsaved`: there is more in it than heartbeats. What a reader holds is left for later, which is no error.
 * 1: that was done. */
_must_check_ int hn_space_write_back(struct hn_space *s, struct hn_db *db, bool quiet, bool unsaved,
				     struct hn_reason *reason);

#endif
