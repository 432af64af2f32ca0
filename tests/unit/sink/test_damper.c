/* SPDX-License-Identifier: Apache-2.0 */
/* One id's coming and going, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sink/damper.h"

#define S HN_NSEC_PER_SEC

static struct hn_mono at(int64_t ns)
{
	return (struct hn_mono){5000 * S + ns};
}

/* What is told at once is returned; what is held is kept under its wording. */
static bool tells(struct hn_damper *d, const char *key, enum hn_damper_kind kind, int64_t ns,
		  enum hn_damper_kind expected)
{
	static const char *const names[] = {"came", "excepted", "went", "changed"};
	enum hn_damper_kind as;

	if (hn_damper_ask(d, key, kind, at(ns), &as) == HN_DAMPER_TELL) {
		assert_int_equal(as, kind);
		return true;
	}
	assert_int_equal(as, expected);
	return !hn_damper_keep(d, key, names[as], strlen(names[as]));
}

static void expect_due(struct hn_damper *d, int64_t ns, const char *text)
{
	char *got = hn_damper_take(d, at(ns));

	if (!text) {
		assert_null(got);
		return;
	}
	assert_non_null(got);
	assert_string_equal(got, text);
	free(got);
}

static void the_first_of_each_is_told_at_once(void **state _unused_)
{
	struct hn_damper *d = hn_damper_new(10, 1000);

	assert_true(tells(d, "a", HN_DAMPER_CAME, 0, HN_DAMPER_CAME));
	assert_true(tells(d, "a", HN_DAMPER_CHANGED, 1, HN_DAMPER_CHANGED));
	assert_true(tells(d, "a", HN_DAMPER_WENT, 2 * S, HN_DAMPER_WENT));
	assert_true(tells(d, "b", HN_DAMPER_CAME, 2 * S, HN_DAMPER_CAME));
	assert_true(hn_damper_next(d) == HN_DAMPER_NEVER);
	assert_int_equal(hn_damper_held(d), 0);
	hn_damper_free(d);
}

static void back_within_the_minute_is_told_at_its_end(void **state _unused_)
{
	struct hn_damper *d = hn_damper_new(10, 1000);

	assert_true(tells(d, "a", HN_DAMPER_CAME, 0, 0));
	assert_true(tells(d, "a", HN_DAMPER_WENT, S, 0));
	assert_false(tells(d, "a", HN_DAMPER_CAME, 2 * S, HN_DAMPER_CAME));
	/* What changes of it is a coming still. */
	assert_false(tells(d, "a", HN_DAMPER_CHANGED, 3 * S, HN_DAMPER_CAME));
	assert_int_equal(hn_damper_held(d), 1);
	assert_true(hn_damper_next(d) == at(60 * S).ns);
	expect_due(d, 59 * S, NULL);
	expect_due(d, 60 * S, "came");
	expect_due(d, 60 * S, NULL);
	assert_int_equal(hn_damper_held(d), 0);
	/* And the minute begins again. */
	assert_true(tells(d, "a", HN_DAMPER_WENT, 62 * S, 0));
	assert_false(tells(d, "a", HN_DAMPER_CAME, 63 * S, HN_DAMPER_CAME));
	expect_due(d, 119 * S, NULL);
	expect_due(d, 120 * S, "came");
	hn_damper_free(d);
}

static void came_and_went_while_held_is_a_change(void **state _unused_)
{
	struct hn_damper *d = hn_damper_new(10, 1000);

	assert_true(tells(d, "a", HN_DAMPER_CAME, 0, 0));
	assert_true(tells(d, "a", HN_DAMPER_WENT, S, 0));
	for (int i = 2; i < 50; i += 2) {
		assert_false(tells(d, "a", HN_DAMPER_CAME, i * S, HN_DAMPER_CAME));
		assert_false(tells(d, "a", HN_DAMPER_WENT, (i + 1) * S, HN_DAMPER_CHANGED));
	}
	assert_int_equal(hn_damper_held(d), 1);
	expect_due(d, 60 * S, "changed");
	assert_true(hn_damper_next(d) == HN_DAMPER_NEVER);
	/* It is gone, as was told, and comes anew. */
	assert_true(tells(d, "a", HN_DAMPER_CAME, 61 * S, 0));
	hn_damper_free(d);
}

