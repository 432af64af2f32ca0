// SPDX-License-Identifier: Apache-2.0
#include "sqlite.h"

#include <ctype.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/str.h"
#include "hostnetd/time.h"

#define BUSY_MS 2000
#define VALUE_MAX (4 * 1024 * 1024)
#define SQL_MAX 16384
#define COLUMNS_MAX 64
#define DEPTH_MAX 100
#define STEPS 10000 /* of SQLite's machine between two looks at the clock */
#define CACHE_KIB "-512"
#define FRAME (4096 + 24) /* of the log: a page and what stands before it */

struct hn_db {
	sqlite3 *handle;
	int64_t limit_ns, started;
	int64_t spent; /* by the statement that runs, before it was started again */
	int64_t log_frames;
};

struct hn_query {
	struct hn_db *db;
	sqlite3_stmt *statement;
	int64_t spent;
};

static int error_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_SCHEMA:
	case SQLITE_ERROR: /* no such table: not our file */
		return -EBADMSG;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_INTERRUPT:
		return -ETIMEDOUT;
	case SQLITE_TOOBIG:
		return -E2BIG;
	default:
		return -EIO;
	}
}

/* Of files that it maps or makes beside the database SQLite says no more than that there was an error. */
static int error_below(sqlite3 *handle, int code)
{
	switch (handle ? sqlite3_system_errno(handle) : 0) {
	case ENOSPC:
	case EDQUOT:
		return -ENOSPC;
	case EROFS:
		return -EROFS;
	default:
		return error_of(code);
	}
}

static int fail(struct hn_db *db, int code, struct hn_reason *reason)
{
	int r = error_of(code);

	if (r == -EIO || r == -EACCES)
		r = error_below(db->handle, code);
	if (r != error_of(code))
		return hn_reason_set(reason, r, "%s",
				     r == -ENOSPC ? "the disk is full" : "the file system is read-only");
	return hn_reason_set(reason, error_of(code), "%s",
			     db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(code));
}

static int on_progress(void *arg)
{
	struct hn_db *db = arg;

	return db->limit_ns && db->spent + hn_mono_now().ns - db->started > db->limit_ns;
}

static void start(struct hn_db *db, int64_t spent)
{
	db->started = hn_mono_now().ns;
	db->spent = spent;
}

/* Stands in the place of SQLite's own checkpoints, which the writer would have to wait for. */
static int on_commit(void *arg, sqlite3 *handle _unused_, const char *name _unused_, int frames)
{
	((struct hn_db *)arg)->log_frames = frames;
	return SQLITE_OK;
}

/* A file name is no URI: what could be taken for one is escaped. */
static void put_uri(struct hn_str *out, const char *path, enum hn_db_mode mode)
{
	hn_str_puts(out, "file:");
	for (const char *c = path; *c; c++)
		if (isalnum((unsigned char)*c) || strchr("/._-", *c))
			hn_str_putc(out, *c);
		else
			hn_str_printf(out, "%%%02x", (unsigned char)*c);
	if (mode == HN_DB_IMMUTABLE)
		hn_str_puts(out, "?immutable=1");
}

