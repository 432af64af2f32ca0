// SPDX-License-Identifier: Apache-2.0
/* What was kept is read back. The file is outside input: what is no JSON is passed over, and every value is looked at as
 * the type that it should have. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hostnetd/history.h"
#include "hostnetd/str.h"

#include "copy.h"
#include "hash.h"
#include "reader.h"
#include "schema.h"

#define TIME_NS (60 * HN_NSEC_PER_SEC)
#define LIMIT 1000

/* -1: there is none, or an empty one. */
static int open_log(const char *path, int *ret, struct hn_reason *reason)
{
	_cleanup_(hn_str_done) struct hn_str name = {0};
	struct stat st;
	int fd;

	hn_str_printf(&name, "%s-wal", path);
	if (name.failed)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	*ret = -1;
	fd = open(name.data, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return hn_reason_set(
			reason, -errno,
			"its log (%s-wal) cannot be read here (%s): copy both to a folder of your own", path,
			strerror(errno));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return hn_reason_set(reason, -EINVAL, "its log (%s-wal) is not a regular file", path);
	}
	if (st.st_size > 0)
		*ret = fd;
	else
		close(fd);
	return 0;
}

static int open_file(struct hn_history_reader *reader, const char *path, struct hn_reason *reason)
{
	int fd = reader->fd;
	struct stat st;
	int log = -1, r;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return hn_reason_set(reason, -EINVAL, "not a regular file");
	r = open_log(path, &log, reason);
	if (r < 0)
		return r;
	reader->log = log >= 0;
	/* The log of a file in use is empty at times. */
	if (hn_copy_in_use(fd))
		r = hn_db_open(path, HN_DB_READ, &reader->db, reason);
	else if (log >= 0)
		r = hn_copy_open(fd, log, &reader->db, reason);
	else
		r = hn_db_open(path, HN_DB_IMMUTABLE, &reader->db, reason);
	if (log >= 0)
		close(log);
	return r;
}

/* What the first version had is all that a reader needs: whoever has only a copy can bring no file on. */
static int check_tables(struct hn_db *db, struct hn_reason *reason)
{
	int64_t found = 0;
	int r = hn_db_integer(db,
			      "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND"
			      " name IN ('findings', 'events', 'pods', 'executables')",
			      &found, reason);

	if (r == 0 && found != 4)
		return hn_reason_set(reason, -EBADMSG, "it holds no history: a table is missing");
	return r;
}

int hn_history_read(const char *path, struct hn_history_reader **ret, struct hn_reason *reason)
{
	_cleanup_(hn_history_reader_cleanup) struct hn_history_reader *r = calloc(1, sizeof(*r));
	int64_t version = 0;
	int error, fd;

	if (!r)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	r->fd = -1;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return hn_reason_set(reason, -errno, "%s: %s", path, strerror(errno));
	r->fd = fd;
	error = open_file(r, path, reason);
	if (error == 0)
		error = hn_schema_check(r->db, &version, reason);
	if (error == -EACCES && r->db)
		return hn_reason_set(
			reason, error,
			"%s: an agent has it open, and its index (%s-shm) cannot be used here: copy it and "
			"its log (-wal) to a folder of your own",
			path, path);
	if (error == 0)
		error = check_tables(r->db, reason);
	if (error < 0)
		return hn_reason_wrap(reason, error, "%.300s", path);
	r->clues = version >= HN_HISTORY_CLUES;
	hn_db_limit(r->db, TIME_NS);
	*ret = TAKE_PTR(r);
	return 0;
}

void hn_history_reader_free(struct hn_history_reader *r)
{
	if (!r)
		return;
	hn_db_free(r->db);
	if (r->fd >= 0)
		close(r->fd);
	if (r->store)
		hn_history_give_back(r->store);
	free(r);
}

/* `j` is the body in one line, or NULL where it is no JSON. */
#define BODY "CASE WHEN json_valid(body) THEN json(body) END AS j"
#define IS_SHA256 "typeof(sha256) = 'text' AND length(sha256) = 64 AND sha256 NOT GLOB '*[^0-9a-f]*'"
#define J(path) "CAST(json_extract(j, '$." path "') AS TEXT)"

