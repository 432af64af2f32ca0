/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of scan and run against golden files, and that what is not known is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <cjson/cJSON.h>

#include "golden.h"
#include "hostnetd/schema.h"
#include "lines.h"
#include "sample.h"

static void put_change(struct hn_str *out, enum hn_change_type type, unsigned changed, const struct hn_finding *f)
{
	struct hn_change change = {.type = type, .time = {SAMPLE_NOW}, .changed = changed, .finding = f};

	hn_report_change_json(&sample_who, &change, out);
}

static void test_changes(void **state)
{
	static struct sample s;
	struct hn_str out = {0};

	(void)state;
	sample_early(&s);
	put_change(&out, HN_CHANGE_OPENED, 1U << HN_CHANGED_STATE, &s.finding);
	sample_vllm(&s);
	put_change(&out, HN_CHANGE_UPDATED,
		   (1U << HN_CHANGED_POD) | (1U << HN_CHANGED_CAUSE) | (1U << HN_CHANGED_NETWORK), &s.finding);
	sample_drifter(&s);
	put_change(&out, HN_CHANGE_OPENED, 1U << HN_CHANGED_STATE, &s.finding);
	sample_rogue(&s);
	s.finding.state = HN_STATE_RESOLVED;
	s.finding.containers[0].present = false;
	s.finding.resolved_at.ns = SAMPLE_NOW;
	put_change(&out, HN_CHANGE_RESOLVED, 1U << HN_CHANGED_STATE, &s.finding);
	sample_excepted(&s);
	put_change(&out, HN_CHANGE_UPDATED, 1U << HN_CHANGED_STATE | 1U << HN_CHANGED_EXCEPTION, &s.finding);
	check_lines(&out, 5);
	check_golden("changes.jsonl", &out);
	hn_str_done(&out);
}

static void test_no_change_is_no_line(void **state)
{
	static struct sample s;
	struct hn_str out = {0};

	(void)state;
	sample_vllm(&s);
	put_change(&out, HN_CHANGE_NONE, 0, &s.finding);
	assert_int_equal(out.len, 0);
	hn_str_done(&out);
}

static void test_notices(void **state)
{
	static struct sample s, hostile;
	struct hn_str out = {0};
	char name[] = "rdma-training", why[] = "RoCE \"needs\" it", ticket[] = "SEC-1";
	const struct hn_exception rule = {
		.name = name, .reason = why, .ticket = ticket, .expires.ns = 1801440000LL * HN_NSEC_PER_SEC};
	struct hn_notice notices[] = {
		{.type = HN_NOTICE_EXCEPTION_EXPIRED, .text = "what it covered is open again", .exception = &rule},
		{.type = HN_NOTICE_EXCEPTION_UNUSED, .text = "it matched nothing", .exception = &rule},
		{.type = HN_NOTICE_AGENT_STARTED, .text = ""},
		{.type = HN_NOTICE_AGENT_GAP,
		 .text = "not watched\nfor 3 s",
		 .since.ns = 1790000000 * HN_NSEC_PER_SEC,
		 .until.ns = 1790000003 * HN_NSEC_PER_SEC},
		{.type = HN_NOTICE_AGENT_LOST, .text = "", .count = 12},
		{.type = HN_NOTICE_CONTAINER_JOINED,
		 .text = "",
		 .finding = &s.finding,
		 .container = &s.containers[1]},
		{.type = HN_NOTICE_CONTAINER_LEFT, .text = "", .finding = &hostile.finding},
		{.type = HN_NOTICE_AGENT_STOPPED, .text = NULL},
	};

	(void)state;
	sample_exporter(&s);
	sample_drifter(&hostile);
	for (size_t i = 0; i < HN_ARRAY_SIZE(notices); i++) {
		notices[i].time.ns = SAMPLE_NOW;
		hn_report_notice_json(&sample_who, &notices[i], &out);
	}
	check_lines(&out, HN_ARRAY_SIZE(notices));
	check_golden("notices.jsonl", &out);
	hn_str_done(&out);
}

static void test_scan(void **state)
{
	static struct sample s[7];
	const struct hn_finding *findings[HN_ARRAY_SIZE(s)];
	struct hn_scan scan = {.identity = sample_who, .time = {SAMPLE_NOW}, .complete = false};
	struct hn_str out = {0};

	(void)state;
	sample_exporter(&s[0]);
	sample_vllm(&s[1]);
	sample_drifter(&s[2]);
	sample_early(&s[3]);
	sample_rogue(&s[4]);
	sample_exporter(&s[5]); /* gone: in neither list */
	s[5].finding.state = HN_STATE_GONE;
	sample_excepted(&s[6]);
	for (size_t i = 0; i < HN_ARRAY_SIZE(s); i++)
		findings[i] = &s[i].finding;
	scan.findings = findings;
	scan.n_findings = HN_ARRAY_SIZE(s);
	scan.incomplete[scan.n_incomplete++] = "kubelet: 403: grant get on nodes/proxy";
	scan.coverage = (struct hn_coverage){.hooks = "tp_btf: exec, exit; netns: sys_exit",
					     .kubelet = "forbidden",
					     .kubelet_problem = "403: grant get on nodes/proxy",
					     .processes_seen = 321,
					     .lost = 0};
	hn_report_scan_json(&scan, &out);
	check_lines(&out, 1);
	check_golden("scan.json", &out);
	hn_str_done(&out);
}

