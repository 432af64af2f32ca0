// SPDX-License-Identifier: Apache-2.0
/* When the agent watched, and when nobody did: for whoever asks what was. */
#include <stdio.h>

#include "copy.h"
#include "reader.h"
#include "schema.h"

#include "hostnetd/macro.h"

#define LIMIT 1000000 /* where the caller has none */

/* Times of one form are compared as texts; what is of another form is none. */
#define FORM \
	"'[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'"
#define TIME(key) \
	"CASE WHEN json_extract(j, '$." key "') GLOB " FORM " THEN json_extract(j, '$." key "') END AS " key
#define J(key) "CAST(json_extract(j, '$." key "') AS TEXT)"

/* A gap is told when it is over, so that no event before ?1 tells of one that reaches into the span. The plus keeps SQLite from
 * the index of all events by their time: of these there are few. */
/* clang-format off */
static const char sql[] =
	"SELECT seq, '', type, j, time, time, since, until, " J("text") ", " J("count") " FROM (SELECT *, "
	TIME("since") ", " TIME("until") " FROM (SELECT seq, type, time,"
	" CASE WHEN json_valid(body) THEN json(body) END AS j FROM events WHERE"
	" " HN_HISTORY_IS_WATCHING
	" AND coalesce(finding, '') = '' AND"
	" +time >= ?1)) WHERE j IS NOT NULL AND CASE WHEN type = 'agent.gap' AND since IS NOT NULL THEN"
	" coalesce(until >= ?3, 1) AND (?2 = 0 OR since <= ?4) ELSE ?2 = 0 OR time <= ?2 END ORDER BY seq DESC LIMIT ?5";
/* clang-format on */
static const int fields[] = {HN_HISTORY_SINCE, HN_HISTORY_UNTIL, HN_HISTORY_TEXT, HN_HISTORY_COUNT};

int hn_history_watching(struct hn_history_reader *r, struct hn_wall since, struct hn_wall until, int64_t limit,
			hn_history_callback *callback, void *arg, struct hn_reason *reason)
{
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	char from[HN_TIME_TEXT], to[HN_TIME_TEXT];
	int error = hn_db_query(r->db, sql, &q, reason);

	if (error < 0)
		return error;
	hn_query_set_int(q, 1, since.ns);
	hn_query_set_int(q, 2, until.ns);
	hn_query_set_text(q, 3, hn_wall_format(since, from));
	hn_query_set_text(q, 4, hn_wall_format(until, to));
	hn_query_set_int(q, 5, limit ? limit : LIMIT);
	return hn_history_walk(q, fields, HN_ARRAY_SIZE(fields), callback, arg, reason);
}

int hn_watching_last(struct hn_db *db, struct hn_wall *ret_until, bool *ret_clean, struct hn_reason *reason)
{
	char until[256];
	int64_t clean = 0;
	int r;

	snprintf(until, sizeof(until),
		 "SELECT min(max(heartbeat, coalesce((SELECT max(time) FROM events WHERE time <= %lld), 0)), %lld)"
		 " FROM sessions ORDER BY id DESC LIMIT 1",
		 (long long)hn_wall_now().ns, (long long)hn_wall_now().ns);
	r = hn_db_integer(db, until, &ret_until->ns, reason);
	if (r == 0)
		r = hn_db_integer(db, "SELECT clean FROM sessions ORDER BY id DESC LIMIT 1", &clean, reason);
	*ret_clean = clean;
	return r;
}

int hn_history_watched(struct hn_history_reader *r, struct hn_history_watched *ret, struct hn_reason *reason)
{
	static const char has_sessions[] =
		"SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'sessions'";
	struct hn_history_watched w = {.end = HN_HISTORY_UNWATCHED};
	int64_t has = 0;
	bool clean = false;
	int error = hn_db_integer(r->db, has_sessions, &has, reason);

	if (error == 0 && has)
		error = hn_watching_last(r->db, &w.until, &clean, reason);
	if (error < 0)
		return error;
	if (w.until.ns > 0)
		w.end = clean                 ? HN_HISTORY_STOPPED :
			hn_copy_in_use(r->fd) ? HN_HISTORY_GOES_ON :
						HN_HISTORY_BROKEN_OFF;
	w.no_log = w.end == HN_HISTORY_BROKEN_OFF && !r->log;
	*ret = w;
	return 0;
}
