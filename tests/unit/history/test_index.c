/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked often, of one finding or of the newest and the oldest rows, is found by an index: SQLite counts the rows that it
 * steps over for want of one, and all that its machine does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "history/restore.h"
#include "history/rows.h"
#include "hostnetd/str.h"

#include "rig.h"

#define EVENTS 4000 /* of 400 findings */
#define STEPS 20000 /* of SQLite's machine: five for each event would be as many */
#define FEW 100     /* what is kept of one, some times over */

/* Of all statements since it was cleared. */
static unsigned stepped, steps, statements;

static int on_profile(unsigned what, void *context, void *statement, void *ns)
{
	(void)what;
	(void)context;
	(void)ns;
	stepped += (unsigned)sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
	steps += (unsigned)sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1);
	statements++;
	return 0;
}

static int on_open(sqlite3 *db, const char **error, const struct sqlite3_api_routines *api)
{
	(void)error;
	(void)api;
	return sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, on_profile, NULL);
}

static bool count(const struct hn_history_row *row, void *arg)
{
	(void)row;
	++*(unsigned *)arg;
	return true;
}

static bool count_clue(const struct hn_clue *clue, void *arg)
{
	(void)clue;
	++*(unsigned *)arg;
	return true;
}

static void fill(const struct rig *rig)
{
	struct hn_reason reason = {""};
	struct hn_db *db = rig_database(rig);
	char sql[1600];

	snprintf(
		sql, sizeof(sql),
		"CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT %d)"
		" SELECT i, format('%%032x', i %% 400) AS f FROM n;"
		"INSERT INTO findings(id, state, first_seen, last_seen, body) SELECT f, iif(i < 200, 'open', 'gone'), 1, i + 1000,"
		" '{\"containers\":[{\"id\":\"c\",\"name\":\"n\"}]}' FROM n WHERE i < 400;"
		"INSERT INTO events SELECT i, i + 1000, i, 'process.exec', f,"
		" '{\"container\":\"c\",\"process\":{\"exe\":\"/p1\"}}' FROM n;"
		"INSERT INTO clues(finding, kind, digest, time, name, kept) SELECT f, 'program', i, i, 'x', i %% 3 FROM n;"
		"INSERT INTO executables SELECT f, 'c', '/p' || (i / 400), format('%%064x', i), 1, 1 FROM n;"
		"INSERT INTO pods SELECT f, 'u', 1, '{}' FROM n WHERE i < 400",
		EVENTS);
	if (hn_db_exec(db, sql, &reason) < 0)
		fail_msg("%s", reason.text);
	hn_db_free(db);
}

#define ONE "0000000000000000000000000000000a"

static int events(struct hn_history_reader *r, unsigned *n, struct hn_reason *reason)
{
	return hn_history_events(r, &(struct hn_history_filter){.finding = ONE}, count, n, reason);
}

static int findings(struct hn_history_reader *r, unsigned *n, struct hn_reason *reason)
{
	return hn_history_findings(r, &(struct hn_history_filter){.finding = ONE}, count, n, reason);
}

static int begins(struct hn_history_reader *r, unsigned *n, struct hn_reason *reason)
{
	return hn_history_findings(r, &(struct hn_history_filter){.finding = "0000000000000000000000000000001"},
				   count, n, reason);
}

static int clues(struct hn_history_reader *r, unsigned *n, struct hn_reason *reason)
{
	return hn_history_clues(r, ONE, count_clue, n, reason);
}

static int clue_rows(struct hn_history_reader *r, unsigned *n, struct hn_reason *reason)
{
	return hn_history_clue_rows(r, ONE, count, n, reason);
}

static int executables(struct hn_history_reader *r, unsigned *n, struct hn_reason *reason)
{
	return hn_history_executables(r, ONE, count, n, reason);
}

static int pods(struct hn_history_reader *r, unsigned *n, struct hn_reason *reason)
{
	return hn_history_pods(r, ONE, count, n, reason);
}

static int clues_left(struct hn_history_reader *r, unsigned *n, struct hn_reason *reason)
{
	size_t left[HN_CLUE_KIND_MAX];
	int error = hn_history_clues_left(r, ONE, left, reason);

	*n = (unsigned)left[HN_CLUE_PROGRAM];
	return error;
}

static int whole_finding(struct hn_history_reader *r, unsigned *n, struct hn_reason *reason)
{
	_cleanup_(hn_str_done) struct hn_str json = {0};
	struct hn_finding f;
	int error = hn_history_finding(r, ONE, &f, &json, reason);

	*n = 1;
	if (error == 0)
		hn_finding_done(&f);
	return error;
}

