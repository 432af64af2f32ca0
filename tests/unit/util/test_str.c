/* SPDX-License-Identifier: Apache-2.0 */
/* The byte buffer, bounded copies, and what a hostile text looks like on a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "hostnetd/str.h"

static void test_grows_and_stays_terminated(void **state)
{
	struct hn_str s = {0};

	(void)state;
	assert_string_equal(hn_str_get(&s), "");
	for (int i = 0; i < 1000; i++) {
		hn_str_printf(&s, "%03d", i);
		assert_int_equal(s.len, (size_t)(i + 1) * 3);
		assert_int_equal(strlen(s.data), s.len);
	}
	assert_memory_equal(s.data + s.len - 6, "998999", 6);
	hn_str_clear(&s);
	assert_string_equal(hn_str_get(&s), "");
	hn_str_append(&s, "a\0b", 3);
	hn_str_putc(&s, 'c');
	hn_str_puts(&s, "de");
	assert_memory_equal(s.data, "a\0bcde", 7);
	assert_false(s.failed);
	hn_str_done(&s);
	assert_null(s.data);
	hn_str_puts(&s, "again");
	assert_string_equal(hn_str_get(&s), "again");
	hn_str_done(&s);
}

static void test_failure_is_remembered(void **state)
{
	struct hn_str s = {0};

	(void)state;
	hn_str_puts(&s, "kept");
	hn_str_append(&s, "x", SIZE_MAX / 2); /* refused before anything is read */
	assert_true(s.failed);
	hn_str_puts(&s, "more");
	assert_string_equal(hn_str_get(&s), "kept");
	hn_str_clear(&s);
	assert_false(s.failed);
	hn_str_puts(&s, "more");
	assert_string_equal(hn_str_get(&s), "more");
	hn_str_done(&s);
}

static void test_query(void **state)
{
	struct hn_str s = {0};

	(void)state;
	hn_str_query(&s, "aZ09-._~ /?&=%+\xc3\xa9\n");
	assert_string_equal(hn_str_get(&s), "aZ09-._~%20%2F%3F%26%3D%25%2B%C3%A9%0A");
	hn_str_done(&s);
}

static void test_copies_are_bounded(void **state)
{
	char buf[5] = "....", one[1] = {'x'};

	(void)state;
	assert_true(hn_strcpy(buf, sizeof(buf), "abcd"));
	assert_string_equal(buf, "abcd");
	assert_false(hn_strcpy(buf, sizeof(buf), "abcde"));
	assert_string_equal(buf, "abcd");
	assert_true(hn_strcpy(buf, sizeof(buf), NULL));
	assert_string_equal(buf, "");
	assert_true(hn_strncpy(buf, sizeof(buf), "abcdef", 4));
	assert_string_equal(buf, "abcd");
	assert_true(hn_strncpy(buf, sizeof(buf), "a\0cdef", 6));
	assert_string_equal(buf, "a");
	assert_false(hn_strncpy(one, sizeof(one), "a", 1));
	assert_string_equal(one, "");
	assert_false(hn_strncpy(one, 0, "", 0));
}

static void test_compares(void **state)
{
	(void)state;
	assert_true(hn_streq("a", "a"));
	assert_false(hn_streq("a", "b"));
	assert_false(hn_streq("a", NULL));
	assert_false(hn_streq(NULL, "a"));
	assert_true(hn_streq(NULL, NULL));
	assert_true(hn_starts_with("abc", "ab"));
	assert_true(hn_starts_with("abc", ""));
	assert_false(hn_starts_with("a", "ab"));
	assert_true(hn_ends_with("abc", "bc"));
	assert_true(hn_ends_with("abc", "abc"));
	assert_false(hn_ends_with("bc", "abc"));
	assert_false(hn_ends_with("abc", "ab"));
}

static void test_visible(void **state)
{
	static const struct {
		const char *in;
		size_t n; /* 0: strlen */
		const char *out;
	} rows[] = {
		{"plain name-1.2/3:x@y", 0, "plain name-1.2/3:x@y"},
		{"\033[2J\033]0;t\007", 0, "\\x1b[2J\\x1b]0;t\\x07"},
		{"a\nb\tc\rd", 0, "a\\nb\\tc\\rd"},
		{"a\0b", 3, "a\\x00b"},
		{"\x7f", 0, "\\x7f"},
		{"gr\xc3\xbc\xc3\x9f \xe6\xa8\xa1 \xf0\x9f\xa4\x96", 0,
		 "gr\xc3\xbc\xc3\x9f \xe6\xa8\xa1 \xf0\x9f\xa4\x96"},
		{"\xc2\x9b"
		 "31m",
		 0, "\\u009b31m"}, /* CSI as one character */
		{"\x9b"
		 "31m",
		 0, "\\x9b31m"},
		{"\xe2\x80\xae"
		 "drow",
		 0, "\\u202edrow"}, /* right to left */
		{"zero\xe2\x80\x8bwidth", 0, "zero\\u200bwidth"},
		{"\xff\xfe", 0, "\\xff\\xfe"},
		{"\xc0\xaf", 0, "\\xc0\\xaf"},                   /* overlong */
		{"\xed\xa0\x80", 0, "\\xed\\xa0\\x80"},          /* a surrogate */
		{"\xe6\xa8", 0, "\\xe6\\xa8"},                   /* cut off */
		{"\xf4\x90\x80\x80", 0, "\\xf4\\x90\\x80\\x80"}, /* beyond U+10FFFF */
		{"back\\slash", 0, "back\\slash"},
	};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_str s = {0};

		hn_str_visible(&s, rows[i].in, rows[i].n ? rows[i].n : strlen(rows[i].in));
		assert_string_equal(hn_str_get(&s), rows[i].out);
		hn_str_done(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows_and_stays_terminated),
		cmocka_unit_test(test_failure_is_remembered),
		cmocka_unit_test(test_copies_are_bounded),
		cmocka_unit_test(test_compares),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_visible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
