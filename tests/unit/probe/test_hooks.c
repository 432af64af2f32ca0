/* SPDX-License-Identifier: Apache-2.0 */
/* The tiers' table: it cannot be wrong in what bpf.c takes for granted. */
#include "../../../src/probe/hooks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_every_group(void **state)
{
	(void)state;
	for (int group = 0; group < HN_HOOK_GROUP_MAX; group++) {
		const struct hn_hook *last = NULL;

		assert_true(hn_hook_group_name((enum hn_hook_group)group)[0] != '\0');
		assert_true(hn_hook_group_missing((enum hn_hook_group)group)[0] != '\0');
		for (int other = 0; other < group; other++)
			assert_string_not_equal(hn_hook_group_name((enum hn_hook_group)group),
						hn_hook_group_name((enum hn_hook_group)other));
		for (size_t i = 0; i < hn_n_hooks; i++)
			if ((int)hn_hooks[i].group == group)
				last = &hn_hooks[i];
		assert_non_null(last);
		/* Without the rest something comes later; without these nothing comes. */
		if (!hn_hook_group_is_tried((enum hn_hook_group)group))
			assert_int_equal(last->need, HN_NEED_NOTHING);
	}
}

static void test_every_row(void **state)
{
	(void)state;
	assert_true(hn_n_hooks >= HN_HOOK_GROUP_MAX);
	for (size_t i = 0; i < hn_n_hooks; i++) {
		const struct hn_hook *h = &hn_hooks[i];

		assert_true(h->group < HN_HOOK_GROUP_MAX);
		assert_true(h->need <= HN_NEED_CGROUP_MARKS);
		assert_non_null(strchr(h->name, '/'));
		assert_non_null(h->cost);
		assert_int_not_equal(h->programs[0], HN_PROGRAM_NONE);
		for (int k = 0; k < HN_HOOK_PROGRAMS && h->programs[k]; k++)
			assert_int_equal(strncmp(hn_program_name(h->programs[k]), "on_", 3), 0);
		assert_int_equal(h->refusals != NULL, h->group == HN_HOOK_NETNS);
		/* A classic tracepoint or one on all system calls has a price, and people are told. */
		assert_int_equal(h->cost[0] != '\0', strstr(h->name, "sys_exit") != NULL);
		assert_int_equal(h->cost[0] != '\0', h->grade != HN_GRADE_FREE);
		assert_int_equal(h->need == HN_NEED_TRACEFS, strncmp(h->name, "tracepoint/", 11) == 0);
		assert_int_equal(h->need == HN_NEED_TRAMPOLINES, strncmp(h->name, "fexit/", 6) == 0);
		assert_int_equal(h->need == HN_NEED_KPROBES, strncmp(h->name, "kprobe/", 7) == 0);
		assert_int_equal(h->need == HN_NEED_CGROUP_MARKS, strncmp(h->name, "cgroup/", 7) == 0);
	}
}

/* Groups are attached side by side: a program that two of them name would run twice. Tiers of one group may share one. */
static void test_no_program_in_two_groups(void **state)
{
	(void)state;
	for (size_t i = 0; i < hn_n_hooks; i++)
		for (size_t j = 0; j < HN_HOOK_PROGRAMS && hn_hooks[i].programs[j]; j++)
			for (size_t k = 0; k < hn_n_hooks; k++)
				for (size_t l = 0; l < HN_HOOK_PROGRAMS && hn_hooks[k].programs[l]; l++)
					if (hn_hooks[k].group != hn_hooks[i].group)
						assert_int_not_equal(hn_hooks[k].programs[l],
								     hn_hooks[i].programs[j]);
}

/* Tiers of a group stand together, those that cost others nothing first. */
static void test_order(void **state)
{
	(void)state;
	for (size_t i = 1; i < hn_n_hooks; i++) {
		const struct hn_hook *h = &hn_hooks[i];

		for (size_t j = 0; j + 1 < i; j++)
			if (hn_hooks[j].group == h->group)
				assert_int_equal(hn_hooks[i - 1].group, h->group);
		if (hn_hooks[i - 1].group == h->group && hn_hooks[i - 1].cost[0])
			assert_true(h->cost[0] != '\0');
	}
}

static unsigned allowed(const char *way, enum hn_hook_grade grade)
{
	unsigned n = 0;

	for (size_t i = 0; i < hn_n_hooks; i++)
		if (hn_hooks[i].group == HN_HOOK_NETNS && hn_hooks[i].grade == grade)
			n += hn_hook_is_allowed(&hn_hooks[i], way);
	return n;
}

static void test_what_the_operator_allows(void **state)
{
	(void)state;
	assert_int_equal(allowed(NULL, HN_GRADE_FREE), 4);
	assert_int_equal(allowed("auto", HN_GRADE_CHEAP), 1);
	/* 70 ns on every system call of the node: never by itself. */
	assert_int_equal(allowed("auto", HN_GRADE_COSTLY), 0);
	assert_int_equal(allowed("free", HN_GRADE_FREE), 4);
	assert_int_equal(allowed("free", HN_GRADE_CHEAP), 0);
	assert_int_equal(allowed("any", HN_GRADE_COSTLY), 1);
	assert_int_equal(allowed("kprobe", HN_GRADE_FREE), 2);
	assert_int_equal(allowed("tp_btf", HN_GRADE_COSTLY), 1);
	assert_int_equal(allowed("none", HN_GRADE_FREE), 0);
	assert_int_equal(allowed("kprob", HN_GRADE_FREE), 0);
}

/* An attach that succeeds proves nothing. */
static void test_a_silent_program(void **state)
{
	uint8_t fired[HN_PROGRAM_MAX] = {0};
	const struct hn_hook *h = hn_hooks;

	(void)state;
	while (h->programs[1] == HN_PROGRAM_NONE)
		h++;
	assert_int_equal(hn_hook_silent(h, fired, 0), h->programs[0]);
	fired[h->programs[0]] = 1;
	assert_int_equal(hn_hook_silent(h, fired, 0), h->programs[1]);
	/* What could not be provoked is not held against it. */
	assert_int_equal(hn_hook_silent(h, fired, 1ULL << h->programs[1]), HN_PROGRAM_NONE);
	fired[h->programs[1]] = 1;
	assert_int_equal(hn_hook_silent(h, fired, 0), HN_PROGRAM_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_group),
		cmocka_unit_test(test_every_row),
		cmocka_unit_test(test_no_program_in_two_groups),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_what_the_operator_allows),
		cmocka_unit_test(test_a_silent_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
