/* SPDX-License-Identifier: Apache-2.0 */
/* Files as former versions made them, word for word: what is here is never changed, a new form gets a new row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "history/schema.h"
#include "history/sqlite.h"
#include "hostnetd/str.h"

#include "rig.h"

#define FORM_1                                                                                                          \
	"CREATE TABLE findings(id TEXT PRIMARY KEY, state TEXT, way TEXT, cause TEXT, severity TEXT, verdict TEXT,"     \
	" ns TEXT, pod TEXT, uid TEXT, kind TEXT, workload TEXT, first_seen INTEGER, last_seen INTEGER,"                \
	" resolved_at INTEGER, body TEXT) WITHOUT ROWID;"                                                               \
	"CREATE INDEX findings_last_seen ON findings(last_seen);"                                                       \
	"CREATE TABLE events(seq INTEGER PRIMARY KEY, time INTEGER, mono INTEGER, type TEXT, finding TEXT, body TEXT);" \
	"CREATE INDEX events_finding ON events(finding, seq);"                                                          \
	"CREATE INDEX events_time ON events(time);"                                                                     \
	"CREATE TABLE pods(finding TEXT, uid TEXT, time INTEGER, body TEXT, PRIMARY KEY(finding, uid)) WITHOUT ROWID;"  \
	"CREATE TABLE listed(uid TEXT PRIMARY KEY, time INTEGER) WITHOUT ROWID;"                                        \
	"CREATE TABLE executables(finding TEXT, container TEXT, path TEXT, sha256 TEXT, size INTEGER, time INTEGER,"    \
	" PRIMARY KEY(finding, container, path, sha256)) WITHOUT ROWID;"
#define FORM_2 \
	FORM_1 "CREATE TABLE sessions(id INTEGER PRIMARY KEY, started INTEGER, heartbeat INTEGER, clean INTEGER);"
#define FORM_3                                                                                                                \
	FORM_2 "CREATE TABLE exceptions(name TEXT PRIMARY KEY, since INTEGER, matched INTEGER, told INTEGER, digest INTEGER," \
	       " time INTEGER) WITHOUT ROWID;"

#define SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define ROWS                                                                                                      \
	"INSERT INTO findings VALUES('" ID                                                                        \
	"', 'open', 'namespace', 'joined', 'critical', 'ai', 'ml', 'web-0', 'u',"                                 \
	" 'Job', 'j', 1000, 2000, 0, '{\"occurrences\":3,\"containers\":[{\"id\":\"c1\"}],\"ai\":{\"evidence\":[" \
	"{\"signal\":\"exe\",\"source\":\"observed\",\"path\":\"process 7 exe\",\"value\":\"vllm\"}]}}');"        \
	"INSERT INTO events VALUES(41, 1500, 7, 'finding.opened', '" ID "', '{}');"                               \
	"INSERT INTO pods VALUES('" ID "', 'u', 1500, '{}');"                                                     \
	"INSERT INTO listed VALUES('u', 1500);"                                                                   \
	"INSERT INTO executables VALUES('" ID "', 'server', '/usr/bin/vllm', '" SHA256 "', 9, 1500);"
#define ROWS_2 ROWS "INSERT INTO sessions VALUES(1, 1000, 1600, 1);"
#define ROWS_3 ROWS_2 "INSERT INTO exceptions VALUES('r', 1, 2, 3, 4, 5);"

static const char *const forms[] = {FORM_1 ROWS, FORM_2 ROWS_2, FORM_3 ROWS_3};

/* Each table's columns and each index. */
static void shape_of(struct hn_db *db, struct hn_str *ret)
{
	static const char sql[] =
		"SELECT m.type || ' ' || m.name || ' ' || coalesce((SELECT group_concat(p.name || ' ' || p.type || ' ' ||"
		" p.pk, ', ') FROM pragma_table_info(m.name) p), m.sql) FROM sqlite_schema m ORDER BY m.name";
	struct hn_reason reason = {""};
	struct hn_query *q = NULL;

	assert_int_equal(hn_db_query(db, sql, &q, &reason), 0);
	while (hn_query_step(q, &reason) == 1) {
		hn_str_puts(ret, hn_query_text(q, 0));
		hn_str_putc(ret, '\n');
	}
	hn_query_free(q);
	assert_string_equal(reason.text, "");
}

static int64_t number(struct hn_db *db, const char *sql)
{
	struct hn_reason reason = {""};
	int64_t v = -1;

	if (hn_db_integer(db, sql, &v, &reason) < 0)
		fail_msg("%s: %s", sql, reason.text);
	return v;
}

