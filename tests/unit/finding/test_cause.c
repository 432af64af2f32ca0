/* SPDX-License-Identifier: Apache-2.0 */
/* Cause and severity: every combination of facts. */
#include "../../../src/finding/cause.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void test_every_cause(void **state)
{
	static const struct {
		bool known, host_network, unmanaged;
		enum hn_cause by_namespace, by_socket;
	} rows[] = {
		{false, false, false, HN_CAUSE_UNKNOWN, HN_CAUSE_UNKNOWN},
		{false, false, true, HN_CAUSE_UNMANAGED, HN_CAUSE_UNMANAGED},
		/* Nothing is said of a pod that nobody knows. */
		{false, true, false, HN_CAUSE_UNKNOWN, HN_CAUSE_UNKNOWN},
		{false, true, true, HN_CAUSE_UNMANAGED, HN_CAUSE_UNMANAGED},
		{true, false, false, HN_CAUSE_JOINED, HN_CAUSE_SOCKET},
		{true, true, false, HN_CAUSE_DECLARED, HN_CAUSE_DECLARED},
		/* The kubelet came to know it after all. */
		{true, false, true, HN_CAUSE_JOINED, HN_CAUSE_SOCKET},
		{true, true, true, HN_CAUSE_DECLARED, HN_CAUSE_DECLARED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hn_cause_facts facts = {HN_WAY_NAMESPACE, rows[i].known, rows[i].host_network,
					       rows[i].unmanaged};

		assert_int_equal(hn_cause_of(&facts), rows[i].by_namespace);
		facts.way = HN_WAY_SOCKET;
		assert_int_equal(hn_cause_of(&facts), rows[i].by_socket);
	}
}

static void test_every_severity(void **state)
{
	static const struct {
		enum hn_cause cause;
		enum hn_severity ai, likely;
	} rows[] = {
		{HN_CAUSE_UNKNOWN, HN_SEVERITY_HIGH, HN_SEVERITY_MEDIUM},
		{HN_CAUSE_DECLARED, HN_SEVERITY_HIGH, HN_SEVERITY_MEDIUM},
		{HN_CAUSE_JOINED, HN_SEVERITY_CRITICAL, HN_SEVERITY_HIGH},
		{HN_CAUSE_SOCKET, HN_SEVERITY_CRITICAL, HN_SEVERITY_HIGH},
		{HN_CAUSE_UNMANAGED, HN_SEVERITY_CRITICAL, HN_SEVERITY_HIGH},
	};

	(void)state;
	assert_int_equal(sizeof(rows) / sizeof(rows[0]), HN_CAUSE_MAX);
	for (size_t i = 0; i < HN_CAUSE_MAX; i++) {
		assert_int_equal(hn_severity_of(rows[i].cause, HN_AI), rows[i].ai);
		assert_int_equal(hn_severity_of(rows[i].cause, HN_LIKELY_AI), rows[i].likely);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cause),
		cmocka_unit_test(test_every_severity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
