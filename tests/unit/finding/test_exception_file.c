/* SPDX-License-Identifier: Apache-2.0 */
/* Rules: what a file may say, and where a mistake is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hostnetd/exception.h"
#include "hostnetd/str.h"

#include "exception_rig.h"

static void test_all_keys(void **state)
{
	struct hn_exceptions *x = parse(
		"exceptions:\n- name: rdma-training\n  reason: >\n    NCCL over RoCE needs\n    the node's interfaces\n"
		"  expires: 2027-01-31\n  approvedBy: platform@example.org   # may be absent\n  ticket: SEC-1234\n"
		"  match: {namespaces: [train-*], workloads: [{kind: PyTorchJob, name: \"llm-*\"}], podLabels: "
		"{team: research},\n          images: [registry.example.org/train/*], categories: [training], products: "
		"[pytorch], causes: [declared, joined], ports: [29500, 40000-50000]}\n"
		"- {name: b, reason: c, expires: 2027-01-31T18:00:00+02:00, match: {namespaces: ml}}\n"
		"- name: lines\n  reason: |\n    RoCE\n\n    needs it\n\n  expires: 2027-01-31\n  match: {namespaces: ml}\n");
	const struct hn_exception *e = hn_exceptions_at(x, 0);

	(void)state;
	assert_int_equal(hn_exceptions_count(x), 3);
	assert_string_equal(hn_exceptions_at(x, 2)->reason, "RoCE  needs it");
	assert_ptr_equal(hn_exceptions_find(x, "rdma-training"), e);
	assert_null(hn_exceptions_find(x, "rdma"));
	assert_string_equal(e->reason, "NCCL over RoCE needs the node's interfaces");
	assert_string_equal(e->approved_by, "platform@example.org");
	assert_string_equal(e->ticket, "SEC-1234");
	assert_int_equal(e->line, 2);
	assert_int_equal(e->causes, 1 << HN_CAUSE_DECLARED | 1 << HN_CAUSE_JOINED);
	assert_int_equal(e->n_ports, 2);
	assert_int_equal(e->ports[1].last, 50000);
	assert_string_equal(e->workloads.items[0].name, "llm-*");
	/* A day holds until its end in UTC. */
	assert_true(e->expires.ns == 1801440000LL * HN_NSEC_PER_SEC);
	assert_false(hn_exception_expired(e, (struct hn_wall){e->expires.ns - 1}));
	assert_true(hn_exception_expired(e, e->expires));
	e = hn_exceptions_at(x, 1);
	assert_true(e->expires.ns == (1801440000LL - 8 * 3600) * HN_NSEC_PER_SEC);
	assert_int_equal(e->causes, 1 << HN_CAUSE_DECLARED);
	assert_null(e->approved_by);
	hn_exceptions_free(x);
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"", "x.yaml:1: exceptions: "},
		{"rules: []\n", "x.yaml:1: exceptions: "},
		{"exceptions: []\nmore: 1\n", "x.yaml:2: exceptions: "},
		{"exceptions: [a]\n", "x.yaml:1: exceptions: each must hold keys"},
		{"exceptions:\n- name: a\n  reason: b\n  match: {namespaces: [ml]}\n",
		 "x.yaml:2: expires: is missing"},
		{"exceptions:\n- name: a\n  expires: 2027-01-31\n  match: {namespaces: [ml]}\n",
		 "x.yaml:2: reason: is missing"},
		{"exceptions:\n- reason: b\n  expires: 2027-01-31\n  match: {namespaces: [ml]}\n",
		 "x.yaml:2: name: is missing"},
		{HEAD, "x.yaml:2: match: is missing"},
		{"exceptions:\n- name: a\n  name: b\n", "x.yaml:3: name: stands there twice"},
		/* Of the rule that lacks it, not of what stands behind it. */
		{"exceptions:\n- name: a\n  expires: 2027-01-31\n  match: {namespaces: [ml]}\n\n# next\n- name: b\n",
		 "x.yaml:2: reason: is missing"},
		{"exceptions:\n- owner: a\n", "x.yaml:2: owner: there is no such key: name"},
		{"exceptions:\n- name: a\n  expries: 2027-01-31\n",
		 "x.yaml:3: expries: there is no such key: name"},
		{"exceptions:\n- \"\\e[31mx\": a\n", "x.yaml:2: \\x1b[31mx: there is no such key: name"},
		{"exceptions:\n- [a]: a\n", "x.yaml:2: a key: there is no such key: name"},
		{"exceptions:\n- name: ''\n", "x.yaml:2: name: must be a text"},
		{"exceptions:\n- name: ~\n", "x.yaml:2: name: must be a text"},
		{"exceptions:\n- reason: ~\n", "x.yaml:2: reason: must be a text"},
		{"exceptions:\n- reason: null\n", "x.yaml:2: reason: must be a text"},
		{"exceptions:\n- reason:\n", "x.yaml:2: reason: must be a text"},
		{"exceptions:\n- name: |\n    a\n    b\n", "x.yaml:2: name: holds a control character"},
		{"exceptions:\n- reason: \"\\n\"\n", "x.yaml:2: reason: must be a text"},
		{"exceptions:\n- reason: '  '\n", "x.yaml:2: reason: must be a text"},
		{"exceptions:\n- ticket: ~\n", "x.yaml:2: ticket: must be a text"},
		{"exceptions:\n- approvedBy: ~\n", "x.yaml:2: approvedBy: must be a text"},
		{"exceptions:\n- reason: \"a\\tb\"\n", "x.yaml:2: reason: holds a control character"},
		{"exceptions:\n- name: a\n  reason: a\x01\n",
		 "x.yaml:3: YAML: control characters are not allowed"},
		{"exceptions:\n- name: a\n  reason: \xff\n", "x.yaml:3: YAML: invalid leading UTF-8 octet"},
		{"exceptions:\n- expires: 2027-02-30\n", "x.yaml:2: expires: must be a day"},
		{"exceptions:\n- expires: never\n", "x.yaml:2: expires: must be a day"},
		{"exceptions:\n- expires: 2027-1-31\n", "x.yaml:2: expires: must be a day"},
		{RULE("{namespaces: [ml]}") "- name: r\n  reason: b\n  expires: 2027-01-31\n  match: {namespaces: [x]}\n",
		 "x.yaml:6: name: another rule has this name"},
		{RULE("[ml]"), "x.yaml:5: match: must hold keys"},
		{RULE("{namespace: [ml]}"), "x.yaml:5: namespace: there is no such key below match"},
		{RULE("{\"name\\tspaces\": [ml]}"), "x.yaml:5: name\\tspaces: there is no such key below match"},
		{RULE("{namespaces: ~}"), "x.yaml:5: namespaces: must be a text"},
		{RULE("{namespaces: [ml, ~]}"), "x.yaml:5: namespaces: must be a text"},
		{RULE("{workloads: [{kind: Job, name: ~}]}"), "x.yaml:5: workloads: must be a text"},
		{RULE("{podLabels: {team: ~}}"), "x.yaml:5: podLabels: must be a text"},
		{RULE("{podLabels: {team: }}"), "x.yaml:5: podLabels: must be a text"},
		{RULE("{namespaces: [ml], namespaces: [x]}"), "x.yaml:5: namespaces: stands there twice"},
		{RULE("{namespaces: []}"), "x.yaml:5: namespaces: the list is empty"},
		{RULE("{namespaces: [{a: b}]}"), "x.yaml:5: namespaces: must be a text"},
		{RULE("{namespaces: [ml], causes: ['*']}"), "x.yaml:5: causes: must be declared"},
		{RULE("{namespaces: [ml], causes: [socke]}"), "x.yaml:5: causes: must be declared"},
		{RULE("{categories: [trainin]}"), "x.yaml:5: categories: there is no such category"},
		{RULE("{namespaces: [ml], ports: [0]}"), "x.yaml:5: ports: must be a port"},
		{RULE("{namespaces: [ml], ports: [65536]}"), "x.yaml:5: ports: must be a port"},
		{RULE("{namespaces: [ml], ports: [90-80]}"), "x.yaml:5: ports: must be a port"},
		{RULE("{namespaces: [ml], ports: [80x]}"), "x.yaml:5: ports: must be a port"},
		{RULE("{workloads: [Job]}"), "x.yaml:5: workloads: each must be like"},
		{RULE("{workloads: [{}]}"), "x.yaml:5: workloads: each must be like"},
		{RULE("{workloads: [{kind: a, uid: b}]}"), "x.yaml:5: workloads: each must be like"},
		{RULE("{workloads: [{kind: a, group: ~}]}"), "x.yaml:5: workloads: must be a text"},
		{RULE("{workloads: [{kind: a, group: apps/v1}]}"), "x.yaml:5: workloads: a group has no version"},
		{RULE("{workloads: [{kind: a, group: extensions}]}"),
		 "x.yaml:5: workloads: what was in the group extensions is in apps"},
		{RULE("{workloads: [{kind: a, group: b, group: c}]}"), "x.yaml:5: workloads: each must be like"},
		{RULE("{workloads: [{kind: '*', name: '*', group: '*'}]}"),
		 "x.yaml:5: match: it would match every AI workload"},
		{RULE("{podLabels: [a]}"), "x.yaml:5: podLabels: must be like"},
		{RULE("{podLabels: {a: b, a: c}}"), "x.yaml:5: podLabels: a label stands there twice"},
		/* What would match everything. */
		{RULE("{}"), "x.yaml:5: match: it would match every AI workload"},
		{RULE("{namespaces: ['*']}"), "x.yaml:5: match: it would match every AI workload"},
		{RULE("{namespaces: [ml, '?*']}"), "x.yaml:5: match: it would match every AI workload"},
		{RULE("{images: ['**'], products: ['*']}"), "x.yaml:5: match: it would match every AI workload"},
		{RULE("{workloads: [{kind: '*', name: '*'}]}"),
		 "x.yaml:5: match: it would match every AI workload"},
		{RULE("{workloads: [{kind: Job}, {name: '*'}]}"),
		 "x.yaml:5: match: it would match every AI workload"},
		{RULE("{categories: ['*']}"), "x.yaml:5: match: it would match every AI workload"},
		{RULE("{causes: [joined], ports: [80]}"), "x.yaml:5: match: it would match every AI workload"},
		{HEAD "  match:\n    namespaces:\n    - '*'\n  ticket: t\n",
		 "x.yaml:5: match: it would match every"},
		{"exceptions:\n- name: &a x\n  reason: *a\n", "aliases are not allowed"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hn_exceptions *x = NULL;
		struct hn_reason reason = {""};

		assert_int_equal(hn_exceptions_parse("x.yaml", rows[i].text, strlen(rows[i].text), &x, &reason),
				 -22);
		assert_null(x);
		if (!strstr(reason.text, rows[i].says) || strncmp(reason.text, "x.yaml:", 7) != 0)
			fail_msg("row %zu: %s", i, reason.text);
	}
}

static void test_too_many(void **state)
{
	_cleanup_(hn_str_done) struct hn_str text = {0};
	struct hn_exceptions *x = NULL;
	struct hn_reason reason = {""};

	(void)state;
	hn_str_puts(&text, "exceptions:\n");
	for (unsigned i = 0; i < HN_EXCEPTIONS_MAX; i++)
		hn_str_printf(&text, "- {name: n%u, reason: b, expires: 2027-01-31, match: {namespaces: [ml]}}\n",
			      i);
	x = parse(hn_str_get(&text));
	assert_int_equal(hn_exceptions_count(x), HN_EXCEPTIONS_MAX);
	hn_exceptions_free(x);
	hn_str_puts(&text, "- {name: m, reason: b, expires: 2027-01-31, match: {namespaces: [ml]}}\n");
	assert_int_equal(hn_exceptions_parse("x", text.data, text.len, &x, &reason), -22);
	assert_non_null(strstr(reason.text, "more than 10000"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_keys),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
