// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../../src/kube/uidset.h"

static void add(struct hn_uidset *s, unsigned number)
{
	char uid[40];

	snprintf(uid, sizeof(uid), "44f38239-e0bf-46fd-85bb-%012u", number);
	assert_int_equal(hn_uidset_add(s, uid), 0);
	assert_true(hn_uidset_has(s, uid));
}

static bool has(struct hn_uidset *s, unsigned number)
{
	char uid[40];

	snprintf(uid, sizeof(uid), "44f38239-e0bf-46fd-85bb-%012u", number);
	return hn_uidset_has(s, uid);
}

static void forgets_the_oldest(void **state _unused_)
{
	_cleanup_(hn_uidset_cleanup) struct hn_uidset *s = hn_uidset_new(1000);

	assert_non_null(s);
	for (unsigned i = 0; i < 1000; i++)
		add(s, i);
	assert_int_equal(hn_uidset_count(s), 1000);
	assert_true(has(s, 0));
	add(s, 0); /* listed again: the youngest now */
	add(s, 1000);
	assert_int_equal(hn_uidset_count(s), 1000);
	assert_true(has(s, 0));
	assert_false(has(s, 1));
	assert_true(has(s, 2));
	for (unsigned i = 2000; i < 5000; i++)
		add(s, i);
	assert_int_equal(hn_uidset_count(s), 1000);
	assert_false(has(s, 0));
	assert_false(has(s, 3999));
	assert_true(has(s, 4000));
}

static void nobody(void **state _unused_)
{
	_cleanup_(hn_uidset_cleanup) struct hn_uidset *s = hn_uidset_new(2);

	assert_false(hn_uidset_has(s, ""));
	assert_int_equal(hn_uidset_add(s, ""), 0);
	assert_false(hn_uidset_has(s, ""));
	assert_false(hn_uidset_has(s, NULL));
	assert_int_equal(hn_uidset_count(s), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forgets_the_oldest),
		cmocka_unit_test(nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
