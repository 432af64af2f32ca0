// SPDX-License-Identifier: Apache-2.0
// Names and claims: what the agent writes, `audit` must read, and nothing else.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "hostnetd/macro.h"
#include "hostnetd/report_kind.h"

static void names(void **state _unused_)
{
	char a[HN_REPORT_NAME_SIZE], b[HN_REPORT_NAME_SIZE];

	hn_report_name("n1", "ml", a);
	/* For ever: another name would leave the old object behind. */
	assert_string_equal(a, "hostnetd-40667eff72caf2f5fdc9f195e01b60ef");
	assert_true(hn_is_dns_subdomain(a) && strlen(a) == 41);
	hn_report_name("n1", "", b);
	assert_string_not_equal(a, b);
	hn_report_name("n1m", "l", b);
	assert_string_not_equal(a, b);
}

static void dns(void **state _unused_)
{
	static const struct {
		const char *text;
		bool label, subdomain, value;
	} rows[] = {
		{"ml", true, true, true},
		{"a-1", true, true, true},
		{"ip-10-0-0-1.ec2.internal", false, true, true},
		{"Ml", false, false, true},
		{"", false, false, false},
		{"-a", false, false, false},
		{"a-", false, false, false},
		{"a..b", false, false, true},
		{"a.", false, false, false},
		{"a/b", false, false, false},
		{"a_b", false, false, true},
		{"a b", false, false, false},
		{"a\n", false, false, false},
		{"012345678901234567890123456789012345678901234567890123456789012", true, true, true},
		{"0123456789012345678901234567890123456789012345678901234567890123", false, false, false},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		assert_int_equal(hn_is_dns_label(rows[i].text), rows[i].label);
		assert_int_equal(hn_is_dns_subdomain(rows[i].text), rows[i].subdomain);
		assert_int_equal(hn_is_label_value(rows[i].text), rows[i].value);
	}
}

static void claims_come_back(void **state _unused_)
{
	static const struct hn_report_claim claims[] = {{"", 0, 0, 0}, {"ml", 3, 1, 2}, {"kube-system", 0, 0, 7}};
	struct hn_str text = {0};
	struct hn_report_claim one;
	const char *at;
	int error = 0;

	for (size_t i = 0; i < HN_ARRAY_SIZE(claims); i++)
		hn_report_claim_put(&claims[i], &text);
	assert_string_equal(text.data, "-=0.0.0,ml=3.1.2,kube-system=0.0.7");
	at = text.data;
	for (size_t i = 0; i < HN_ARRAY_SIZE(claims); i++) {
		assert_true(hn_report_claim_next(&at, &one, &error));
		assert_string_equal(one.ns, claims[i].ns);
		assert_int_equal(one.ai, claims[i].ai);
		assert_int_equal(one.likely, claims[i].likely);
		assert_int_equal(one.excepted, claims[i].excepted);
	}
	assert_false(hn_report_claim_next(&at, &one, &error));
	assert_int_equal(error, 0);
	hn_str_done(&text);
}

static void what_is_no_claim(void **state _unused_)
{
	static const char *const rows[] = {
		"ml",        "=1.0.0",    "ml=",        "ml=1.0",    "ml=1.0.0.0", "ml=1.0.0;a=1.0.0",
		"ml=-1.0.0", "ml= 1.0.0", "ml=1.0.x",   "Ml=1.0.0",  "../x=1.0.0", "ml=99999999999999999999.0.0",
		"ml=1,0,0",  ",ml=1.0.0", "a\nb=1.0.0", "ml=1.0.+1",
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		const char *at = rows[i];
		struct hn_report_claim one;
		int error = 0;

		while (hn_report_claim_next(&at, &one, &error))
			;
		assert_int_equal(error, -EBADMSG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(dns),
		cmocka_unit_test(claims_come_back),
		cmocka_unit_test(what_is_no_claim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
