// SPDX-License-Identifier: Apache-2.0
#include "rows.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/history.h"
#include "hostnetd/str.h"
#include "hostnetd/time.h"

#define EXECUTABLES_MAX "512" /* of one finding */
#define ORPHAN_NS (600 * HN_NSEC_PER_SEC)
#define LEFT_MAX "1024" /* HN_HISTORY_CLUES_LEFT */

enum { EVENT, FINDING, POD, LISTED, EXECUTABLE, EXCEPTION, EXCEPTIONS_GONE, CLUES, CLUE, STATEMENTS };
static const char *const statements[STATEMENTS] = {
	[EVENT] = "INSERT OR REPLACE INTO events VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[FINDING] =
		"INSERT INTO findings VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
		" ?16) ON CONFLICT DO UPDATE SET state = ?2, way = ?3, cause = ?4, severity = ?5, verdict = ?6,"
		" ns = ?7, pod = ?8, uid = ?9, kind = ?10, workload = ?11, first_seen = ?12, last_seen = ?13,"
		" resolved_at = ?14, body = ?15",
	[POD] = "INSERT INTO pods VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET time = excluded.time,"
		" body = excluded.body WHERE body <> excluded.body",
	[LISTED] = "INSERT OR REPLACE INTO listed VALUES(?1, ?2)",
	/* The first ones: who writes programs and runs them without end must not crowd out what is told of the others. */
	[EXECUTABLE] = "INSERT OR IGNORE INTO executables SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE"
		       " (SELECT count(*) FROM executables WHERE finding = ?1) < " EXECUTABLES_MAX,
	/* An agent that could not read the file at its start knows less than the file does. */
	[EXCEPTION] = "INSERT INTO exceptions VALUES(?1, ?2, ?3, ?4, ?5, ?7, ?6) ON CONFLICT DO UPDATE SET"
		      " since = min(since, excluded.since), matched = max(matched, excluded.matched),"
		      " told = excluded.told, digest = excluded.digest, time = excluded.time,"
		      " expired = excluded.expired",
	[EXCEPTIONS_GONE] = "DELETE FROM exceptions WHERE time <> ?1",
	[CLUES] =
		"SELECT json_extract(value, '$.kind'), json_extract(value, '$.digest'), json_extract(value, '$.time'),"
		" json_extract(value, '$.pid'), json_extract(value, '$.number'), json_extract(value, '$.container'),"
		" json_extract(value, '$.words.name'), json_extract(value, '$.words.argv') FROM json_each(?1)",
	/* The first ones, as of executables; of what comes behind them only how many there were. */
	[CLUE] =
		"INSERT OR IGNORE INTO clues SELECT ?1, ?2, ?3, ?4, ?5, ?6, iif(n < ?10, ?7, NULL), iif(n < ?10, ?8, NULL),"
		" iif(n < ?10, ?9, NULL), n < ?10 FROM (SELECT count(*) AS n FROM clues WHERE finding = ?1 AND kind = ?2)"
		" WHERE n < ?10 + " LEFT_MAX,
};

static const int64_t clues_max[] = {[HN_CLUE_PROGRAM] = HN_HISTORY_PROGRAMS,
				    [HN_CLUE_DEVICE] = HN_HISTORY_DEVICES,
				    [HN_CLUE_LIBRARY] = HN_HISTORY_LIBRARIES,
				    [HN_CLUE_PORT] = HN_HISTORY_PORTS};
_Static_assert(HN_ARRAY_SIZE(clues_max) == HN_CLUE_KIND_MAX, "a bound for each kind");

struct hn_rows {
	struct hn_query *query[STATEMENTS];
};

int hn_rows_new(struct hn_db *db, struct hn_rows **ret, struct hn_reason *reason)
{
	_cleanup_(hn_rows_cleanup) struct hn_rows *w = calloc(1, sizeof(*w));
	int r = w ? 0 : hn_reason_set(reason, -ENOMEM, "no memory");

	for (size_t i = 0; i < STATEMENTS && r == 0; i++)
		r = hn_db_query(db, statements[i], &w->query[i], reason);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(w);
	return 0;
}

void hn_rows_free(struct hn_rows *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < STATEMENTS; i++)
		hn_query_free(w->query[i]);
	free(w);
}

static int run(struct hn_query *q, struct hn_reason *reason)
{
	int r = hn_query_step(q, reason);

	hn_query_reset(q);
	return r;
}

