// SPDX-License-Identifier: Apache-2.0
/* The audit's four forms against golden files: assets of each query, an exception, a gap, and drift. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "golden.h"
#include "hostnetd/drift.h"
#include "hostnetd/file.h"
#include "hostnetd/report.h"
#include "hostnetd/utf8.h"
#include "sample.h"

static const char objects[] =
	"apiVersion: apps/v1\n"
	"kind: Deployment\n"
	"metadata: {namespace: ml, name: tgi, creationTimestamp: \"2026-11-20T08:00:00Z\"}\n"
	"spec:\n"
	"  replicas: 0\n"
	"  template:\n"
	"    spec: {hostNetwork: true, containers: [{name: c, image: ghcr.io/huggingface/text-generation-inference:2.4.0}]}\n"
	"---\n"
	"apiVersion: apps/v1\n"
	"kind: StatefulSet\n"
	"metadata: {namespace: ml, name: vllm, uid: u1}\n"
	"spec:\n"
	"  template:\n"
	"    spec: {hostNetwork: true, containers: [{name: c, image: vllm/vllm-openai:v0.6.3}]}\n"
	"---\n"
	"apiVersion: apps.kruise.io/v1beta1\n"
	"kind: StatefulSet\n"
	"metadata: {namespace: ml, name: vllm}\n"
	"spec:\n"
	"  template:\n"
	"    spec: {hostNetwork: true, containers: [{name: c, image: vllm/vllm-openai:v0.6.3}]}\n"
	"---\n"
	"apiVersion: batch/v1\n"
	"kind: CronJob\n"
	"metadata: {namespace: train, name: nightly}\n"
	"spec:\n"
	"  jobTemplate:\n"
	"    spec:\n"
	"      template:\n"
	"        spec: {hostNetwork: true, containers: [{name: c, image: ollama/ollama:0.3.12}]}\n"
	"---\n"
	"apiVersion: v1\n"
	"kind: Pod\n"
	"metadata: {name: \"a<b>\\e[31m\"}\n"
	"spec:\n"
	"  hostNetwork: true\n"
	"  containers: [{name: c, image: \"python:3.12\", env: [{name: HF_TOKEN, value: x}], resources: {limits: "
	"{nvidia.com/gpu: 1}}}]\n"
	"---\n"
	"apiVersion: v1\n"
	"kind: Pod\n"
	"metadata: {namespace: web, name: nginx}\n"
	"spec: {hostNetwork: true, containers: [{name: c, image: \"nginx:1.27\"}]}\n";

static const char rules[] = "exceptions:\n"
			    "- {name: nightly, reason: NCCL, expires: 2099-01-01, match: {namespaces: [train]}}\n"
			    "- {name: old, reason: gone by, expires: 2020-01-01, match: {namespaces: [web]}}\n";

struct world {
	struct hn_catalogue *catalogue;
	struct hn_workload_kinds *kinds;
	struct hn_exceptions *exceptions;
	struct hn_observations *seen;
	struct hn_drift drift;
	struct hn_admission_policy *policy;
	struct hn_audit audit;
	struct hn_audit_page page;
};

static int on_asset(void *arg, const struct hn_asset *asset, struct hn_reason *reason)
{
	return hn_audit_add(arg, "/manifests/ml stack.yaml", asset, reason);
}

static void read_objects(struct world *w)
{
	const struct hn_asset_source source = {
		.name = "objects", .kinds = w->kinds, .found = on_asset, .arg = &w->audit};
	struct hn_asset_reader *reader = hn_asset_reader_new(&source);
	struct hn_reason reason;

	assert_non_null(reader);
	if (hn_asset_reader_feed(reader, objects, strlen(objects), &reason) < 0 ||
	    hn_asset_reader_finish(reader, &reason) < 0)
		fail_msg("%s", reason.text);
	hn_asset_reader_free(reader);
}

static void read_scan(struct world *w)
{
	struct hn_reason gap, reason;
	struct hn_file scan;

	w->seen = hn_observations_new();
	assert_non_null(w->seen);
	assert_int_equal(hn_file_read("tests/unit/report/golden/scan.json", &scan, &reason), 0);
	assert_int_equal(hn_observations_read(w->seen, "scan.json", scan.bytes, scan.n, NULL, &gap, &reason), 0);
	hn_file_done(&scan);
	assert_int_equal(hn_audit_gap(&w->audit, "scan.json", gap.text, &reason), 0);
	assert_int_equal(hn_drift_compare(&w->audit, w->seen, &w->drift, &reason), 0);
	w->audit.drift = &w->drift;
}

static int make(void **state)
{
	static struct world w;
	struct hn_reason reason;

	memset(&w, 0, sizeof(w));
	assert_int_equal(hn_catalogue_new(NULL, 0, &w.catalogue, &reason), 0);
	assert_int_equal(hn_workload_kinds_new(NULL, 0, &w.kinds, &reason), 0);
	assert_int_equal(hn_exceptions_parse("rules", rules, strlen(rules), &w.exceptions, &reason), 0);
	assert_int_equal(hn_admission_policy_new(w.catalogue, w.exceptions, (struct hn_wall){SAMPLE_NOW},
						 &w.policy, &reason),
			 0);
	w.audit = (struct hn_audit){
		.catalogue = w.catalogue, .exceptions = w.exceptions, .policy = w.policy, .now = {SAMPLE_NOW}};
	w.page = (struct hn_audit_page){.version = "0.0.0", .time = {SAMPLE_NOW}};
	read_objects(&w);
	assert_int_equal(hn_audit_roll_up(&w.audit, &reason), 0);
	read_scan(&w);
	*state = &w;
	return 0;
}

static int end(void **state)
{
	struct world *w = *state;

	hn_drift_done(&w->drift);
	hn_observations_free(w->seen);
	hn_audit_done(&w->audit);
	hn_admission_policy_free(w->policy);
	hn_exceptions_free(w->exceptions);
	hn_workload_kinds_free(w->kinds);
	hn_catalogue_free(w->catalogue);
	return 0;
}

static void check(const struct world *w, const char *name,
		  void (*report)(const struct hn_audit *, const struct hn_audit_page *, struct hn_str *))
{
	struct hn_str out = {0};

	report(&w->audit, &w->page, &out);
	check_golden(name, &out);
	hn_str_done(&out);
}

static void test_forms(void **state)
{
	struct world *w = *state;

	check(w, "audit.json", hn_report_audit_json);
	check(w, "audit.xml", hn_report_audit_junit);
	w->page.folder = "/manifests";
	check(w, "audit.sarif", hn_report_audit_sarif);
	check(w, "audit.txt", hn_report_audit_table);
	w->page.width = 100;
	w->page.colour = true;
	check(w, "audit-100-colour.txt", hn_report_audit_table);
	w->page.colour = false;
	w->page.width = 60;
	check(w, "audit-60.txt", hn_report_audit_table);
	w->page.width = 36;
	check(w, "audit-36.txt", hn_report_audit_table);
}

/* No line is wider, and every word of the wide table is there. */
static void test_widths(void **state)
{
	struct world *w = *state;
	struct hn_str wide = {0};

	hn_report_audit_table(&w->audit, &w->page, &wide);
	for (w->page.width = 36; w->page.width < 320; w->page.width++) {
		struct hn_str out = {0}, joined = {0};

		hn_report_audit_table(&w->audit, &w->page, &out);
		for (const char *line = hn_str_get(&out), *end; *line; line = end + 1) {
			end = strchr(line, '\n');
			assert_non_null(end);
			assert_in_range(hn_utf8_columns(line, (size_t)(end - line)), 0, w->page.width);
		}
		assert_null(strstr(hn_str_get(&out), "\u2026"));
		/* Where a long word is broken, its parts are one again without what stands between words. */
		for (const char *c = hn_str_get(&out); *c; c++)
			if (*c != ' ' && *c != '\n')
				hn_str_putc(&joined, *c);
		for (char *save, *word = strtok_r(strdupa(hn_str_get(&wide)), " \n", &save); word;
		     word = strtok_r(NULL, " \n", &save))
			if (!strstr(hn_str_get(&joined), word) &&
			    !strstr("-NAMESPACE KIND NAME SINCE IMAGE WHY IT IS AI", word))
				fail_msg("%u columns: '%s' is missing", w->page.width, word);
		hn_str_done(&joined);
		hn_str_done(&out);
	}
	hn_str_done(&wide);
}

/* What is likely is a failure or none, in all forms. */
static void test_likely_fails(void **state)
{
	struct world *w = *state;

	w->page.likely_fails = true;
	check(w, "audit-likely.xml", hn_report_audit_junit);
	check(w, "audit-likely.sarif", hn_report_audit_sarif);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_forms, make, end),
		cmocka_unit_test_setup_teardown(test_likely_fails, make, end),
		cmocka_unit_test_setup_teardown(test_widths, make, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
