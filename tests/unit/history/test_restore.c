/* SPDX-License-Identifier: Apache-2.0 */
/* What a former run left: of a finding all that goes on, until when it watched, and what a hostile file can not do. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "history/restore.h"
#include "history/schema.h"
#include "hostnetd/str.h"

#include "rig.h"

static void listed(const char *uid, void *arg)
{
	(void)uid;
	(void)arg;
	fail();
}

/* Reads a fresh file after `sql`. */
static void restore(const char *sql, struct hn_restored *ret)
{
	struct hn_reason reason = {""};
	struct hn_db *db = NULL;
	struct rig rig;

	*ret = (struct hn_restored){0};
	rig_new(&rig);
	db = rig_database(&rig);
	if (hn_db_exec(db, sql, &reason) < 0 || hn_restore_read(db, HN_RESTORE_NS, ret, listed, NULL, &reason) < 0)
		fail_msg("%s: %s", sql, reason.text);
	hn_db_free(db);
	rig_free(&rig);
}

#define FINDING(body)                                                                                        \
	"INSERT INTO findings(id, state, way, cause, verdict, first_seen, last_seen, body) VALUES('" ID "'," \
	" 'open', 'namespace', 'joined', 'ai', 1000, 2000, '" body "');"
#define LATELY "9223372036854775807"
#define TIME "\"time\":\"2026-11-24T20:31:07.000000Z\""

static void whom_it_called(void **state)
{
	static const char sql[] = FINDING(
		"{\"network\":{\"listening\":[{\"port\":80}],\"metadataAccess\":[{\"address\":\"169.254.169.254\"," TIME
		"},{\"address\":\"fd00:ec2::254\"," TIME
		"}],\"controlAccess\":[{\"address\":\"10.0.0.1\",\"port\":10250," TIME
		"}],\"abstractAccess\":[{\"name\":\"@x\"," TIME "}]}}");
	struct hn_finding_contact *c;
	struct hn_restored restored;
	char text[INET6_ADDRSTRLEN];

	(void)state;
	restore(sql, &restored);
	assert_int_equal(restored.n, 1);
	assert_int_equal(restored.findings[0].n_contacts, 4);
	c = restored.findings[0].contacts;
	assert_int_equal(c[0].what, HN_CONTACT_METADATA);
	assert_string_equal(inet_ntop(c[0].endpoint.family, c[0].endpoint.address, text, sizeof(text)),
			    "169.254.169.254");
	assert_int_equal(c[0].time.ns, 1795552267000000000LL);
	assert_string_equal(inet_ntop(c[1].endpoint.family, c[1].endpoint.address, text, sizeof(text)),
			    "fd00:ec2::254");
	assert_int_equal(c[2].what, HN_CONTACT_CONTROL);
	assert_int_equal(c[2].endpoint.port, 10250);
	assert_int_equal(c[3].what, HN_CONTACT_ABSTRACT);
	assert_string_equal(c[3].name, "@x");
	hn_restored_done(&restored);
}

/* Each is left out, and nothing else is. */
static void no_contact(void **state)
{
	static const char *const rows[] = {
		FINDING("{\"network\":7}"),
		FINDING("{\"network\":{\"metadataAccess\":\"x\",\"controlAccess\":{\"a\":1}}}"),
		FINDING("{\"network\":{\"metadataAccess\":[\"x\",7,null,[]]}}"),
		FINDING("{\"network\":{\"metadataAccess\":[{\"address\":\"1.2.3\"," TIME "}]}}"),
		FINDING("{\"network\":{\"metadataAccess\":[{\"address\":{\"a\":1}," TIME "}]}}"),
		FINDING("{\"network\":{\"metadataAccess\":[{\"address\":\"1.2.3.4\",\"time\":\"now\"}]}}"),
		FINDING("{\"network\":{\"controlAccess\":[{\"address\":\"1.2.3.4\",\"port\":65536," TIME "}]}}"),
		FINDING("{\"network\":{\"controlAccess\":[{\"address\":\"1.2.3.4\",\"port\":-1," TIME "}]}}"),
	};
	struct hn_restored restored;

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		restore(rows[i], &restored);
		assert_int_equal(restored.n, 1);
		if (restored.findings[0].n_contacts)
			fail_msg("row %zu", i);
		hn_restored_done(&restored);
	}
}

