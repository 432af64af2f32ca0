/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked before the first report is written, and doctor's question. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "objects_rig.h"

static void test_which_group(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);

	make_paths();
	assert_string_equal(asked(rig), "GET " GROUP);
	answered(rig, 404, "");
	assert_string_equal(asked(rig), "GET /apis/wgpolicyk8s.io/v1alpha2");
	assert_int_equal(answered(rig, 404, ""), HN_UNDELIVERABLE);
	assert_non_null(strstr(problem(rig), "install the CRDs"));
	assert_string_equal(asked(rig), "");
	rig->o->reports_held = 0;
	assert_string_equal(asked(rig), "GET " GROUP);
	assert_int_equal(answered(rig, 503, ""), HN_DELIVER_AGAIN); /* that says nothing of it */
	assert_true(rig->o->reports_held > hn_mono_now().ns + HN_NSEC_PER_SEC);
	rig->o->reports_held = 0;
	assert_string_equal(asked(rig), "GET " GROUP);
	answered(rig, 404, "");
	assert_string_equal(asked(rig), "GET /apis/wgpolicyk8s.io/v1alpha2");
	assert_int_equal(
		answered(rig, 200,
			 "{\"resources\":[{\"name\":\"policyreports\"},{\"name\":\"clusterpolicyreports\"}]}"),
		HN_DELIVER_OTHER);
	assert_string_equal(problem(rig), "");
	assert_string_equal(asked(rig), "GET /api/v1/nodes/n1");
	assert_int_equal(answered(rig, 403, ""), HN_DELIVER_OTHER); /* without an owner, then */
	assert_non_null(strstr(problem(rig), "will stay"));
	assert_non_null(strstr(asked(rig), "GET /apis/wgpolicyk8s.io/v1alpha2/clusterpolicyreports/"));
	answered(rig, 404, "");
	all_due(rig);
	asked(rig);
	assert_null(strstr(rig->parcel.content, "ownerReferences"));
	/* The group has gone. */
	answered(rig, 404, "");
	assert_string_equal(asked(rig), "GET /apis/wgpolicyk8s.io/v1alpha2");
	rig_close(rig);
}

/* Discovery lists the group, and yet it is not there: no storm. */
static void test_group_that_is_only_listed(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);

	for (unsigned i = 0; i < 3; i++) {
		begin(rig, "");
		expect(rig, "PATCH", own_path, APPLY);
		assert_int_equal(answered(rig, 404, ""), HN_UNDELIVERABLE);
		if (i == 0)
			continue;
		assert_string_equal(asked(rig), "");
		assert_true(rig->o->reports_held > hn_mono_now().ns + 590 * HN_NSEC_PER_SEC);
		assert_non_null(strstr(problem(rig), "lists their group"));
		rig->o->reports_held = 0;
	}
	begin(rig, "");
	expect(rig, "PATCH", own_path, APPLY);
	answered(rig, 200, "{}");
	assert_string_equal(problem(rig), "");
	assert_int_equal(rig->o->own_gone, 0);
	rig_close(rig);
}

/* A part of an answer is none: what a former run left would be forgotten, or the group taken for absent. */
static void test_answers_in_part(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);
	struct hn_reason reason;

	make_paths();
	assert_string_equal(asked(rig), "GET " GROUP);
	assert_int_equal(answered_in_part(rig, "{\"resources\":[", &reason), HN_DELIVER_AGAIN);
	rig->o->reports_held = 0;
	assert_string_equal(asked(rig), "GET " GROUP);
	answered(rig, 200, RESOURCES);
	assert_string_equal(asked(rig), "GET /api/v1/nodes/n1");
	assert_int_equal(answered_in_part(rig, "{", &reason), HN_DELIVER_AGAIN);
	assert_non_null(strstr(reason.text, "too large"));
	rig->o->reports_held = 0;
	assert_string_equal(asked(rig), "GET /api/v1/nodes/n1");
	answered(rig, 200, "{\"metadata\":{\"uid\":\"u-1\"}}");
	expect(rig, "GET", own_path, "");
	assert_int_equal(rig->parcel.n_headers, 2);
	assert_string_equal(rig->parcel.headers[1].name, "Accept");
	assert_non_null(strstr(rig->parcel.headers[1].value, "PartialObjectMetadata"));
	assert_int_equal(answered_in_part(rig, "{\"metadata\":{", &reason), HN_DELIVER_AGAIN);
	assert_string_equal(asked(rig), ""); /* after its back-off */
	rig->o->reports_held = 0;
	expect(rig, "GET", own_path, "");
	answered(rig, 200, "{\"metadata\":{\"annotations\":{\"hostnetd.io/findings\":\"-=0.0.0,ml=1.0.0\"}}}");
	assert_non_null(hn_objects_find(rig->o, "ml"));
	rig_close(rig);
}

/* Doctor: one question, and nothing of the sink's own in its loop. */
static void test_question(void **state _unused_)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct hn_courier_settings where = {0};
	struct hn_parcel parcel = {.path = ""};
	struct hn_reason reason = {{0}};

	assert_non_null(rig);
	rig_open(rig, true, true, NULL);
	assert_int_equal(hn_sink_kubernetes.question(rig->o, &where, &parcel, &reason), 0);
	assert_string_equal(parcel.path, "/api/v1/nodes/n1");
	hn_objects_arm(rig->o);
	assert_int_equal(event_base_get_num_events(rig->base, EVENT_BASE_COUNT_ADDED), 0);
	rig_close(rig);
}

/* The longest that a file may hold goes whole. */
static void test_long_token(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);
	static char token[HN_TOKEN_SIZE];
	const char *was = rig->o->access->token;

	memset(token, 't', sizeof(token) - 1);
	rig->o->access->token = token;
	asked(rig);
	assert_int_equal(strlen(rig->parcel.headers[0].value), 7 + HN_TOKEN_SIZE - 1);
	rig->o->access->token = was;
	rig_close(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which_group),     cmocka_unit_test(test_group_that_is_only_listed),
		cmocka_unit_test(test_answers_in_part), cmocka_unit_test(test_question),
		cmocka_unit_test(test_long_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
