/* SPDX-License-Identifier: Apache-2.0 */
/* What people see: the answer first, at every width, and never steered by a name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "golden.h"
#include "hostnetd/utf8.h"
#include "sample.h"

struct node {
	struct sample samples[6];
	const struct hn_finding *findings[6];
	struct hn_scan scan;
};

static int setup(void **state)
{
	struct node *n = calloc(1, sizeof(*n));

	if (!n)
		return -1;
	sample_exporter(&n->samples[0]);
	sample_vllm(&n->samples[1]);
	sample_drifter(&n->samples[2]);
	sample_early(&n->samples[3]);
	sample_rogue(&n->samples[4]);
	sample_excepted(&n->samples[5]);
	for (size_t i = 0; i < HN_ARRAY_SIZE(n->samples); i++)
		n->findings[i] = &n->samples[i].finding;
	n->scan = (struct hn_scan){.identity = sample_who,
				   .time = {SAMPLE_NOW},
				   .complete = true,
				   .findings = n->findings,
				   .n_findings = HN_ARRAY_SIZE(n->findings)};
	*state = n;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void check_table(const struct node *n, const char *expected)
{
	struct hn_str out = {0};

	hn_report_scan_table(&n->scan, 0, false, &out);
	assert_string_equal(hn_str_get(&out), expected);
	hn_str_done(&out);
}

static void check_first_line(const struct node *n, const char *expected)
{
	struct hn_str out = {0};

	hn_report_scan_table(&n->scan, 0, false, &out);
	assert_int_equal(strcspn(hn_str_get(&out), "\n"), strlen(expected));
	assert_memory_equal(hn_str_get(&out), expected, strlen(expected));
	hn_str_done(&out);
}

static void test_goldens(void **state)
{
	static const struct {
		unsigned width;
		bool colour;
		const char *name;
	} rows[] = {
		{60, false, "table-60.txt"},   {80, false, "table-80.txt"}, {80, true, "table-80-colour.txt"},
		{200, false, "table-200.txt"}, {0, false, "table.txt"},
	};
	struct node *n = *state;

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_str out = {0};

		hn_report_scan_table(&n->scan, rows[i].width, rows[i].colour, &out);
		check_golden(rows[i].name, &out);
		hn_str_done(&out);
	}
}

static void test_fits_every_width(void **state)
{
	struct node *n = *state;

	n->scan.complete = false;
	n->scan.incomplete[n->scan.n_incomplete++] =
		"kubelet: connection refused: is https://10.0.0.1:10250 the kubelet's address?";
	for (unsigned width = 30; width <= 220; width++) {
		struct hn_str out = {0};
		const char *line;

		hn_report_scan_table(&n->scan, width, false, &out);
		line = hn_str_get(&out);
		while (*line != '\0') {
			size_t len = strcspn(line, "\n");

			assert_true(hn_utf8_columns(line, len) <= width);
			assert_true(len == 0 || line[len - 1] != ' ');
			line += len + 1;
		}
		hn_str_done(&out);
	}
}

static void test_names_cannot_steer(void **state)
{
	struct node *n = *state;
	struct hn_str out = {0};

	n->scan.identity.node = SAMPLE_HOSTILE;
	n->scan.complete = false;
	n->scan.incomplete[n->scan.n_incomplete++] = SAMPLE_HOSTILE;
	hn_report_scan_table(&n->scan, 80, false, &out);
	for (const char *c = hn_str_get(&out); *c != '\0'; c++)
		assert_true(*c == '\n' || ((unsigned char)*c >= 0x20 && *c != 0x7f));
	assert_null(strstr(hn_str_get(&out), "\nhostnetd: passed"));
	hn_str_done(&out);
}

static void test_passed_is_one_line(void **state)
{
	struct node *n = *state;

	n->scan.passed = true;
	n->scan.n_findings = 1;
	check_table(n, "passed  No AI workload on node n1 shares the host network (2 other containers do).\n");
	n->samples[0].finding.containers[1].present = false;
	check_table(n, "passed  No AI workload on node n1 shares the host network (1 other container does).\n");
	n->scan.n_findings = 0;
	n->scan.identity.node = "";
	check_table(n, "passed  No AI workload on this node shares the host network.\n");
}

static void test_incomplete_is_no_pass(void **state)
{
	struct node *n = *state;

	n->scan.n_findings = 1;
	n->scan.complete = false;
	n->scan.incomplete[0] = "the kubelet does not answer";
	n->scan.incomplete[1] = "12 processes could not be read";
	n->scan.n_incomplete = 2;
	check_table(n, "INCOMPLETE  No AI workload on node n1 was seen sharing the host network, "
		       "but not all could be seen:\n"
		       "  - the kubelet does not answer\n"
		       "  - 12 processes could not be read\n");
}

static void test_first_line_counts(void **state)
{
	struct node *n = *state;

	n->scan.n_findings = 3;
	check_first_line(n, "FAILED  2 AI workloads on node n1 share the host network (1 critical, 1 high).");
	n->scan.n_findings = 2;
	check_first_line(n, "FAILED  1 AI workload on node n1 shares the host network (1 high).");
	/* the same workload by another way is another finding, not another workload */
	sample_vllm(&n->samples[2]);
	n->samples[2].finding.way = HN_WAY_SOCKET;
	n->samples[2].finding.severity = HN_SEVERITY_CRITICAL;
	n->scan.n_findings = 3;
	check_first_line(
		n, "FAILED  1 AI workload on node n1 shares the host network: 2 findings (1 critical, 1 high).");
	n->scan.n_findings = 5;
	check_first_line(n, "FAILED  3 AI workloads on node n1 share the host network: 4 findings "
			    "(1 critical, 3 high; 1 only likely).");
	/* only likely ones pass */
	n->findings[0] = n->findings[4];
	n->scan.n_findings = 1;
	n->scan.passed = true;
	check_first_line(n, "passed  1 likely AI workload on node n1 shares the host network (1 high).");
	n->scan.passed = false;
	check_first_line(n, "FAILED  1 likely AI workload on node n1 shares the host network (1 high).");
	n->scan.complete = false;
	check_first_line(n, "INCOMPLETE  1 likely AI workload on node n1 shares the host network (1 high).");
}