/* The uids are one text, each with a newline behind it. */
static int write_listed(struct hn_query *q, const struct hn_job *job, struct hn_reason *reason)
{
	const char *at = job->text[0], *end;
	int r = 0;

	while (r >= 0 && (end = strchr(at, '\n'))) {
		hn_query_set_text_n(q, 1, at, (size_t)(end - at));
		hn_query_set_int(q, 2, job->number[0]);
		r = run(q, reason);
		at = end + 1;
	}
	return r;
}

/* A line each: five numbers, and the name, which holds no control character. */
static int write_exceptions(struct hn_rows *w, const struct hn_job *job, struct hn_reason *reason)
{
	struct hn_query *q = w->query[EXCEPTION];
	const char *at = job->text[0], *end;
	int r = 0;

	while (r >= 0 && (end = strchr(at, '\n'))) {
		for (int i = 0; i < 5; i++) {
			char *behind;

			hn_query_set_int(q, 2 + i, strtoll(at, &behind, 10));
			at = behind + 1;
		}
		hn_query_set_text_n(q, 1, at, (size_t)(end - at));
		hn_query_set_int(q, 7, job->number[0]);
		r = run(q, reason);
		at = end + 1;
	}
	hn_query_set_int(w->query[EXCEPTIONS_GONE], 1, job->number[0]);
	return r < 0 ? r : run(w->query[EXCEPTIONS_GONE], reason);
}

static int write_clues(struct hn_rows *w, const struct hn_job *job, struct hn_reason *reason)
{
	struct hn_query *list = w->query[CLUES], *q = w->query[CLUE];
	int r;

	hn_query_set_text(list, 1, job->text[1]);
	while ((r = hn_query_step(list, reason)) == 1) {
		enum hn_clue_kind kind = hn_clue_kind_find(hn_query_text(list, 0));

		if (kind == HN_CLUE_KIND_MAX)
			continue;
		hn_query_set_text(q, 1, job->text[0]);
		hn_query_set_text(q, 2, hn_clue_kind_name(kind));
		hn_query_set_text(q, 3, hn_query_text(list, 1));
		hn_query_set_int(q, 4, hn_query_int(list, 2));
		hn_query_set_int(q, 5, hn_query_int(list, 3));
		hn_query_set_int(q, 6, hn_query_int(list, 4));
		hn_query_set_text(q, 7, hn_query_text(list, 5));
		hn_query_set_text(q, 8, hn_query_text(list, 6));
		hn_query_set_text(q, 9, hn_query_text(list, 7)[0] ? hn_query_text(list, 7) : NULL);
		hn_query_set_int(q, 10, clues_max[kind]);
		r = run(q, reason);
		if (r < 0)
			break;
	}
	hn_query_reset(list);
	return r;
}

int hn_rows_write(struct hn_rows *w, const struct hn_job *job, struct hn_reason *reason)
{
	struct hn_query *q;

	switch (job->kind) {
	case HN_JOB_EVENT:
		q = w->query[EVENT];
		hn_query_set_int(q, 1, job->number[0]);
		hn_query_set_int(q, 2, job->number[1]);
		hn_query_set_int(q, 3, job->number[2]);
		hn_query_set_text(q, 4, job->text[0]);
		hn_query_set_text(q, 5, job->text[1][0] ? job->text[1] : NULL);
		hn_query_set_text(q, 6, job->text[2]);
		return run(q, reason);
	case HN_JOB_FINDING:
		q = w->query[FINDING];
		for (int i = 0; i < 11; i++)
			hn_query_set_text(q, i + 1, job->text[i]);
		hn_query_set_text(q, 15, job->text[11]);
		for (int i = 0; i < 3; i++)
			hn_query_set_int(q, 12 + i, job->number[i]);
		hn_query_set_int(q, 16, job->number[3]);
		return run(q, reason);
	case HN_JOB_CLUES:
		return write_clues(w, job, reason);
	case HN_JOB_POD:
		q = w->query[POD];
		hn_query_set_text(q, 1, job->text[0]);
		hn_query_set_text(q, 2, job->text[1]);
		hn_query_set_int(q, 3, job->number[0]);
		hn_query_set_text(q, 4, job->text[2]);
		return run(q, reason);
	case HN_JOB_LISTED:
		return write_listed(w->query[LISTED], job, reason);
	case HN_JOB_EXCEPTIONS:
		return write_exceptions(w, job, reason);
	case HN_JOB_EXECUTABLE:
		q = w->query[EXECUTABLE];
		for (int i = 0; i < 4; i++)
			hn_query_set_text(q, i + 1, job->text[i]);
		for (int i = 0; i < 2; i++)
			hn_query_set_int(q, 5 + i, job->number[i]);
		return run(q, reason);
	case HN_JOB_HASH:
		break; /* has a queue of its own */
	}
	return 0;
}

