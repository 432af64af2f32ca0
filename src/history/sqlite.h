/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite behind a dozen functions. Files may be hostile: no extension, trigger or view of a file ever runs. */
#ifndef HOSTNETD_HISTORY_SQLITE_H
#define HOSTNETD_HISTORY_SQLITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"

struct hn_db;
struct hn_query;

enum hn_db_mode {
	HN_DB_WRITE,     /* made if it is not there */
	HN_DB_READ,      /* beside a writer: needs its log */
	HN_DB_IMMUTABLE, /* a copy that nobody writes */
};

/* Errors are -EBADMSG (corrupt, no database), -ENOSPC, -EROFS, -EBUSY, -EIO, -ENOMEM, -EACCES, each with a reason. */
_must_check_ int hn_db_open(const char *path, enum hn_db_mode mode, struct hn_db **ret, struct hn_reason *reason);
void hn_db_free(struct hn_db *db);
HN_DEFINE_CLEANUP(struct hn_db, hn_db_free, hn_db_cleanup)
/* Of a file that is open for writing, whether it is ours: closing one that is not (none is at first) leaves its log as it was, and
 * what lies under the log's name. */
void hn_db_own(struct hn_db *db, bool ours);
bool hn_db_moved(const struct hn_db *db); /* what lies under its name is another file, or none */
_must_check_ int hn_db_exec(struct hn_db *db, const char *sql, struct hn_reason *reason);
/* The one integer that the statement gives; 0 where it gives none. */
_must_check_ int hn_db_integer(struct hn_db *db, const char *sql, int64_t *ret, struct hn_reason *reason);
/* Every statement gives up after so long, of its own time: not of others' between its rows. It waits for a lock no longer. 0: never. */
void hn_db_limit(struct hn_db *db, int64_t ns);

/* What this connection knows of the log's length, since it last wrote: bytes that a checkpoint has not freed yet. */
int64_t hn_db_log_bytes(const struct hn_db *db);
/* Writes the log back into the file; waits for nobody. `empty`: and makes it an empty file. -EBUSY: somebody who reads holds a
 * part of it; what could be written back was. */
_must_check_ int hn_db_checkpoint(struct hn_db *db, bool empty, struct hn_reason *reason);
int64_t hn_db_changes(const struct hn_db *db); /* rows that the last statement changed */

_must_check_ int hn_db_query(struct hn_db *db, const char *sql, struct hn_query **ret, struct hn_reason *reason);
void hn_query_free(struct hn_query *q);
HN_DEFINE_CLEANUP(struct hn_query, hn_query_free, hn_query_cleanup)
/* Parameters count from 1. Texts are borrowed until the next reset; NULL binds NULL. */
void hn_query_set_text(struct hn_query *q, int at, const char *text);
void hn_query_set_text_n(struct hn_query *q, int at, const char *text, size_t n);
void hn_query_set_int(struct hn_query *q, int at, int64_t v);
/* 1: a row; 0: the end, or it is done; -errno with a reason. */
_must_check_ int hn_query_step(struct hn_query *q, struct hn_reason *reason);
void hn_query_reset(struct hn_query *q);
/* Columns count from 0. What is of another type is "" and 0. Texts live until the next step and hold no NUL. */
const char *hn_query_text(struct hn_query *q, int at);
int64_t hn_query_int(struct hn_query *q, int at);
double hn_query_real(struct hn_query *q, int at);

#endif