/* What a file's schema could do to its reader is switched off before it is read. */
static int harden(struct hn_db *db, enum hn_db_mode mode, struct hn_reason *reason)
{
	static const struct {
		int what, value;
	} limits[] = {{SQLITE_LIMIT_LENGTH, VALUE_MAX},
		      {SQLITE_LIMIT_SQL_LENGTH, SQL_MAX},
		      {SQLITE_LIMIT_COLUMN, COLUMNS_MAX},
		      {SQLITE_LIMIT_EXPR_DEPTH, DEPTH_MAX},
		      {SQLITE_LIMIT_ATTACHED, 0},
		      {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
		      {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 256}};

	for (size_t i = 0; i < HN_ARRAY_SIZE(limits); i++)
		sqlite3_limit(db->handle, limits[i].what, limits[i].value);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, mode != HN_DB_WRITE, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_busy_timeout(db->handle, BUSY_MS);
	sqlite3_progress_handler(db->handle, STEPS, on_progress, db);
	return hn_db_exec(db, "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA cache_size=" CACHE_KIB,
			  reason);
}

int hn_db_open(const char *path, enum hn_db_mode mode, struct hn_db **ret, struct hn_reason *reason)
{
	_cleanup_(hn_db_cleanup) struct hn_db *db = calloc(1, sizeof(*db));
	_cleanup_(hn_str_done) struct hn_str uri = {0};
	int flags = mode == HN_DB_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW :
					  SQLITE_OPEN_READONLY;
	int code, r;

	put_uri(&uri, path, mode);
	if (!db || uri.failed)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	/* One connection, one thread at a time: its own locks would cost and protect nothing. */
	code = sqlite3_open_v2(uri.data, &db->handle, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	if (code != SQLITE_OK)
		return fail(db, code, reason);
	r = harden(db, mode, reason);
	if (r < 0)
		return r;
	if (mode == HN_DB_WRITE) {
		sqlite3_wal_hook(db->handle, on_commit, db);
		sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	}
	*ret = TAKE_PTR(db);
	return 0;
}

void hn_db_free(struct hn_db *db)
{
	if (!db)
		return;
	sqlite3_close(db->handle);
	free(db);
}

void hn_db_own(struct hn_db *db, bool ours)
{
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !ours, NULL);
}

bool hn_db_moved(const struct hn_db *db)
{
	int moved = 1;

	return sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK || moved;
}

void hn_db_limit(struct hn_db *db, int64_t ns)
{
	db->limit_ns = ns;
	if (ns && ns < BUSY_MS * HN_NSEC_PER_MSEC)
		sqlite3_busy_timeout(db->handle, (int)(ns / HN_NSEC_PER_MSEC));
}

int hn_db_exec(struct hn_db *db, const char *sql, struct hn_reason *reason)
{
	int code;

	start(db, 0);
	code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
	return code == SQLITE_OK ? 0 : fail(db, code, reason);
}

int hn_db_integer(struct hn_db *db, const char *sql, int64_t *ret, struct hn_reason *reason)
{
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	int r = hn_db_query(db, sql, &q, reason);

	if (r < 0 || !q)
		return r;
	r = hn_query_step(q, reason);
	if (r < 0)
		return r;
	*ret = r ? hn_query_int(q, 0) : 0;
	return 0;
}

int64_t hn_db_log_bytes(const struct hn_db *db)
{
	return db->log_frames * FRAME;
}

int hn_db_checkpoint(struct hn_db *db, bool empty, struct hn_reason *reason)
{
	int frames = 0, done = 0, code;

	start(db, 0);
	sqlite3_busy_timeout(db->handle, 0);
	code = sqlite3_wal_checkpoint_v2(
		db->handle, NULL, empty ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, &frames, &done);
	sqlite3_busy_timeout(db->handle, BUSY_MS);
	if (code != SQLITE_OK)
		return fail(db, code, reason);
	if (done < frames)
		return hn_reason_set(reason, -EBUSY, "its log is held by somebody who reads");
	db->log_frames = 0; /* the next one to write begins it anew */
	return 0;
}

int64_t hn_db_changes(const struct hn_db *db)
{
	return sqlite3_changes64(db->handle);
}

int hn_db_query(struct hn_db *db, const char *sql, struct hn_query **ret, struct hn_reason *reason)
{
	_cleanup_(hn_query_cleanup) struct hn_query *q = calloc(1, sizeof(*q));
	int code;

	if (!q)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	q->db = db;
	start(db, 0);
	code = sqlite3_prepare_v2(db->handle, sql, -1, &q->statement, NULL);
	if (code != SQLITE_OK)
		return fail(db, code, reason);
	*ret = TAKE_PTR(q);
	return 0;
}

void hn_query_free(struct hn_query *q)
{
	if (!q)
		return;
	sqlite3_finalize(q->statement);
	free(q);
}

void hn_query_set_text(struct hn_query *q, int at, const char *text)
{
	sqlite3_bind_text(q->statement, at, text, -1, SQLITE_STATIC);
}

void hn_query_set_text_n(struct hn_query *q, int at, const char *text, size_t n)
{
	sqlite3_bind_text64(q->statement, at, text, n, SQLITE_STATIC, SQLITE_UTF8);
}

void hn_query_set_int(struct hn_query *q, int at, int64_t v)
{
	sqlite3_bind_int64(q->statement, at, v);
}

int hn_query_step(struct hn_query *q, struct hn_reason *reason)
{
	int code;

	start(q->db, q->spent);
	code = sqlite3_step(q->statement);
	q->spent += hn_mono_now().ns - q->db->started;
	if (code == SQLITE_ROW)
		return 1;
	return code == SQLITE_DONE ? 0 : fail(q->db, code, reason);
}

void hn_query_reset(struct hn_query *q)
{
	sqlite3_reset(q->statement);
	sqlite3_clear_bindings(q->statement);
	q->spent = 0;
}

const char *hn_query_text(struct hn_query *q, int at)
{
	const char *text = sqlite3_column_type(q->statement, at) == SQLITE_TEXT ?
				   (const char *)sqlite3_column_text(q->statement, at) :
				   NULL;

	return text ? text : "";
}

int64_t hn_query_int(struct hn_query *q, int at)
{
	return sqlite3_column_type(q->statement, at) == SQLITE_INTEGER ? sqlite3_column_int64(q->statement, at) :
									 0;
}

double hn_query_real(struct hn_query *q, int at)
{
	int type = sqlite3_column_type(q->statement, at);

	return type == SQLITE_FLOAT || type == SQLITE_INTEGER ? sqlite3_column_double(q->statement, at) : 0;
}
