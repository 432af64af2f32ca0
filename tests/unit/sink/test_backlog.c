/* SPDX-License-Identifier: Apache-2.0 */
/* What goes when the backlog is full, and in which order the rest comes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/macro.h"
#include "sink/backlog.h"

static void put(struct hn_backlog *b, enum hn_weight weight, const char *text)
{
	hn_backlog_put(b, weight, text, strlen(text));
}

static void expect(struct hn_backlog *b, const char *text)
{
	struct hn_record *one = hn_backlog_take(b);

	assert_non_null(one);
	assert_string_equal(one->text, text);
	assert_int_equal(one->n, strlen(text));
	free(one);
}

static void in_the_order_of_coming(void **state _unused_)
{
	struct hn_backlog b;

	hn_backlog_init(&b, 10, 100);
	put(&b, HN_WEIGHT_FINDING, "a");
	put(&b, HN_WEIGHT_STEP, "b");
	put(&b, HN_WEIGHT_NOTICE, "c");
	put(&b, HN_WEIGHT_FINDING, "d");
	assert_string_equal(hn_backlog_peek(&b)->text, "a");
	assert_int_equal(b.records, 4);
	assert_int_equal(b.bytes, 4);
	expect(&b, "a");
	expect(&b, "b");
	expect(&b, "c");
	expect(&b, "d");
	assert_null(hn_backlog_take(&b));
	assert_null(hn_backlog_peek(&b));
	assert_int_equal(b.dropped, 0);
	hn_backlog_done(&b);
}

static void the_lightest_goes_first_and_the_oldest_of_it(void **state _unused_)
{
	struct hn_backlog b;

	hn_backlog_init(&b, 3, 100);
	put(&b, HN_WEIGHT_FINDING, "finding 1");
	put(&b, HN_WEIGHT_STEP, "step 1");
	put(&b, HN_WEIGHT_STEP, "step 2");
	put(&b, HN_WEIGHT_NOTICE, "notice 1");
	assert_int_equal(b.dropped, 1);
	put(&b, HN_WEIGHT_FINDING, "finding 2");
	assert_int_equal(b.dropped, 2);
	/* No step pushes a finding out. */
	put(&b, HN_WEIGHT_STEP, "step 3");
	assert_int_equal(b.dropped, 3);
	put(&b, HN_WEIGHT_FINDING, "finding 3");
	put(&b, HN_WEIGHT_FINDING, "finding 4");
	assert_int_equal(b.dropped, 5);
	expect(&b, "finding 2");
	expect(&b, "finding 3");
	expect(&b, "finding 4");
	hn_backlog_done(&b);
}

static void bytes_are_a_bound_too(void **state _unused_)
{
	struct hn_backlog b;

	hn_backlog_init(&b, 100, 10);
	put(&b, HN_WEIGHT_STEP, "12345");
	put(&b, HN_WEIGHT_STEP, "67890");
	put(&b, HN_WEIGHT_STEP, "abcdef"); /* both must go */
	assert_int_equal(b.dropped, 2);
	assert_int_equal(b.bytes, 6);
	put(&b, HN_WEIGHT_FINDING, "never fits: eleven");
	assert_int_equal(b.dropped, 3);
	hn_backlog_drop(&b);
	assert_int_equal(b.dropped, 4);
	expect(&b, "abcdef");
	assert_int_equal(b.bytes, 0);
	put(&b, HN_WEIGHT_STEP, "kept, freed"); /* 11 bytes */
	assert_int_equal(b.dropped, 5);
	put(&b, HN_WEIGHT_STEP, "freed");
	hn_backlog_done(&b);
}

static void a_flood_stays_within_its_bounds(void **state _unused_)
{
	struct hn_backlog b;
	char text[32];

	hn_backlog_init(&b, 50, 1000);
	for (int i = 0; i < 10000; i++) {
		snprintf(text, sizeof(text), "%d", i);
		put(&b, (enum hn_weight)(i % HN_WEIGHT_MAX), text);
		assert_true(b.records <= 50 && b.bytes <= 1000);
	}
	assert_int_equal(b.dropped + b.records, 10000);
	hn_backlog_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_the_order_of_coming),
		cmocka_unit_test(the_lightest_goes_first_and_the_oldest_of_it),
		cmocka_unit_test(bytes_are_a_bound_too),
		cmocka_unit_test(a_flood_stays_within_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
