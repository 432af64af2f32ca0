/* SPDX-License-Identifier: Apache-2.0 */
/* The recorded node as sightings, and recordings that make no sense. */
#include "../../../src/probe/replay.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hostnetd/cgroup.h"

#define RECORDING "tests/data/proc/node-processes.json"
#define HEAD "{\"hostNetns\":\"net:[1]\",\"processes\":["
#define STATUS "\"status\":[\"PPid:\\t3\",\"Uid:\\t1\\t2\\t3\\t4\"]"
#define REST \
	STATUS ",\"netns\":\"net:[1]\",\"inHostNetns\":true,\"mntns\":\"mnt:[7]\",\"cgroup\":[\"0::/default/x\"]}"
#define GOOD "{\"pid\":5,\"comm\":\"c\",\"argv\":[\"a\",\"b\"]," REST

struct seen {
	size_t n, armed, rogue, drifter;
	struct hn_sighting last;
	char last_argv[32], last_cgroup[64];
};

static void see(const struct hn_sighting *s, void *arg)
{
	struct seen *seen = arg;
	struct hn_container_ref ref;

	seen->n++;
	seen->armed += s->armed;
	assert_int_equal(s->kind, s->armed ? HN_SIGHTING_PRESENT : HN_SIGHTING_CANDIDATE);
	assert_true(s->in_host_netns);
	assert_int_equal(s->pid, s->tid);
	assert_true(s->pid > 0 && s->mntns > 0 && s->netns > 0);
	assert_non_null(s->comm);
	assert_non_null(s->exe);
	hn_cgroup_parse(s->cgroup, strlen(s->cgroup), &ref);
	assert_true(hn_cgroup_is_container(&ref));
	seen->rogue += strcmp(ref.container_id, "rogue1") == 0;
	if (strcmp(ref.pod_uid, "76e7b691-fb19-497d-a146-9da04aaaaf33") == 0) {
		seen->drifter++;
		assert_int_equal(s->argv_len, 10);
		assert_memory_equal(s->argv,
				    "sleep\0"
				    "800",
				    10);
		assert_true(s->parent > 0);
	}
	seen->last = *s;
	memcpy(seen->last_argv, s->argv, s->argv_len < 32 ? s->argv_len : 32);
	snprintf(seen->last_cgroup, sizeof(seen->last_cgroup), "%s", s->cgroup);
}

static int replay(const char *text, struct seen *seen, struct hn_reason *reason)
{
	const size_t n = strlen(text);
	char *copy = malloc(n ? n : 1); /* exactly, for ASan */
	uint64_t netns = 0;
	int err;

	assert_non_null(copy);
	memcpy(copy, text, n);
	memset(seen, 0, sizeof(*seen));
	err = hn_replay_text(copy, n, see, seen, &netns, reason);
	assert_int_equal(netns, err ? 0 : 1);
	free(copy);
	return err;
}

static void test_the_recorded_node(void **state)
{
	struct hn_reason reason;
	struct seen seen = {0};
	uint64_t netns = 0;

	(void)state;
	assert_int_equal(hn_replay_file(RECORDING, see, &seen, &netns, &reason), 0);
	assert_int_equal(netns, 4026531833);
	assert_int_equal(seen.n, 16); /* of 25 */
	assert_int_equal(seen.armed, 16);
	assert_int_equal(seen.drifter, 1);
	assert_int_equal(seen.rogue, 1);
}

static void test_a_process(void **state)
{
	struct hn_reason reason;
	struct seen seen;

	(void)state;
	assert_int_equal(replay(HEAD GOOD "]}\n", &seen, &reason), 0);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.last.pid, 5);
	assert_int_equal(seen.last.parent, 3);
	assert_int_equal(seen.last.uid, 2);
	assert_int_equal(seen.last.netns, 1);
	assert_int_equal(seen.last.mntns, 7);
	assert_int_equal(seen.last.argv_len, 4);
	assert_memory_equal(seen.last_argv, "a\0b", 4);
	assert_string_equal(seen.last_cgroup, "/default/x");
	assert_int_equal(replay(HEAD "]}", &seen, &reason), 0);
	assert_int_equal(seen.n, 0);
}

static void test_who_is_left_out_or_unarmed(void **state)
{
	struct hn_reason reason;
	struct seen seen;

	(void)state;
	/* not in the host netns; no container; in the host's mount namespace */
	assert_int_equal(replay(HEAD "{\"pid\":5,\"comm\":\"c\",\"argv\":[]," STATUS
				     ",\"netns\":\"net:[2]\",\"inHostNetns\":false,"
				     "\"mntns\":\"mnt:[7]\",\"cgroup\":[\"0::/default/x\"]}]}",
				&seen, &reason),
			 0);
	assert_int_equal(seen.n, 0);
	assert_int_equal(replay(HEAD "{\"pid\":5,\"comm\":\"c\",\"argv\":[]," STATUS
				     ",\"netns\":\"net:[1]\",\"inHostNetns\":true,"
				     "\"mntns\":\"mnt:[7]\",\"cgroup\":[\"0::/init.scope\"]}]}",
				&seen, &reason),
			 0);
	assert_int_equal(seen.n, 0);
	assert_int_equal(replay("{\"hostMntns\":\"mnt:[7]\","
				"\"hostNetns\":\"net:[1]\",\"processes\":[" GOOD "]}",
				&seen, &reason),
			 0);
	assert_int_equal(seen.n, 1);
	assert_false(seen.last.armed);
}

