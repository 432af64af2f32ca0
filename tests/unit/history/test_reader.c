// SPDX-License-Identifier: Apache-2.0
/* Who has a file and no agent: an old form, and when nobody watched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <errno.h>

#include "hostnetd/history.h"
#include "hostnetd/str.h"

#include "history/schema.h"

#include "rig.h"

static bool count_row(const struct hn_history_row *row, void *arg)
{
	unsigned *n = arg;

	(void)row;
	(*n)++;
	return true;
}

/* A copy of an old file is read as it is: it is not touched, and needs none of the younger tables. */
static void an_older_form_is_read(void **state)
{
	struct hn_history_filter all = {0};
	struct hn_history_reader *r = NULL;
	struct hn_reason reason = {""};
	unsigned findings = 0, events = 0, rest = 0;
	struct stat before, after;
	struct hn_db *db = NULL;
	int64_t version = 0;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	db = rig_database(&rig);
	assert_int_equal(hn_db_exec(db,
				    AS_VERSION_1 "INSERT INTO findings(id, state, last_seen, body) VALUES('" ID
						 "', 'open', 5, '{}');"
						 "INSERT INTO events VALUES(9, 1, 1, 'process.exec', '" ID
						 "', '{}')",
				    &reason),
			 0);
	hn_db_free(db);
	assert_int_equal(stat(rig.path, &before), 0);
	if (hn_history_read(rig.path, &r, &reason) < 0)
		fail_msg("%s", reason.text);
	assert_int_equal(hn_history_findings(r, &all, count_row, &findings, &reason), 0);
	assert_int_equal(findings, 1);
	assert_int_equal(hn_history_events(r, &all, count_row, &events, &reason), 0);
	assert_int_equal(events, 1);
	assert_int_equal(hn_history_pods(r, ID, count_row, &rest, &reason), 0);
	assert_int_equal(hn_history_executables(r, ID, count_row, &rest, &reason), 0);
	assert_int_equal(hn_history_watching(r, all.since, all.until, 0, count_row, &rest, &reason), 0);
	assert_int_equal(rest, 0);
	hn_history_reader_free(r);
	assert_int_equal(stat(rig.path, &after), 0);
	assert_int_equal(after.st_size, before.st_size);
	assert_int_equal(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
	assert_int_equal(hn_db_open(rig.path, HN_DB_WRITE, &db, &reason), 0);
	assert_int_equal(hn_db_integer(db, "PRAGMA user_version", &version, &reason), 0);
	assert_int_equal(version, 1);
	assert_int_equal(hn_db_exec(db, "DROP TABLE pods", &reason), 0);
	hn_db_free(db);
	assert_int_equal(hn_history_read(rig.path, &r, &reason), -EBADMSG);
	rig_free(&rig);
}

/* Conditions combine; a pod answers to its uid, a workload to its kind before its name; NULL columns match no condition. */
static void filters_combine(void **state)
{
	static const char rows[] =
		"INSERT INTO findings(id, state, cause, ns, pod, uid, kind, workload, first_seen, last_seen, resolved_at, body) VALUES"
		"('a1', 'open', 'joined', 'ml', 'web-1', 'u1', 'Deployment', 'web', 10, 20, 0, '{}'),"
		"('a2', 'resolved', 'declared', 'ml', 'web-0', 'u2', 'StatefulSet', 'web', 10, 20, 24, '{}'),"
		"('b1', 'open', 'joined', 'prod', 'web-1', 'u3', 'Deployment', 'web', 30, 40, 0, '{}'),"
		"('b2', 'sharing', 'joined', NULL, NULL, NULL, NULL, NULL, 30, 40, NULL, '{}')";
	static const struct {
		struct hn_history_filter f;
		unsigned n;
	} cases[] = {
		{{.limit = 0}, 4},
		{{.workload = "web"}, 3},
		{{.workload = "Deployment/web"}, 2},
		{{.workload = "Deployment/"}, 0},
		{{.workload = "deployment/web"}, 0},
		{{.workload = "/"}, 0},
		{{.pod = "web-1"}, 2},
		{{.pod = "u3"}, 1},
		{{.pod = "u1", .ns = "prod"}, 0},
		{{.ns = "ml", .cause = "joined"}, 1},
		{{.ns = "ml", .state = "resolved", .workload = "StatefulSet/web"}, 1},
		{{.cause = "joined"}, 3},
		{{.finding = "a"}, 2},
		{{.since.ns = 25}, 3},
		{{.since.ns = 22, .state = "resolved"}, 1}, /* seen last before, resolved within */
		{{.since.ns = 25, .state = "resolved"}, 0},
		{{.until.ns = 15}, 2},
		{{.limit = 1}, 1},
	};
	struct hn_history_reader *r = NULL;
	struct hn_reason reason = {""};
	struct hn_db *db = NULL;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	db = rig_database(&rig);
	assert_int_equal(hn_db_exec(db, rows, &reason), 0);
	hn_db_free(db);
	assert_int_equal(hn_history_read(rig.path, &r, &reason), 0);
	for (size_t i = 0; i < HN_ARRAY_SIZE(cases); i++) {
		unsigned n = 0;

		assert_int_equal(hn_history_findings(r, &cases[i].f, count_row, &n, &reason), 0);
		if (n != cases[i].n)
			fail_msg("case %zu: %u findings, not %u", i, n, cases[i].n);
	}
	hn_history_reader_free(r);
	rig_free(&rig);
}

static bool note(const struct hn_history_row *row, void *arg)
{
	struct hn_str *noted = arg;

	hn_str_printf(noted, "%llu%s ", (unsigned long long)row->seq, row->field[HN_HISTORY_SINCE][0] ? "s" : "");
	return true;
}

#define AT(second) "1970-01-01T00:00:" #second ".000000Z"
#define GAP(since, until) "'{\"since\":\"" AT(since) "\",\"until\":\"" AT(until) "\"}'"

/* A gap counts where it reaches into the span, the rest where it lies in it; what is no time in a hostile file is none. */
static void gaps_reach_into_a_span(void **state)
{
	static const char rows[] = "INSERT INTO events VALUES(1, 3000000000, 0, 'agent.gap', NULL, " GAP(
		01, 02) "),"
			"(2, 9000000000, 0, 'agent.started', NULL, '{}'),"
			"(3, 13000000000, 0, 'agent.gap', '', " GAP(
				05,
				12) "),"
				    "(4, 14000000000, 0, 'agent.lost', NULL, '{\"count\":3}'),"
				    "(5, 15000000000, 0, 'agent.stopped', NULL, '{}'),"
				    "(6, 15000000000, 0, 'process.exec', NULL, '{}'),"
				    "(7, 15000000000, 0, 'agent.gap', '" ID "', '{}'),"
				    "(8, 15000000000, 0, 'agent.gap', NULL, 'no JSON'),"
				    "(9, 15000000000, 0, 'agent.gap', NULL, '{\"since\":[1],\"until\":\"9999\"}'),"
				    "(10, 'x', 0, 'agent.lost', NULL, '{}'),"
				    "(11, 41000000000, 0, 'agent.gap', NULL, " GAP(
					    25,
					    40) "),"
						"(12, 42000000000, 0, 'agent.gap', NULL, " GAP(
							31,
							41) "),"
							    "(13, 43000000000, 0, 'agent.started', NULL, '{}')";
	static const struct {
		int64_t since, until;
		const char *noted;
	} spans[] = {
		{10, 30, "11s 9 5 4 3s "},
		{10, 0, "13 12s 11s 10 9 5 4 3s "},
		{0, 4, "1s "},
		{44, 50, ""},
	};
	struct hn_history_reader *r = NULL;
	struct hn_reason reason = {""};
	struct hn_db *db = NULL;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	db = rig_database(&rig);
	assert_int_equal(hn_db_exec(db, rows, &reason), 0);
	hn_db_free(db);
	assert_int_equal(hn_history_read(rig.path, &r, &reason), 0);
	for (size_t i = 0; i < HN_ARRAY_SIZE(spans); i++) {
		struct hn_wall since = {spans[i].since * HN_NSEC_PER_SEC},
			       until = {spans[i].until * HN_NSEC_PER_SEC};
		struct hn_str noted = {0};

		if (hn_history_watching(r, since, until, 0, note, &noted, &reason) < 0)
			fail_msg("%s", reason.text);
		assert_string_equal(hn_str_get(&noted), spans[i].noted);
		hn_str_done(&noted);
	}
	for (int64_t limit = 1; limit <= 2; limit++) {
		unsigned n = 0;

		assert_int_equal(hn_history_watching(r, (struct hn_wall){0}, (struct hn_wall){0}, limit, count_row,
						     &n, &reason),
				 0);
		assert_int_equal(n, limit);
	}
	hn_history_reader_free(r);
	rig_free(&rig);
}

static bool note_program(const struct hn_history_row *row, void *arg)
{
	hn_str_printf(arg, "%s %s %.1s; ", row->field[HN_HISTORY_CONTAINER], row->field[HN_HISTORY_EXE],
		      row->field[HN_HISTORY_SHA256]);
	return true;
}

/* An older agent kept them under the id, and once more under the name that it heard later; this one under the id alone. */
static void a_container_is_named(void **state)
{
	static const char digests[] =
		"UPDATE executables SET sha256 = substr(replace(hex(zeroblob(32)), '0', sha256), 1, 64)";
	static const char rows[] =
		"INSERT INTO findings(id, state, last_seen, body) VALUES('" ID
		"', 'open', 5, '{\"containers\":[{\"id\":\"c1\",\"name\":\"server\"},{\"id\":\"c2\"},7,{\"id\":\"c1\",\"name\":\"server\"}]}'),"
		"('x', 'open', 5, 'no JSON');"
		"INSERT INTO executables VALUES('" ID "', 'c1', '/v', 'a', 1, 1), ('" ID
		"', 'server', '/v', 'a', 1, 2),"
		"('" ID "', 'c2', '/w', 'b', 1, 3), ('" ID "', 'c1', '/two', 'c', 1, 4), ('" ID
		"', 'server', '/two', 'd', 1, 5), ('other', 'c1', '/v', 'e', 1, 1);"
		"INSERT INTO events SELECT value ->> 0, 1, 1, 'process.exec', '" ID
		"', json_object('container', value ->> 1, 'process', json_object('pid', 7, 'exe', value ->> 2)) FROM"
		" json_each('[[1,\"c1\",\"/v\"],[2,\"server\",\"/v\"],[3,\"c2\",\"/w\"],[4,\"server\",\"/two\"],[5,\"c2\",\"/v\"]]')";
	struct hn_history_filter all = {.finding = ID};
	struct hn_str programs = {0}, events = {0};
	struct hn_history_reader *r = NULL;
	struct hn_reason reason = {""};
	struct hn_db *db = NULL;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	db = rig_database(&rig);
	if (hn_db_exec(db, rows, &reason) < 0 || hn_db_exec(db, digests, &reason) < 0)
		fail_msg("%s", reason.text);
	hn_db_free(db);
	assert_int_equal(hn_history_read(rig.path, &r, &reason), 0);
	if (hn_history_executables(r, ID, note_program, &programs, &reason) < 0 ||
	    hn_history_events(r, &all, note_program, &events, &reason) < 0)
		fail_msg("%s", reason.text);
	assert_string_equal(hn_str_get(&programs), "server /v a; c2 /w b; server /two c; server /two d; ");
	assert_string_equal(hn_str_get(&events), "c1 /v a; server /v a; c2 /w b; server /two ; c2 /v ; ");
	hn_str_done(&programs);
	hn_str_done(&events);
	hn_history_reader_free(r);
	rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_older_form_is_read),
		cmocka_unit_test(filters_combine),
		cmocka_unit_test(gaps_reach_into_a_span),
		cmocka_unit_test(a_container_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