static void test_lines_of_run(void **state)
{
	struct node *n = *state;
	char hostile[] = SAMPLE_HOSTILE;
	const struct hn_exception rule = {.name = hostile, .reason = hostile};
	struct hn_change changes[] = {
		{.type = HN_CHANGE_OPENED, .finding = n->findings[3]},
		{.type = HN_CHANGE_UPDATED,
		 .finding = n->findings[1],
		 .changed = (1U << HN_CHANGED_POD) | (1U << HN_CHANGED_CAUSE) | (1U << HN_CHANGED_NETWORK)},
		{.type = HN_CHANGE_OPENED, .finding = n->findings[2]},
		{.type = HN_CHANGE_RESOLVED, .finding = n->findings[4]},
		{.type = HN_CHANGE_OPENED, .finding = n->findings[5]},
		{.type = HN_CHANGE_NONE, .finding = n->findings[4]},
	};
	struct hn_notice notices[] = {
		{.type = HN_NOTICE_AGENT_STARTED, .text = "hooks: tp_btf"},
		{.type = HN_NOTICE_AGENT_LOST, .text = "", .count = 1},
		{.type = HN_NOTICE_AGENT_GAP, .text = SAMPLE_HOSTILE},
		{.type = HN_NOTICE_CONTAINER_JOINED,
		 .finding = n->findings[0],
		 .container = &n->findings[0]->containers[0]},
		{.type = HN_NOTICE_CONTAINER_LEFT, .finding = n->findings[2]},
		{.type = HN_NOTICE_EXCEPTION_EXPIRED, .text = "what it covered is open again", .exception = &rule},
	};
	struct hn_str out = {0}, painted = {0};

	for (size_t i = 0; i < HN_ARRAY_SIZE(changes); i++) {
		changes[i].time.ns = SAMPLE_NOW;
		hn_report_change_text(&sample_who, &changes[i], false, &out);
		hn_report_change_text(&sample_who, &changes[i], true, &painted);
	}
	for (size_t i = 0; i < HN_ARRAY_SIZE(notices); i++) {
		notices[i].time.ns = SAMPLE_NOW;
		hn_report_notice_text(&sample_who, &notices[i], false, &out);
	}
	for (const char *c = hn_str_get(&out); *c != '\0'; c++)
		assert_true(*c == '\n' || ((unsigned char)*c >= 0x20 && *c != 0x7f));
	check_golden("run.txt", &out);
	check_golden("run-colour.txt", &painted);
	hn_str_done(&out);
	hn_str_done(&painted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_goldens, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fits_every_width, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names_cannot_steer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_passed_is_one_line, setup, teardown),
		cmocka_unit_test_setup_teardown(test_incomplete_is_no_pass, setup, teardown),
		cmocka_unit_test_setup_teardown(test_first_line_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lines_of_run, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
