// SPDX-License-Identifier: Apache-2.0
// What agents write is read back whole, and whatever else stands there is a gap and no pass.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../report/sample.h"
#include "kube/fleet.h"
#include "sink/report_object.h"

#define MINUTE (60 * HN_NSEC_PER_SEC)

struct rig {
	struct hn_fleet fleet;
	struct hn_fleet_settings settings;
	struct hn_observations *o;
	char gaps[8192];
	size_t n_gaps;
};

static int on_gap(void *arg, const char *what, const char *why, struct hn_reason *reason _unused_)
{
	struct rig *rig = arg;
	size_t used = strlen(rig->gaps);

	snprintf(rig->gaps + used, sizeof(rig->gaps) - used, "%s: %s\n", what, why);
	rig->n_gaps++;
	return 0;
}

static void rig_open(struct rig *rig)
{
	struct hn_reason reason;

	memset(rig, 0, sizeof(*rig));
	rig->settings = (struct hn_fleet_settings){.name = "cluster",
						   .now = {SAMPLE_NOW + MINUTE},
						   .max_age_ns = 30 * MINUTE,
						   .gap = on_gap,
						   .arg = rig};
	rig->o = hn_observations_new();
	assert_int_equal(hn_fleet_init(&rig->fleet, &rig->settings, rig->o, &reason), 0);
}

static void rig_close(struct rig *rig)
{
	hn_fleet_done(&rig->fleet);
	hn_observations_free(rig->o);
}

static void judge(struct rig *rig)
{
	struct hn_reason reason = {{0}};

	rig->gaps[0] = '\0';
	rig->n_gaps = 0;
	assert_int_equal(hn_fleet_judge(&rig->fleet, true, &reason), 0);
}

static void add_node(struct rig *rig, const char *name)
{
	struct hn_reason reason = {{0}};
	cJSON *node = cJSON_CreateObject(), *metadata = cJSON_AddObjectToObject(node, "metadata");

	cJSON_AddStringToObject(metadata, "name", name);
	assert_int_equal(hn_fleet_add_node(&rig->fleet, node, &reason), 0);
	cJSON_Delete(node);
}

/* --- what an agent writes ------------------------------------------------------------------------------------------ */

static struct sample vllm, drifter, rogue;
static struct hn_health health = {.tier = "bpf", .complete = true};

static cJSON *render(struct hn_report_page *page)
{
	struct hn_str text = {0};
	cJSON *tree;

	hn_report_object_json(page, &text);
	tree = cJSON_Parse(hn_str_get(&text));
	assert_non_null(tree);
	hn_str_done(&text);
	return tree;
}

static cJSON *own_report(const char *claims)
{
	static const struct hn_finding *list[1];
	struct hn_report_page page = {.kind = &hn_report_kinds[0],
				      .who = &sample_who,
				      .node_uid = "u",
				      .ns = "",
				      .now = {SAMPLE_NOW},
				      .health = &health,
				      .claims = claims,
				      .findings = list,
				      .n = 1};

	sample_rogue(&rogue);
	list[0] = &rogue.finding;
	return render(&page);
}

static cJSON *ml_report(void)
{
	static const struct hn_finding *list[2];
	struct hn_report_page page = {.kind = &hn_report_kinds[0],
				      .who = &sample_who,
				      .node_uid = "u",
				      .ns = "ml",
				      .now = {SAMPLE_NOW},
				      .findings = list,
				      .n = 2};

	sample_vllm(&vllm);
	sample_drifter(&drifter);
	list[0] = &vllm.finding;
	list[1] = &drifter.finding;
	return render(&page);
}

static cJSON *blind_report(void)
{
	struct hn_report_page page = {.kind = &hn_report_kinds[0],
				      .who = &sample_who,
				      .node_uid = "u",
				      .ns = "ml",
				      .now = {SAMPLE_NOW},
				      .blind = true};

	return render(&page);
}

static void read_all(struct rig *rig, cJSON *own, cJSON *ml)
{
	struct hn_reason reason = {{0}};

	add_node(rig, "n1");
	if (own)
		assert_int_equal(hn_fleet_add_own(&rig->fleet, &hn_report_kinds[0], own, &reason), 0);
	if (own)
		assert_int_equal(hn_fleet_add_results(&rig->fleet, &hn_report_kinds[0], own, &reason), 0);
	if (ml)
		assert_int_equal(hn_fleet_add_results(&rig->fleet, &hn_report_kinds[0], ml, &reason), 0);
	judge(rig);
	cJSON_Delete(own);
	cJSON_Delete(ml);
}

/* That nothing is found is no finding that is not understood. */
static void a_blind_page(void **state _unused_)
{
	struct rig rig;

	rig_open(&rig);
	read_all(&rig, own_report("-=0.1.0,ml=0.0.0"), blind_report());
	assert_null(strstr(rig.gaps, "properties"));
	rig_close(&rig);
}

