// SPDX-License-Identifier: Apache-2.0
// When requests start, in virtual time.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "hostnetd/pace.h"
#include "hostnetd/macro.h"

#define MS HN_NSEC_PER_MSEC
#define S HN_NSEC_PER_SEC

static struct hn_mono at(int64_t ns)
{
	return (struct hn_mono){1000 * S + ns};
}

static void nothing_is_asked_by_itself(void **state _unused_)
{
	struct hn_pace p;

	hn_pace_init(&p, 300 * S, 1);
	assert_true(hn_pace_next(&p, at(0)) == HN_PACE_NEVER);
	assert_true(hn_pace_next(&p, at(9999 * S)) == HN_PACE_NEVER);
	hn_pace_want(&p, at(0), 0);
	assert_true(hn_pace_next(&p, at(0)) == 0);
}

static void who_asks_to_be_left_alone_is(void **state _unused_)
{
	struct hn_pace p;

	hn_pace_init(&p, 0, 1);
	hn_pace_want(&p, at(0), 0);
	hn_pace_started(&p, at(0));
	hn_pace_finished(&p, at(S), false);
	hn_pace_hold(&p, at(S), 40 * S);
	assert_true(hn_pace_next(&p, at(S)) >= 40 * S);
	assert_true(hn_pace_next(&p, at(S)) <= 50 * S);
	/* Never earlier than the back-off says. */
	hn_pace_hold(&p, at(S), 0);
	assert_true(hn_pace_next(&p, at(S)) >= 40 * S);
	/* Whoever changes is asked at once. */
	hn_pace_forgive(&p);
	assert_true(hn_pace_next(&p, at(3 * S)) == 0);
}

static void now_beats_soon(void **state _unused_)
{
	struct hn_pace p;

	hn_pace_init(&p, 0, 1);
	hn_pace_want(&p, at(0), S);
	assert_true(hn_pace_next(&p, at(0)) == S);
	assert_true(hn_pace_next(&p, at(400 * MS)) == 600 * MS);
	hn_pace_want(&p, at(400 * MS), 0);
	assert_true(hn_pace_next(&p, at(400 * MS)) == 0);
	hn_pace_want(&p, at(500 * MS), S);
	assert_true(hn_pace_next(&p, at(500 * MS)) == 0);
}

static void once_a_second_and_never_two(void **state _unused_)
{
	struct hn_pace p;

	hn_pace_init(&p, 0, 1);
	hn_pace_want(&p, at(0), 0);
	hn_pace_started(&p, at(0));
	assert_true(hn_pace_next(&p, at(0)) == HN_PACE_NEVER);
	hn_pace_want(&p, at(100 * MS), 0);
	assert_true(hn_pace_next(&p, at(5 * S)) == HN_PACE_NEVER); /* it runs */
	hn_pace_finished(&p, at(200 * MS), true);
	assert_true(hn_pace_next(&p, at(200 * MS)) == 800 * MS); /* wanted while it ran */
	hn_pace_started(&p, at(1000 * MS));
	hn_pace_finished(&p, at(1010 * MS), true);
	assert_true(hn_pace_next(&p, at(2 * S)) == HN_PACE_NEVER); /* nobody wants more */
	hn_pace_want(&p, at(1020 * MS), 0);
	assert_true(hn_pace_next(&p, at(1020 * MS)) == 980 * MS);
}

static void routine_with_jitter(void **state _unused_)
{
	int64_t least = INT64_MAX, most = 0;

	for (uint64_t seed = 0; seed < 200; seed++) {
		struct hn_pace p;
		int64_t next;

		hn_pace_init(&p, 300 * S, seed);
		hn_pace_want(&p, at(0), 0);
		hn_pace_started(&p, at(0));
		hn_pace_finished(&p, at(0), true);
		next = hn_pace_next(&p, at(0));
		assert_true(next >= 270 * S && next <= 330 * S);
		least = next < least ? next : least;
		most = next > most ? next : most;
	}
	assert_true(most - least > 30 * S);
}

static void back_off_grows_and_holds_for_all(void **state _unused_)
{
	static const int64_t bases[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
	int64_t now = 0, spread = 0;
	struct hn_pace p;

	hn_pace_init(&p, 300 * S, 7);
	hn_pace_want(&p, at(0), 0);
	for (size_t i = 0; i < HN_ARRAY_SIZE(bases); i++) {
		int64_t wait, base = bases[i] * S;

		hn_pace_started(&p, at(now));
		hn_pace_finished(&p, at(now), false);
		hn_pace_want(&p, at(now), 0); /* an unknown pod does not break it */
		wait = hn_pace_next(&p, at(now));
		assert_true(wait >= S && wait <= 60 * S);
		assert_true(wait >= base * 3 / 4 - S && wait <= base * 5 / 4 + S);
		spread += wait != base;
		now += wait;
		assert_true(hn_pace_next(&p, at(now)) == 0);
	}
	assert_true(spread > 2);
	/* one good answer ends it */
	hn_pace_started(&p, at(now));
	hn_pace_finished(&p, at(now), true);
	hn_pace_want(&p, at(now), 0);
	assert_true(hn_pace_next(&p, at(now)) == S);
	hn_pace_started(&p, at(now + S));
	hn_pace_finished(&p, at(now + S), false);
	assert_true(hn_pace_next(&p, at(now + S)) <= 1250 * MS);
}

static void forgiven(void **state _unused_)
{
	struct hn_pace p;

	hn_pace_init(&p, 300 * S, 7);
	hn_pace_forgive(&p);
	for (int i = 0; i < 6; i++) {
		hn_pace_started(&p, at(i * S));
		hn_pace_finished(&p, at(i * S), false);
	}
	assert_true(hn_pace_next(&p, at(5 * S)) > 20 * S);
	hn_pace_forgive(&p);
	hn_pace_want(&p, at(5 * S), 0);
	assert_true(hn_pace_next(&p, at(5 * S)) == S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_asks_to_be_left_alone_is),
		cmocka_unit_test(nothing_is_asked_by_itself),
		cmocka_unit_test(now_beats_soon),
		cmocka_unit_test(once_a_second_and_never_two),
		cmocka_unit_test(routine_with_jitter),
		cmocka_unit_test(back_off_grows_and_holds_for_all),
		cmocka_unit_test(forgiven),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
