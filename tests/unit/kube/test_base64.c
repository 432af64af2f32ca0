// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kube/base64.h"

/* RFC 4648, and what a block of YAML makes of it. */
static void good(void **state _unused_)
{
	static const struct {
		const char *text, *plain;
		bool folded;
	} rows[] = {
		{"", "", false},
		{"Zg==", "f", false},
		{"Zm8=", "fo", false},
		{"Zm9v", "foo", false},
		{"Zm9vYg==", "foob", false},
		{"Zm9vYmE=", "fooba", false},
		{"+/8B", "\xfb\xff\x01", false},
		{"Zm9v\n YmE=\r\n", "fooba", true},
		{"Z m\t8 =", "fo", true},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		_cleanup_(hn_str_done) struct hn_str plain = {0}, text = {0};

		assert_int_equal(hn_base64_decode(rows[i].text, &plain), 0);
		assert_string_equal(hn_str_get(&plain), rows[i].plain);
		hn_base64_encode(rows[i].plain, &text);
		assert_true(rows[i].folded || strcmp(hn_str_get(&text), rows[i].text) == 0);
	}
}

/* Each differs in one thing from a good row. */
static void bad(void **state _unused_)
{
	static const char *const rows[] = {"Zg=",  "Zg",   "Zg===", "Zg==Zg==", "Z===",   "=Zg=", "====",
					   "Z=8=", "Zm9-", "Zm9_",  "Zm9v!",    "Zg==\v", "AAAA"};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		_cleanup_(hn_str_done) struct hn_str plain = {0};

		if (hn_base64_decode(rows[i], &plain) == 0)
			fail_msg("%s was taken", rows[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(good), cmocka_unit_test(bad)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