int hn_rows_bytes(struct hn_db *db, int64_t *ret_used, int64_t *ret_unused, struct hn_reason *reason)
{
	int64_t pages = 0, unused = 0, size = 0;
	int r = hn_db_integer(db, "PRAGMA page_count", &pages, reason);

	if (r == 0)
		r = hn_db_integer(db, "PRAGMA freelist_count", &unused, reason);
	if (r == 0)
		r = hn_db_integer(db, "PRAGMA page_size", &size, reason);
	if (r < 0)
		return r;
	*ret_used = (pages - unused) * size;
	*ret_unused = unused * size;
	return 0;
}

#define ENDED "state IN ('resolved', 'gone')"

/* 0 or 1: are there such rows? */
static int64_t any(struct hn_db *db, const char *rows, int64_t oldest, int *r, struct hn_reason *reason)
{
	char sql[160];
	int64_t found = 0;

	snprintf(sql, sizeof(sql), "SELECT EXISTS(SELECT 1 FROM %s %lld)", rows, (long long)oldest);
	if (*r == 0)
		*r = hn_db_integer(db, sql, &found, reason);
	return found;
}

/* From one finding's rows to the next one's by the index: what many rows are kept of is not looked through. */
#define DROP_ORPHANS(table)                                                                                 \
	"WITH RECURSIVE kept(id) AS (SELECT min(finding) FROM " table                                       \
	" UNION ALL SELECT (SELECT min(finding) FROM " table " WHERE finding > kept.id) FROM kept WHERE"    \
	" kept.id IS NOT NULL) DELETE FROM " table " WHERE finding IN (SELECT id FROM kept WHERE id NOT IN" \
	" (SELECT id FROM findings))"

int hn_rows_drop_orphans(struct hn_db *db, int64_t oldest, struct hn_reason *reason)
{
	char sql[1280];

	snprintf(sql, sizeof(sql),
		 DROP_ORPHANS("pods") ";" DROP_ORPHANS("executables") ";"
		 /* They are there before their finding is. */
		 DROP_ORPHANS("clues") " AND time < %lld;"
				       "DELETE FROM listed WHERE time < %lld",
		 (long long)(hn_wall_now().ns - ORPHAN_NS), (long long)oldest);
	return hn_db_exec(db, sql, reason);
}

static int delete (struct hn_db *db, bool full, int64_t oldest, unsigned rows, struct hn_reason *reason)
{
	char sql[512];
	int r;

	/* What was too old or too much stands first in an index: the rest is not looked at. */
	if (full)
		snprintf(sql, sizeof(sql),
			 "BEGIN IMMEDIATE; DELETE FROM events WHERE seq IN"
			 " (SELECT seq FROM events ORDER BY seq LIMIT %u)",
			 rows);
	else
		snprintf(sql, sizeof(sql),
			 "BEGIN IMMEDIATE; DELETE FROM events WHERE seq IN"
			 " (SELECT seq FROM events WHERE time < %lld ORDER BY time LIMIT %u)",
			 (long long)oldest, rows);
	r = hn_db_exec(db, sql, reason);
	/* A finding goes when nothing of it is left to tell, never while it is there. */
	snprintf(sql, sizeof(sql),
		 "DELETE FROM findings WHERE id IN (SELECT id FROM findings WHERE " ENDED
		 " AND last_seen < coalesce((SELECT min(time) FROM events), %lld) ORDER BY last_seen LIMIT %u)",
		 (long long)(full ? INT64_MAX : oldest), rows);
	if (r == 0)
		r = hn_db_exec(db, sql, reason);
	if (r == 0 && hn_db_changes(db) > 0)
		r = hn_rows_drop_orphans(db, oldest, reason);
	return r < 0 ? r : hn_db_exec(db, "COMMIT", reason);
}

int hn_rows_prune(struct hn_db *db, int64_t most, int64_t oldest, unsigned rows, struct hn_reason *reason)
{
	struct hn_reason ignored;
	int64_t used = 0, unused = 0;
	bool full, left;
	int r = hn_rows_bytes(db, &used, &unused, reason);

	full = used > most;
	left = full ? any(db, "events WHERE seq >", INT64_MIN, &r, reason) ||
			       any(db, "findings WHERE " ENDED " AND last_seen <", INT64_MAX, &r, reason) :
		      any(db, "events WHERE time <", oldest, &r, reason);
	if (r < 0 || !left)
		return r;
	r = delete (db, full, oldest, rows, reason);
	if (r == 0)
		return 1;
	(void)!hn_db_exec(db, "ROLLBACK", &ignored);
	return r;
}
