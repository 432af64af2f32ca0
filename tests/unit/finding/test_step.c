/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from what an entry is: the kubelet's words, verdict, cause, state, and what is reported. */
#include "rig.h"

#define VLLM(pid) EXEC(pid, "/usr/bin/vllm", "vllm\0serve\0m")
#define VLLM_IMAGE "vllm/vllm-openai:v0.6.3"

/* --- what the kubelet says -------------------------------------------------------------------------------------- */

static void test_know(void **state)
{
	struct rig rig;
	struct pod pod;
	struct hn_finding *f;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	f = &rig.e->finding;
	come(&rig, PLAIN(1));
	come_to(&rig, "pause", PLAIN(2));
	rig.e->changed = 0;
	pod_init(&pod, VLLM_IMAGE, true);
	pod.container.privileged = true;
	pod.pod.host_pid = pod.pod.is_static = true;
	hn_entry_know(rig.e, &pod.pod);
	assert_int_equal(rig.e->changed, BIT(POD) | BIT(WORKLOAD) | BIT(CONTAINERS));
	assert_true(f->pod_known && f->pod_host_network && f->pod_host_pid && f->pod_privileged && f->pod_static);
	assert_false(f->pod_mirror);
	assert_string_equal(f->pod_namespace, "ml");
	assert_string_equal(f->pod_name, "web-0");
	assert_string_equal(f->workload_api_version, "apps/v1");
	assert_string_equal(f->workload_kind, "StatefulSet");
	assert_string_equal(f->workload_name, "web");
	assert_true(f->containers[0].known);
	assert_string_equal(f->containers[0].name, "server");
	assert_string_equal(f->containers[0].image, VLLM_IMAGE);
	assert_string_equal(f->containers[0].image_id, "sha256:1");
	assert_false(f->containers[1].known); /* a sandbox is in no status */
	/* The same again is no change; what is new is told. */
	rig.e->changed = 0;
	hn_entry_know(rig.e, &pod.pod);
	assert_int_equal(rig.e->changed, 0);
	pod.container.image_id = "sha256:2";
	hn_entry_know(rig.e, &pod.pod);
	assert_int_equal(rig.e->changed, BIT(CONTAINERS));
	rig_free(&rig);
}

/* The id of a container outside any pod's cgroup was found in the kubelet's statuses. */
static void test_know_by_container(void **state)
{
	struct rig rig;
	struct pod pod;

	(void)state;
	rig_new(&rig, "", HN_WAY_NAMESPACE);
	come(&rig, PLAIN(1));
	pod_init(&pod, VLLM_IMAGE, true);
	hn_entry_know(rig.e, &pod.pod);
	assert_string_equal(rig.e->finding.pod_uid, UID);
	rig_free(&rig);
}

static void test_judge(void **state)
{
	struct rig rig;
	struct pod pod;
	struct hn_finding *f;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	f = &rig.e->finding;
	come(&rig, VLLM(1));
	rig.e->changed = 0;
	hn_entry_judge(rig.e, rig.catalogue, NULL);
	assert_int_equal(f->ai.verdict, HN_AI);
	assert_string_equal(f->ai.product, "vllm");
	assert_int_equal(f->cause, HN_CAUSE_UNKNOWN);
	assert_int_equal(f->severity, HN_SEVERITY_HIGH);
	assert_int_equal(rig.e->changed, BIT(AI) | BIT(SEVERITY)); /* from nothing */
	rig.e->changed = 0;
	hn_entry_judge(rig.e, rig.catalogue, NULL);
	assert_int_equal(rig.e->changed, 0);
	pod_init(&pod, VLLM_IMAGE, false);
	hn_entry_know(rig.e, &pod.pod);
	hn_entry_judge(rig.e, rig.catalogue, &pod.pod);
	assert_int_equal(f->cause, HN_CAUSE_JOINED);
	assert_int_equal(f->severity, HN_SEVERITY_CRITICAL);
	assert_true(rig.e->changed & BIT(CAUSE) && rig.e->changed & BIT(SEVERITY));
	rig_free(&rig);
}

