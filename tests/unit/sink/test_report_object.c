/* SPDX-License-Identifier: Apache-2.0 */
/* Report objects and Events of every kind of finding, against golden files (which tests/node/test_objects.py holds against the API
 * server's schemas), and their bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../report/golden.h"
#include "../report/sample.h"
#include "hostnetd/json.h"
#include "sink/kube_event.h"
#include "sink/report_object.h"

static const struct hn_wall now = {SAMPLE_NOW};

static struct hn_report_page page_of(const char *kind, const char *ns)
{
	return (struct hn_report_page){.kind = hn_report_kind_find(kind),
				       .who = &sample_who,
				       .node_uid = "11111111-2222-4333-8444-555555555555",
				       .ns = ns,
				       .now = now,
				       .heartbeat_ns = 600 * HN_NSEC_PER_SEC};
}

static struct hn_health sick(void)
{
	return (struct hn_health){.tier = "procfs",
				  .n_incomplete = 2,
				  .incomplete = {"BPF cannot be used", "the kubelet: \033[31mforbidden\n"},
				  .probe.lost = 3,
				  .n_hooks = 2,
				  .hooks = {{.purpose = "exec", .name = "tp_btf"}, {.purpose = "netns"}}};
}

static void put(struct hn_str *out, struct hn_report_page *page)
{
	hn_report_object_json(page, out);
	hn_str_putc(out, '\n');
}

static void test_reports(void **state _unused_)
{
	static struct sample vllm, drifter, excepted, rogue, early;
	struct hn_health health = sick(), well = {.tier = "bpf", .complete = true};
	const struct hn_finding *ml[] = {&vllm.finding, &drifter.finding}, *train[] = {&excepted.finding},
				*own[] = {&rogue.finding, &early.finding};
	struct hn_report_page page = page_of("openreports", "ml");
	struct hn_str out = {0};

	sample_vllm(&vllm);
	sample_drifter(&drifter);
	sample_excepted(&excepted);
	sample_rogue(&rogue);
	sample_early(&early);
	page.findings = ml;
	page.n = 2;
	put(&out, &page);
	page = page_of("wgpolicyk8s", "ml");
	page.findings = ml;
	page.n = 2;
	page.no_critical = true;
	put(&out, &page);
	page = page_of("openreports", "train");
	page.findings = train;
	page.n = 1;
	page.node_uid = "";
	put(&out, &page);
	page = page_of("wgpolicyk8s", "train");
	put(&out, &page);
	page = page_of("openreports", "");
	page.findings = own;
	page.n = 2;
	page.health = &health;
	page.claims = "-=1.1.0,ml=2.0.0";
	page.anywhere = true;
	put(&out, &page);
	page = page_of("wgpolicyk8s", "");
	page.health = &well;
	page.claims = "-=0.0.0";
	put(&out, &page);
	page.anywhere = true;
	put(&out, &page);
	check_golden("report_objects.jsonl", &out);
	hn_str_done(&out);
}

static void test_blind_is_no_pass(void **state _unused_)
{
	static struct sample s;
	static const struct hn_finding *list[] = {&s.finding};
	struct hn_report_page page = page_of("openreports", "ml");
	struct hn_str out = {0};

	page.blind = true;
	put(&out, &page);
	assert_null(strstr(out.data, "\"result\":\"pass\""));
	assert_non_null(strstr(out.data, "\"result\":\"skip\""));
	assert_non_null(strstr(out.data, "the agent cannot see everything"));
	assert_non_null(strstr(out.data, "\"pass\":0,\"fail\":0,\"warn\":0,\"error\":0,\"skip\":1"));
	hn_str_clear(&out);
	sample_vllm(&s);
	page.findings = list;
	page.n = 1;
	put(&out, &page);
	assert_non_null(strstr(out.data, "\"fail\":1,\"warn\":0,\"error\":0,\"skip\":0"));
	hn_str_done(&out);
}

static void test_many_are_counted(void **state _unused_)
{
	static struct sample s;
	static const struct hn_finding *list[HN_REPORT_RESULTS_MAX + 7];
	struct hn_report_page page = page_of("openreports", "ml");
	struct hn_str out = {0};
	size_t results = 0;
	char omitted[64];

	sample_drifter(&s);
	/* As long as any field can be. */
	memset(s.finding.workload_name, 'w', sizeof(s.finding.workload_name) - 1);
	memset(s.finding.pod_name, '\001', sizeof(s.finding.pod_name) - 1);
	memset(s.finding.containers[0].image, '\002', sizeof(s.finding.containers[0].image) - 1);
	memset(s.finding.exception.name, '\003', sizeof(s.finding.exception.name) - 1);
	memset(s.finding.exception.reason, '\004', sizeof(s.finding.exception.reason) - 1);
	for (size_t i = 0; i < HN_ARRAY_SIZE(list); i++)
		list[i] = &s.finding;
	page.findings = list;
	page.n = HN_ARRAY_SIZE(list);
	put(&out, &page);
	for (const char *at = out.data; (at = strstr(at, "\"policy\":")); at++)
		results++;
	assert_true(results > 100 && results < HN_REPORT_RESULTS_MAX); /* by their bytes */
	assert_non_null(strstr(out.data, "\"fail\":207"));
	assert_true(out.len < 1200000);
	snprintf(omitted, sizeof(omitted), "\"hostnetd.io/results-omitted\":\"%zu\"", 207 - results);
	assert_non_null(strstr(out.data, omitted));
	hn_str_clear(&out);
	sample_vllm(&s);
	put(&out, &page);
	assert_non_null(strstr(out.data, "\"hostnetd.io/results-omitted\":\"7\"")); /* by their number */
	hn_str_done(&out);
}

