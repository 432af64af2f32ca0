// SPDX-License-Identifier: Apache-2.0
// What the policy would say of an object; that its CEL says the same is tests/policy/claim.mjs'.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "finding/admission_form.h"

#define POD(container, more)                                                                                  \
	"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"ml\",\"name\":\"vllm-0\"" more \
	"},\"spec\":{\"hostNetwork\":true,\"containers\":[{\"name\":\"c\"," container "}]}}"
#define IMAGE(image) "\"image\":\"" image "\""
#define RUNS(words) IMAGE("reg.example/app:1") "," words
#define OF(api, kind, path, end)                                                               \
	"{\"apiVersion\":\"" api "\",\"kind\":\"" kind                                         \
	"\",\"metadata\":{\"namespace\":\"ml\",\"name\":\"d\"},\"spec\":{" path                \
	"\"template\":{\"spec\":{\"hostNetwork\":true,\"containers\":[{\"name\":\"c\"," IMAGE( \
		"vllm/vllm-openai") "}]}}" end "}}"

static const struct row {
	const char *object;
	enum hn_admission says;
} rows[] = {
	{POD(IMAGE("docker.io/vllm/vllm-openai:v1@sha256:0"), ""), HN_ADMISSION_DENIES},
	{POD(IMAGE("docker.io/vllm/vllm-openai:v1/2"), ""), HN_ADMISSION_WEAK},
	{POD(IMAGE("docker.io/xvllm/vllm-openaix:v1"), ""), HN_ADMISSION_WEAK},
	/* llm-d-x is an image of llm-d's, and vllm/ a whole project; whose folder has such a name may hold anything. */
	{POD(IMAGE("reg.example/llm-d-x:v1"), ""), HN_ADMISSION_DENIES},
	{POD(IMAGE("reg.example/llm-d-x/exporter:v1"), ""), HN_ADMISSION_WEAK},
	{POD(IMAGE("vllm/x/exporter:v1"), ""), HN_ADMISSION_DENIES},
	{POD(IMAGE("vllm/:v1"), ""), HN_ADMISSION_WEAK},
	{POD(RUNS("\"command\":[\"/usr/bin/vllm\"]"), ""), HN_ADMISSION_DENIES},
	{POD(RUNS("\"command\":[\"/usr/bin/vllmx\"]"), ""), HN_ADMISSION_WEAK},
	{POD(RUNS("\"args\":[\"vllm\",\"serve\"]"), ""), HN_ADMISSION_DENIES},
	{POD(RUNS("\"args\":[\"vllm\"]"), ""), HN_ADMISSION_WEAK}, /* whom an entry point may wait for */
	{POD(RUNS("\"args\":[\"/usr/bin/vllm\"]"), ""), HN_ADMISSION_DENIES},
	{POD(RUNS("\"command\":[\"tini\",\"--\",\"vllm\"]"), ""), HN_ADMISSION_DENIES},
	{POD(RUNS("\"command\":[\"tini\",\"vllm\"]"), ""), HN_ADMISSION_WEAK},
	{POD(RUNS("\"command\":[\"python3\"],\"args\":[\"-u\",\"-m\",\"vllm.entrypoints\"]"), ""),
	 HN_ADMISSION_DENIES},
	{POD(RUNS("\"command\":[\"curl\"],\"args\":[\"-m\",\"vllm\"]"), ""), HN_ADMISSION_WEAK},
	{POD(RUNS("\"env\":[{\"name\":\"LLAMA_ARG_MODEL\",\"value\":\"x\"}]"), ""), HN_ADMISSION_DENIES},
	{POD(RUNS("\"env\":[{\"name\":\"LLAMA_ARG_\",\"value\":\"x\"}]"), ""), HN_ADMISSION_WEAK},
	{POD(IMAGE("nginx:1") ",\"env\":[{\"name\":\"LLAMA_ARG_MODEL\",\"value\":\"x\"}]", ""), HN_ADMISSION_WEAK},
	{POD(RUNS("\"ports\":[]"),
	     ",\"labels\":{\"training.kubeflow.org/operator-name\":\"pytorchjob-controller\"}"),
	 HN_ADMISSION_DENIES},
	{OF("apps/v1", "Deployment", "", ""), HN_ADMISSION_DENIES},
	{OF("apps/v1beta1", "Deployment", "", ""), HN_ADMISSION_DENIES},
	{OF("extensions/v1beta1", "Deployment", "", ""), HN_ADMISSION_KIND},
	{OF("batch/v1", "CronJob", "\"jobTemplate\":{\"spec\":{", "}}"), HN_ADMISSION_DENIES},
	{OF("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", "\"leaderWorkerTemplate\":{\"workerTemplate\":{},",
	    "}"),
	 HN_ADMISSION_KIND}, /* found where its kind has none, too */
	{OF("v1", "ReplicationController", "", ""), HN_ADMISSION_KIND},
};

