/* SPDX-License-Identifier: Apache-2.0 */
/* What is left to its owner to count for. */
#include "audit_rig.h"

#define UNREAD "what one that was not read counts for is in no list: "
#define OF_NIGHTLY JOB("nightly-1", OWNER("batch/v1", "CronJob", "nightly"))
#define OTHERWISE "what runs otherwise than its owner declares now is in no list: "
#define UNFINISHED                                                                                  \
	OBJECT("batch/v1", "Job", META("ml", "nightly-1", OWNER("batch/v1", "CronJob", "nightly")), \
	       TEMPLATE(VLLM) ",\"status\":{\"conditions\":[{\"type\":\"Failed\",\"status\":\"False\"}]}")
#define OTHER_JOB                                                                                        \
	OTHERWISE                                                                                        \
	"1 AI object on the host network that names such a one as owner, the first Job ml/nightly-1 of " \
	"nightly: are they its own? If so, let it make them anew"

/* What an owner counts for is neither a finding nor a pass where the owner itself was not looked at, or is none. */
static void test_unread_owners(void **state)
{
	static const struct {
		const char *objects, *selector, *what, *why; /* NULL: no gap */
	} rows[] = {
		{FINISHED APART("ml"), NULL, NULL, NULL},
		{OF_NIGHTLY APART("ml"), NULL, "CronJob.batch", OTHER_JOB},
		{APART("ml") OF_NIGHTLY, NULL, "CronJob.batch", OTHER_JOB},
		{UNFINISHED APART("ml"), NULL, "CronJob.batch", OTHER_JOB},
		{OF_NIGHTLY JOB("nightly-2", OWNER("batch/v1", "CronJob", "nightly")), NULL, "CronJob.batch",
		 UNREAD
		 "2 AI objects on the host network that name such a one as owner, the first Job ml/nightly-1 of "
		 "nightly: read these too"},
		{OF_NIGHTLY APART("web"), NULL, "CronJob.batch",
		 UNREAD
		 "1 AI object on the host network that names such a one as owner, the first Job ml/nightly-1 of "
		 "nightly: read these too"},
		/* The owner is there, and not among what was asked for. */
		{JOB("j", ",\"labels\":{\"team\":\"a\"}" OWNER("batch/v1", "CronJob", "nightly")) APART("ml"),
		 "team=a", "CronJob.batch",
		 UNREAD
		 "1 AI object on the host network that names such a one as owner, the first Job ml/j of nightly: "
		 "read these too"},
		{REPLICA_SET(OWNER("apps/v1", "Deployment", "tgi")) APPS("Deployment", "other", VLLM_APART), NULL,
		 "Deployment.apps",
		 UNREAD "1 AI object on the host network that names such a one as owner, the first ReplicaSet "
			"ml/tgi-89df5769b of tgi: read these too"},
		{OWNED("apps/v1", "ReplicaSet", "a", OWNER("apps/v1", "ReplicaSet", "b"))
			 OWNED("apps/v1", "ReplicaSet", "b", OWNER("apps/v1", "ReplicaSet", "a"))
				 OWNED("apps/v1", "ReplicaSet", "c", OWNER("apps/v1", "ReplicaSet", "c")),
		 NULL, "ReplicaSet.apps",
		 UNREAD
		 "3 AI objects on the host network that name such a one as owner, the first ReplicaSet ml/a of b: "
		 "read these too"},
		{OWNED("apps/v1", "ReplicaSet", "a", OWNER("v1", "ReplicationController", "b")), NULL,
		 "ReplicationController",
		 UNREAD
		 "1 AI object on the host network that names such a one as owner, the first ReplicaSet ml/a of b: "
		 "read these too"},
	};
	struct world *w = *state;

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		_cleanup_(hn_selector_cleanup) struct hn_selector *selector = NULL;

		begin(w, NULL);
		if (rows[i].selector)
			assert_int_equal(hn_selector_parse(rows[i].selector, &selector, &w->reason), 0);
		w->audit.selector = selector;
		read_objects(w, rows[i].objects);
		assert_int_equal(hn_audit_roll_up(&w->audit, &w->reason), 0);
		assert_int_equal(w->audit.n, 0);
		assert_int_equal(w->audit.n_workloads, 0);
		assert_int_equal(w->audit.seen[HN_QUERY_JOBS], 0);
		assert_false(hn_audit_failed(&w->audit, true));
		assert_int_equal(hn_audit_passed(&w->audit, true), !rows[i].what);
		assert_int_equal(w->audit.n_gaps, rows[i].what ? 1 : 0);
		if (rows[i].what) {
			assert_string_equal(w->audit.gaps[0].what, rows[i].what);
			assert_string_equal(w->audit.gaps[0].why, rows[i].why);
		}
		hn_audit_done(&w->audit);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_unread_owners)};

	return cmocka_run_group_tests(tests, setup, teardown);
}