/* Its spec alone said AI. When the kubelet has dropped the pod, it stays what it was. */
static void test_judge_without_the_spec(void **state)
{
	struct rig rig;
	struct pod pod;
	struct hn_finding *f;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	f = &rig.e->finding;
	come(&rig, PLAIN(1));
	hn_entry_judge(rig.e, rig.catalogue, NULL);
	assert_int_equal(f->ai.verdict, HN_NOT_AI);
	pod_init(&pod, VLLM_IMAGE, true);
	hn_entry_know(rig.e, &pod.pod);
	hn_entry_judge(rig.e, rig.catalogue, &pod.pod);
	assert_int_equal(f->ai.verdict, HN_AI);
	rig.e->changed = 0;
	hn_entry_judge(rig.e, rig.catalogue, NULL);
	assert_int_equal(f->ai.verdict, HN_AI);
	assert_int_equal(f->cause, HN_CAUSE_DECLARED);
	assert_int_equal(rig.e->changed, 0);
	rig_free(&rig);
}

/* --- unmanaged -------------------------------------------------------------------------------------------------- */

static bool absent_at(struct rig *rig, int64_t ns)
{
	return hn_entry_absent(rig->e, (struct hn_mono){ns}, GRACE);
}

static void test_unmanaged_needs_two_answers(void **state)
{
	struct rig rig;
	int64_t first;

	(void)state;
	rig_new(&rig, "", HN_WAY_NAMESPACE);
	assert_false(absent_at(&rig, 50 * SECOND)); /* nobody was seen */
	come(&rig, PLAIN(1));
	first = rig.now;
	/* Asked for before it was seen, or at that moment: says nothing, however often. */
	assert_false(absent_at(&rig, first - 2 * GRACE));
	assert_false(absent_at(&rig, first));
	assert_true(rig.e->absent.ns == 0);
	assert_true(absent_at(&rig, first + 1));
	/* Another answer, but not after the grace. */
	assert_true(absent_at(&rig, first + 1));
	assert_true(absent_at(&rig, first + GRACE));
	assert_false(rig.e->unmanaged);
	rig.e->dirty = false;
	assert_false(absent_at(&rig, first + 1 + GRACE));
	assert_true(rig.e->unmanaged);
	assert_true(rig.e->dirty);
	hn_entry_judge(rig.e, rig.catalogue, NULL);
	assert_int_equal(rig.e->finding.cause, HN_CAUSE_UNMANAGED);
	rig_free(&rig);
}

static void test_one_late_answer_is_one_answer(void **state)
{
	struct rig rig;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	come(&rig, PLAIN(1));
	assert_true(absent_at(&rig, rig.now + 100 * GRACE));
	assert_false(rig.e->unmanaged);
	rig_free(&rig);
	/* Without a grace too. */
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	come(&rig, PLAIN(1));
	for (int i = 0; i < 3; i++)
		assert_true(hn_entry_absent(rig.e, (struct hn_mono){rig.now + 1}, 0));
	assert_false(rig.e->unmanaged);
	assert_false(hn_entry_absent(rig.e, (struct hn_mono){rig.now + 2}, 0));
	assert_true(rig.e->unmanaged);
	rig_free(&rig);
}

static void test_a_known_pod_never_becomes_unmanaged(void **state)
{
	struct rig rig;
	struct pod pod;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	come(&rig, PLAIN(1));
	assert_true(absent_at(&rig, rig.now + 1));
	pod_init(&pod, VLLM_IMAGE, false);
	hn_entry_know(rig.e, &pod.pod);
	for (int i = 1; i < 10; i++)
		assert_false(absent_at(&rig, rig.now + i * GRACE));
	assert_false(rig.e->unmanaged);
	hn_entry_judge(rig.e, rig.catalogue, NULL);
	assert_int_equal(rig.e->finding.cause, HN_CAUSE_JOINED);
	rig_free(&rig);
}

static void test_the_kubelet_came_to_know_it(void **state)
{
	struct rig rig;
	struct pod pod;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	come(&rig, VLLM(1));
	absent_at(&rig, rig.now + 1);
	absent_at(&rig, rig.now + 1 + GRACE);
	assert_int_equal(judge_and_step(&rig, NULL), 1);
	assert_int_equal(rig.e->finding.cause, HN_CAUSE_UNMANAGED);
	pod_init(&pod, VLLM_IMAGE, true);
	hn_entry_know(rig.e, &pod.pod);
	assert_int_equal(judge_and_step(&rig, &pod.pod), 1);
	assert_int_equal(rig.changes[0].type, HN_CHANGE_UPDATED);
	assert_true(rig.changes[0].changed & BIT(CAUSE) && rig.changes[0].changed & BIT(POD));
	assert_int_equal(rig.e->finding.cause, HN_CAUSE_DECLARED);
	rig_free(&rig);
}