/* What an id begins with: ids are hexadecimal, so that an index serves it. */
#define AMONG(id) id " >= coalesce(?1, '') AND " id " < coalesce(?1, '') || 'g'"
/* clang-format off */
#define FINDINGS(whole, which) \
	"SELECT 0, id, '', j, first_seen, last_seen, state, cause, severity, verdict, " J("ai.product") ", ns, pod," \
	" kind, workload, " J("title") ", CAST(resolved_at AS TEXT), " whole " FROM (SELECT *, " BODY " FROM findings WHERE " \
	which " AND (?2 = 0 OR state IN ('open', 'sharing', 'excepted') OR" \
	" max(last_seen, coalesce(resolved_at, 0)) >= ?2) AND (?3 = 0 OR first_seen <= ?3) AND (?4 IS NULL OR ns = ?4) AND (?5 IS NULL OR ?5 IN (pod, uid))" \
	" AND (?6 IS NULL OR ?6 IN (workload, kind || '/' || workload)) AND (?7 IS NULL OR cause = ?7) AND (?8 IS NULL OR state = ?8))" \
	" WHERE j IS NOT NULL ORDER BY last_seen DESC LIMIT ?9"
#define WHOLE "CAST(whole AS TEXT)"
/* Of an older form or not; all, or those that are asked for. */
static const char *const findings_sql[2][2] = {
	{FINDINGS(WHOLE, "?1 IS NULL"), FINDINGS(WHOLE, AMONG("id"))},
	{FINDINGS("''", "?1 IS NULL"), FINDINGS("''", AMONG("id"))}};
/* clang-format on */
static const int findings_fields[] = {HN_HISTORY_STATE,   HN_HISTORY_CAUSE,    HN_HISTORY_SEVERITY,
				      HN_HISTORY_VERDICT, HN_HISTORY_PRODUCT,  HN_HISTORY_NAMESPACE,
				      HN_HISTORY_POD,     HN_HISTORY_KIND,     HN_HISTORY_WORKLOAD,
				      HN_HISTORY_TITLE,   HN_HISTORY_RESOLVED, HN_HISTORY_WHOLE};

/* clang-format off */
/* A container's name may be known later than what it did. An executable is kept under the container's id (by older agents under
 * the name as well), an event has whichever was known: both are given the name. */
#define NAMED_CONTAINERS \
	"WITH names AS MATERIALIZED (SELECT f.id AS finding, json_extract(c.value, '$.id') AS id," \
	" min(json_extract(c.value, '$.name')) AS name FROM findings f," \
	" json_each(CASE WHEN json_valid(f.body) THEN f.body END, '$.containers') c WHERE c.type = 'object' AND " \
	AMONG("f.id") " AND json_extract(c.value, '$.name') <> '' GROUP BY 1, 2)," \
	" programs AS MATERIALIZED (SELECT x.finding, coalesce(n.name, x.container) AS container, x.path, x.sha256," \
	" min(x.size) AS size, min(x.time) AS time FROM executables x LEFT JOIN names n ON n.finding = x.finding" \
	" AND n.id = x.container WHERE " AMONG("x.finding") " AND typeof(x.path) = 'text' AND " IS_SHA256 \
	" AND typeof(x.container) = 'text' AND typeof(x.size) = 'integer' GROUP BY 1, 2, 3, 4)"
/* clang-format on */
/* An executable's hash is known after the event. Of two files that had the same path in the container neither is named. */
#define SHA256_OF_EVENTS                                                                                               \
	", single AS MATERIALIZED (SELECT finding, container, path, min(sha256) AS sha FROM programs GROUP BY 1, 2, 3" \
	" HAVING count(*) = 1) "
/* Who was refused is told of besides whom the event is about. */
#define OF_PROCESS(key)                                                                               \
	"CAST(coalesce(json_extract(j, '$.process." key "'), json_extract(j, '$.attempt.process." key \
	"')) AS TEXT)"
