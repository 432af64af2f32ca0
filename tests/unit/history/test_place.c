/* SPDX-License-Identifier: Apache-2.0 */
/* A file that is moved, deleted or replaced while it is open: what was moved is whole, the next one gets nothing of it. And
 * what is refused beside a file before it is opened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <errno.h>

#include "history/file.h"
#include "history/place.h"
#include "history/schema.h"
#include "rig.h"

#define MOST ((int64_t)2 * 1024 * 1024)

static const char *name_of(const struct rig *rig, const char *name)
{
	static char path[4][128];
	static unsigned at;
	char *ret = path[at++ % HN_ARRAY_SIZE(path)];

	snprintf(ret, sizeof(path[0]), "%s/%s", rig->folder, name);
	return ret;
}

/* -1: there is none. */
static int64_t size_of(const struct rig *rig, const char *name)
{
	struct stat st;

	return lstat(name_of(rig, name), &st) == 0 ? st.st_size : -1;
}

static void move(const struct rig *rig, const char *from, const char *to)
{
	assert_int_equal(rename(name_of(rig, from), name_of(rig, to)), 0);
}

static int64_t integer(const char *path, const char *sql)
{
	struct hn_reason reason = {""};
	struct hn_db *db = NULL;
	int64_t value = 0;

	if (hn_db_open(path, HN_DB_READ, &db, &reason) < 0 || hn_db_integer(db, sql, &value, &reason) < 0)
		fail_msg("%s: %s", path, reason.text);
	hn_db_free(db);
	return value;
}

static void put(struct hn_history *h, uint64_t seq)
{
	struct hn_history_event event = {.seq = seq,
					 .time = hn_wall_now(),
					 .mono = hn_mono_now(),
					 .type = "process.exec",
					 .finding = ID,
					 .json = "{}",
					 .urgent = true};

	hn_history_put(h, &event);
}

static void wait_for_problem(struct hn_history *h, struct hn_history_stats *ret)
{
	for (int i = 0; i < 1000; i++) {
		hn_history_stats(h, ret);
		if (!ret->works)
			return;
		usleep(10000);
	}
	fail();
}

static bool count(const struct hn_history_row *row, void *arg)
{
	(void)row;
	++*(unsigned *)arg;
	return true;
}

static void the_place_is_known(void **state)
{
	static const char *const parts[] = {"h.db", "h.db-wal", "h.db-shm"};
	int64_t file = 0, bytes = 0;
	struct hn_reason reason = {""};
	struct hn_place place;
	struct hn_db *db;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	db = rig_database(&rig);
	assert_int_equal(hn_db_exec(db, "PRAGMA journal_mode=WAL; INSERT INTO events(seq) VALUES(1)", &reason), 0);
	assert_int_equal(hn_place_take(&place, rig.path, db, &reason), 0);
	assert_true(hn_place_holds(&place, &file, &bytes));
	assert_true(file == size_of(&rig, "h.db") && bytes == size_of(&rig, "h.db-wal"));
	for (size_t i = 0; i < HN_ARRAY_SIZE(parts); i++) {
		move(&rig, parts[i], "h.db.1");
		assert_false(hn_place_holds(&place, &file, &bytes));
		fclose(fopen(name_of(&rig, parts[i]), "w"));
		assert_false(hn_place_holds(&place, &file, &bytes));
		/* What lies there now is not what was opened. */
		if (i == HN_PLACE_FILE)
			assert_int_equal(hn_place_take(&place, rig.path, db, &reason), -ENOENT);
		assert_false(hn_place_holds(&place, &file, &bytes));
		move(&rig, "h.db.1", parts[i]);
		assert_true(hn_place_holds(&place, &file, &bytes));
	}
	hn_db_free(db);
	rig_free(&rig);
}

/* A link, a queue, a second name: of any of the three, each is somebody else's choice of what is read or written. */
static void what_is_refused(void **state)
{
	static const char *const parts[] = {"h.db", "h.db-wal", "h.db-shm"};
	struct hn_reason reason;
	struct hn_db *db = NULL;
	char used[HN_HISTORY_PATH];
	struct rig rig;
	unsigned at;

	(void)state;
	rig_new(&rig);
	for (size_t i = 0; i < 3 * HN_ARRAY_SIZE(parts); i++) {
		const char *part = name_of(&rig, parts[i / 3]), *other = name_of(&rig, "h.db.1");

		hn_db_free(rig_database(&rig));
		rename(part, other);
		fclose(fopen(other, "a"));
		if (i % 3 == 0)
			assert_int_equal(symlink(other, part), 0);
		else if (i % 3 == 1)
			assert_int_equal(mkfifo(part, 0600), 0);
		else
			assert_int_equal(link(other, part), 0);
		if (hn_history_file_open(rig.path, 0, &db, used, &at, &reason) >= 0)
			fail_msg("row %zu", i);
		assert_null(db);
		assert_non_null(strstr(reason.text, part));
		unlink(part);
		unlink(other);
	}
	rig_free(&rig);
}