static void at_most_one_of_each_a_minute_whatever_comes(void **state _unused_)
{
	struct hn_damper *d = hn_damper_new(10, 1000);
	unsigned told = 0;

	for (int64_t ms = 0; ms < 600000; ms += 250) {
		enum hn_damper_kind kind = ms / 250 % 2 ? HN_DAMPER_WENT : HN_DAMPER_CAME;
		char *text;

		told += tells(d, "a", kind, ms * HN_NSEC_PER_MSEC,
			      kind == HN_DAMPER_CAME ? HN_DAMPER_CAME : HN_DAMPER_CHANGED) ?
				1 :
				0;
		while ((text = hn_damper_take(d, at(ms * HN_NSEC_PER_MSEC)))) {
			told++;
			free(text);
		}
	}
	assert_true(told >= 10 && told <= 22);
	hn_damper_free(d);
}

static void an_opening_behind_an_exception_is_no_repetition(void **state _unused_)
{
	struct hn_damper *d = hn_damper_new(10, 1000);

	assert_true(tells(d, "a", HN_DAMPER_EXCEPTED, 0, 0));
	assert_true(tells(d, "a", HN_DAMPER_CAME, S, 0));
	hn_damper_free(d);
}

static void without_room_all_is_told(void **state _unused_)
{
	struct hn_damper *d = hn_damper_new(2, 5);

	assert_true(tells(d, "a", HN_DAMPER_CAME, 0, 0));
	assert_true(tells(d, "b", HN_DAMPER_CAME, 0, 0));
	/* A third key is not known, and is told each time. */
	assert_true(tells(d, "c", HN_DAMPER_CAME, 0, 0));
	assert_true(tells(d, "c", HN_DAMPER_CAME, 1, 0));
	/* Four bytes of five: the next does not fit, and is told. */
	assert_false(tells(d, "a", HN_DAMPER_CAME, 2, HN_DAMPER_CAME));
	assert_true(tells(d, "b", HN_DAMPER_CAME, 2, HN_DAMPER_CAME));
	assert_int_equal(hn_damper_held(d), 1);
	expect_due(d, 61 * S, "came");
	/* What was quiet for a minute makes room. */
	assert_true(tells(d, "c", HN_DAMPER_CAME, 61 * S, 0));
	assert_false(tells(d, "c", HN_DAMPER_CAME, 62 * S, HN_DAMPER_CAME));
	hn_damper_free(d);
	hn_damper_free(NULL);
}

static void at_the_end_all_that_is_held_comes_out(void **state _unused_)
{
	struct hn_damper *d = hn_damper_new(10, 1000);
	const char *const keys[] = {"a", "b", "c"};

	for (size_t i = 0; i < 3; i++) {
		assert_true(tells(d, keys[i], HN_DAMPER_CAME, 0, 0));
		assert_false(tells(d, keys[i], HN_DAMPER_CAME, 1, HN_DAMPER_CAME));
	}
	for (size_t i = 0; i < 3; i++) {
		char *text = hn_damper_take(d, (struct hn_mono){INT64_MAX});

		assert_non_null(text);
		free(text);
	}
	assert_null(hn_damper_take(d, (struct hn_mono){INT64_MAX}));
	hn_damper_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_of_each_is_told_at_once),
		cmocka_unit_test(back_within_the_minute_is_told_at_its_end),
		cmocka_unit_test(came_and_went_while_held_is_a_change),
		cmocka_unit_test(at_most_one_of_each_a_minute_whatever_comes),
		cmocka_unit_test(an_opening_behind_an_exception_is_no_repetition),
		cmocka_unit_test(without_room_all_is_told),
		cmocka_unit_test(at_the_end_all_that_is_held_comes_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
