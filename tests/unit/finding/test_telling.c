/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that say something of AI: kept after their end, each once, and bounded. */
#include "rig.h"

#include <stdio.h>

#define PLAIN(pid)              \
	EXEC(pid, "/bin/sleep", \
	     "sleep\0"          \
	     "1")

static void test_telling_programs(void **state)
{
	struct rig rig;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	come(&rig, PLAIN(1));
	assert_int_equal(rig.e->n_telling, 0);
	come(&rig, EXEC(2, "/usr/bin/ollama", "ollama\0serve"));
	assert_int_equal(rig.e->n_telling, 1);
	assert_int_equal(rig.e->telling[0].pid, 2);
	assert_string_equal(rig.e->telling[0].exe, "/usr/bin/ollama");
	assert_memory_equal(rig.e->telling[0].argv, "ollama\0serve", 13);
	assert_true(rig.e->telling[0].score > 0);
	/* The same again is kept once; it outlives its process. */
	come(&rig, EXEC(3, "/usr/bin/ollama", "ollama\0serve"));
	leave_from(&rig, 0, 2);
	leave_from(&rig, 0, 3);
	assert_int_equal(rig.e->n_telling, 1);
	assert_int_equal(rig.e->finding.n_processes, 1);
	hn_entry_judge(rig.e, rig.catalogue, NULL);
	assert_int_equal(rig.e->finding.ai.verdict, HN_AI);
	assert_string_equal(rig.e->finding.ai.product, "ollama");
	rig_free(&rig);
}

/* The arguments could not be read: the path tells. */
static void test_a_program_without_arguments(void **state)
{
	struct rig rig;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	come(&rig, PRESENT(1, "/usr/bin/ollama"));
	assert_int_equal(rig.e->n_telling, 1);
	see(&rig, PRESENT(1, "/usr/bin/ollama"));
	assert_int_equal(rig.e->n_telling, 1);
	hn_entry_judge(rig.e, rig.catalogue, NULL);
	assert_string_equal(rig.e->finding.ai.product, "ollama");
	rig_free(&rig);
}

/* The path could not be read, as in a recording that lacks it: the arguments tell. */
static void test_a_program_without_a_path(void **state)
{
	struct hn_sighting s = PRESENT(1, "");
	struct rig rig;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	s.argv = "vllm\0serve\0m";
	s.argv_len = sizeof("vllm\0serve\0m");
	come(&rig, s);
	assert_int_equal(rig.e->n_telling, 1);
	assert_memory_equal(rig.e->finding.processes[0].argv, s.argv, s.argv_len);
	hn_entry_judge(rig.e, rig.catalogue, NULL);
	assert_string_equal(rig.e->finding.ai.product, "vllm");
	rig_free(&rig);
}

static void test_telling_programs_are_bounded(void **state)
{
	struct rig rig;
	char argv[32];

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	for (int i = 0; i < 4 * HN_ENTRY_TELLING; i++) {
		struct hn_sighting s = EXEC(i + 1, "/usr/bin/ollama", "");

		s.argv = argv;
		s.argv_len = (size_t)snprintf(argv, sizeof(argv), "ollama%cserve%c%d", 0, 0, i) + 1;
		come(&rig, s);
	}
	assert_int_equal(rig.e->n_telling, HN_ENTRY_TELLING);
	rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_telling_programs),
		cmocka_unit_test(test_a_program_without_arguments),
		cmocka_unit_test(test_a_program_without_a_path),
		cmocka_unit_test(test_telling_programs_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
