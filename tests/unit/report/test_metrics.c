// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hostnetd/health.h"
#include "hostnetd/str.h"
#include "report/sheet.h"
#include "sample.h"

static const struct {
	const char *value, *escaped;
} values[] = {
	{"", ""},
	{NULL, ""},
	{"ml", "ml"},
	{"a\\b", "a\\\\b"},
	{"a\"} 1\nforged{x=\"", "a\\\"} 1\\nforged{x=\\\""},
	{"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
	{"\xff", "\xef\xbf\xbd"},
	{"cut\xe2\x82", "cut\xef\xbf\xbd\xef\xbf\xbd"},
};

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(values); i++) {
		_cleanup_(hn_str_done) struct hn_str out = {0};

		hn_sheet_value(&out, values[i].value);
		assert_string_equal(hn_str_get(&out), values[i].escaped);
	}
}

/* No sample of it is more than one line, whatever a pod is called. */
static void test_hostile_finding(void **state)
{
	static struct hn_finding f;
	struct hn_health h = {
		.tier = "bpf", .kubelet = "ok", .store = "", .n_listed = 1, .listed = {&f}, .not_listed = 3};
	_cleanup_(hn_str_done) struct hn_str out = {0};
	const char *line;

	(void)state;
	hn_strcpy(f.id, sizeof(f.id), "0123456789abcdef0123456789abcdef");
	f.state = HN_STATE_OPEN;
	hn_strcpy(f.pod_name, sizeof(f.pod_name), SAMPLE_HOSTILE);
	hn_strcpy(f.workload_name, sizeof(f.workload_name), "w\"} 1\nhostnetd_control_passed 1\n");
	f.first_seen.ns = SAMPLE_NOW;
	hn_report_metrics(&h, true, &out);
	line = strstr(hn_str_get(&out), "\nhostnetd_finding_info{");
	assert_non_null(line);
	assert_non_null(strstr(line, "pod=\"evil\033[31m\\nhostnetd: passed\xef\xbf\xbd\""));
	assert_non_null(strstr(line, "workload=\"w\\\"} 1\\nhostnetd_control_passed 1\\n\"} 1\n"));
	assert_non_null(strstr(line, "\nhostnetd_finding_info_cut 3\n"));
	assert_null(strstr(hn_str_get(&out), "\nhostnetd_control_passed 1"));
	assert_non_null(strstr(line, "\n# EOF\n"));
	hn_str_clear(&out);
	hn_report_metrics(&h, false, &out);
	assert_null(strstr(hn_str_get(&out), "# EOF"));
	assert_non_null(strstr(hn_str_get(&out), "# TYPE hostnetd_events_total counter\n"));
	/* Absent where nothing is known. */
	assert_null(strstr(hn_str_get(&out), "\nhostnetd_last_run_clean "));
	assert_null(strstr(hn_str_get(&out), "\nhostnetd_exceptions_up "));
	h.last_run_end.ns = SAMPLE_NOW;
	h.excepts = true;
	h.exceptions_problem = "rules.yaml:2: reason: is missing";
	hn_str_clear(&out);
	hn_report_metrics(&h, false, &out);
	assert_non_null(strstr(hn_str_get(&out), "\nhostnetd_last_run_clean 0\n"));
	assert_non_null(strstr(hn_str_get(&out), "\nhostnetd_exceptions_up 0\n"));
	h.exceptions_problem = "";
	hn_str_clear(&out);
	hn_report_metrics(&h, false, &out);
	assert_non_null(strstr(hn_str_get(&out), "\nhostnetd_exceptions_up 1\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_values), cmocka_unit_test(test_hostile_finding)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