/* Of so many as a finding holds. */
static void many_contacts(void **state)
{
	_cleanup_(hn_str_done) struct hn_str sql = {0};
	struct hn_restored restored;

	(void)state;
	hn_str_puts(&sql, "INSERT INTO findings(id, state, last_seen, body) VALUES('" ID
			  "', 'open', 1, '{\"network\":{\"metadataAccess\":[");
	for (int i = 0; i < 100; i++)
		hn_str_printf(&sql, "%s{\"address\":\"10.0.0.%d\"," TIME "}", i ? "," : "", i);
	hn_str_puts(&sql, "]}}');");
	restore(hn_str_get(&sql), &restored);
	assert_int_equal(restored.findings[0].n_contacts, HN_FINDING_CONTACTS);
	hn_restored_done(&restored);
}

/* As many as the agent keeps; what is open comes before what is over, though that was seen later. */
static void the_open_ones_first(void **state)
{
	static const char sql[] =
		"WITH RECURSIVE i(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM i WHERE i < 39)"
		" INSERT INTO findings(id, state, last_seen, resolved_at, body)"
		" SELECT printf('%032x', i), iif(i < 20, 'open', 'resolved'), i, " LATELY ", '{}' FROM i;";
	struct hn_restored restored;

	(void)state;
	restore(sql, &restored);
	assert_int_equal(restored.n, 40);
	assert_string_equal(restored.findings[0].id, "00000000000000000000000000000013");
	assert_string_equal(restored.findings[19].id, "00000000000000000000000000000000");
	assert_string_equal(restored.findings[20].id, "00000000000000000000000000000027");
	assert_int_equal(restored.findings[39].state, HN_STATE_RESOLVED);
	hn_restored_done(&restored);
}

/* Which containers were there at the end; an older form does not say it, and all of what is open are taken for it. */
static void who_was_there(void **state)
{
#define CONTAINERS(how) "INSERT INTO findings(id, state, last_seen, resolved_at, body) VALUES('" ID "', " how ");"
#define TWO "'{\"containers\":[{\"id\":\"a\",\"shares\":false},{\"id\":\"b\",\"shares\":true}]}'"
#define NONE "'{\"x\":\"\\\"shares\\\":true\",\"containers\":[{\"id\":\"a\",\"shares\":false}]}'"
#define OLDER "'{\"containers\":[{\"id\":\"a\"},{\"id\":\"b\"}]}'"
	static const struct {
		const char *sql;
		size_t n;
		bool present[2];
	} rows[] = {
		{CONTAINERS("'open', 1, 0, " TWO), 1, {false, true}},
		{CONTAINERS("'sharing', 1, 0, " OLDER), 1, {true, true}},
		{CONTAINERS("'resolved', 1, " LATELY ", " OLDER), 1, {false, false}},
		{CONTAINERS("'resolved', 1, " LATELY ", " TWO), 1, {false, true}},
		{CONTAINERS("'resolved', 1, 5, " OLDER), 0, {false}},
		{CONTAINERS("'resolved', 1, 5, " NONE), 0, {false}},
		/* Over for long, and there still. */
		{CONTAINERS("'resolved', 1, 5, " TWO), 1, {false, true}},
		{CONTAINERS("'gone', 1, 5, " TWO), 0, {false}},
	};
	struct hn_restored restored;

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		restore(rows[i].sql, &restored);
		if (restored.n != rows[i].n)
			fail_msg("row %zu: %zu", i, restored.n);
		for (size_t k = 0; restored.n && k < 2; k++)
			if (restored.findings[0].containers[k].present != rows[i].present[k])
				fail_msg("row %zu, container %zu", i, k);
		hn_restored_done(&restored);
	}
}

#define SESSION "INSERT INTO sessions VALUES(1, 1000, 5000, 0);"
#define SESSION_2 "INSERT INTO sessions VALUES(2, 3, 4, 0);"
#define EVENT(seq, time) "INSERT INTO events(seq, time) VALUES(" seq ", " time ");"

