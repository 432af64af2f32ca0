// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd/misplaced.h"
#include "hostnetd/macro.h"

static void words_have_their_place(void **state)
{
	static const struct {
		const char *command, *word, *right; /* NULL: not known */
	} cases[] = {
		{"", "findings", "'hostnetd scan' shows those of now, 'hostnetd history' those on record"},
		{"", "export", "'hostnetd history export [FINDING-ID]'"},
		{"history", "export", "'hostnetd history export [FINDING-ID] [OPTIONS]'"},
		{"history", "verify", "'hostnetd history verify FILE'"},
		{"scan", "export", NULL},
		{"history", "findings", NULL},
		{"", "exports", NULL},
		{"", "Export", NULL},
		{"", "", NULL},
	};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(cases); i++) {
		const char *right = hn_misplaced_word(cases[i].command, cases[i].word);

		assert_int_equal(!right, !cases[i].right);
		if (right)
			assert_string_equal(right, cases[i].right);
	}
}

static void an_id_is_told_from_a_word(void **state)
{
	(void)state;
	assert_true(hn_misplaced_is_id("3f2a9c"));
	assert_true(hn_misplaced_is_id("3F2A9C01"));
	assert_false(hn_misplaced_is_id("3f2a9"));
	assert_false(hn_misplaced_is_id("3f2a9g"));
	assert_false(hn_misplaced_is_id(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_have_their_place),
		cmocka_unit_test(an_id_is_told_from_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
