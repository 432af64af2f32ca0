/* SPDX-License-Identifier: Apache-2.0 */
/* What the history takes of the disk: measured where it lies, while it is written to. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "hostnetd/str.h"

#include "history/schema.h"
#include "history/space.h"
#include "rig.h"

#define MOST ((int64_t)2 * 1024 * 1024)

static int64_t size_of(const struct rig *rig, const char *end)
{
	char path[128];
	struct stat st = {0};

	snprintf(path, sizeof(path), "%s%s", rig->path, end);
	return stat(path, &st) == 0 ? st.st_size : 0;
}

static int64_t on_disk(const struct rig *rig)
{
	return size_of(rig, "") + size_of(rig, "-wal");
}

static uint64_t put_some(struct hn_history *h, uint64_t seq, unsigned n)
{
	char json[1200], finding[33];

	memset(json, 'x', sizeof(json));
	memcpy(json, "{\"text\":\"", 9);
	memcpy(json + sizeof(json) - 3, "\"}", 3);
	for (unsigned i = 0; i < n; i++) {
		struct hn_history_event event = {.seq = ++seq,
						 .time = hn_wall_now(),
						 .mono = hn_mono_now(),
						 .type = "process.exec",
						 .finding = finding,
						 .json = json,
						 .urgent = i % 10 == 0};

		snprintf(finding, sizeof(finding), "%032x", (unsigned)(seq % 50));
		hn_history_put(h, &event);
	}
	return seq;
}

static int64_t integer(const struct rig *rig, const char *sql)
{
	struct hn_reason reason = {""};
	struct hn_db *db = NULL;
	int64_t value = 0;

	if (hn_db_open(rig->path, HN_DB_READ, &db, &reason) < 0 || hn_db_integer(db, sql, &value, &reason) < 0)
		fail_msg("%s", reason.text);
	hn_db_free(db);
	return value;
}

/* Twice what it may hold: never more is on the disk, the newest is there, the oldest went. */
static void the_bound_holds_on_the_disk(void **state)
{
	struct hn_history_stats stats;
	struct hn_history *h;
	uint64_t seq = 0;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	h = open_store(&rig, MOST);
	while (seq < 4000) {
		seq = put_some(h, seq, 100);
		assert_true(hn_history_flush(h));
		assert_true(on_disk(&rig) <= MOST);
	}
	hn_history_stats(h, &stats);
	assert_true(stats.works);
	assert_true(stats.bytes > 0 && stats.bytes <= MOST);
	assert_int_equal(integer(&rig, "SELECT max(seq) FROM events"), seq);
	assert_true(integer(&rig, "SELECT count(*) FROM events") > 800);
	assert_int_equal(integer(&rig, "SELECT max(seq) - min(seq) + 1 - count(*) FROM events"), 0);
	hn_history_free(h);

	/* Less is wanted now: the file itself becomes smaller, while it is open. */
	h = open_store(&rig, MOST / 2);
	for (int i = 0; i < 1000 && on_disk(&rig) > MOST / 2; i++)
		usleep(10000);
	assert_true(on_disk(&rig) <= MOST / 2);
	assert_true(hn_history_flush(h));
	hn_history_free(h);
	assert_true(size_of(&rig, "") <= MOST / 2);
	assert_int_equal(integer(&rig, "SELECT max(seq) FROM events"), seq);
	rig_free(&rig);
}

/* Somebody reads and does not end: the log cannot be written back. It keeps to its share; what comes waits, and is written when
 * the reader has gone. */
static void a_reader_that_stays_is_borne(void **state)
{
	struct hn_history_stats stats = {.works = true};
	struct hn_reason reason = {""};
	struct hn_db *reader = NULL;
	struct hn_query *q = NULL;
	struct hn_history *h;
	uint64_t seq;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	h = open_store(&rig, MOST);
	seq = put_some(h, 0, 1500);
	assert_true(hn_history_flush(h));
	assert_int_equal(hn_db_open(rig.path, HN_DB_READ, &reader, &reason), 0);
	assert_int_equal(hn_db_query(reader, "SELECT seq FROM events", &q, &reason), 0);
	assert_int_equal(hn_query_step(q, &reason), 1);
	for (int i = 0; i < 2000 && stats.works; i++) {
		if (i < 20)
			seq = put_some(h, seq, 100);
		assert_true(on_disk(&rig) <= MOST);
		usleep(10000);
		hn_history_stats(h, &stats);
	}
	assert_false(stats.works);
	assert_non_null(strstr(stats.problem.text, "somebody keeps reading it"));
	hn_query_free(q);
	hn_db_free(reader);
	for (int i = 0; i < 2000 && !stats.works; i++) {
		usleep(10000);
		hn_history_stats(h, &stats);
	}
	assert_true(stats.works);
	assert_true(hn_history_flush(h));
	assert_true(on_disk(&rig) <= MOST);
	assert_int_equal(stats.not_stored, 0);
	hn_history_free(h);
	assert_int_equal(integer(&rig, "SELECT max(seq) FROM events"), seq);
	assert_int_equal(integer(&rig, "SELECT max(seq) - min(seq) + 1 - count(*) FROM events"), 0);
	rig_free(&rig);
}

