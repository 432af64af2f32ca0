/* SPDX-License-Identifier: Apache-2.0 */
/* Report objects: what is asked in which order, and what the desk makes of each answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "objects_rig.h"

static void test_order(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);

	add(rig, sample_vllm);
	begin(rig, "");
	/* The node's own counts the others: it comes last. */
	expect(rig, "PATCH", ml_path, APPLY);
	assert_string_equal(rig->parcel.content_type, "application/apply-patch+yaml");
	assert_int_equal(rig->parcel.n_headers, 1);
	assert_int_equal(answered(rig, 201, "{}"), HN_DELIVERED);
	expect(rig, "PATCH", own_path, APPLY);
	assert_non_null(strstr(rig->parcel.content, "\"hostnetd.io/findings\":\"-=0.0.0,ml=1.0.0\""));
	assert_int_equal(answered(rig, 200, "{}"), HN_DELIVERED);
	assert_string_equal(asked(rig), "");
	/* The next is the heartbeat. */
	assert_true(rig->o->reports[0].due > hn_mono_now().ns + 500 * HN_NSEC_PER_SEC);
	rig_close(rig);
}

static void test_at_most_once_an_interval(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);
	struct hn_change change;
	struct hn_event event;
	struct hn_objects_report *ml;

	add(rig, sample_vllm);
	event = event_of(&change, rig, HN_CHANGE_OPENED, 1U << HN_CHANGED_STATE);
	begin(rig, "");
	hn_objects_take(rig->o, &event);
	ml = hn_objects_find(rig->o, "ml");
	assert_true(ml->due < hn_mono_now().ns + 3 * HN_NSEC_PER_SEC);
	expect(rig, "PATCH", ml_path, APPLY);
	answered(rig, 200, "{}");
	event = event_of(&change, rig, HN_CHANGE_UPDATED, 1U << HN_CHANGED_PROCESSES | 1U << HN_CHANGED_NETWORK);
	hn_objects_take(rig->o, &event); /* nothing that it shows */
	assert_true(ml->due > hn_mono_now().ns + 500 * HN_NSEC_PER_SEC);
	event = event_of(&change, rig, HN_CHANGE_UPDATED, 1U << HN_CHANGED_AI);
	hn_objects_take(rig->o, &event);
	assert_true(ml->due > hn_mono_now().ns + 25 * HN_NSEC_PER_SEC);
	assert_true(ml->due < hn_mono_now().ns + 31 * HN_NSEC_PER_SEC);
	/* What changes while a write is under way is not in it. */
	ml->due = 0;
	expect(rig, "PATCH", ml_path, APPLY);
	hn_objects_take(rig->o, &event);
	answered(rig, 200, "{}");
	assert_true(ml->due < hn_mono_now().ns + 31 * HN_NSEC_PER_SEC);
	rig_close(rig);
}

/* What a former run left: a pass, an hour later it is taken away, and so is its claim. */
static void test_adopted_and_deleted(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);

	begin(rig, "-=0.0.0,ml=1.0.0,../x=1.0.0");
	assert_int_equal(rig->o->n_reports, 2);
	expect(rig, "PATCH", ml_path, APPLY);
	assert_non_null(strstr(rig->parcel.content, "\"result\":\"pass\""));
	answered(rig, 200, "{}");
	hn_objects_find(rig->o, "ml")->empty_since -= HOUR_NS;
	all_due(rig);
	expect(rig, "DELETE", ml_path, "");
	assert_null(rig->parcel.content);
	assert_int_equal(answered(rig, 200, "{}"), HN_DELIVERED);
	assert_null(hn_objects_find(rig->o, "ml"));
	all_due(rig);
	expect(rig, "PATCH", own_path, APPLY);
	assert_non_null(strstr(rig->parcel.content, "\"hostnetd.io/findings\":\"-=0.0.0\""));
	rig_close(rig);
}

/* A blind agent finds nothing: what a former run left stands, nothing passes, nothing is deleted. */
static void test_blind(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);
	const struct hn_health well = {.complete = true}, ill = {.complete = false};
	struct hn_objects_report *ml;

	rig->complete = false;
	begin(rig, "-=0.0.0,ml=1.0.0");
	expect(rig, "PATCH", own_path, APPLY);
	answered(rig, 200, "{}");
	all_due(rig);
	expect(rig, "PATCH", own_path, APPLY);
	answered(rig, 200, "{}");
	assert_string_equal(asked(rig), "");
	/* It sees. */
	rig->complete = true;
	hn_objects_control(rig->o, &well);
	ml = hn_objects_find(rig->o, "ml");
	assert_true(ml->due < hn_mono_now().ns + 2 * HN_NSEC_PER_SEC);
	all_due(rig);
	expect(rig, "PATCH", ml_path, APPLY);
	assert_non_null(strstr(rig->parcel.content, "\"result\":\"pass\""));
	answered(rig, 200, "{}");
	expect(rig, "PATCH", own_path, APPLY);
	answered(rig, 200, "{}");
	/* And no more: the pass is taken back, and the hour begins anew. */
	ml->empty_since -= HOUR_NS;
	rig->complete = false;
	hn_objects_control(rig->o, &ill);
	assert_true(ml->due < hn_mono_now().ns + 31 * HN_NSEC_PER_SEC);
	all_due(rig);
	expect(rig, "PATCH", ml_path, APPLY);
	assert_null(strstr(rig->parcel.content, "\"result\":\"pass\""));
	assert_non_null(strstr(rig->parcel.content, "\"result\":\"skip\""));
	assert_int_equal(ml->empty_since, 0);
	answered(rig, 200, "{}");
	/* What is found is written all the same. */
	add(rig, sample_vllm);
	all_due(rig);
	expect(rig, "PATCH", ml_path, APPLY);
	assert_non_null(strstr(rig->parcel.content, "\"result\":\"fail\""));
	rig_close(rig);
}