#define WORDS                                                                                                        \
	"CAST(coalesce(json_extract(j, '$.text'), 'tried ' || json_extract(j, '$.attempt.call') || ', refused: ' ||" \
	" json_extract(j, '$.attempt.errno')) AS TEXT)"
#define ANCESTORS                                                                                                  \
	"(SELECT group_concat(coalesce(json_extract(value, '$.comm') || ' ', '') || json_extract(value, '$.pid')," \
	" ' < ') FROM json_each(j, '$.process.ancestors') WHERE type = 'object')"
/* clang-format off */
#define EVENTS(which) NAMED_CONTAINERS SHA256_OF_EVENTS \
	"SELECT seq, finding, type, CASE WHEN sha IS NULL THEN j ELSE json_set(j, '$.process.exeSha256', sha) END," \
	" time, time, " J("state") ", " J("severity") ", " J("container") ", " OF_PROCESS("pid") ", " \
	J("process.startTime") ", " J("process.parent") ", " ANCESTORS ", " OF_PROCESS("comm") ", " OF_PROCESS("exe") ", " \
	J("process.argv") ", " J("endpoint.address") ", " J("endpoint.port") ", " J("contact") ", " J("changed") ", " \
	WORDS ", " J("count") ", sha FROM (SELECT e.*, s.sha FROM (SELECT *, " BODY " FROM events WHERE " which \
	" AND (?2 = 0 OR time >= ?2) AND" \
	" (?3 = 0 OR time <= ?3) AND (?4 IS NULL OR type = ?4) AND seq > ?5) e" \
	" LEFT JOIN names n ON n.finding = e.finding AND n.id = json_extract(j, '$.container')" \
	" LEFT JOIN single s ON s.finding = e.finding AND s.path = json_extract(j, '$.process.exe') AND" \
	" s.container = coalesce(n.name, json_extract(j, '$.container')))" \
	" WHERE j IS NOT NULL ORDER BY seq LIMIT ?6"
static const char all_events_sql[] = EVENTS("?1 IS NULL"), events_sql[] = EVENTS("finding = ?1");
/* clang-format on */
static const int events_fields[] = {
	HN_HISTORY_STATE,   HN_HISTORY_SEVERITY,  HN_HISTORY_CONTAINER, HN_HISTORY_PID,     HN_HISTORY_START,
	HN_HISTORY_PARENT,  HN_HISTORY_ANCESTORS, HN_HISTORY_COMM,      HN_HISTORY_EXE,     HN_HISTORY_ARGV,
	HN_HISTORY_ADDRESS, HN_HISTORY_PORT,      HN_HISTORY_CONTACT,   HN_HISTORY_CHANGED, HN_HISTORY_TEXT,
	HN_HISTORY_COUNT,   HN_HISTORY_SHA256};

static const char pods_sql[] = "SELECT 0, finding, '', j, time, time FROM (SELECT *, " BODY
			       " FROM pods WHERE finding = ?1) WHERE j IS NOT NULL LIMIT 4";
static const char executables_sql[] = NAMED_CONTAINERS
	" SELECT 0, finding, '', json_object('path', path, 'sha256', sha256, 'size', size, 'container', container),"
	" time, time, container, path, sha256 FROM programs WHERE finding = ?1 ORDER BY time, path LIMIT 1000";
static const int executables_fields[] = {HN_HISTORY_CONTAINER, HN_HISTORY_EXE, HN_HISTORY_SHA256};

enum { FIRST_FIELD = 6 };

int hn_history_walk(struct hn_query *q, const int fields[], size_t n, hn_history_callback *callback, void *arg,
		    struct hn_reason *reason)
{
	int r;

