/* SPDX-License-Identifier: Apache-2.0 */
/* Another agent goes on with what the history kept: each coming and going is told once, and nobody who could not look says
 * that something is over. */
#include "rig.h"

#include "finding/id.h"

#define UID "2f1d3c4b-5a69-4788-96a5-b4c3d2e1f001"
#define CONTAINER(n) "33bf6fbd7cd8379785a21e233d8e09f824e7bab459168a96312c1c882c1d7e1" #n
#define VLLM(pid, n) PROCESS(pid, "\"vllm\",\"serve\",\"m\"", "/kubepods/pod" UID "/" CONTAINER(n))
#define SLEEP(pid, n) PROCESS(pid, "\"sleep\",\"1\"", "/kubepods/pod" UID "/" CONTAINER(n))

static void begin(struct rig *rig, const char *processes)
{
	rig_new(rig);
	rig_record(rig, processes);
	rig_start(rig, rig->recording, HN_NSEC_PER_MSEC);
	rig_sweep(rig);
}

static void next_run(struct rig *rig, const struct hn_finding *was)
{
	rig_stop(rig);
	rig_start(rig, rig->recording, HN_NSEC_PER_MSEC);
	hn_agent_restore(rig->agent, was);
	rig->n_changes = rig->joined = rig->left = 0;
	rig_sweep(rig);
}

/* The only finding, as the history gives it. */
static struct hn_finding *kept(struct rig *rig)
{
	const struct hn_finding *now = &rig_entry(rig)->finding;
	struct hn_finding *was = malloc(sizeof(*was));

	assert_non_null(was);
	*was = *now;
	was->processes = NULL;
	was->containers = NULL;
	was->n_processes = was->n_containers = 0;
	for (size_t i = 0; i < now->n_containers; i++)
		*hn_finding_add_container(was) = now->containers[i];
	return was;
}

static void kept_free(struct hn_finding *was)
{
	hn_finding_done(was);
	free(was);
}

static void restart_as(struct rig *rig, enum hn_state state)
{
	struct hn_finding *was = kept(rig);

	was->state = state;
	next_run(rig, was);
	kept_free(was);
}

static void restart(struct rig *rig)
{
	restart_as(rig, rig_entry(rig)->finding.state);
}

/* Of three containers one left before the end, one between, and one is new. */
static void comings_and_goings_are_told_once(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, VLLM(5, 1) "," SLEEP(6, 2) "," SLEEP(7, 3));
	assert_int_equal(rig.joined, 3);
	rig_record(&rig, VLLM(5, 1) "," SLEEP(7, 3));
	rig_sweep(&rig);
	assert_int_equal(rig.left, 1);
	rig_record(&rig, VLLM(5, 1) "," SLEEP(8, 4));
	restart(&rig);
	assert_int_equal(rig.left, 1);
	assert_int_equal(rig.joined, 1);
	assert_int_equal(rig_entry(&rig)->finding.state, HN_STATE_OPEN);
	/* Again, and nothing has happened. */
	restart(&rig);
	assert_int_equal(rig.left + rig.joined, 0);
	/* One comes back, and all goes. */
	rig_record(&rig, VLLM(5, 1) "," SLEEP(8, 4) "," SLEEP(9, 2));
	rig_sweep(&rig);
	assert_int_equal(rig.joined, 1);
	rig_record(&rig, "");
	restart(&rig);
	assert_int_equal(rig.left, 3);
	assert_int_equal(rig.joined, 0);
	assert_int_equal(rig_entry(&rig)->finding.state, HN_STATE_RESOLVED);
	restart(&rig);
	assert_int_equal(rig.left + rig.joined + rig.n_changes, 0);
	rig_free(&rig);
}

/* Its spec took the word back, so it is over; the container is there, and goes later. */
static void what_is_over_may_be_there_still(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, SLEEP(5, 1));
	restart_as(&rig, HN_STATE_RESOLVED);
	assert_int_equal(rig.joined + rig.left + rig.n_changes, 0);
	rig_record(&rig, "");
	rig_sweep(&rig);
	assert_int_equal(rig.left, 1);
	rig_free(&rig);
}

/* The store could be read only after the first look: what it says is there has to be looked for. */
static void a_store_that_comes_late(void **state)
{
	struct hn_finding *was;
	struct rig rig;

	(void)state;
	begin(&rig, VLLM(5, 1) "," SLEEP(6, 2));
	was = kept(&rig);
	rig_stop(&rig);
	rig_record(&rig, VLLM(5, 1) "," SLEEP(7, 3));
	rig_start(&rig, rig.recording, HN_NSEC_PER_MSEC);
	rig_sweep(&rig);
	rig.joined = rig.left = 0;
	hn_agent_restore(rig.agent, was);
	kept_free(was);
	rig_sweep(&rig);
	assert_int_equal(rig.joined, 0);
	assert_int_equal(rig.left, 1);
	assert_int_equal(rig_entry(&rig)->finding.n_containers, 3);
	rig_free(&rig);
}

/* --- who cannot look ------------------------------------------------------------------------------------------------- */

/* A recording has no sockets: who cannot see that a finding by one is over does not say so. */
static void who_sees_no_sockets_ends_nothing_by_one(void **state)
{
	static const struct {
		enum hn_way way;
		enum hn_state state;
	} rows[] = {{HN_WAY_SOCKET, HN_STATE_OPEN}, {HN_WAY_NAMESPACE, HN_STATE_RESOLVED}};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		bool stays = rows[i].way == HN_WAY_SOCKET;
		struct hn_finding was = {
			.state = HN_STATE_OPEN,
			.way = rows[i].way,
			.pod_uid = UID,
			.pod_name = "p",
			.pod_namespace = "ml",
			.pod_known = true,
			.ai.verdict = HN_AI,
			.first_seen.ns = 1,
			.occurrences = 1,
			.n_containers = 1,
			.containers = (struct hn_finding_container[]){{.id = CONTAINER(1), .present = true}}};
		struct rig rig;

		hn_finding_id("n1", UID, CONTAINER(1), rows[i].way, was.id);
		begin(&rig, "");
		next_run(&rig, &was);
		rig_sweep(&rig);
		assert_int_equal(rig_entry(&rig)->finding.state, rows[i].state);
		assert_int_equal(rig_entry(&rig)->finding.containers[0].present, stays);
		assert_int_equal(rig.left, !stays);
		assert_int_equal(rig_says(&rig, "sockets are not seen"), stays);
		rig_free(&rig);
	}
}

/* It is said until one succeeds. */
static void a_sweep_that_fails_ends_nothing(void **state)
{
	struct hn_reason reason;
	struct rig rig;

	(void)state;
	begin(&rig, VLLM(5, 1));
	assert_false(rig_says(&rig, "the last sweep failed"));
	rig_write(rig.recording, RECORDING, "{]");
	assert_true(hn_agent_sweep(rig.agent, &reason) < 0);
	hn_agent_settle(rig.agent);
	assert_int_equal(rig_entry(&rig)->finding.state, HN_STATE_OPEN);
	assert_int_equal(rig.left, 0);
	assert_true(rig_says(&rig, "the last sweep failed"));
	rig_record(&rig, VLLM(5, 1));
	rig_sweep(&rig);
	assert_false(rig_says(&rig, "the last sweep failed"));
	rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comings_and_goings_are_told_once),
		cmocka_unit_test(what_is_over_may_be_there_still),
		cmocka_unit_test(a_store_that_comes_late),
		cmocka_unit_test(who_sees_no_sockets_ends_nothing_by_one),
		cmocka_unit_test(a_sweep_that_fails_ends_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
