// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hostnetd/asset.h"

#define A63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"

static const struct hn_pair labels[] = {{"app", "vllm"}, {"tier", "gpu"}, {"example.org/empty", ""}};

static void matches(void **state _unused_)
{
	static const struct {
		const char *text;
		bool match;
	} rows[] = {
		{"app=vllm", true},
		{"app==vllm", true},
		{"app=tgi", false},
		{"app!=tgi", true},
		{"app!=vllm", false},
		{"missing!=x", true},
		{"missing=x", false},
		{"app in (tgi, vllm)", true},
		{"app in (tgi)", false},
		{"app notin (tgi)", true},
		{"app notin (vllm)", false},
		{"missing notin (x)", true},
		{"app", true},
		{"missing", false},
		{"!missing", true},
		{"! app", false},
		{"app=vllm,tier=gpu", true},
		{"app=vllm,tier=cpu", false},
		{"app in (a,b,vllm),!legacy,tier", true},
		{"example.org/empty=", true},
		{"app=", false},
		{"app!=" A63, true},
		{"!example.org/" A63 ",!A_b-c.9,app notin (,a)", true},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		_cleanup_(hn_selector_cleanup) struct hn_selector *s = NULL;
		struct hn_reason reason = {""};

		if (hn_selector_parse(rows[i].text, &s, &reason) < 0)
			fail_msg("%s", reason.text);
		if (hn_selector_match(s, labels, HN_ARRAY_SIZE(labels)) != rows[i].match)
			fail_msg("%s", rows[i].text);
	}
	assert_true(hn_selector_match(NULL, labels, HN_ARRAY_SIZE(labels)));
}

static void mistakes(void **state _unused_)
{
	static const char *const texts[] = {
		"",           "=x",        "app in",       "app in (a", "app in a",       "app=x,",
		"app=x y",    "!",         "app in (a)) ", "app>3",     "app;tier",       "x/y/z=1",
		"-a=b",       "a-=b",      "/a=b",         "a/=b",      "Up.case/a=b",    "a..b/c",
		"a=-b",       "a=b-",      "a=b/c",        "app in ()", "app in (a, .b)", A63 "a=b",
		"a=" A63 "a", "!" A63 "a", "x/" A63 "a"};

	for (size_t i = 0; i < HN_ARRAY_SIZE(texts); i++) {
		struct hn_selector *s = NULL;
		struct hn_reason reason = {""};

		if (hn_selector_parse(texts[i], &s, &reason) == 0)
			fail_msg("accepted: %s", texts[i]);
		assert_null(s);
		assert_true(reason.text[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(matches), cmocka_unit_test(mistakes)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
