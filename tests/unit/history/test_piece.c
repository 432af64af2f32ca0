/* SPDX-License-Identifier: Apache-2.0 */
/* What the API reads of the store while it is written: pieces, in both directions, and single findings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <errno.h>

#include "hostnetd/history.h"
#include "hostnetd/str.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

struct rig {
	char folder[64], path[96];
	struct hn_history *store;
	struct hn_history_reader *reader;
};

static void put_event(struct rig *rig, uint64_t seq, const char *finding, const char *json)
{
	struct hn_history_event event = {.seq = seq,
					 .time = hn_wall_now(),
					 .mono = hn_mono_now(),
					 .type = "process.exec",
					 .finding = finding,
					 .json = json,
					 .urgent = true};

	hn_history_put(rig->store, &event);
}

static void put_finding(struct rig *rig, const char *id, enum hn_state state, int64_t last_seen)
{
	struct hn_finding f = {.state = state,
			       .pod_name = "p",
			       .ai = {.verdict = HN_AI, .product = "vllm"},
			       .first_seen.ns = 1000,
			       .last_seen.ns = last_seen};

	hn_strcpy(f.id, sizeof(f.id), id);
	hn_history_put_finding(
		rig->store, &f,
		"{\"title\":\"t\",\"ai\":{\"product\":\"vllm\"},\"containers\":[{\"id\":\"c1\",\"image\":\"i\"}]}");
}

static int set_up(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct hn_history_settings settings = {
		.max_bytes = 1 << 24, .max_age_ns = 3600 * HN_NSEC_PER_SEC, .proc_root = "/proc"};
	struct hn_reason reason = {""};
	int64_t now = hn_wall_now().ns;

	assert_non_null(rig);
	snprintf(rig->folder, sizeof(rig->folder), "%.40s/hostnetd-XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(rig->folder));
	snprintf(rig->path, sizeof(rig->path), "%s/h.db", rig->folder);
	settings.path = rig->path;
	assert_int_equal(hn_history_open(&settings, &rig->store, &reason), 0);
	put_finding(rig, A, HN_STATE_RESOLVED, now - 2000);
	put_finding(rig, B, HN_STATE_OPEN, now - 1000);
	for (uint64_t seq = 1; seq <= 9; seq++)
		put_event(rig, seq, seq % 3 ? A : B, seq == 5 ? "no JSON" : "{\"n\":1}");
	assert_true(hn_history_flush(rig->store)); /* a slow store is not waited for */
	assert_int_equal(hn_history_beside(rig->store, &rig->reader, &reason), 0);
	*state = rig;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	struct rig *rig = *state;
	char path[128];

	hn_history_reader_free(rig->reader);
	hn_history_free(rig->store);
	for (size_t i = 0; i < HN_ARRAY_SIZE(ends); i++) {
		snprintf(path, sizeof(path), "%s%s", rig->path, ends[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(rig->folder), 0);
	free(rig);
	return 0;
}

/* Writes "9 8 7 " and so on; what is no JSON as "5! ". */
static bool note(const struct hn_history_row *row, void *arg)
{
	hn_str_printf(arg, "%llu%s ", (unsigned long long)row->seq, row->json[0] ? "" : "!");
	return true;
}

static void check(struct rig *rig, const struct hn_history_place *place, const char *expected)
{
	_cleanup_(hn_str_done) struct hn_str got = {0};
	struct hn_reason reason;

	assert_int_equal(hn_history_piece(rig->reader, place, note, &got, &reason), 0);
	assert_string_equal(hn_str_get(&got), expected);
}

static void pieces(void **state)
{
	struct rig *rig = *state;

	check(rig, &(struct hn_history_place){.before = UINT64_MAX, .limit = 3}, "9 8 7 ");
	check(rig, &(struct hn_history_place){.before = 7, .limit = 3}, "6 5! 4 ");
	check(rig, &(struct hn_history_place){.before = 1, .limit = 3}, "");
	check(rig, &(struct hn_history_place){.after = 4, .limit = 2}, "5! 6 ");
	check(rig, &(struct hn_history_place){.after = UINT64_MAX, .limit = 2}, "");
	check(rig, &(struct hn_history_place){.finding = B, .limit = 9}, "3 6 9 ");
	check(rig, &(struct hn_history_place){.finding = B, .after = 3, .limit = 1}, "6 ");
	check(rig, &(struct hn_history_place){.finding = A, .before = 5, .limit = 9}, "4 2 1 ");
	check(rig, &(struct hn_history_place){.finding = "", .limit = 9}, "");
	/* What is written meanwhile is seen. */
	put_event(rig, 10, A, "{}");
	check(rig, &(struct hn_history_place){.after = 9, .limit = 9}, "10 ");
}

static bool note_id(const struct hn_history_row *row, void *arg)
{
	hn_str_printf(arg, "%c %s %lld ", row->id[0], row->field[HN_HISTORY_STATE], (long long)row->time.ns);
	return true;
}

static struct hn_wall last_seen_of_b(const struct rig *rig)
{
	struct hn_reason reason;
	struct hn_finding *f = malloc(sizeof(*f));
	_cleanup_(hn_str_done) struct hn_str json = {0};
	struct hn_wall ret;

	assert_non_null(f);
	assert_int_equal(hn_history_finding(rig->reader, B, f, &json, &reason), 0);
	ret = f->last_seen;
	hn_finding_done(f);
	free(f);
	return ret;
}

static void ids(void **state)
{
	_cleanup_(hn_str_done) struct hn_str got = {0};
	struct rig *rig = *state;
	struct hn_reason reason;
	struct hn_wall start = {0};

	assert_int_equal(hn_history_ids(rig->reader, start, "", 9, note_id, &got, &reason), 0);
	assert_string_equal(hn_str_get(&got), "b open 1000 a resolved 1000 ");
	hn_str_clear(&got);
	assert_int_equal(hn_history_ids(rig->reader, last_seen_of_b(rig), B, 9, note_id, &got, &reason), 0);
	assert_string_equal(hn_str_get(&got), "a resolved 1000 ");
}

static void one_finding(void **state)
{
	_cleanup_(hn_str_done) struct hn_str json = {0};
	struct hn_finding *f = malloc(sizeof(*f));
	struct rig *rig = *state;
	struct hn_reason reason = {""};

	assert_non_null(f);
	assert_int_equal(hn_history_finding(rig->reader, A, f, &json, &reason), 0);
	assert_string_equal(f->id, A);
	assert_int_equal(f->state, HN_STATE_RESOLVED);
	assert_string_equal(f->ai.product, "vllm");
	assert_string_equal(f->containers[0].image, "i");
	hn_finding_done(f);
	assert_non_null(strstr(hn_str_get(&json), "\"title\":\"t\""));
	assert_int_equal(hn_history_finding(rig->reader, "c", f, &json, &reason), -ENOENT);
	assert_true(reason.text[0]);
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(pieces), cmocka_unit_test(ids),
					   cmocka_unit_test(one_finding)};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
