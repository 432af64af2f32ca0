/* SPDX-License-Identifier: Apache-2.0 */
/* Kubernetes Events: what waits, what is counted in a series, what goes at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "objects_rig.h"

#define EVENTS "/apis/events.k8s.io/v1/namespaces/ml/events"
#define EVENT_NAME "hostnetd-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.opened"

static struct rig *events_rig(void)
{
	struct rig *rig = rig_new(false, true);

	assert_string_equal(asked(rig), "GET /api/v1/nodes/n1");
	answered(rig, 200, "{\"metadata\":{\"uid\":\"u-1\"}}");
	assert_string_equal(asked(rig), "");
	add(rig, sample_vllm);
	return rig;
}

static void test_event(void **state _unused_)
{
	struct rig *rig = events_rig();

	take(rig, HN_CHANGE_OPENED);
	take(rig, HN_CHANGE_UPDATED);
	all_due(rig);
	assert_string_equal(asked(rig), "POST " EVENTS);
	assert_non_null(strstr(rig->parcel.content, "\"uid\":\"u-1\""));
	answered(rig, 201, "{}");
	assert_string_equal(asked(rig), "");
	/* Again: the series counts; the server has forgotten it: a new one. */
	rig->findings[0].finding.occurrences = 2;
	take(rig, HN_CHANGE_OPENED);
	assert_true(rig->o->events[0].due > hn_mono_now().ns + 25 * HN_NSEC_PER_SEC);
	take(rig, HN_CHANGE_OPENED);
	assert_int_equal(rig->o->n_events, 1);
	all_due(rig);
	assert_string_equal(asked(rig), "PATCH " EVENTS "/" EVENT_NAME);
	assert_string_equal(rig->parcel.content_type, "application/merge-patch+json");
	assert_int_equal(answered(rig, 404, ""), HN_DELIVER_OTHER);
	assert_string_equal(asked(rig), "POST " EVENTS);
	/* And that one is there: no circle. */
	answered(rig, 409, "");
	assert_string_equal(asked(rig), "");
	rig_close(rig);
}

static void test_event_that_is_there(void **state _unused_)
{
	struct rig *rig = events_rig();

	take(rig, HN_CHANGE_OPENED);
	all_due(rig);
	assert_string_equal(asked(rig), "POST " EVENTS);
	assert_int_equal(answered(rig, 409, ""), HN_DELIVER_OTHER);
	assert_string_equal(asked(rig), "PATCH " EVENTS "/" EVENT_NAME);
	assert_int_equal(answered(rig, 200, ""), HN_DELIVERED);
	rig_close(rig);
}

static void test_event_waits_for_its_pod(void **state _unused_)
{
	struct rig *rig = events_rig();

	rig->findings[0].finding.pod_known = false;
	take(rig, HN_CHANGE_OPENED);
	all_due(rig);
	assert_string_equal(asked(rig), "");
	rig->findings[0].finding.pod_known = true;
	all_due(rig);
	assert_string_equal(asked(rig), "POST " EVENTS);
	answered(rig, 503, "");
	rig->findings[0].finding.pod_known = false;
	rig->o->events[0].time.ns -= 60 * HN_NSEC_PER_SEC; /* it will not come */
	all_due(rig);
	assert_string_equal(asked(rig), "POST /apis/events.k8s.io/v1/namespaces/default/events");
	rig_close(rig);
}

static void test_events_that_are_not_sent(void **state _unused_)
{
	struct rig *rig = events_rig();

	rig->findings[0].finding.state = HN_STATE_EXCEPTED;
	take(rig, HN_CHANGE_OPENED);
	assert_int_equal(rig->o->n_events, 0);
	rig->findings[0].finding.state = HN_STATE_OPEN;
	for (unsigned i = 0; i < HN_OBJECTS_EVENTS + 5; i++) {
		snprintf(rig->findings[0].finding.id, HN_FINDING_ID_SIZE, "%032x", i);
		take(rig, HN_CHANGE_OPENED);
	}
	assert_int_equal(rig->o->n_events, HN_OBJECTS_EVENTS);
	assert_int_equal(rig->o->events_dropped, 5);
	all_due(rig);
	/* All but the last are forgotten by the agent. */
	assert_string_equal(asked(rig), "POST " EVENTS);
	assert_int_equal(rig->o->n_events, 0);
	assert_int_equal(answered(rig, 403, ""), HN_DELIVER_OTHER);
	assert_non_null(strstr(problem(rig), "no Kubernetes Events are written"));
	all_due(rig);
	assert_string_equal(asked(rig), "");
	rig_close(rig);
}

