// SPDX-License-Identifier: Apache-2.0
// Where nothing was looked at the table says so: a namespace or selector with a slip in it passes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hostnetd/report.h"
#include "hostnetd/str.h"

#define NOTHING "looked at: nothing\nnothing matched --namespace/--selector\n"

static bool says_nothing(const struct hn_audit *audit)
{
	_cleanup_(hn_str_done) struct hn_str out = {0};
	const struct hn_audit_page page = {.version = "0"};

	hn_report_audit_table(audit, &page, &out);
	assert_true(hn_starts_with(hn_str_get(&out), "PASSED  0 AI workloads"));
	return strstr(hn_str_get(&out), NOTHING);
}

static void nothing(void **state _unused_)
{
	_cleanup_(hn_selector_cleanup) struct hn_selector *selector = NULL;
	struct hn_reason reason = {""};
	struct hn_audit audit = {.ns = "mll"};

	assert_int_equal(hn_selector_parse("team=x", &selector, &reason), 0);
	assert_true(says_nothing(&audit));
	audit.n_objects = audit.seen[HN_QUERY_PODS] = 1;
	assert_false(says_nothing(&audit));
	audit = (struct hn_audit){.selector = selector};
	assert_true(says_nothing(&audit));
	audit = (struct hn_audit){.ns = NULL};
	assert_false(says_nothing(&audit));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nothing)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