/* Also where the first write is on its way: it does not wait for the heartbeat. */
static void test_control_changes_meanwhile(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);
	const struct hn_health well = {.complete = true};
	struct hn_objects_report *own = hn_objects_find(rig->o, "");

	rig->complete = false;
	begin(rig, "");
	expect(rig, "PATCH", own_path, APPLY);
	hn_objects_control(rig->o, &well);
	answered(rig, 200, "{}");
	assert_true(own->due < hn_mono_now().ns + 31 * HN_NSEC_PER_SEC);
	rig_close(rig);
}

static void test_a_finding_comes_while_it_is_deleted(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);
	struct hn_change change;
	struct hn_event event;

	begin(rig, "-=0.0.0,ml=1.0.0");
	expect(rig, "PATCH", ml_path, APPLY);
	answered(rig, 200, "{}");
	hn_objects_find(rig->o, "ml")->empty_since -= HOUR_NS;
	all_due(rig);
	expect(rig, "DELETE", ml_path, "");
	add(rig, sample_vllm);
	event = event_of(&change, rig, HN_CHANGE_OPENED, 1U << HN_CHANGED_STATE);
	hn_objects_take(rig->o, &event);
	answered(rig, 200, "{}");
	all_due(rig);
	expect(rig, "PATCH", ml_path, APPLY);
	assert_non_null(strstr(rig->parcel.content, "\"result\":\"fail\""));
	rig_close(rig);
}

static void test_refused(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);

	begin(rig, "");
	expect(rig, "PATCH", own_path, APPLY);
	assert_int_equal(answered(rig, 403, "{\"kind\":\"Status\",\"message\":\"no \\u001b[2J right\"}"),
			 HN_UNDELIVERABLE);
	assert_non_null(strstr(problem(rig), "Grant it in the agent's ClusterRole"));
	assert_non_null(strstr(problem(rig), "no \\x1b[2J right"));
	all_due(rig);
	assert_string_equal(asked(rig), ""); /* for ten minutes */
	assert_true(rig->o->reports_held > hn_mono_now().ns + 590 * HN_NSEC_PER_SEC);
	rig->o->reports_held = 0;
	expect(rig, "PATCH", own_path, APPLY);
	assert_int_equal(answered(rig, 200, "{}"), HN_DELIVERED);
	assert_string_equal(problem(rig), "");
	rig_close(rig);
}

/* A quota of one namespace: that report waits alone, and it is said until it is mended. */
static void test_one_is_refused(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);
	struct hn_objects_report *ml;

	begin(rig, "-=0.0.0,ml=1.0.0");
	ml = hn_objects_find(rig->o, "ml");
	expect(rig, "PATCH", ml_path, APPLY);
	assert_int_equal(answered(rig, 403, "{\"kind\":\"Status\",\"message\":\"exceeded quota\"}"),
			 HN_UNDELIVERABLE);
	hn_objects_mark(rig->o, "ml", 0); /* nor by what comes meanwhile */
	assert_true(ml->due > hn_mono_now().ns + 590 * HN_NSEC_PER_SEC);
	expect(rig, "PATCH", own_path, APPLY);
	assert_int_equal(answered(rig, 200, "{}"), HN_DELIVERED);
	assert_non_null(strstr(problem(rig), "(namespace \"ml\") is refused (403): exceeded quota"));
	all_due(rig);
	expect(rig, "PATCH", ml_path, APPLY);
	answered(rig, 200, "{}");
	assert_string_equal(problem(rig), "");
	/* Its deletion likewise. */
	ml->empty_since -= HOUR_NS;
	all_due(rig);
	expect(rig, "DELETE", ml_path, "");
	assert_int_equal(answered(rig, 403, ""), HN_UNDELIVERABLE);
	assert_true(ml->due > hn_mono_now().ns + 590 * HN_NSEC_PER_SEC);
	expect(rig, "PATCH", own_path, APPLY);
	rig_close(rig);
}