/* What older agents, or a person, left readable to all: before it is written to it is private. */
static void it_is_made_private(void **state)
{
	static const char *const parts[] = {"h.db", "h.db-wal", "h.db-shm"};
	struct hn_reason reason = {""};
	struct hn_db *db = NULL;
	char used[HN_HISTORY_PATH];
	struct stat st;
	struct rig rig;
	unsigned at;

	(void)state;
	rig_new(&rig);
	db = rig_database(&rig);
	assert_int_equal(hn_db_exec(db, "PRAGMA journal_mode=WAL; INSERT INTO events(seq) VALUES(1)", &reason), 0);
	hn_db_free(db);
	for (size_t i = 0; i < HN_ARRAY_SIZE(parts); i++)
		assert_int_equal(chmod(name_of(&rig, parts[i]), 0644), 0);
	if (hn_history_file_open(rig.path, 0, &db, used, &at, &reason) < 0)
		fail_msg("%s", reason.text);
	for (size_t i = 0; i < HN_ARRAY_SIZE(parts); i++) {
		assert_int_equal(stat(name_of(&rig, parts[i]), &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	hn_db_free(db);
	rig_free(&rig);
}

/* The file alone, at the end, and somebody reads it: what is in its log cannot be written back. It must not lie where the next
 * file's log would; beside the file that was moved it tells all. */
static void a_log_that_is_held_is_put_aside(void **state)
{
	struct hn_history_stats stats;
	struct hn_reason reason = {""};
	struct hn_query *q = NULL;
	struct hn_db *reader = NULL;
	struct hn_history *h;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	h = open_store(&rig, MOST);
	put(h, 1);
	assert_true(hn_history_flush(h));
	assert_int_equal(hn_db_open(rig.path, HN_DB_READ, &reader, &reason), 0);
	assert_int_equal(hn_db_query(reader, "SELECT seq FROM events", &q, &reason), 0);
	assert_int_equal(hn_query_step(q, &reason), 1);
	put(h, 2);
	assert_true(hn_history_flush(h));
	move(&rig, "h.db", "h.db.1");
	wait_for_problem(h, &stats);
	assert_non_null(strstr(stats.problem.text, "it is not where it was"));
	hn_history_free(h);
	assert_int_equal(size_of(&rig, "h.db-wal"), -1);
	assert_int_equal(size_of(&rig, "h.db-shm"), -1);
	assert_true(size_of(&rig, "h.db-wal.left") > 0);
	hn_query_free(q);
	hn_db_free(reader);
	move(&rig, "h.db-wal.left", "h.db.1-wal");
	assert_int_equal(integer(name_of(&rig, "h.db.1"), "SELECT max(seq) FROM events"), 2);
	rig_free(&rig);
}

/* Another file with a log of its own was put in its place, or another log beside it: neither is touched. */
static void what_took_its_place_is_not_touched(void **state)
{
	(void)state;
	for (int log_alone = 0; log_alone < 2; log_alone++) {
		struct hn_history_stats stats;
		struct hn_history *h;
		struct rig rig;

		rig_new(&rig);
		h = open_store(&rig, MOST);
		put(h, 1);
		assert_true(hn_history_flush(h));
		move(&rig, "h.db-wal", "h.db.1-wal");
		fclose(fopen(name_of(&rig, "h.db-wal"), "w"));
		if (!log_alone) {
			move(&rig, "h.db", "h.db.1");
			fclose(fopen(name_of(&rig, "h.db"), "w"));
		}
		wait_for_problem(h, &stats);
		hn_history_free(h);
		assert_int_equal(size_of(&rig, "h.db-wal"), 0);
		assert_int_equal(size_of(&rig, "h.db-shm"), -1); /* it was the other log's */
		if (!log_alone)
			assert_int_equal(size_of(&rig, "h.db"), 0);
		assert_int_equal(
			integer(name_of(&rig, log_alone ? "h.db" : "h.db.1"), "SELECT max(seq) FROM events"), 1);
		rig_free(&rig);
	}
}

/* A reader of this process shares locks and index with whatever the process opens under the same names. */
static void no_other_is_opened_while_one_reads(void **state)
{
	struct hn_history_reader *reader = NULL, *other = NULL;
	struct hn_history_place all = {.limit = 10};
	struct hn_history_stats stats;
	struct hn_reason reason = {""};
	struct hn_history *h;
	struct stat before, after;
	unsigned n = 0;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	h = open_store(&rig, MOST);
	put(h, 1);
	assert_true(hn_history_flush(h));
	assert_int_equal(hn_history_beside(h, &reader, &reason), 0);
	assert_true(hn_history_is_current(reader));
	assert_int_equal(hn_history_piece(reader, &all, count, &n, &reason), 0);
	assert_int_equal(n, 1);
	move(&rig, "h.db", "h.db.1");
	wait_for_problem(h, &stats);
	for (int i = 0; i < 1000 && hn_history_is_current(reader); i++)
		usleep(10000);
	assert_false(hn_history_is_current(reader));
	assert_int_equal(hn_history_beside(h, &other, &reason), -ENOENT);
	put(h, 2);
	/* Longer than it takes where nobody reads. */
	usleep(6000000);
	hn_history_stats(h, &stats);
	assert_int_equal(stats.opened, 1);
	assert_int_equal(size_of(&rig, "h.db"), -1);
	hn_history_reader_free(reader);
	for (int i = 0; i < 1000 && stats.opened == 1; i++) {
		usleep(10000);
		hn_history_stats(h, &stats);
	}
	assert_int_equal(stats.opened, 2);
	assert_true(hn_history_flush(h));
	assert_int_equal(stat(name_of(&rig, "h.db"), &before), 0);
	assert_int_equal(stat(name_of(&rig, "h.db.1"), &after), 0);
	assert_true(before.st_ino != after.st_ino);
	hn_history_free(h);
	assert_int_equal(integer(rig.path, "SELECT max(seq) FROM events"), 2);
	assert_int_equal(integer(name_of(&rig, "h.db.1"), "SELECT max(seq) FROM events"), 1);
	rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_place_is_known),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(it_is_made_private),
		cmocka_unit_test(a_log_that_is_held_is_put_aside),
		cmocka_unit_test(what_took_its_place_is_not_touched),
		cmocka_unit_test(no_other_is_opened_while_one_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
