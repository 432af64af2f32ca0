/* SPDX-License-Identifier: Apache-2.0 */
/* Queries: what is decoded, and what is refused with a word that names it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "http/query.h"

#define SOME (HN_HTTP_BIT(HN_HTTP_Q) | HN_HTTP_BIT(HN_HTTP_LIMIT) | HN_HTTP_BIT(HN_HTTP_OF_FINDING))

static void test_values(void **state)
{
	struct hn_http_query query;
	struct hn_reason reason;

	(void)state;
	assert_int_equal(hn_http_query_parse(NULL, SOME, &query, &reason), 0);
	assert_null(query.values[HN_HTTP_Q]);
	assert_int_equal(hn_http_query_parse("", SOME, &query, &reason), 0);
	assert_int_equal(hn_http_query_parse("q=a%20b+c%2f%C3%a9&limit=5&finding=x=y", SOME, &query, &reason), 0);
	assert_string_equal(query.values[HN_HTTP_Q], "a b c/\xc3\xa9");
	assert_string_equal(query.values[HN_HTTP_LIMIT], "5");
	assert_string_equal(query.values[HN_HTTP_OF_FINDING], "x=y");
	assert_null(query.values[HN_HTTP_ID]);
}

static void test_refused(void **state)
{
	static const struct {
		const char *query, *word;
	} rows[] = {
		{"colour=red", "'colour'"},
		{"state=open", "'state'"},
		{"q=a&q=b", "'q'"},
		{"q=", "'q'"},
		{"q", "'q'"},
		{"q&limit=1", "'q'"},
		{"=x", "''"},
		{"&q=x", "''"},
		{"q=x&", "''"},
		{"q=%", "'q'"},
		{"q=%2", "'q'"},
		{"q=%zz", "'q'"},
		{"q=a%00b", "'q'"},
		{"Q=x", "'Q'"},
		{"id=x", "'id'"},
		{"qq=x", "'qq'"},
		{"%71=x", "'%71'"},
		{"\x1b[2J=x", "\\x1b[2J"},
	};
	struct hn_http_query query;
	struct hn_reason reason;

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		assert_int_equal(hn_http_query_parse(rows[i].query, SOME, &query, &reason), -EINVAL);
		if (!strstr(reason.text, rows[i].word))
			fail_msg("%s: %s", rows[i].query, reason.text);
	}
	assert_int_equal(hn_http_query_parse("q=x", 0, &query, &reason), -EINVAL);
	assert_non_null(strstr(reason.text, "none here"));
}

static void test_length(void **state)
{
	char text[HN_HTTP_QUERY_BYTES + 1];
	struct hn_http_query query;
	struct hn_reason reason;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "q=", 2);
	text[HN_HTTP_QUERY_BYTES - 1] = '\0';
	assert_int_equal(hn_http_query_parse(text, SOME, &query, &reason), 0);
	assert_int_equal(strlen(query.values[HN_HTTP_Q]), HN_HTTP_QUERY_BYTES - 3);
	text[HN_HTTP_QUERY_BYTES - 1] = 'a';
	text[HN_HTTP_QUERY_BYTES] = '\0';
	assert_int_equal(hn_http_query_parse(text, SOME, &query, &reason), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
