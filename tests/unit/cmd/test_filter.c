/* SPDX-License-Identifier: Apache-2.0 */
/* What a query of the API asks for: what cannot be is an error, not an empty answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "cmd/serve_self.h"
#include "hostnetd/macro.h"

#define ID "6ae050bb00000000000000000000000f"

/* One parameter more and less than right. */
static void what_cannot_be_is_refused(void **state)
{
	static const struct {
		enum hn_http_param p;
		const char *value;
		bool good;
	} cases[] = {
		{HN_HTTP_TYPE, "finding", true},
		{HN_HTTP_TYPE, "finding.opened", true},
		{HN_HTTP_TYPE, "agent.gap", true},
		{HN_HTTP_TYPE, "process", true},
		{HN_HTTP_TYPE, "process.exec", true},
		{HN_HTTP_TYPE, "pod", true},
		{HN_HTTP_TYPE, "nonsense", false},
		{HN_HTTP_TYPE, "find", false},
		{HN_HTTP_TYPE, "finding.", false},
		{HN_HTTP_TYPE, "finding.nonsense", false},
		{HN_HTTP_TYPE, "finding.opened.", false},
		{HN_HTTP_TYPE, "Finding", false},
		{HN_HTTP_TYPE, ".opened", false},
		{HN_HTTP_OF_FINDING, ID, true},
		{HN_HTTP_OF_FINDING, "zz", false},
		{HN_HTTP_OF_FINDING, "6ae050bb", false},
		{HN_HTTP_OF_FINDING, ID "0", false},
		{HN_HTTP_OF_FINDING, "6AE050BB00000000000000000000000F", false},
		{HN_HTTP_OF_FINDING, "6ae050bb00000000000000000000000g", false},
	};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(cases); i++) {
		struct hn_http_query query = {.values = {0}};
		struct hn_reason reason = {""};
		struct hn_filter f;
		int r;

		query.values[cases[i].p] = cases[i].value;
		r = hn_filter_read(&query, &f, &reason);
		if (r != (cases[i].good ? 0 : -EINVAL) ||
		    (r < 0 && !strstr(reason.text, hn_http_param_name(cases[i].p))))
			fail_msg("%s: %d %s", cases[i].value, r, reason.text);
	}
}

static void spans(void **state)
{
	static const struct {
		const char *since, *until;
		bool good;
	} cases[] = {
		{"2026-11-24T00:00:00Z", "2026-11-24T00:00:01Z", true},
		{"2026-11-24T00:00:00Z", "2026-11-24T00:00:00Z", true},
		{"2026-11-24T00:00:01Z", "2026-11-24T00:00:00Z", false},
		{"2h", "1h", true},
		{"1h", "1h", true},
		{"1h", "2h", false},
		{"1970-01-01T00:00:01Z", "1970-01-01T00:00:00Z", false},
		{"1970-01-01T00:00:00Z", NULL, true},
	};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(cases); i++) {
		struct hn_http_query query = {
			.values = {[HN_HTTP_SINCE] = cases[i].since, [HN_HTTP_UNTIL] = cases[i].until}};
		struct hn_reason reason = {""};
		struct hn_filter f;

		if (hn_filter_read(&query, &f, &reason) != (cases[i].good ? 0 : -EINVAL))
			fail_msg("%zu: %s", i, reason.text);
	}
}

/* 0 elsewhere is "no bound". */
static void the_epoch_is_a_bound(void **state)
{
	struct hn_http_query query = {.values[HN_HTTP_UNTIL] = "1970-01-01T00:00:00Z"};
	struct hn_http_event event = {.time.ns = 5, .type = "finding.opened", .finding = ID};
	struct hn_reason reason = {""};
	struct hn_filter f;

	(void)state;
	assert_int_equal(hn_filter_read(&query, &f, &reason), 0);
	assert_false(hn_filter_takes_event(&f, &event));
	query = (struct hn_http_query){.values[HN_HTTP_SINCE] = "1970-01-01T00:00:00Z"};
	assert_int_equal(hn_filter_read(&query, &f, &reason), 0);
	assert_true(hn_filter_takes_event(&f, &event));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_cannot_be_is_refused), cmocka_unit_test(spans),
					   cmocka_unit_test(the_epoch_is_a_bound)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
