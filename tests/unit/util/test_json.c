/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON writer: commas, escapes, numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <float.h>
#include <math.h>

#include "hostnetd/json.h"
#include "hostnetd/str.h"

static void test_structure(void **state)
{
	struct hn_str s = {0};
	struct hn_json j;

	(void)state;
	hn_json_init(&j, &s);
	hn_json_object(&j);
	hn_json_kv_string(&j, "a", "b");
	hn_json_kv_opt(&j, "absent", "");
	hn_json_kv_opt(&j, "absent", NULL);
	hn_json_kv_opt(&j, "there", "x");
	hn_json_key(&j, "list");
	hn_json_array(&j);
	hn_json_int(&j, INT64_MIN);
	hn_json_uint(&j, UINT64_MAX);
	hn_json_object(&j);
	hn_json_object_end(&j);
	hn_json_array(&j);
	hn_json_array_end(&j);
	hn_json_string(&j, NULL);
	hn_json_string_n(&j, "xyz", 2);
	hn_json_array_end(&j);
	hn_json_kv_bool(&j, "yes", true);
	hn_json_kv_bool(&j, "no", false);
	hn_json_kv_int(&j, "i", -1);
	hn_json_kv_uint(&j, "u", 1);
	hn_json_kv_fraction(&j, "f", 0.5);
	hn_json_object_end(&j);
	assert_string_equal(
		hn_str_get(&s),
		"{\"a\":\"b\",\"there\":\"x\",\"list\":[-9223372036854775808,18446744073709551615,{},[],null,"
		"\"xy\"],\"yes\":true,\"no\":false,\"i\":-1,\"u\":1,\"f\":0.5}");
	hn_str_done(&s);
}

static void test_strings(void **state)
{
	static const struct {
		const char *in;
		size_t n;
		const char *out;
	} rows[] = {
		{"", 0, "\"\""},
		{"a\"b\\c/", 6, "\"a\\\"b\\\\c/\""},
		{"\n\r\t\x01\x1b\x7f", 6, "\"\\n\\r\\t\\u0001\\u001b\\u007f\""},
		{"a\0b", 3, "\"a\\u0000b\""},
		{"\x1f ", 2, "\"\\u001f \""},
		{"\xc2\x9b", 2, "\"\\u009b\""},
		{"\xc3\xbc\xe6\xa8\xa1\xf0\x9f\xa4\x96", 9, "\"\xc3\xbc\xe6\xa8\xa1\xf0\x9f\xa4\x96\""},
		{"a\xff"
		 "b\xc3",
		 4,
		 "\"a\xef\xbf\xbd"
		 "b\xef\xbf\xbd\""},
		{"\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
		{"\xc0\x80", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\""},
	};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_str s = {0};
		struct hn_json j;

		hn_json_init(&j, &s);
		hn_json_string_n(&j, rows[i].in, rows[i].n);
		assert_string_equal(hn_str_get(&s), rows[i].out);
		hn_str_done(&s);
	}
}

static void test_hostile_key(void **state)
{
	struct hn_str s = {0};
	struct hn_json j;

	(void)state;
	hn_json_init(&j, &s);
	hn_json_object(&j);
	hn_json_kv_string(&j, "a\":1,\"b", "v");
	hn_json_object_end(&j);
	assert_string_equal(hn_str_get(&s), "{\"a\\\":1,\\\"b\":\"v\"}");
	hn_str_done(&s);
}

static void test_fractions(void **state)
{
	static const struct {
		double in;
		const char *out;
	} rows[] = {
		{0, "0"},
		{-0.0, "0"},
		{1, "1"},
		{0.5, "0.5"},
		{0.98, "0.98"},
		{0.125, "0.125"},
		{0.0004, "0"},
		{0.0006, "0.001"},
		{0.9996, "1"},
		{-0.3, "-0.3"},
		{-0.0001, "0"},
		{1234.5, "1234.5"},
		{0.05, "0.05"},
		{0.005, "0.005"},
		{NAN, "0"},
		{INFINITY, "1000000000000"},
		{-INFINITY, "-1000000000000"},
		{DBL_MIN, "0"},
	};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_str s = {0};
		struct hn_json j;

		hn_json_init(&j, &s);
		hn_json_fraction(&j, rows[i].in);
		assert_string_equal(hn_str_get(&s), rows[i].out);
		hn_str_done(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_structure),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_hostile_key),
		cmocka_unit_test(test_fractions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