static void make(const struct rig *rig, size_t form, struct hn_db **ret)
{
	_cleanup_(hn_str_done) struct hn_str sql = {0};
	struct hn_reason reason = {""};

	assert_int_equal(hn_db_open(rig->path, HN_DB_WRITE, ret, &reason), 0);
	hn_str_printf(&sql, "%s PRAGMA application_id = %d; PRAGMA user_version = %zu;", forms[form - 1],
		      0x686e6864, form);
	if (hn_db_exec(*ret, hn_str_get(&sql), &reason) < 0)
		fail_msg("form %zu: %s", form, reason.text);
}

static void each_form_becomes_todays(void **state)
{
	_cleanup_(hn_str_done) struct hn_str today = {0};
	struct hn_reason reason = {""};
	struct hn_db *db = NULL;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	db = rig_database(&rig);
	shape_of(db, &today);
	hn_db_free(db);
	rig_free(&rig);
	for (size_t form = 1; form <= HN_ARRAY_SIZE(forms); form++) {
		_cleanup_(hn_str_done) struct hn_str shape = {0};

		rig_new(&rig);
		make(&rig, form, &db);
		if (hn_schema_migrate(db, &reason) < 0)
			fail_msg("form %zu: %s", form, reason.text);
		assert_int_equal(number(db, "PRAGMA user_version"), HN_HISTORY_VERSION);
		shape_of(db, &shape);
		assert_string_equal(hn_str_get(&shape), hn_str_get(&today));
		assert_int_equal(
			number(db, "SELECT count(*) FROM findings WHERE id = '" ID "' AND last_seen = 2000"), 1);
		assert_int_equal(number(db, "SELECT seq FROM events WHERE finding = '" ID "' AND mono = 7"), 41);
		assert_int_equal(number(db, "SELECT count(*) FROM pods WHERE uid = 'u'"), 1);
		assert_int_equal(number(db, "SELECT count(*) FROM listed WHERE uid = 'u'"), 1);
		assert_int_equal(number(db, "SELECT size FROM executables WHERE path = '/usr/bin/vllm'"), 9);
		assert_int_equal(number(db, "SELECT count(*) FROM sessions"), form >= 2);
		assert_int_equal(number(db, "SELECT count(*) FROM exceptions WHERE digest = 4"), form >= 3);
		hn_db_free(db);
		rig_free(&rig);
	}
}

static void take(const struct hn_finding *f, void *arg)
{
	*(struct hn_finding *)arg = *f;
}

static bool count(const struct hn_history_row *row, void *arg)
{
	assert_true(row->time.ns > 0);
	++*(unsigned *)arg;
	return true;
}

/* An agent goes on with it, and a reader reads it as it is. */
static void each_form_is_of_use(void **state)
{
	const struct hn_history_filter all = {0};
	struct hn_history_reader *reader;
	struct hn_reason reason = {""};
	struct hn_finding f;
	struct hn_history *h;
	struct hn_wall until;
	struct hn_db *db;
	struct rig rig;
	unsigned n;
	bool clean;

	(void)state;
	for (size_t form = 1; form <= HN_ARRAY_SIZE(forms); form++) {
		rig_new(&rig);
		make(&rig, form, &db);
		hn_db_free(db);
		if (hn_history_read(rig.path, &reader, &reason) < 0)
			fail_msg("form %zu: %s", form, reason.text);
		n = 0;
		assert_int_equal(hn_history_findings(reader, &all, count, &n, &reason), 0);
		assert_int_equal(n, 1);
		assert_int_equal(hn_history_events(reader, &all, count, &n, &reason), 0);
		assert_int_equal(n, 2);
		assert_int_equal(hn_history_executables(reader, ID, count, &n, &reason), 0);
		assert_int_equal(n, 3);
		hn_history_reader_free(reader);
		h = open_store(&rig, 1 << 24);
		f = (struct hn_finding){0};
		hn_history_restore(h, take, &f);
		assert_string_equal(f.id, ID);
		assert_int_equal(f.state, HN_STATE_OPEN);
		assert_int_equal(f.occurrences, 3);
		assert_int_equal(f.ai.n_evidence, 1);
		assert_true(hn_history_knows_pod(h, "u"));
		assert_int_equal(hn_history_last_seq(h), 41);
		assert_int_equal(hn_history_last_run(h, &until, &clean), form >= 2);
		hn_history_free(h);
		rig_free(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_becomes_todays),
		cmocka_unit_test(each_form_is_of_use),
	};

	return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
