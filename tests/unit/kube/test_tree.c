// SPDX-License-Identifier: Apache-2.0
// What a NUL in a JSON text becomes: nothing that it hides is hidden.
#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kube/tree.h"

static void test_nul(void **state)
{
	static const struct {
		const char *json, *text; /* NULL: no JSON */
	} rows[] = {
		{"\"plain\"", "plain"},
		{"\"vllm\\u0000-not\"", "vllm\xef\xbf\xbd-not"},
		{"\"\\u0000\\u0000\"", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"\"a\\\\u0000\"", "a\\u0000"}, /* a backslash, and a text */
		{"\"a\\\\\\u0000b\"", "a\\\xef\xbf\xbd"
				      "b"}, /* a backslash, and a NUL */
		{"\"\\\\\\\\u0000\"", "\\\\u0000"},
		{"\"\\ufffd\"", "\xef\xbf\xbd"},
		{"\"\\u0000", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = strlen(rows[i].json);
		const char *end = NULL;
		cJSON *tree = hn_tree_parse(rows[i].json, n, &end);

		if (rows[i].text) {
			assert_non_null(tree);
			assert_string_equal(tree->valuestring, rows[i].text);
			assert_ptr_equal(end, rows[i].json + n);
		} else {
			assert_null(tree);
		}
		cJSON_Delete(tree);
	}
}

static void test_keys_stay_two(void **state)
{
	const char *json = "{\"a\\u0000b\":1,\"a\":2}";
	cJSON *tree = hn_tree_parse(json, strlen(json), NULL);

	(void)state;
	assert_int_equal(cJSON_GetArraySize(tree), 2);
	assert_int_equal(cJSON_GetObjectItemCaseSensitive(tree, "a")->valueint, 2);
	cJSON_Delete(tree);
}

static void test_a_raw_nul_is_no_json(void **state)
{
	static const char raw[] = "{\"a\":\"b\0c\"}";

	(void)state;
	assert_null(hn_tree_parse(raw, sizeof(raw) - 1, NULL));
}

static void test_the_next_value_is_its_own(void **state)
{
	static const char two[] = "{\"a\":1} {\"b\":\"\\u0000\"}\0";
	const char *end = NULL;
	cJSON *tree = hn_tree_parse(two, sizeof(two) - 1, &end);

	(void)state;
	assert_non_null(tree);
	assert_ptr_equal(end, two + strlen("{\"a\":1}"));
	cJSON_Delete(tree);
	tree = hn_tree_parse(end, strlen(end), &end);
	assert_string_equal(cJSON_GetObjectItemCaseSensitive(tree, "b")->valuestring, "\xef\xbf\xbd");
	assert_ptr_equal(end, two + strlen(two));
	cJSON_Delete(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_keys_stay_two),
		cmocka_unit_test(test_a_raw_nul_is_no_json),
		cmocka_unit_test(test_the_next_value_is_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