/* Each differs from the good one in one thing, and the reason names it. */
static void test_makes_no_sense(void **state)
{
	static const struct {
		const char *text, *names;
	} rows[] = {
		{"", "byte 0"},
		{"x", "byte 0"},
		{"[]", "hostNetns"},
		{"{\"processes\":[]}", "hostNetns"},
		{"{\"hostNetns\":1,\"processes\":[]}", "hostNetns"},
		{"{\"hostNetns\":\"net:[x]\",\"processes\":[]}", "hostNetns"},
		{"{\"hostNetns\":\"net:[1]\"}", "processes"},
		{"{\"hostNetns\":\"net:[1]\",\"processes\":{}}", "processes"},
		{"{\"hostNetns\":\"net:[1]\",\"hostMntns\":7,\"processes\":[]}", "hostMntns"},
		{HEAD "]} x", "more than one"},
		{HEAD GOOD, "not JSON"}, /* cut off */
		{HEAD "3]}", "processes[0]"},
		{HEAD GOOD ",null]}", "processes[1]"},
		{HEAD "{\"comm\":\"c\",\"argv\":[]," REST "]}", "processes[0].pid"},
		{HEAD "{\"pid\":0,\"comm\":\"c\",\"argv\":[]," REST "]}", "pid"},
		{HEAD "{\"pid\":-5,\"comm\":\"c\",\"argv\":[]," REST "]}", "pid"},
		{HEAD "{\"pid\":5.5,\"comm\":\"c\",\"argv\":[]," REST "]}", "pid"},
		{HEAD "{\"pid\":1e99,\"comm\":\"c\",\"argv\":[]," REST "]}", "pid"},
		{HEAD "{\"pid\":\"5\",\"comm\":\"c\",\"argv\":[]," REST "]}", "pid"},
		{HEAD "{\"pid\":5,\"comm\":3,\"argv\":[]," REST "]}", "comm"},
		{HEAD "{\"pid\":5,\"comm\":\"c\",\"argv\":[1]," REST "]}", "argv"},
		{HEAD "{\"pid\":5,\"comm\":\"c\",\"argv\":\"x\"," REST "]}", "argv"},
	};
	static const char *const status[] = {"[]",
					     "{}",
					     "[1]",
					     "[\"PPid:\\t3\"]",
					     "[\"Uid:\\t1\\t2\"]",
					     "[\"PPid:\\t3\",\"Uid:\\t1\"]",
					     "[\"PPid:\\t3\",\"Uid:\\t1\\tx\"]",
					     "[\"PPid:\\t-3\",\"Uid:\\t1\\t2\"]",
					     "[\"PPid:\\t3\",\"Uid:\\t1\\t4294967296\"]"};
	static const char *const cgroup[] = {"[]", "3", "[3]", "[\"\"]", "[\"x:y\"]", "[\"0::\"]"};
	struct hn_reason reason;
	struct seen seen;
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int err = replay(rows[i].text, &seen, &reason);

		if (err != -EBADMSG || !strstr(reason.text, rows[i].names))
			fail_msg("%s: %d, '%s' does not name %s", rows[i].text, err, reason.text, rows[i].names);
		assert_int_equal(seen.n, 0); /* nothing is reported of a recording that is wrong further on */
	}
	for (size_t i = 0; i < sizeof(status) / sizeof(status[0]); i++) {
		snprintf(
			text, sizeof(text),
			HEAD
			"{\"pid\":5,\"comm\":\"c\",\"argv\":[],\"status\":%s,\"netns\":\"net:[1]\",\"inHostNetns\":true,"
			"\"mntns\":\"mnt:[7]\",\"cgroup\":[\"0::/default/x\"]}]}",
			status[i]);
		assert_int_equal(replay(text, &seen, &reason), -EBADMSG);
		assert_non_null(strstr(reason.text, "status"));
	}
	for (size_t i = 0; i < sizeof(cgroup) / sizeof(cgroup[0]); i++) {
		snprintf(text, sizeof(text),
			 HEAD "{\"pid\":5,\"comm\":\"c\",\"argv\":[]," STATUS
			      ",\"netns\":\"net:[1]\",\"inHostNetns\":true,"
			      "\"mntns\":\"mnt:[7]\",\"cgroup\":%s}]}",
			 cgroup[i]);
		assert_int_equal(replay(text, &seen, &reason), -EBADMSG);
		assert_non_null(strstr(reason.text, "cgroup"));
	}
}

static void test_too_much(void **state)
{
	const size_t size = 9 * 1024 * 1024;
	char *text = malloc(size + 1);
	struct hn_reason reason;
	struct seen seen;

	(void)state;
	assert_non_null(text);
	memset(text, ' ', size);
	text[size] = '\0';
	assert_int_equal(replay(text, &seen, &reason), -E2BIG);
	memset(text, ',', 600000);
	text[600000] = '\0';
	assert_int_equal(replay(text, &seen, &reason), -E2BIG);
	memset(text, '[', 100000);
	text[100000] = '\0';
	assert_int_equal(replay(text, &seen, &reason), -EBADMSG); /* too deep, and no crash */
	free(text);
}

static void test_file_errors_name_the_file(void **state)
{
	struct hn_reason reason;
	struct seen seen = {0};
	uint64_t netns = 42;

	(void)state;
	assert_int_equal(hn_replay_file("tests/data/proc/none.json", see, &seen, &netns, &reason), -ENOENT);
	assert_non_null(strstr(reason.text, "none.json"));
	assert_int_equal(hn_replay_file("tests/data/proc", see, &seen, &netns, &reason), -EISDIR);
	assert_int_equal(hn_replay_file("tests/data/cgroup-paths.tsv", see, &seen, &netns, &reason), -EBADMSG);
	assert_non_null(strstr(reason.text, "cgroup-paths.tsv"));
	assert_int_equal(netns, 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_recorded_node),
		cmocka_unit_test(test_a_process),
		cmocka_unit_test(test_who_is_left_out_or_unarmed),
		cmocka_unit_test(test_makes_no_sense),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_file_errors_name_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