static void test_empty_scan(void **state)
{
	struct hn_scan scan = {.identity = {.agent_version = "0.1.0", .node = "n1"},
			       .time = {SAMPLE_NOW},
			       .passed = true,
			       .complete = true,
			       .coverage = {.kubelet = "ok"}};
	struct hn_str out = {0};

	(void)state;
	hn_report_scan_json(&scan, &out);
	assert_string_equal(
		hn_str_get(&out),
		"{\"schema\":\"hostnetd.scan/v1\",\"agentVersion\":\"0.1.0\",\"node\":\"n1\","
		"\"time\":\"2026-11-23T20:31:07.123456Z\",\"passed\":true,\"complete\":true,\"incomplete\":[],"
		"\"findings\":[],\"sharing\":[],"
		"\"coverage\":{\"kubelet\":\"ok\",\"processesSeen\":0,\"lost\":0}}\n");
	hn_str_done(&out);
}

static const cJSON *at(const cJSON *json, const char *key)
{
	assert_true(cJSON_HasObjectItem(json, key));
	return cJSON_GetObjectItemCaseSensitive(json, key);
}

/* The golden files show it; this says which parts of them are the point. */
static void test_unknown_is_absent(void **state)
{
	static struct sample s;
	struct hn_str out = {0};
	const cJSON *finding, *pod;
	cJSON *json;

	(void)state;
	sample_early(&s);
	put_change(&out, HN_CHANGE_OPENED, 0, &s.finding);
	json = cJSON_Parse(hn_str_get(&out));
	finding = at(json, "finding");
	pod = at(finding, "pod");
	assert_int_equal(cJSON_GetArraySize(pod), 1);
	assert_string_equal(at(pod, "uid")->valuestring, "11112222333344445555666677778888");
	assert_false(cJSON_HasObjectItem(finding, "cause"));
	assert_false(cJSON_HasObjectItem(finding, "workload"));
	assert_false(cJSON_HasObjectItem(finding, "resolvedAt"));
	assert_false(cJSON_HasObjectItem(finding, "exception"));
	assert_int_equal(cJSON_GetArraySize(at(finding, "containers")->child), 2); /* id, shares */
	assert_false(cJSON_HasObjectItem(at(finding, "processes")->child, "container"));
	assert_int_equal(cJSON_GetArraySize(at(json, "changed")), 0);
	cJSON_Delete(json);
	hn_str_clear(&out);

	sample_rogue(&s);
	put_change(&out, HN_CHANGE_OPENED, 0, &s.finding);
	json = cJSON_Parse(hn_str_get(&out));
	assert_false(cJSON_HasObjectItem(at(json, "finding"), "pod"));
	assert_false(cJSON_HasObjectItem(at(at(json, "finding"), "ai"), "product"));
	assert_false(cJSON_HasObjectItem(at(at(json, "finding"), "processes")->child, "argv"));
	cJSON_Delete(json);
	hn_str_done(&out);
}

static void test_arguments_and_ports(void **state)
{
	static const char *const argv[] = {"python3",    "-m",         "vllm.entrypoints.openai.api_server",
					   "--api-key",  "[redacted]", "",
					   "--port=8000"};
	static struct sample s;
	struct hn_str out = {0};
	const cJSON *finding, *list;
	cJSON *json;

	(void)state;
	sample_vllm(&s);
	put_change(&out, HN_CHANGE_OPENED, 0, &s.finding);
	json = cJSON_Parse(hn_str_get(&out));
	finding = at(json, "finding");
	list = at(at(finding, "processes")->child, "argv");
	assert_int_equal(cJSON_GetArraySize(list), HN_ARRAY_SIZE(argv));
	for (int i = 0; i < (int)HN_ARRAY_SIZE(argv); i++)
		assert_string_equal(cJSON_GetArrayItem(list, i)->valuestring, argv[i]);
	list = at(at(finding, "processes")->child->next, "argv"); /* cut off, no NUL at its end */
	assert_int_equal(cJSON_GetArraySize(list), 2);
	assert_string_equal(list->child->next->valuestring, "worker");
	list = at(at(finding, "network"), "listening");
	assert_int_equal(cJSON_GetArraySize(list), 3); /* of four: two processes share one */
	assert_string_equal(at(list->child, "address")->valuestring, "0.0.0.0");
	assert_string_equal(at(list->child->next, "address")->valuestring, "127.0.0.1");
	assert_string_equal(at(list->child->next->next, "address")->valuestring, "::");
	assert_int_equal(at(list->child->next->next, "port")->valueint, 9000);
	cJSON_Delete(json);
	hn_str_done(&out);
}

static void test_schemas_are_inside_and_agree(void **state)
{
	size_t len = 0;
	const char *text = hn_schema_get("hostnetd.scan/v1", &len);
	cJSON *scan, *event;

	(void)state;
	assert_non_null(text);
	assert_int_equal(strlen(text), len);
	scan = cJSON_Parse(text);
	event = cJSON_Parse(hn_schema_get("hostnetd.event/v1", &len));
	assert_non_null(scan);
	assert_non_null(event);
	assert_string_equal(at(at(at(scan, "properties"), "schema"), "const")->valuestring, "hostnetd.scan/v1");
	assert_string_equal(at(at(at(event, "properties"), "schema"), "const")->valuestring, "hostnetd.event/v1");
	/* each file stands alone, so what both define is there twice and must not drift apart */
	for (const cJSON *def = at(event, "$defs")->child; def; def = def->next)
		assert_true(cJSON_Compare(def, at(at(scan, "$defs"), def->string), true));
	assert_null(hn_schema_get("hostnetd.scan/v2", &len));
	cJSON_Delete(scan);
	cJSON_Delete(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_no_change_is_no_line),
		cmocka_unit_test(test_notices),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_empty_scan),
		cmocka_unit_test(test_unknown_is_absent),
		cmocka_unit_test(test_arguments_and_ports),
		cmocka_unit_test(test_schemas_are_inside_and_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
