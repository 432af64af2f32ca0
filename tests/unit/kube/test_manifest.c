// SPDX-License-Identifier: Apache-2.0
// YAML manifests: what kubectl makes of them, what it and other readers would not agree on, and the bounds.
#include "asset_rig.h"

static void yaml(void **state _unused_)
{
	check("# nothing\n---\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
	      "spec: {hostNetwork: yes, containers: [{name: c, image: i, args: [-p, 80], env: [{name: A, value: on}]}]}\n"
	      "---\napiVersion: v1\nkind: Pod\nmetadata: {name: q}\nspec: {hostNetwork: off, containers: [{name: c}]}\n...\n",
	      "pods v1 Pod /p +host\npods v1 Pod /q \n");
	check("x: &b {hostNetwork: true, containers: [{name: c, image: i}]}\napiVersion: apps/v1\nkind: DaemonSet\n"
	      "metadata: {name: d}\nspec: {template: {spec: {<<: *b, hostPID: true}}}\n",
	      "daemonSets apps/v1 DaemonSet /d spec.template+host\n");
	check("apiVersion: v1\nkind: List\nitems:\n- apiVersion: batch/v1\n  kind: CronJob\n  metadata: {name: c}\n"
	      "  spec: {suspend: true, jobTemplate: {spec: {template: {spec: {containers: [{name: c}]}}}}}\n",
	      "cronJobs batch/v1 CronJob /c spec.jobTemplate.spec.template suspend: true\n");
}

#define MERGED(spec) "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c}], " spec "}\n"

/* As kubectl 1.32 takes them: what is written behind a << wins over it, and of a list of maps the first does. */
static void merges(void **state _unused_)
{
	static const struct {
		const char *text;
		bool host;
	} rows[] = {
		{MERGED("<<: {hostNetwork: true}, hostNetwork: false"), false},
		{MERGED("<<: {hostNetwork: false}, hostNetwork: true"), true},
		{MERGED("<<: [{hostNetwork: true}, {hostNetwork: false}]"), true},
		{MERGED("<<: [{hostNetwork: false}, {hostNetwork: true}]"), false},
		{MERGED("<<: {<<: {hostNetwork: false}, hostNetwork: true}"), true},
		{MERGED("<<: {<<: {hostNetwork: true}}"), true},
		{MERGED("<<: {a: 1}, <<: {hostNetwork: true}, a: 2"), true},
		{MERGED("hostPID: true, <<: {hostNetwork: true}, hostIPC: true, <<: [{b: 1}, {b: 2}]"), true},
		{MERGED("!!merge <<: {hostNetwork: true}"), true},
		{MERGED("!!merge \"<<\": {hostNetwork: true}"), true},
		{MERGED("\"<<\": {hostNetwork: true}"), false},
		{MERGED("!!str hostNetwork: true"), true},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++)
		check(rows[i].text, rows[i].host ? "pods v1 Pod /p +host\n" : "pods v1 Pod /p \n");
}

/* What kubectl and other readers, or a reader of its text, take for different things. */
static void ambiguous(void **state _unused_)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{MERGED("hostNetwork: false, <<: {hostNetwork: true}"),
		 "line 4: << brings a key that stands before it"},
		{MERGED("<<: {hostNetwork: false}, <<: {hostNetwork: true}"),
		 "line 4: a key that two << of one map"},
		{MERGED("<<: {hostNetwork: false, <<: {hostNetwork: true}}"), "a key that stands before it"},
		{MERGED("<<: {a: 1}, a: 2, <<: [{b: 1}, {a: 3}]"), "a key that stands before it"},
		{MERGED("<<: [{a: 1}, {b: 2}], c: 1, <<: {b: 3}, b: 4"), "a key that two << of one map"},
		{MERGED("<<: null"), "merges maps only"},
		{MERGED("<<: [[{hostNetwork: true}]]"), "merges maps only"},
		{MERGED("!!binary aG9zdE5ldHdvcms=: true"), "line 4: a key with a tag"},
		{MERGED("!x hostNetwork: true"), "a key with a tag"},
		{MERGED("!!merge hostNetwork: {a: 1}"), "a key with a tag"},
		{MERGED("! \"<<\": {hostNetwork: true}"), "line 4: a tag that readers understand differently"},
		{MERGED("!!str <<: {a: 1}"), "a tag that readers understand differently"},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++)
		check_refused(rows[i].text, rows[i].why);
}

/* Each is beyond one bound by one; what libyaml would make of it nobody waits for. */
static void bounds(void **state _unused_)
{
	_cleanup_(hn_str_done) struct hn_str anchors = {0}, aliases = {0}, values = {0};

	hn_str_puts(&anchors, "a: [");
	for (int i = 0; i < 2000; i++)
		hn_str_printf(&anchors, "&a%d x,", i);
	hn_str_puts(&anchors, "]\n---\nb: &a 1\n");
	check_refused(hn_str_get(&anchors), "document 1, line 1: no Kubernetes object");
	anchors.len -= strlen("]\n---\nb: &a 1\n");
	hn_str_puts(&anchors, "{&b x: &c y}]\n");
	check_refused(hn_str_get(&anchors), "more than 2000 anchors");
	hn_str_puts(&aliases, "a: &a x\nb: [");
	for (int i = 0; i < 200001; i++)
		hn_str_puts(&aliases, "*a,");
	check_refused(hn_str_get(&aliases), "more than 200000 aliases");
	hn_str_puts(&values, "a: [");
	for (int i = 0; i < 4000000; i++)
		hn_str_puts(&values, "a,");
	check_refused(hn_str_get(&values), "too many values: give it as JSON");
}

/* What takes libyaml minutes is refused at once; one that is as deep as allowed is not. */
static void brackets(void **state _unused_)
{
	static char deep[200000];
	char fine[160] = "a: ";

	memset(deep, '[', sizeof(deep) - 1);
	memset(fine + 3, '[', 60);
	memset(fine + 63, ']', 60);
	for (int i = 0; i < 2; i++) {
		_cleanup_(hn_str_done) struct hn_str out = {0};
		struct hn_reason reason = {""};

		assert_int_equal(read_text(i ? fine : deep, 4096, NULL, &out, &reason), -EBADMSG);
		assert_non_null(strstr(reason.text, i ? "no kind" : "nested too deeply"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(yaml), cmocka_unit_test(merges),
					   cmocka_unit_test(ambiguous), cmocka_unit_test(bounds),
					   cmocka_unit_test(brackets)};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