/* --- what is reported ------------------------------------------------------------------------------------------- */

static void test_opened_updated_resolved_reopened(void **state)
{
	struct rig rig;
	struct pod pod;
	struct hn_finding *f;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	f = &rig.e->finding;
	come(&rig, VLLM(1));
	assert_int_equal(judge_and_step(&rig, NULL), 1);
	assert_int_equal(rig.changes[0].type, HN_CHANGE_OPENED);
	assert_int_equal(rig.changes[0].changed, 0);
	assert_ptr_equal(rig.changes[0].finding, f);
	assert_true(rig.changes[0].time.ns == WALL_AT_BOOT + rig.now);
	assert_int_equal(f->state, HN_STATE_OPEN);
	assert_int_equal(f->occurrences, 1);
	assert_false(rig.e->dirty);
	assert_int_equal(judge_and_step(&rig, NULL), 0); /* nothing is new */
	/* What is more than processes and ports is told at once. */
	pod_init(&pod, VLLM_IMAGE, true);
	hn_entry_know(rig.e, &pod.pod);
	assert_int_equal(judge_and_step(&rig, &pod.pod), 1);
	assert_int_equal(rig.changes[0].type, HN_CHANGE_UPDATED);
	assert_true(rig.changes[0].changed & BIT(POD) && rig.changes[0].changed & BIT(CAUSE));
	assert_int_equal(rig.e->changed, 0);

	rig.now += SECOND;
	leave_from(&rig, 0, 1);
	all_gone(&rig);
	assert_int_equal(judge_and_step(&rig, &pod.pod), 1);
	assert_int_equal(rig.changes[0].type, HN_CHANGE_RESOLVED);
	assert_int_equal(rig.changes[0].changed, BIT(STATE) | BIT(PROCESSES));
	assert_int_equal(f->state, HN_STATE_RESOLVED);
	assert_true(f->resolved_at.ns == WALL_AT_BOOT + rig.now);
	assert_int_equal(judge_and_step(&rig, &pod.pod), 0);

	rig.now += SECOND;
	come(&rig, VLLM(2));
	assert_int_equal(judge_and_step(&rig, &pod.pod), 1);
	assert_int_equal(rig.changes[0].type, HN_CHANGE_OPENED);
	assert_int_equal(f->state, HN_STATE_OPEN);
	assert_int_equal(f->occurrences, 2);
	assert_true(f->resolved_at.ns == 0);
	assert_true(f->first_seen.ns == WALL_AT_BOOT + rig.now - 2 * SECOND);
	rig_free(&rig);
}

static void test_no_ai_is_no_finding(void **state)
{
	struct rig rig;
	struct pod pod;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	come(&rig, PLAIN(1));
	pod_init(&pod, "quay.io/prometheus/node-exporter:v1", true);
	hn_entry_know(rig.e, &pod.pod);
	assert_int_equal(judge_and_step(&rig, &pod.pod), 0);
	assert_int_equal(rig.e->finding.state, HN_STATE_SHARING);
	assert_int_equal(rig.e->finding.cause, HN_CAUSE_DECLARED);
	assert_int_equal(rig.e->changed, 0);
	leave_from(&rig, 0, 1);
	all_gone(&rig);
	assert_int_equal(judge_and_step(&rig, &pod.pod), 0);
	assert_int_equal(rig.e->finding.state, HN_STATE_GONE);
	rig_free(&rig);
}

/* It had gone before anybody knew that it was AI: both are told, and when it ended. */
static void test_passed(void **state)
{
	struct rig rig;
	struct pod pod;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	come(&rig, PLAIN(1));
	assert_int_equal(judge_and_step(&rig, NULL), 0);
	leave_from(&rig, 0, 1);
	all_gone(&rig);
	assert_int_equal(judge_and_step(&rig, NULL), 0);
	assert_int_equal(rig.e->finding.state, HN_STATE_GONE);
	rig.now += 5 * SECOND;
	pod_init(&pod, VLLM_IMAGE, true);
	hn_entry_know(rig.e, &pod.pod);
	assert_int_equal(judge_and_step(&rig, &pod.pod), 2);
	assert_int_equal(rig.changes[0].type, HN_CHANGE_OPENED);
	assert_int_equal(rig.changes[1].type, HN_CHANGE_RESOLVED);
	assert_int_equal(rig.e->finding.state, HN_STATE_RESOLVED);
	assert_int_equal(rig.e->finding.occurrences, 1);
	assert_true(rig.e->finding.resolved_at.ns == WALL_AT_BOOT + rig.now - 5 * SECOND);
	/* What is learnt of it later is an update of the resolved one. */
	pod.pod.workload.name = "other";
	hn_entry_know(rig.e, &pod.pod);
	assert_int_equal(judge_and_step(&rig, &pod.pod), 1);
	assert_int_equal(rig.changes[0].type, HN_CHANGE_UPDATED);
	assert_int_equal(rig.e->finding.state, HN_STATE_RESOLVED);
	rig_free(&rig);
}