static int piece(struct hn_history_reader *r, struct hn_history_place place, unsigned *n, struct hn_reason *reason)
{
	place.limit = 10;
	return hn_history_piece(r, &place, count, n, reason);
}

static int above(struct hn_history_reader *r, unsigned *n, struct hn_reason *reason)
{
	return piece(r, (struct hn_history_place){.after = EVENTS / 2}, n, reason);
}

static int below(struct hn_history_reader *r, unsigned *n, struct hn_reason *reason)
{
	return piece(r, (struct hn_history_place){.before = EVENTS / 2}, n, reason);
}

static int above_of_one(struct hn_history_reader *r, unsigned *n, struct hn_reason *reason)
{
	return piece(r, (struct hn_history_place){.finding = ONE, .after = 1}, n, reason);
}

static int below_of_one(struct hn_history_reader *r, unsigned *n, struct hn_reason *reason)
{
	return piece(r, (struct hn_history_place){.finding = ONE, .before = EVENTS}, n, reason);
}

static int ids(struct hn_history_reader *r, unsigned *n, struct hn_reason *reason)
{
	return hn_history_ids(r, (struct hn_wall){1020}, ONE, 10, count, n, reason);
}

static int watching(struct hn_history_reader *r, unsigned *n, struct hn_reason *reason)
{
	return hn_history_watching(r, (struct hn_wall){0}, (struct hn_wall){0}, 10, count, n, reason);
}

static void readers(void **state)
{
	static const struct {
		const char *name;
		int (*ask)(struct hn_history_reader *r, unsigned *n, struct hn_reason *reason);
		unsigned n;
	} rows[] = {
		{"events", events, 10},
		{"findings", findings, 1},
		{"begins", begins, 16},
		{"clues", clues, 4},
		{"clue rows", clue_rows, 4},
		{"clues left", clues_left, 6},
		{"executables", executables, 10},
		{"pods", pods, 1},
		{"finding", whole_finding, 1},
		{"above", above, 10},
		{"below", below, 10},
		{"above, of one", above_of_one, 10},
		{"below, of one", below_of_one, 10},
		{"ids", ids, 10},
		{"watching", watching, 0},
	};
	struct hn_history_reader *r = NULL;
	struct hn_reason reason = {""};
	struct rig rig;

	(void)state;
	rig_new(&rig);
	fill(&rig);
	assert_int_equal(hn_history_read(rig.path, &r, &reason), 0);
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		unsigned n = 0;

		stepped = steps = statements = 0;
		if (rows[i].ask(r, &n, &reason) < 0)
			fail_msg("%s: %s", rows[i].name, reason.text);
		if (n != rows[i].n || !statements || stepped > FEW || steps > STEPS)
			fail_msg("%s: %u rows, stepped over %u, %u steps", rows[i].name, n, stepped, steps);
	}
	/* What has no index is counted. */
	stepped = 0;
	assert_int_equal(hn_history_refusals(r, &(struct hn_history_filter){.limit = 1}, count, &stepped, &reason),
			 0);
	assert_true(stepped >= EVENTS - 1);
	hn_history_reader_free(r);
	rig_free(&rig);
}

/* What goes is taken from the end of an index, also where it is less than one step may take. */
static void the_writer(void **state)
{
	struct hn_reason reason = {""};
	struct hn_db *db = NULL;
	int64_t left = 0;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	fill(&rig);
	db = rig_database(&rig);
	stepped = statements = 0;
	assert_int_equal(hn_rows_prune(db, INT64_MAX, 1010, 100, &reason), 1);
	assert_int_equal(hn_rows_prune(db, 1, 1010, 10, &reason), 1);
	assert_true(statements > 0);
	assert_true(stepped <= FEW);
	assert_int_equal(hn_db_integer(db, "SELECT min(seq) FROM events", &left, &reason), 0);
	assert_int_equal(left, 20);
	stepped = statements = 0;
	assert_int_equal(hn_rows_drop_orphans(db, 0, &reason), 0);
	assert_true(statements > 0);
	assert_true(stepped <= FEW);
	hn_db_free(db);
	rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readers),
		cmocka_unit_test(the_writer),
	};
	int failed;

	if (sqlite3_auto_extension((void (*)(void))on_open) != SQLITE_OK)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	sqlite3_reset_auto_extension();
	return failed;
}