static void test_a_name_that_is_no_namespace(void **state _unused_)
{
	static struct sample s;

	sample_vllm(&s);
	assert_string_equal(hn_report_place(&s.finding), "ml");
	hn_strcpy(s.finding.pod_namespace, sizeof(s.finding.pod_namespace), "../kube-system");
	assert_string_equal(hn_report_place(&s.finding), "");
	assert_string_equal(hn_kube_event_namespace(&s.finding), "default");
	hn_strcpy(s.finding.pod_namespace, sizeof(s.finding.pod_namespace), "ml");
	s.finding.pod_known = false;
	assert_string_equal(hn_report_place(&s.finding), "");
}

static void test_events(void **state _unused_)
{
	static struct sample s;
	static void (*const makers[])(struct sample *) = {sample_vllm, sample_drifter, sample_early, sample_rogue};
	struct hn_str out = {0};

	for (size_t i = 0; i < HN_ARRAY_SIZE(makers); i++) {
		struct hn_kube_event event = {
			.finding = &s.finding, .who = &sample_who, .node_uid = i ? "u" : "", .time = now};

		makers[i](&s);
		hn_kube_event_json(&event, &out);
		hn_str_putc(&out, '\n');
		event.kind = HN_KUBE_EVENT_RESOLVED;
		hn_kube_event_json(&event, &out);
		hn_str_putc(&out, '\n');
	}
	check_golden("kube_events.jsonl", &out);
	hn_str_clear(&out);
	hn_kube_event_again_json(&(struct hn_kube_event){.finding = &s.finding, .who = &sample_who, .time = now},
				 &out);
	assert_string_equal(out.data,
			    "{\"series\":{\"count\":2,\"lastObservedTime\":\"2026-11-23T20:31:07.123456Z\"}}");
	s.finding.occurrences = 7;
	hn_str_clear(&out);
	hn_kube_event_again_json(&(struct hn_kube_event){.finding = &s.finding, .who = &sample_who, .time = now},
				 &out);
	assert_non_null(strstr(out.data, "\"count\":7,"));
	hn_str_done(&out);
}

/* A note of more bytes is refused whole, and a cut character would be no UTF-8. */
static void test_note_is_bounded(void **state _unused_)
{
	static struct sample s;
	static char node[400];
	struct hn_identity who = sample_who;
	struct hn_kube_event event = {.finding = &s.finding, .who = &who, .node_uid = "u", .time = now};
	struct hn_str out = {0};
	const char *note, *end;

	sample_vllm(&s);
	for (size_t i = 0; i + 3 < sizeof(s.finding.workload_name); i += 3)
		memcpy(s.finding.workload_name + i, "\xe2\x82\xac", 3);
	memset(s.finding.containers[0].image, 'i', sizeof(s.finding.containers[0].image) - 1);
	memset(node, 'n', sizeof(node) - 1);
	who.node = node;
	hn_kube_event_json(&event, &out);
	note = strstr(out.data, "\"note\":\"") + 8;
	end = strchr(note, '"');
	assert_true(end - note <= 1024 && end - note > 1000);
	assert_null(strstr(out.data, "\xef\xbf\xbd"));
	hn_str_done(&out);
}

static void test_cut(void **state _unused_)
{
	assert_int_equal(hn_cut("abc", 3), 3);
	assert_int_equal(hn_cut("abc", 2), 2);
	assert_int_equal(hn_cut("a\xe2\x82\xac", 3), 1);
	assert_int_equal(hn_cut("a\xe2\x82\xac", 4), 4);
	assert_int_equal(hn_cut("\xff\xff\xff", 2), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reports),
		cmocka_unit_test(test_blind_is_no_pass),
		cmocka_unit_test(test_many_are_counted),
		cmocka_unit_test(test_a_name_that_is_no_namespace),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_note_is_bounded),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
