/* SPDX-License-Identifier: Apache-2.0 */
#include "hostnetd/glob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_glob(void **state)
{
	static const struct {
		const char *glob, *text;
		bool fits;
	} rows[] = {
		{"", "", true},
		{"", "a", false},
		{"a", "a", true},
		{"a", "A", false},
		{"a", "ab", false},
		{"*", "", true},
		{"*", "a/b:c", true},
		{"?", "", false},
		{"?", "a", true},
		{"a*c", "abc", true},
		{"a*c", "ac", true},
		{"a*c", "acb", false},
		{"*b*", "abc", true},
		{"*b*", "ac", false},
		{"a*b*c", "axbxbc", true},
		{"**a", "ba", true},
		{"a?c", "ac", false},
		{"train-*", "train", false},
		{"train-*", "train-1", true},
	};
	char pattern[258], text[257];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (hn_glob_match(rows[i].glob, rows[i].text) != rows[i].fits)
			fail_msg("%s and %s", rows[i].glob, rows[i].text);
	/* Exponential in a naive matcher; here it must end. */
	for (size_t i = 0; i < 256; i += 2)
		memcpy(pattern + i, "*a", 2);
	strcpy(pattern + 256, "b");
	memset(text, 'a', 256);
	text[256] = '\0';
	assert_false(hn_glob_match(pattern, text));
}

static void test_open(void **state)
{
	(void)state;
	assert_true(hn_glob_is_open("*"));
	assert_true(hn_glob_is_open("?*"));
	assert_true(hn_glob_is_open(""));
	assert_false(hn_glob_is_open("a*"));
	assert_false(hn_glob_is_open("*a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_glob),
		cmocka_unit_test(test_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