/* It is tried so often, and stops no report meanwhile. */
static void test_event_that_fails(void **state _unused_)
{
	struct rig *rig = rig_new(true, true);
	struct hn_objects_report *own;

	begin(rig, "");
	add(rig, sample_vllm);
	take(rig, HN_CHANGE_OPENED);
	own = hn_objects_find(rig->o, "");
	hn_objects_forget(rig->o, "ml");
	for (unsigned i = 0; i < 12; i++) {
		assert_int_equal(rig->o->n_events, 1);
		all_due(rig);
		own->due = hn_mono_now().ns;
		assert_string_equal(asked(rig), "POST " EVENTS);
		assert_int_equal(answered(rig, i % 2 ? 429 : 500, ""), HN_DELIVER_AGAIN);
		/* Even if it is due again at once. */
		all_due(rig);
		expect(rig, "PATCH", own_path, APPLY);
		answered(rig, 200, "{}");
	}
	assert_int_equal(rig->o->n_events, 0);
	assert_int_equal(rig->o->events_dropped, 1);
	/* That nobody answers is not its fault. */
	take(rig, HN_CHANGE_OPENED);
	for (unsigned i = 0; i < 20; i++) {
		own->due = HN_OBJECTS_NEVER;
		hn_objects_forget(rig->o, "ml");
		all_due(rig);
		assert_string_equal(asked(rig), "POST " EVENTS);
		answered(rig, 0, "");
		assert_true(rig->o->events[0].due > hn_mono_now().ns + HN_NSEC_PER_SEC / 2);
	}
	assert_int_equal(rig->o->n_events, 1);
	rig_close(rig);
}

/* No memory for the request: nothing of it is lost. */
static void test_unsent(void **state _unused_)
{
	struct rig *rig = rig_new(true, true);

	begin(rig, "");
	expect(rig, "PATCH", own_path, APPLY);
	assert_string_equal(asked(rig), "");
	all_due(rig);
	expect(rig, "PATCH", own_path, APPLY);
	answered(rig, 200, "{}");
	add(rig, sample_vllm);
	take(rig, HN_CHANGE_OPENED);
	rig->o->reports_held = HN_OBJECTS_NEVER;
	all_due(rig);
	assert_string_equal(asked(rig), "POST " EVENTS);
	assert_int_equal(rig->o->n_events, 0);
	assert_string_equal(asked(rig), "");
	assert_int_equal(rig->o->n_events, 1);
	all_due(rig);
	assert_string_equal(asked(rig), "POST " EVENTS);
	rig_close(rig);
}

/* The end: what waits goes at once, a pod without a name too. */
static void test_hurry(void **state _unused_)
{
	struct rig *rig = rig_new(true, true);

	begin(rig, "");
	expect(rig, "PATCH", own_path, APPLY);
	answered(rig, 200, "{}");
	add(rig, sample_vllm);
	rig->findings[0].finding.pod_known = false;
	take(rig, HN_CHANGE_OPENED);
	hn_objects_hurry(rig->o);
	assert_string_equal(asked(rig), "POST /apis/events.k8s.io/v1/namespaces/default/events");
	answered(rig, 201, "");
	expect(rig, "PATCH", own_path, APPLY);
	answered(rig, 200, "");
	assert_string_equal(asked(rig), "");
	rig_close(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_event_that_is_there),
		cmocka_unit_test(test_event_waits_for_its_pod),
		cmocka_unit_test(test_events_that_are_not_sent),
		cmocka_unit_test(test_event_that_fails),
		cmocka_unit_test(test_unsent),
		cmocka_unit_test(test_hurry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