static void test_one_fails_for_ever(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);
	struct hn_objects_report *ml;

	begin(rig, "-=0.0.0,ml=1.0.0");
	ml = hn_objects_find(rig->o, "ml");
	for (unsigned i = 0; i < 9; i++) {
		expect(rig, "PATCH", ml_path, APPLY);
		assert_int_equal(answered(rig, i % 2 ? 409 : 500, ""), HN_DELIVER_AGAIN);
		assert_true(ml->due > hn_mono_now().ns + HN_NSEC_PER_SEC);
		assert_true(ml->due < hn_mono_now().ns + 161 * HN_NSEC_PER_SEC);
		expect(rig, "PATCH", own_path, APPLY);
		answered(rig, 200, "{}");
		all_due(rig);
	}
	assert_true(ml->failures == 9);
	/* And where others are always due, the sign of life is not the last for ever. */
	hn_objects_find(rig->o, "")->due = hn_mono_now().ns - 31 * HN_NSEC_PER_SEC;
	expect(rig, "PATCH", own_path, APPLY);
	answered(rig, 200, "{}");
	expect(rig, "PATCH", ml_path, APPLY);
	answered(rig, 200, "{}");
	assert_true(ml->failures == 0);
	rig_close(rig);
}

static void test_answers_to_a_report(void **state _unused_)
{
	static const struct {
		int status;
		const char *text;
		enum hn_delivery delivery;
		bool soon; /* it is tried again after its own back-off */
	} rows[] = {
		{0, "", HN_DELIVER_AGAIN, true},
		{401, "", HN_DELIVER_AGAIN, true},
		{409, "", HN_DELIVER_AGAIN, true},
		{429, "", HN_DELIVER_AGAIN, true},
		{500, "", HN_DELIVER_AGAIN, true},
		{503, "", HN_DELIVER_AGAIN, true},
		{403, "namespace ml is being terminated", HN_UNDELIVERABLE, false},
		{404, "", HN_UNDELIVERABLE, false},
		{400, "", HN_UNDELIVERABLE, false},
		{413, "", HN_UNDELIVERABLE, false},
		{422, "", HN_UNDELIVERABLE, false},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct rig *rig = rig_new(true, false);

		begin(rig, "-=0.0.0,ml=1.0.0");
		expect(rig, "PATCH", ml_path, APPLY);
		assert_int_equal(answered(rig, rows[i].status, rows[i].text), rows[i].delivery);
		assert_int_equal(hn_objects_find(rig->o, "ml")->due < hn_mono_now().ns + 3 * HN_NSEC_PER_SEC,
				 rows[i].soon);
		/* The others are not held by it. */
		expect(rig, "PATCH", own_path, APPLY);
		rig_close(rig);
	}
}

/* The first releases of wgpolicyk8s.io know three severities. */
static void test_no_critical(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);

	begin(rig, "");
	rig->o->kind = hn_report_kind_find("wgpolicyk8s");
	add(rig, sample_drifter);
	hn_objects_mark(rig->o, "ml", 0);
	asked(rig);
	assert_non_null(strstr(rig->parcel.content, "\"scored\":true,\"severity\":\"critical\""));
	assert_int_equal(answered(rig, 422, ""), HN_DELIVER_OTHER);
	asked(rig);
	assert_non_null(strstr(rig->parcel.content, "\"scored\":true,\"severity\":\"high\""));
	assert_non_null(strstr(rig->parcel.content, "\"state\":\"open\",\"severity\":\"critical\""));
	assert_int_equal(answered(rig, 422, ""), HN_UNDELIVERABLE);
	rig_close(rig);
}

static void test_many_namespaces(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);
	char body[1 << 14];

	for (unsigned i = 0; i < 300; i++) {
		add(rig, sample_vllm);
		snprintf(rig->findings[i].finding.pod_namespace, 64, "ns-%u", i);
	}
	begin(rig, "");
	assert_int_equal(rig->o->n_reports, HN_REPORT_OBJECTS_MAX);
	for (size_t i = 0; i < rig->o->n_reports; i++)
		if (rig->o->reports[i].ns[0])
			rig->o->reports[i].due = HN_OBJECTS_NEVER;
	expect(rig, "PATCH", own_path, APPLY);
	/* What no object can hold is claimed all the same: whoever reads misses it. */
	hn_strcpy(body, sizeof(body), strstr(rig->parcel.content, "hostnetd.io/findings"));
	assert_non_null(strstr(body, "\"-=45.0.0,"));
	rig_close(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_at_most_once_an_interval),
		cmocka_unit_test(test_adopted_and_deleted),
		cmocka_unit_test(test_blind),
		cmocka_unit_test(test_control_changes_meanwhile),
		cmocka_unit_test(test_a_finding_comes_while_it_is_deleted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_one_is_refused),
		cmocka_unit_test(test_one_fails_for_ever),
		cmocka_unit_test(test_answers_to_a_report),
		cmocka_unit_test(test_no_critical),
		cmocka_unit_test(test_many_namespaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
