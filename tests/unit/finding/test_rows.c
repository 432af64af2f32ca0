/* SPDX-License-Identifier: Apache-2.0 */
/* Whoever has many containers, processes and programs gets no more memory for them than all have together. */
#include "rig.h"

#define ROW sizeof(struct hn_finding_process)

static void shares(struct rig *rig, struct hn_entry_room *room, size_t bytes)
{
	rig_new(rig, UID, HN_WAY_NAMESPACE);
	*room = (struct hn_entry_room){.most = bytes};
	rig->e->room = room;
}

/* The first has its row whatever others took; the rest is counted. */
static void rows_of_processes(void **state)
{
	struct hn_entry_room room;
	struct rig rig;

	(void)state;
	shares(&rig, &room, 2 * ROW + 1);
	for (int pid = 1; pid <= 5; pid++)
		come(&rig, PLAIN(pid));
	assert_int_equal(rig.e->finding.n_processes, 3);
	assert_int_equal(rig.e->finding.processes_not_kept, 2);
	assert_int_equal(room.used, 2 * ROW);
	/* A row that is free is used again, and takes nothing more. */
	leave_from(&rig, 0, 1);
	assert_int_equal(rig.e->finding.processes_not_kept, 2);
	see(&rig, PRESENT(4, "/bin/sleep"));
	assert_int_equal(rig.e->finding.n_processes, 3);
	assert_int_equal(rig.e->finding.processes_not_kept, 1);
	assert_int_equal(room.used, 2 * ROW);
	rig_free(&rig);
	assert_int_equal(room.used, 0);
}

/* Who finds no place is there, under the name of the last: nothing of it is missed, and no rule of an image covers it. */
static void rows_of_containers(void **state)
{
	struct hn_entry_room room;
	struct rig rig;

	(void)state;
	shares(&rig, &room, sizeof(struct hn_finding_container) + ROW);
	assert_int_equal(come_to(&rig, "c1", PLAIN(1)), 0);
	assert_int_equal(come_to(&rig, "c2", PLAIN(2)), 1);
	assert_false(rig.e->crowded);
	assert_int_equal(come_to(&rig, "c3", EXEC(3, "/usr/bin/ollama", "ollama\0serve")), 1);
	assert_true(rig.e->crowded);
	assert_int_equal(rig.e->finding.n_containers, 2);
	assert_int_equal(rig.e->seats[1].processes, 2);
	hn_entry_judge(rig.e, rig.catalogue, NULL);
	assert_int_equal(rig.e->finding.ai.verdict, HN_AI);
	rig_free(&rig);
	assert_int_equal(room.used, 0);
}

/* The first program that says something of AI is always kept. */
static void programs(void **state)
{
	struct hn_entry_room room;
	struct rig rig;

	(void)state;
	shares(&rig, &room, 0);
	come(&rig, EXEC(1, "/usr/bin/ollama", "ollama\0serve"));
	assert_int_equal(rig.e->n_telling, 1);
	assert_false(rig.e->crowded);
	come(&rig, EXEC(2, "/usr/bin/vllm", "vllm\0serve"));
	assert_int_equal(rig.e->n_telling, 1);
	assert_true(rig.e->crowded);
	rig_free(&rig);
	shares(&rig, &room, 1 << 20);
	come(&rig, EXEC(1, "/usr/bin/ollama", "ollama\0serve"));
	come(&rig, EXEC(2, "/usr/bin/vllm", "vllm\0serve"));
	assert_int_equal(rig.e->n_telling, 2);
	assert_true(room.used > ROW);
	rig_free(&rig);
	assert_int_equal(room.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_processes),
		cmocka_unit_test(rows_of_containers),
		cmocka_unit_test(programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