	while ((r = hn_query_step(q, reason)) == 1) {
		struct hn_history_row row = {.seq = (uint64_t)hn_query_int(q, 0),
					     .id = hn_query_text(q, 1),
					     .type = hn_query_text(q, 2),
					     .json = hn_query_text(q, 3),
					     .time.ns = hn_query_int(q, 4),
					     .until.ns = hn_query_int(q, 5)};

		for (size_t i = 0; i < HN_HISTORY_FIELD_MAX; i++)
			row.field[i] = "";
		for (size_t i = 0; i < n; i++)
			row.field[fields[i]] = hn_query_text(q, FIRST_FIELD + (int)i);
		if (!callback(&row, arg))
			return 0;
	}
	return r;
}

int hn_history_findings(struct hn_history_reader *r, const struct hn_history_filter *f,
			hn_history_callback *callback, void *arg, struct hn_reason *reason)
{
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	int error = hn_db_query(r->db, findings_sql[!r->clues][f->finding != NULL], &q, reason);

	if (error < 0)
		return error;
	hn_query_set_text(q, 1, f->finding);
	hn_query_set_int(q, 2, f->since.ns);
	hn_query_set_int(q, 3, f->until.ns);
	hn_query_set_text(q, 4, f->ns);
	hn_query_set_text(q, 5, f->pod);
	hn_query_set_text(q, 6, f->workload);
	hn_query_set_text(q, 7, f->cause);
	hn_query_set_text(q, 8, f->state);
	hn_query_set_int(q, 9, f->limit ? f->limit : LIMIT);
	return hn_history_walk(q, findings_fields, HN_ARRAY_SIZE(findings_fields), callback, arg, reason);
}

int hn_history_events(struct hn_history_reader *r, const struct hn_history_filter *f,
		      hn_history_callback *callback, void *arg, struct hn_reason *reason)
{
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	int error = hn_db_query(r->db, f->finding ? events_sql : all_events_sql, &q, reason);

	if (error < 0)
		return error;
	hn_query_set_text(q, 1, f->finding);
	hn_query_set_int(q, 2, f->since.ns);
	hn_query_set_int(q, 3, f->until.ns);
	hn_query_set_text(q, 4, f->type);
	hn_query_set_int(q, 5, (int64_t)f->after_seq);
	hn_query_set_int(q, 6, f->limit ? f->limit : LIMIT);
	return hn_history_walk(q, events_fields, HN_ARRAY_SIZE(events_fields), callback, arg, reason);
}

static int of_finding(struct hn_history_reader *r, const char *sql, const int fields[], size_t n,
		      const char *finding, hn_history_callback *callback, void *arg, struct hn_reason *reason)
{
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	int error = hn_db_query(r->db, sql, &q, reason);

	if (error < 0)
		return error;
	hn_query_set_text(q, 1, finding);
	return hn_history_walk(q, fields, n, callback, arg, reason);
}

int hn_history_pods(struct hn_history_reader *r, const char *finding, hn_history_callback *callback, void *arg,
		    struct hn_reason *reason)
{
	return of_finding(r, pods_sql, NULL, 0, finding, callback, arg, reason);
}

int hn_history_executables(struct hn_history_reader *r, const char *finding, hn_history_callback *callback,
			   void *arg, struct hn_reason *reason)
{
	return of_finding(r, executables_sql, executables_fields, HN_ARRAY_SIZE(executables_fields), finding,
			  callback, arg, reason);
}

size_t hn_history_argv(struct hn_history_reader *r, const char *argv, char *out, size_t size)
{
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	struct hn_reason ignored;
	size_t at = 0;

	if (!argv[0] ||
	    hn_db_query(r->db, "SELECT value FROM json_each(?1) WHERE type = 'text'", &q, &ignored) < 0)
		return 0;
	hn_query_set_text(q, 1, argv);
	while (hn_query_step(q, &ignored) == 1) {
		const char *word = hn_query_text(q, 0);
		size_t n = strlen(word) + 1;

		if (n > size - at)
			break;
		memcpy(out + at, word, n);
		at += n;
	}
	return at;
}

void hn_history_digest(const void *bytes, size_t n, char ret[static HN_HISTORY_DIGEST])
{
	hn_hash_bytes(bytes, n, ret);
}
