// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "history/rows.h"
#include "history/schema.h"
#include "rig.h"

static void write_executable(struct hn_rows *rows, const char *finding, unsigned number)
{
	char path[32];
	struct hn_reason reason;
	struct hn_job *job;

	snprintf(path, sizeof(path), "/tmp/%u", number);
	job = hn_job_new(HN_JOB_EXECUTABLE, (const char *[HN_JOB_TEXTS]){finding, "c", path, "00"});
	assert_non_null(job);
	job->number[1] = number;
	if (hn_rows_write(rows, job, &reason) < 0)
		fail_msg("%s", reason.text);
	free(job);
}

/* Who runs programs of its own making without end gets no more than its share, and takes nothing from the others. */
static void executables_of_a_finding_are_bounded(void **state)
{
	struct hn_rows *rows = NULL;
	struct hn_db *db = NULL;
	struct hn_reason reason;
	int64_t count = 0, last = 0;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	db = rig_database(&rig);
	assert_int_equal(hn_rows_new(db, &rows, &reason), 0);
	for (unsigned i = 0; i < 600; i++)
		write_executable(rows, ID, i);
	write_executable(rows, "other", 1);
	assert_int_equal(hn_db_integer(db, "SELECT count(*) FROM executables", &count, &reason), 0);
	assert_int_equal(count, 512 + 1);
	assert_int_equal(hn_db_integer(db, "SELECT max(time) FROM executables", &last, &reason), 0);
	assert_int_equal(last, 511); /* the first ones are those that explain how it came in */
	hn_rows_free(rows);
	hn_db_free(db);
	rig_free(&rig);
}

/* What is there stays, however long ago something was told of it; what has ended goes with the last that is told of it. */
static void only_what_ended_is_pruned(void **state)
{
	static const char filled[] =
		"INSERT INTO findings(id, state, last_seen) VALUES('o', 'open', 10), ('s', 'sharing', 10), ('e', 'excepted', 10),"
		" ('r', 'resolved', 10), ('g', 'gone', 10), ('new', 'resolved', 90);"
		"INSERT INTO pods SELECT id, 'u', 1, '{}' FROM findings;"
		"INSERT INTO executables SELECT id, 'c', '/p', '00', 1, 1 FROM findings;"
		"INSERT INTO listed VALUES('old', 10), ('young', 90);"
		"INSERT INTO events VALUES(1, 10, 1, 't', 'o', '{}'), (2, 10, 1, 't', 'r', '{}'), (3, 80, 1, 't', 'new', '{}')";
	static const struct {
		const char *sql;
		int64_t n;
	} left[] = {
		{"SELECT count(*) FROM findings WHERE id IN ('o', 's', 'e', 'new')", 4},
		{"SELECT count(*) FROM findings", 4},
		{"SELECT count(*) FROM pods WHERE finding IN (SELECT id FROM findings)", 4},
		{"SELECT count(*) FROM pods", 4},
		{"SELECT count(*) FROM executables", 4},
		{"SELECT count(*) FROM listed", 1},
		{"SELECT min(seq) FROM events", 3},
	};
	struct hn_db *db = NULL;
	struct hn_reason reason;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	db = rig_database(&rig);
	if (hn_db_exec(db, filled, &reason) < 0)
		fail_msg("%s", reason.text);
	assert_int_equal(hn_rows_prune(db, INT64_MAX, 50, 100, &reason), 1);
	assert_int_equal(hn_rows_prune(db, INT64_MAX, 50, 100, &reason), 0);
	for (size_t i = 0; i < HN_ARRAY_SIZE(left); i++) {
		int64_t n = 0;

		assert_int_equal(hn_db_integer(db, left[i].sql, &n, &reason), 0);
		if (n != left[i].n)
			fail_msg("%s: %lld", left[i].sql, (long long)n);
	}
	hn_db_free(db);
	rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(executables_of_a_finding_are_bounded),
		cmocka_unit_test(only_what_ended_is_pruned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
