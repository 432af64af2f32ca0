/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding, columns and wrapping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "hostnetd/str.h"
#include "hostnetd/utf8.h"

static void test_decode(void **state)
{
	static const struct {
		const char *in;
		size_t len;
		uint32_t rune;
	} rows[] = {
		{"a", 1, 'a'},
		{"\x7f", 1, 0x7f},
		{"\xc2\x80", 2, 0x80},
		{"\xdf\xbf", 2, 0x7ff},
		{"\xe0\xa0\x80", 3, 0x800},
		{"\xed\x9f\xbf", 3, 0xd7ff},
		{"\xef\xbf\xbf", 3, 0xffff},
		{"\xf0\x90\x80\x80", 4, 0x10000},
		{"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
		{"\x80", 0, 0},
		{"\xc1\xbf", 0, 0},
		{"\xe0\x9f\xbf", 0, 0},
		{"\xed\xa0\x80", 0, 0},
		{"\xf0\x8f\xbf\xbf", 0, 0},
		{"\xf4\x90\x80\x80", 0, 0},
		{"\xf8\x88\x80\x80\x80", 0, 0},
		{"\xc2", 0, 0},
		{"\xe0\xa0", 0, 0},
		{"\xc2\x41", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		uint32_t rune = 0;

		assert_int_equal(hn_utf8_decode(rows[i].in, strlen(rows[i].in), &rune), rows[i].len);
		assert_int_equal(rune, rows[i].rune);
	}
	assert_int_equal(hn_utf8_decode("", 0, &(uint32_t){0}), 0);
	assert_int_equal(hn_utf8_decode("\xc3\xbc", 1, &(uint32_t){0}),
			 0); /* what is behind the end does not count */
}

static void test_columns(void **state)
{
	(void)state;
	assert_int_equal(hn_utf8_columns("abc", 3), 3);
	assert_int_equal(hn_utf8_columns("\xc3\xbc", 2), 1);
	assert_int_equal(hn_utf8_columns("e\xcc\x81", 3), 1);
	assert_int_equal(hn_utf8_columns("\xe6\xa8\xa1\xe5\x9e\x8b", 6), 4);
	assert_int_equal(hn_utf8_columns("\xff", 1), 1);
}

static void check_wrap(const char *text, unsigned column, unsigned indent, unsigned width, const char *expected,
		       unsigned end)
{
	struct hn_str s = {0};

	assert_int_equal(hn_str_wrap(&s, text, column, indent, width), end);
	assert_string_equal(hn_str_get(&s), expected);
	hn_str_done(&s);
}

static void test_wrap(void **state)
{
	(void)state;
	check_wrap("one two three four five", 0, 0, 20, "one two three four\nfive", 4);
	check_wrap("one two three four five", 0, 0, 0, "one two three four five", 23);
	check_wrap("one two three four five", 4, 4, 20, "one two three\n    four five", 13);
	check_wrap("a  double gap", 0, 0, 40, "a  double gap", 13);
	check_wrap("", 3, 3, 20, "", 3);
	check_wrap("  leading", 3, 3, 40, "leading", 10);
	/* exactly full, and one more */
	check_wrap("12345678901234567890", 0, 0, 20, "12345678901234567890", 20);
	check_wrap("123456789012345678901", 0, 0, 20, "12345678901234567890\n1", 1);
	/* a long name is broken where it is easy to read, and loses nothing */
	check_wrap("registry.example.org/ml/vllm-openai:v0.6.3", 0, 2, 24,
		   "registry.example.org/ml/\n  vllm-openai:v0.6.3", 20);
	/* it does not begin where there is hardly room */
	check_wrap("image registry.example.org/ml/vllm-openai:v0.6.3", 6, 2, 24,
		   "image\n  registry.example.org/\n  ml/vllm-openai:v0.6.3", 23);
	/* too narrow to be true */
	check_wrap("abcdefghijklmnopqrst", 8, 8, 1, "abcdefghijklmnop\n        qrst", 12);
}

static void test_wrap_keeps_all_text(void **state)
{
	static const char text[] =
		"declared: hostNetwork: true; registry.example.org/a/very/long/image-name@sha256:0123456789abcdef"
		" \xe6\xa8\xa1\xe5\x9e\x8b, and a few words";

	(void)state;
	for (unsigned width = 16; width < 120; width++) {
		struct hn_str s = {0}, joined = {0}, plain = {0};
		const char *line;

		hn_str_wrap(&s, text, 0, 0, width);
		line = hn_str_get(&s);
		while (*line != '\0') {
			size_t n = strcspn(line, "\n");

			assert_true(hn_utf8_columns(line, n) <= width);
			line += n + (line[n] == '\n');
		}
		for (const char *p = hn_str_get(&s); *p != '\0'; p++)
			if (*p != '\n' && *p != ' ')
				hn_str_putc(&joined, *p);
		for (const char *p = text; *p != '\0'; p++)
			if (*p != ' ')
				hn_str_putc(&plain, *p);
		assert_string_equal(hn_str_get(&joined), hn_str_get(&plain));
		hn_str_done(&s);
		hn_str_done(&joined);
		hn_str_done(&plain);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_wrap_keeps_all_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