/* Somebody has made the file anew without pointers from page to page: it is not rewritten behind his back, and that is said. */
static void a_file_that_cannot_shrink(void **state)
{
	struct hn_reason reason = {""};
	struct hn_space space;
	struct hn_db *db = NULL;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	db = rig_database(&rig);
	assert_int_equal(hn_db_exec(db,
				    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 600)"
				    "INSERT INTO events SELECT i, i, i, 't', 'f', hex(zeroblob(2000)) FROM n",
				    &reason),
			 0);
	assert_int_equal(hn_space_init(&space, db, 2 * MOST, &reason), 0);
	assert_string_equal(reason.text, "");
	assert_int_equal(hn_space_init(&space, db, MOST, &reason), 0);
	assert_non_null(strstr(reason.text, "auto_vacuum"));
	while (hn_space_step(&space, db, 0, &reason) == 1)
		;
	assert_true(integer(&rig, "SELECT count(*) FROM events") < 600);
	hn_db_free(db);
	rig_free(&rig);
}

/* Findings that have ended go too where no event is left, the oldest first; what is open stays, whatever it takes. */
static void what_is_open_stays(void **state)
{
	struct hn_reason reason = {""};
	struct hn_space space;
	struct hn_db *db = NULL;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	db = rig_database(&rig);
	assert_int_equal(hn_db_exec(db,
				    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 800)"
				    "INSERT INTO findings(id, state, last_seen, body) SELECT 'id' || i,"
				    " CASE WHEN i % 2 THEN 'open' ELSE 'gone' END, i, hex(zeroblob(2000)) FROM n",
				    &reason),
			 0);
	assert_int_equal(hn_space_init(&space, db, MOST, &reason), 0);
	while (hn_space_step(&space, db, 0, &reason) == 1)
		;
	assert_int_equal(integer(&rig, "SELECT count(*) FROM findings WHERE state = 'open'"), 400);
	assert_int_equal(
		integer(&rig, "SELECT coalesce(min(last_seen), 800) > 100 FROM findings WHERE state = 'gone'"), 1);
	hn_db_free(db);
	rig_free(&rig);
}

/* Clues of findings that are gone fill the file, and are gone themselves within a minute of steps, events or not. */
static void orphans_of_a_full_file_go(void **state)
{
	(void)state;
	for (int events = 0; events < 2; events++) {
		_cleanup_(hn_str_done) struct hn_str sql = {0};
		struct hn_reason reason = {""};
		struct hn_space space;
		struct hn_db *db;
		struct rig rig;

		rig_new(&rig);
		db = rig_database(&rig);
		assert_int_equal(hn_space_init(&space, db, MOST, &reason), 0);
		hn_str_printf(
			&sql,
			"INSERT INTO findings(id, state) VALUES('there', 'open');"
			"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000)"
			"INSERT INTO clues(finding, kind, digest, time, name) SELECT iif(i = 1000, 'there', 'gone'),"
			" 'program', i, iif(i = 1, %lld, 1), hex(zeroblob(1000)) FROM n;"
			"INSERT INTO pods VALUES('gone', 'u', 1, ''), ('there', 'u', 1, '');"
			"INSERT INTO executables VALUES('gone', 'c', 'p', 's', 1, 1), ('there', 'c', 'p', 's', 1, 1);",
			(long long)hn_wall_now().ns);
		if (events)
			hn_str_printf(&sql, "INSERT INTO events(seq, time) VALUES(1, %lld);",
				      (long long)hn_wall_now().ns);
		assert_int_equal(hn_db_exec(db, hn_str_get(&sql), &reason), 0);
		space.orphans = hn_mono_now();
		assert_true(hn_space_step(&space, db, 0, &reason) >= 0);
		assert_int_equal(integer(&rig, "SELECT count(*) FROM clues"), 1000); /* looked for lately */
		space.orphans.ns -= 60 * HN_NSEC_PER_SEC;
		assert_int_equal(hn_space_step(&space, db, 0, &reason), 1);
		/* A finding comes after its clues: what is new may yet be one's. */
		assert_int_equal(integer(&rig, "SELECT count(*) FROM clues"), 2);
		assert_int_equal(
			integer(&rig, "SELECT count(*) FROM clues WHERE finding = 'there' OR digest = '1'"), 2);
		assert_int_equal(integer(&rig, "SELECT count(*) FROM pods WHERE finding = 'there'"), 1);
		assert_int_equal(integer(&rig, "SELECT count(*) FROM pods"), 1);
		assert_int_equal(integer(&rig, "SELECT count(*) FROM executables"), 1);
		hn_db_free(db);
		rig_free(&rig);
	}
}

/* Somebody reads: the log does not begin anew then, and is no smaller for having been written back, if it could be. It is tried
 * again when it has grown by as much again, not for each row that comes. */