static void test_quiet_changes_wait(void **state)
{
	struct hn_sighting s;
	struct rig rig;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	come(&rig, VLLM(1));
	assert_int_equal(judge_and_step(&rig, NULL), 1);
	rig.now += SECOND - 1;
	come(&rig, PLAIN(2));
	s = PRESENT(1, "");
	s.endpoint.port = 8000;
	hn_entry_listen(rig.e, &s);
	assert_int_equal(judge_and_step(&rig, NULL), 0);
	assert_true(rig.e->dirty); /* it is still to be told */
	assert_int_equal(rig.e->changed, BIT(PROCESSES) | BIT(NETWORK));
	rig.now++;
	assert_int_equal(judge_and_step(&rig, NULL), 1);
	assert_int_equal(rig.changes[0].type, HN_CHANGE_UPDATED);
	assert_int_equal(rig.changes[0].changed, BIT(PROCESSES) | BIT(NETWORK) | BIT(AI)); /* the port is a sign */
	assert_false(rig.e->dirty);
	/* A second runs from the last report on; an end does not wait. */
	leave_from(&rig, 0, 2);
	assert_int_equal(judge_and_step(&rig, NULL), 0);
	leave_from(&rig, 0, 1);
	all_gone(&rig);
	assert_int_equal(judge_and_step(&rig, NULL), 1);
	assert_int_equal(rig.changes[0].type, HN_CHANGE_RESOLVED);
	assert_true(rig.changes[0].changed & BIT(PROCESSES));
	rig_free(&rig);
}

/* --- tasks that nobody saw armed --------------------------------------------------------------------------------- */

static void test_unarmed_wait_for_the_spec(void **state)
{
	static const struct {
		const char *runtime_class;
		bool opens;
	} rows[] = {
		{"", true},        {"nvidia", true}, {"kata", false},    {"kata-qemu", false},
		{"gvisor", false}, {"runsc", false}, {"my-kata", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hn_sighting s = VLLM(1);
		struct rig rig;
		struct pod pod;

		rig_new(&rig, UID, HN_WAY_NAMESPACE);
		s.kind = HN_SIGHTING_CANDIDATE;
		s.armed = false;
		come(&rig, s);
		assert_int_equal(judge_and_step(&rig, NULL), 0);
		assert_int_equal(rig.e->finding.ai.verdict, HN_AI);
		assert_int_equal(rig.e->finding.state, HN_STATE_SHARING);
		pod_init(&pod, VLLM_IMAGE, false);
		pod.pod.runtime_class = rows[i].runtime_class;
		hn_entry_know(rig.e, &pod.pod);
		assert_int_equal(judge_and_step(&rig, &pod.pod), rows[i].opens);
		/* An armed one is no runtime's. */
		come(&rig, VLLM(2));
		assert_true(rig.e->dirty);
		judge_and_step(&rig, &pod.pod);
		assert_int_equal(rig.e->finding.state, HN_STATE_OPEN);
		rig_free(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_know),
		cmocka_unit_test(test_know_by_container),
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_judge_without_the_spec),
		cmocka_unit_test(test_unmanaged_needs_two_answers),
		cmocka_unit_test(test_one_late_answer_is_one_answer),
		cmocka_unit_test(test_a_known_pod_never_becomes_unmanaged),
		cmocka_unit_test(test_the_kubelet_came_to_know_it),
		cmocka_unit_test(test_opened_updated_resolved_reopened),
		cmocka_unit_test(test_no_ai_is_no_finding),
		cmocka_unit_test(test_passed),
		cmocka_unit_test(test_quiet_changes_wait),
		cmocka_unit_test(test_unarmed_wait_for_the_spec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
