/* SPDX-License-Identifier: Apache-2.0 */
/* The statements that write. All within the helper thread. */
#ifndef HOSTNETD_HISTORY_ROWS_H
#define HOSTNETD_HISTORY_ROWS_H

#include "job.h"
#include "sqlite.h"

struct hn_rows;
/* Prepares the statements; the database is borrowed. */
_must_check_ int hn_rows_new(struct hn_db *db, struct hn_rows **ret, struct hn_reason *reason);
void hn_rows_free(struct hn_rows *w);
HN_DEFINE_CLEANUP(struct hn_rows, hn_rows_free, hn_rows_cleanup)
_must_check_ int hn_rows_write(struct hn_rows *w, const struct hn_job *job, struct hn_reason *reason);
/* One step where more than `most` bytes are in use, or events are older than `oldest`: so many of the oldest events, and what
 * hangs on nothing any more. Returns 1 if there is more to do. */
_must_check_ int hn_rows_prune(struct hn_db *db, int64_t most, int64_t oldest, unsigned rows,
			       struct hn_reason *reason);
/* What is kept of findings that are gone, and the pods that nobody listed since `oldest`. It looks at each finding of which
 * anything is kept, and each pod: not for each step. */
_must_check_ int hn_rows_drop_orphans(struct hn_db *db, int64_t oldest, struct hn_reason *reason);
/* Bytes of the file's pages. */
_must_check_ int hn_rows_bytes(struct hn_db *db, int64_t *ret_used, int64_t *ret_unused, struct hn_reason *reason);

#endif