struct asked {
	const struct hn_admission_policy *policy;
	enum hn_admission says;
};

static int on_asset(void *arg, const struct hn_asset *asset, struct hn_reason *reason _unused_)
{
	struct asked *a = arg;

	a->says = hn_admission_judge(a->policy, asset);
	return 0;
}

static enum hn_admission ask(const struct hn_admission_policy *policy, const char *object)
{
	_cleanup_(hn_workload_kinds_cleanup) struct hn_workload_kinds *kinds = NULL;
	struct asked a = {policy, HN_ADMISSION_MAX};
	struct hn_asset_source source = {.name = "objects", .found = on_asset, .arg = &a};
	struct hn_asset_reader *reader;
	struct hn_reason reason;

	assert_int_equal(hn_workload_kinds_new(NULL, 0, &kinds, &reason), 0);
	source.kinds = kinds;
	reader = hn_asset_reader_new(&source);
	assert_non_null(reader);
	if (hn_asset_reader_feed(reader, object, strlen(object), &reason) < 0 ||
	    hn_asset_reader_finish(reader, &reason) < 0)
		fail_msg("%s", reason.text);
	hn_asset_reader_free(reader);
	return a.says;
}

static void signs(void **state _unused_)
{
	_cleanup_(hn_catalogue_cleanup) struct hn_catalogue *c = NULL;
	_cleanup_(hn_admission_policy_cleanup) struct hn_admission_policy *p = NULL;
	struct hn_reason reason;

	assert_int_equal(hn_catalogue_new(NULL, 0, &c, &reason), 0);
	assert_int_equal(hn_admission_policy_new(c, NULL, (struct hn_wall){0}, &p, &reason), 0);
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		enum hn_admission says = ask(p, rows[i].object);

		if (says != rows[i].says)
			fail_msg("row %zu: %d: %s", i, (int)says, rows[i].object);
	}
}

/* A rule that the audit honours and CEL cannot say lets nothing in. */
static void rules(void **state _unused_)
{
	static const struct {
		const char *match;
		enum hn_admission says;
	} matches[] = {
		{"{namespaces: [m*]}", HN_ADMISSION_EXCEPTED},
		{"{namespaces: [mlx]}", HN_ADMISSION_DENIES},
		{"{namespaces: [ml], products: [vllm]}", HN_ADMISSION_DENIES},
		{"{namespaces: [ml], products: [vllm], images: [\"*/vllm/*\"]}", HN_ADMISSION_EXCEPTED},
		{"{namespaces: [ml, \"it's\"]}", HN_ADMISSION_DENIES},
		{"{namespaces: [ml], causes: [joined]}", HN_ADMISSION_DENIES},
		{"{workloads: [{kind: Pod, name: vllm-?}]}", HN_ADMISSION_EXCEPTED},
		{"{workloads: [{kind: Pod, name: vllm-?}, {kind: JobSet, name: x}]}", HN_ADMISSION_EXCEPTED},
		{"{workloads: [{kind: JobSet, name: x}]}", HN_ADMISSION_DENIES},
		{"{workloads: [{kind: Pod, name: vllm-??}]}", HN_ADMISSION_DENIES},
	};
	_cleanup_(hn_catalogue_cleanup) struct hn_catalogue *c = NULL;
	struct hn_reason reason;

	assert_int_equal(hn_catalogue_new(NULL, 0, &c, &reason), 0);
	for (size_t i = 0; i < HN_ARRAY_SIZE(matches); i++) {
		_cleanup_(hn_exceptions_cleanup) struct hn_exceptions *x = NULL;
		_cleanup_(hn_admission_policy_cleanup) struct hn_admission_policy *p = NULL;
		char text[256];

		snprintf(text, sizeof(text),
			 "exceptions:\n- {name: r, reason: why, expires: 2099-01-31, match: %s}\n",
			 matches[i].match);
		assert_int_equal(hn_exceptions_parse("rules", text, strlen(text), &x, &reason), 0);
		assert_int_equal(hn_admission_policy_new(c, x, (struct hn_wall){0}, &p, &reason), 0);
		if (ask(p, rows[0].object) != matches[i].says)
			fail_msg("%s", matches[i].match);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs),
		cmocka_unit_test(rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