static void what_is_forced_is_not_forced_always(void **state)
{
	static const char one_more[] = "INSERT INTO events(body) VALUES(hex(zeroblob(2000)))";
	int64_t size;
	struct hn_reason reason = {""};
	struct hn_db *db, *reader = NULL;
	struct hn_query *q = NULL;
	struct hn_space space;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	db = rig_database(&rig);
	assert_int_equal(hn_db_exec(db, "PRAGMA journal_mode=WAL", &reason), 0);
	assert_int_equal(hn_space_init(&space, db, MOST, &reason), 0);
	space.log_forced = 128 * 1024;
	while (hn_db_log_bytes(db) < space.log_forced)
		assert_int_equal(hn_db_exec(db, one_more, &reason), 0);
	assert_int_equal(hn_db_open(rig.path, HN_DB_READ, &reader, &reason), 0);
	assert_int_equal(hn_db_query(reader, "SELECT seq FROM events", &q, &reason), 0);
	assert_int_equal(hn_query_step(q, &reason), 1);
	assert_int_equal(hn_space_write_back(&space, db, false, true, &reason), 1);
	for (int i = 0; i < 5; i++) {
		const struct hn_mono before = space.written_back;

		assert_int_equal(hn_space_write_back(&space, db, false, true, &reason), 0);
		assert_int_equal(hn_space_for(&space, db, 100, &reason), 0);
		assert_int_equal(hn_db_exec(db, one_more, &reason), 0);
		assert_true(hn_db_log_bytes(db) > space.log_forced);
		assert_int_equal(hn_space_write_back(&space, db, false, true, &reason), 0);
		assert_int_equal(space.written_back.ns, before.ns);
	}
	size = hn_db_log_bytes(db);
	while (hn_db_log_bytes(db) < size + space.log_forced)
		assert_int_equal(hn_db_exec(db, one_more, &reason), 0);
	space.written_back.ns = 1;
	assert_int_equal(hn_space_write_back(&space, db, false, true, &reason), 0); /* in vain */
	assert_true(space.written_back.ns > 1);
	hn_query_free(q);
	hn_db_free(reader);
	while (hn_db_log_bytes(db) < size + 2 * space.log_forced + 16 * 1024)
		assert_int_equal(hn_db_exec(db, one_more, &reason), 0);
	assert_int_equal(hn_space_write_back(&space, db, false, true, &reason), 1);
	/* It begins anew, and is measured from there. */
	assert_int_equal(hn_db_exec(db, one_more, &reason), 0);
	assert_true(hn_db_log_bytes(db) < space.log_forced);
	assert_int_equal(hn_space_write_back(&space, db, false, true, &reason), 0);
	while (hn_db_log_bytes(db) < space.log_forced)
		assert_int_equal(hn_db_exec(db, one_more, &reason), 0);
	assert_int_equal(hn_space_write_back(&space, db, false, true, &reason), 1);
	hn_db_free(db);
	rig_free(&rig);
}

static void *read_a_moment(void *reader)
{
	usleep(100000);
	hn_query_free(reader);
	return NULL;
}

/* The end comes while somebody reads, and the log is full: what waits is written when he has gone. Where he does not go it is
 * lost, and the file does not say that all was well. */
static void the_end_waits_for_a_reader(void **state)
{
	(void)state;
	for (int stays = 0; stays < 2; stays++) {
		struct hn_reason reason = {""};
		struct hn_db *reader = NULL;
		struct hn_query *q = NULL;
		struct hn_history *h;
		pthread_t thread;
		uint64_t seq;
		struct rig rig;

		rig_new(&rig);
		h = open_store(&rig, MOST);
		seq = put_some(h, 0, 10);
		assert_true(hn_history_flush(h));
		assert_int_equal(hn_db_open(rig.path, HN_DB_READ, &reader, &reason), 0);
		assert_int_equal(hn_db_query(reader, "SELECT seq FROM events", &q, &reason), 0);
		assert_int_equal(hn_query_step(q, &reason), 1);
		seq = put_some(h, seq, 400);
		if (!stays)
			assert_int_equal(pthread_create(&thread, NULL, read_a_moment, q), 0);
		hn_history_free(h);
		if (stays)
			hn_query_free(q);
		else
			pthread_join(thread, NULL);
		hn_db_free(reader);
		assert_int_equal(integer(&rig, "SELECT max(seq) FROM events") == (int64_t)seq, !stays);
		assert_int_equal(integer(&rig, "SELECT clean FROM sessions"), !stays);
		rig_free(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bound_holds_on_the_disk),
		cmocka_unit_test(a_reader_that_stays_is_borne),
		cmocka_unit_test(a_file_that_cannot_shrink),
		cmocka_unit_test(what_is_open_stays),
		cmocka_unit_test(orphans_of_a_full_file_go),
		cmocka_unit_test(what_is_forced_is_not_forced_always),
		cmocka_unit_test(the_end_waits_for_a_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
