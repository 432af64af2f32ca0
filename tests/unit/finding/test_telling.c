/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that say something of AI: kept after their end, each once, and bounded. */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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

/* Another container takes the place of its own: it ran in none of those that are there. */
static void test_a_program_of_a_container_that_is_forgotten(void **state)
{
	struct rig rig;
	char id[16];

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	for (unsigned i = 0; i <= HN_FINDING_CONTAINERS; i++) {
		pid_t pid = (pid_t)(2 * i + 1);

		snprintf(id, sizeof(id), "c%u", i);
		assert_int_equal(come_to(&rig, id, PLAIN(pid)), i % HN_FINDING_CONTAINERS);
		if (i == 0)
			come_to(&rig, id, EXEC(2, "/usr/bin/ollama", "ollama\0serve"));
		leave_from(&rig, i % HN_FINDING_CONTAINERS, pid);
		if (i == 0) {
			assert_int_equal(rig.e->telling[0].containers, 1);
			leave_from(&rig, 0, 2);
		}
		rig.e->finding.containers[i % HN_FINDING_CONTAINERS].present = false;
		rig.now += SECOND;
	}
	assert_int_equal(rig.e->n_telling, 1);
	assert_int_equal(rig.e->telling[0].containers, 0);
	assert_false(rig.e->telling[0].unplaced); /* where it ran is known: it is gone */
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

static struct hn_held a_library(const char *name)
{
	struct hn_held held = {.pid = 2, .start_ns = 90 * SECOND, .library = true};

	hn_strcpy(held.name, sizeof(held.name), name);
	return held;
}

static void hold(struct rig *rig, const char *name)
{
	const struct hn_held held = a_library(name);

	hn_entry_hold(rig->e, &held, rig->catalogue);
}

/* Of one signature the heaviest is kept, whatever its process holds besides: a flood hides nothing. */
static void test_what_is_held(void **state)
{
	struct rig rig;
	char name[64];

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	come(&rig, PLAIN(2));
	hold(&rig, "libm.so.6");
	assert_int_equal(rig.e->n_holdings, 0);
	hold(&rig, "libfaiss.so");
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "libonnxruntime_x%d.so", i);
		hold(&rig, name);
	}
	assert_int_equal(rig.e->n_holdings, 1);
	hold(&rig, "libtorch_cuda.so");
	hold(&rig, "libfaiss.so");
	assert_int_equal(rig.e->n_holdings, 1);
	assert_string_equal(rig.e->holdings[0].held.name, "libtorch_cuda.so");
	hold(&rig, "libcudart.so.12");
	assert_int_equal(rig.e->n_holdings, 2);
	/* It outlives its process. */
	leave_from(&rig, 0, 2);
	hn_entry_judge(rig.e, rig.catalogue, NULL);
	assert_int_equal(rig.e->finding.ai.verdict, HN_AI);
	assert_true(rig.e->finding.ai.evidence[0].observed);
	assert_string_equal(rig.e->finding.ai.evidence[0].path, "process 2 map");
	rig_free(&rig);
}

/* Ports of its own do not say AI alone. What is listened on ends with the process; that it was says what it said, as its
 * program does: the verdict of what has left is that of what was there. */
static void test_ports(void **state)
{
	struct hn_sighting s = PRESENT(2, "/bin/x");
	struct rig rig;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	come(&rig, PLAIN(2));
	s.endpoint = (struct hn_endpoint){.protocol = 6, .family = 2, .port = 11434};
	hn_entry_listen(rig.e, &s);
	hn_entry_judge(rig.e, rig.catalogue, NULL);
	assert_int_equal(rig.e->finding.ai.verdict, HN_NOT_AI);
	assert_int_equal(rig.e->finding.ai.n_evidence, 1);
	assert_string_equal(rig.e->finding.ai.evidence[0].signal, "port");
	assert_string_equal(rig.e->finding.ai.evidence[0].path, "process 2 listens");
	leave_from(&rig, 0, 2);
	assert_int_equal(rig.e->finding.n_listening, 0);
	hn_entry_judge(rig.e, rig.catalogue, NULL);
	assert_int_equal(rig.e->finding.ai.n_evidence, 1);
	assert_string_equal(rig.e->finding.ai.evidence[0].path, "process 2 listens");
	/* Once, whoever listens on it. */
	s.pid = 3;
	hn_entry_listen(rig.e, &s);
	assert_int_equal(rig.e->n_heard, 1);
	rig_free(&rig);
}

static struct hn_catalogue *catalogue_of(const char *text)
{
	char path[] = "/tmp/hostnetd-signatures-XXXXXX";
	const char *const files[] = {path};
	struct hn_catalogue *c = NULL;
	struct hn_reason reason = {""};
	int fd = mkstemp(path), r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	r = hn_catalogue_new(files, 1, &c, &reason);
	unlink(path);
	if (r < 0)
		fail_msg("%s", reason.text);
	return c;
}

/* Another catalogue looks at what lives, and at what was held. */
static void test_another_catalogue(void **state)
{
	struct hn_catalogue *more = catalogue_of("signatures:\n- name: ours\n  category: inference\n"
						 "  exe: [{our-server: 0.9}]\n  library: [{libours: 0.6}]\n");
	struct hn_catalogue *less = catalogue_of("signatures:\n- name: ml-libraries\n  remove: true\n");
	struct rig rig;

	(void)state;
	rig_new(&rig, UID, HN_WAY_NAMESPACE);
	come(&rig, EXEC(2, "/srv/our-server", "our-server"));
	hold(&rig, "libtorch.so");
	hn_entry_judge(rig.e, rig.catalogue, NULL);
	assert_int_equal(rig.e->finding.ai.verdict, HN_LIKELY_AI);
	rig.e->dirty = false;
	hn_entry_relearn(rig.e, more, NULL);
	assert_true(rig.e->dirty);
	hn_entry_judge(rig.e, more, NULL);
	assert_int_equal(rig.e->finding.ai.verdict, HN_AI);
	assert_string_equal(rig.e->finding.ai.product, "ours");
	hn_entry_relearn(rig.e, less, NULL);
	assert_int_equal(rig.e->n_holdings, 0);
	hn_entry_judge(rig.e, less, NULL);
	assert_int_equal(rig.e->finding.ai.verdict, HN_NOT_AI);
	rig_free(&rig);
	hn_catalogue_free(more);
	hn_catalogue_free(less);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_telling_programs),
		cmocka_unit_test(test_a_program_of_a_container_that_is_forgotten),
		cmocka_unit_test(test_a_program_without_arguments),
		cmocka_unit_test(test_a_program_without_a_path),
		cmocka_unit_test(test_telling_programs_are_bounded),
		cmocka_unit_test(test_what_is_held),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_another_catalogue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