/* A run watched as long as it wrote, which is longer than its last heartbeat says. */
static void until_when(void **state)
{
	static const struct {
		const char *sql;
		int64_t until;
	} rows[] = {
		{SESSION, 5000},
		{SESSION EVENT("1", "4000"), 5000},
		{SESSION EVENT("1", "9000") EVENT("2", "7000"), 9000},
		{SESSION EVENT("1", "NULL"), 5000},
		{SESSION EVENT("1", "9223372036854775807"), 5000}, /* of a time to come */
		{SESSION EVENT("1", "9000") EVENT("2", "9223372036854775807"), 9000},
		{"INSERT INTO sessions VALUES(1, 1, 2, 1);" SESSION_2 EVENT("1", "9000"), 9000},
		{EVENT("1", "9000"), 0}, /* no agent wrote it */
	};
	struct hn_restored restored;

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		restore(rows[i].sql, &restored);
		if (restored.until.ns != rows[i].until)
			fail_msg("row %zu: %lld", i, (long long)restored.until.ns);
		hn_restored_done(&restored);
	}
	/* A clock that was set back: a gap does not end before it begins. */
	restore("INSERT INTO sessions VALUES(1, 1, 9223372036854775807, 0);", &restored);
	assert_true(restored.until.ns > 0 && restored.until.ns <= hn_wall_now().ns);
	hn_restored_done(&restored);
}

/* A file that takes too long holds nobody up: what was seen last is read first, the rest is left. */
static void no_time(void **state)
{
	struct hn_restored restored = {0};
	struct hn_reason reason = {""};
	struct hn_db *db;
	int64_t slow = 0;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	db = rig_database(&rig);
	assert_int_equal(hn_db_exec(db, FINDING("{}") SESSION EVENT("7", "9000"), &reason), 0);
	assert_int_equal(hn_restore_read(db, -1, &restored, listed, NULL, &reason), 0);
	assert_true(restored.cut);
	assert_int_equal(restored.n, 0);
	assert_int_equal(restored.last_seq, 7);
	assert_int_equal(restored.until.ns, 9000);
	hn_restored_done(&restored);
	assert_int_equal(hn_restore_read(db, HN_RESTORE_NS, &restored, listed, NULL, &reason), 0);
	assert_false(restored.cut);
	assert_int_equal(restored.n, 1);
	hn_restored_done(&restored);
	/* Its bound is not the writer's. */
	assert_int_equal(
		hn_db_integer(db,
			      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000)"
			      " SELECT count(*) FROM n",
			      &slow, &reason),
		0);
	hn_db_free(db);
	rig_free(&rig);
}

/* Of two statements that run at once each has its own time: who asks for each row's words does not give the rest more. */
static void the_limit_is_a_statements_own(void **state)
{
	static const char rows[] =
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
		" WHERE i % 30000 = 0";
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	struct hn_reason reason = {""};
	int64_t one = 0;
	struct hn_db *db;
	struct rig rig;
	int r;

	(void)state;
	rig_new(&rig);
	db = rig_database(&rig);
	hn_db_limit(db, 50 * HN_NSEC_PER_MSEC);
	assert_int_equal(hn_db_query(db, rows, &q, &reason), 0);
	r = 1;
	for (int i = 0; i < 1000 && r == 1 && (r = hn_query_step(q, &reason)) == 1; i++) {
		usleep(1000);
		assert_int_equal(hn_db_integer(db, "SELECT 1", &one, &reason), 0);
	}
	assert_int_equal(r, -ETIMEDOUT);
	hn_query_free(TAKE_PTR(q));
	/* Time that others take is not its own. */
	assert_int_equal(
		hn_db_query(
			db,
			"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3) SELECT i FROM n",
			&q, &reason),
		0);
	assert_int_equal(hn_query_step(q, &reason), 1);
	usleep(100000);
	assert_int_equal(hn_query_step(q, &reason), 1);
	hn_query_free(TAKE_PTR(q));
	hn_db_free(db);
	rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whom_it_called),
		cmocka_unit_test(no_contact),
		cmocka_unit_test(many_contacts),
		cmocka_unit_test(until_when),
		cmocka_unit_test(no_time),
		cmocka_unit_test(the_limit_is_a_statements_own),
		cmocka_unit_test(the_open_ones_first),
		cmocka_unit_test(who_was_there),
	};

	return cmocka_run_group_tests_name("restore", tests, NULL, NULL);
}