static void what_was_written(void **state _unused_)
{
	struct rig rig;
	const struct hn_observed *seen;

	rig_open(&rig);
	read_all(&rig, own_report("-=0.1.0,ml=2.0.0"), ml_report());
	assert_string_equal(rig.gaps, "");
	assert_int_equal(hn_observations_count(rig.o), 3);
	seen = hn_observations_at(rig.o, 0);
	assert_string_equal(seen->cause, "unmanaged");
	assert_string_equal(seen->verdict, "likely");
	assert_string_equal(seen->source, "cluster, node n1");
	seen = hn_observations_at(rig.o, 1); /* the worst first */
	assert_string_equal(seen->pod, SAMPLE_HOSTILE[0] ? "evil\033[31m\nhostnetd: passed\xef\xbf\xbd" : "");
	assert_string_equal(seen->severity, "critical");
	seen = hn_observations_at(rig.o, 2);
	assert_string_equal(seen->finding, vllm.finding.id);
	assert_string_equal(seen->node, "n1");
	assert_string_equal(seen->ns, "ml");
	assert_string_equal(seen->uid, vllm.finding.pod_uid);
	assert_string_equal(seen->workload_api_version, "apps/v1");
	assert_string_equal(seen->workload_kind, "StatefulSet");
	assert_string_equal(seen->workload_name, "vllm");
	assert_string_equal(seen->image, vllm.finding.containers[0].image);
	rig_close(&rig);
}

/* --- what is wrong with it ----------------------------------------------------------------------------------------- */

static cJSON *annotations_of(cJSON *report)
{
	return cJSON_GetObjectItem(cJSON_GetObjectItem(report, "metadata"), "annotations");
}

static void annotate(cJSON *report, const char *key, const char *value)
{
	cJSON_DeleteItemFromObject(annotations_of(report), key);
	if (value)
		cJSON_AddStringToObject(annotations_of(report), key, value);
}

static void own_reports_that_are_no_pass(void **state _unused_)
{
	static const struct {
		const char *key, *value, *gap;
	} rows[] = {
		{HN_REPORT_LAST_SEEN, "2026-11-23T19:31:07Z", "1h1m old"},
		{HN_REPORT_LAST_SEEN, "2026-11-23T21:31:07Z", "future"},
		{HN_REPORT_LAST_SEEN, "yesterday", "does not say when"},
		{HN_REPORT_LAST_SEEN, NULL, "does not say when"},
		{HN_REPORT_COMPLETE, NULL, "could not see everything"},
		{HN_REPORT_COMPLETE, "TRUE", "could not see everything"},
		{HN_REPORT_CLAIMS, NULL, "does not say what the others"},
		{HN_REPORT_CLAIMS, "-=0.1.0,ml", "is not understood"},
		{HN_REPORT_CLAIMS, "-=0.1.0,ml=3.0.0", "counts 3 open"},
		{HN_REPORT_CLAIMS, "-=0.1.0,ml=1.1.0", "counts 1 open, 1 likely"},
		{HN_REPORT_CLAIMS, "-=0.1.0,ml=2.0.0,x=1.0.0", "namespace x"},
		{HN_REPORT_CLAIMS, "-=0.1.0", "does not know"},
		{HN_REPORT_CLAIMS, "ml=2.0.0", "does not know"},
		{HN_REPORT_NODE, "n2", "no agent's"},
		{HN_REPORT_NODE, "../n1", "no agent's"},
		{HN_REPORT_NODE, NULL, "no agent's"},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct rig rig;
		cJSON *own = own_report("-=0.1.0,ml=2.0.0");

		annotate(own, rows[i].key, rows[i].value);
		rig_open(&rig);
		read_all(&rig, own, ml_report());
		assert_true(rig.n_gaps > 0);
		if (!strstr(rig.gaps, rows[i].gap))
			fail_msg("%s=%s: %s", rows[i].key, rows[i].value ? rows[i].value : "", rig.gaps);
		rig_close(&rig);
	}
}

static void no_report_at_all(void **state _unused_)
{
	struct rig rig;

	rig_open(&rig);
	read_all(&rig, NULL, ml_report());
	assert_string_equal(
		rig.gaps, "node n1: it has no report object: does the agent run there, with --report-objects?\n");
	assert_int_equal(hn_observations_count(rig.o), 0);
	rig_close(&rig);
	rig_open(&rig);
	judge(&rig);
	assert_int_equal(rig.n_gaps, 1);
	rig_close(&rig);
}

/* A finding's field is another one: never less than a gap. */
static void results_that_were_changed(void **state _unused_)
{
	static const struct {
		const char *key, *value;
	} rows[] = {
		{"state", "resolved"}, {"state", "gone"},     {"state", NULL},       {"way", "both"},
		{"verdict", "not-ai"}, {"verdict", NULL},     {"verdict", "likely"}, {"finding", NULL},
		{"podUID", NULL},      {"state", "excepted"},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct rig rig;
		cJSON *ml = ml_report();
		cJSON *result = cJSON_GetArrayItem(cJSON_GetObjectItem(ml, "results"), 0);
		cJSON *properties = cJSON_GetObjectItem(result, "properties");

		cJSON_DeleteItemFromObject(properties, rows[i].key);
		if (rows[i].value)
			cJSON_AddStringToObject(properties, rows[i].key, rows[i].value);
		if (strcmp(rows[i].key, "podUID") == 0)
			cJSON_DeleteItemFromObject(properties, "containerID");
		rig_open(&rig);
		read_all(&rig, own_report("-=0.1.0,ml=2.0.0"), ml);
		if (rig.n_gaps != 1)
			fail_msg("%s=%s: %zu gaps", rows[i].key, rows[i].value ? rows[i].value : "", rig.n_gaps);
		rig_close(&rig);
	}
}

static void shapes(void **state _unused_)
{
	static const char *const rows[] = {
		"{}",
		"{\"metadata\":7}",
		"{\"metadata\":{\"annotations\":[]}}",
		"{\"metadata\":{\"name\":\"\"}}",
		"{\"metadata\":{\"name\":\"x\",\"namespace\":\"ml\",\"annotations\":{\"hostnetd.io/node\":\"n1\"}},\"results\":7}",
	};
	struct hn_reason reason = {{0}};
	struct rig rig;

	rig_open(&rig);
	add_node(&rig, "n1");
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		cJSON *tree = cJSON_Parse(rows[i]);

		assert_int_equal(hn_fleet_add_own(&rig.fleet, &hn_report_kinds[0], tree, &reason), 0);
		assert_int_equal(hn_fleet_add_results(&rig.fleet, &hn_report_kinds[0], tree, &reason), 0);
		cJSON_Delete(tree);
	}
	judge(&rig);
	assert_int_equal(rig.n_gaps, 2);
	rig_close(&rig);
}

/* A namespace's owner speaks of another one's pod, under the finding's own id. */
static void of_another_namespace(void **state _unused_)
{
	struct rig rig;
	cJSON *ml = ml_report();
	cJSON *result = cJSON_GetArrayItem(cJSON_GetObjectItem(ml, "results"), 1);

	cJSON_ReplaceItemInObject(cJSON_GetArrayItem(cJSON_GetObjectItem(result, "resources"), 0), "namespace",
				  cJSON_CreateString("kube-system"));
	rig_open(&rig);
	read_all(&rig, own_report("-=0.1.0,ml=2.0.0"), ml);
	assert_non_null(strstr(rig.gaps, "the report's own"));
	rig_close(&rig);
}

static void many_nodes_are_counted(void **state _unused_)
{
	struct rig rig;
	char name[32];

	rig_open(&rig);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		add_node(&rig, name);
	}
	judge(&rig);
	assert_int_equal(rig.n_gaps, 61);
	assert_non_null(strstr(rig.gaps, "940 more nodes"));
	rig_close(&rig);
}

/* Two groups, as while a cluster goes from one to the other: the newer word counts, and its kind's results. */
static void two_groups(void **state _unused_)
{
	struct hn_reason reason = {{0}};
	struct rig rig;
	cJSON *old = own_report("-=0.1.0,gone=1.0.0");

	annotate(old, HN_REPORT_LAST_SEEN, "2026-11-23T20:30:00Z");
	rig_open(&rig);
	assert_int_equal(hn_fleet_add_own(&rig.fleet, &hn_report_kinds[1], old, &reason), 0);
	read_all(&rig, own_report("-=0.1.0,ml=2.0.0"), ml_report());
	assert_string_equal(rig.gaps, "");
	assert_int_equal(hn_fleet_add_own(&rig.fleet, &hn_report_kinds[1], old, &reason), 0);
	judge(&rig);
	assert_string_equal(rig.gaps, "");
	hn_fleet_recount(&rig.fleet, &hn_report_kinds[1], false);
	judge(&rig);
	assert_string_equal(rig.gaps, "");
	hn_fleet_recount(&rig.fleet, &hn_report_kinds[0], false);
	judge(&rig);
	assert_int_equal(rig.n_gaps, 1);
	cJSON_Delete(old);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_blind_page),
		cmocka_unit_test(what_was_written),
		cmocka_unit_test(own_reports_that_are_no_pass),
		cmocka_unit_test(no_report_at_all),
		cmocka_unit_test(results_that_were_changed),
		cmocka_unit_test(shapes),
		cmocka_unit_test(of_another_namespace),
		cmocka_unit_test(many_nodes_are_counted),
		cmocka_unit_test(two_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
