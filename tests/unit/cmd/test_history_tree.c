// SPDX-License-Identifier: Apache-2.0
/* Who started whom: pids are given away again, trees are deep, and a hostile file says anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/history_tree.h"
#include "hostnetd/macro.h"
#include "hostnetd/str.h"

#define AT(second) "2026-11-24T16:00:" #second ".000000Z"

static void take(struct hn_tree *t, const char *pid, const char *start, const char *parent, const char *label)
{
	assert_true(hn_tree_take(t, &(struct hn_tree_process){.pid = pid,
							      .start = start,
							      .parent = parent,
							      .ancestors = "",
							      .label = label,
							      .is_exec = true}));
}

static void trees(void **state)
{
	static const struct {
		struct {
			const char *pid, *start, *parent, *label;
		} p[4];
		const char *shown;
	} cases[] = {
		{{{0}}, ""},
		/* It became another program. */
		{{{"10", AT(01), "1", "sh"}, {"10", AT(01), "1", "vllm"}},
		 "\nProcesses\n  10 vllm (started by process 1)\n"},
		/* A pid that was given away again: once above, once below. */
		{{{"10", AT(01), "1", "entry"}, {"20", AT(02), "10", "worker"}, {"10", AT(03), "20", "vllm"}},
		 "\nProcesses\n  10 entry (started by process 1)\n    20 worker\n      10 vllm\n"},
		{{{"20", AT(01), "10", "vllm"}, {"10", AT(02), "20", "b"}},
		 "\nProcesses\n  20 vllm (started by process 10)\n    10 b\n"},
		/* The youngest that had started; one that is told of later may have. */
		{{{"7", AT(05), "3", "child"},
		  {"3", AT(01), "", "old"},
		  {"3", AT(05), "", "young"},
		  {"3", AT(06), "", "later"}},
		 "\nProcesses\n  3 old\n  3 young\n    7 child\n  3 later\n"},
		/* Circles, and one's own parent. */
		{{{"1", "", "2", "a"}, {"2", "", "3", "b"}, {"3", "", "1", "c"}, {"4", "", "4", "self"}},
		 "\nProcesses\n  3 c (started by process 1)\n    2 b\n      1 a\n  4 self (started by process 4)\n"},
		{{{"\033[31m", "", "", "x"}}, "\nProcesses\n  \\x1b[31m x\n"},
	};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(cases); i++) {
		struct hn_tree *t = hn_tree_new();
		struct hn_str out = {0};

		assert_non_null(t);
		for (size_t k = 0; k < HN_ARRAY_SIZE(cases[i].p) && cases[i].p[k].pid; k++)
			take(t, cases[i].p[k].pid, cases[i].p[k].start, cases[i].p[k].parent, cases[i].p[k].label);
		hn_tree_put(t, 0, &out);
		if (strcmp(hn_str_get(&out), cases[i].shown) != 0)
			fail_msg("%zu: %s", i, hn_str_get(&out));
		hn_str_done(&out);
		hn_tree_free(t);
	}
}

static size_t lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* Each starts the next; and each of a thousand with one pid is the parent of a thousand with the next. */
static void deep_and_broad(void **state)
{
	struct hn_tree *deep = hn_tree_new(), *broad = hn_tree_new();
	struct hn_str out = {0};
	char pid[16], parent[16], start[40];

	(void)state;
	assert_true(deep && broad);
	for (int i = 1; i <= 40; i++) {
		snprintf(pid, sizeof(pid), "%d", i);
		snprintf(parent, sizeof(parent), "%d", i - 1);
		take(deep, pid, AT(01), i > 1 ? parent : "", i == 40 ? "vllm serve" : "sh");
	}
	hn_tree_put(deep, 0, &out);
	assert_int_equal(lines(hn_str_get(&out)), 42);
	assert_non_null(strstr(hn_str_get(&out), "(39 deep) 40 vllm serve\n"));
	hn_str_clear(&out);
	for (int i = 0; i < 4000; i++) {
		snprintf(pid, sizeof(pid), "%d", 10 + i / 1000);
		snprintf(parent, sizeof(parent), "%d", 9 + i / 1000);
		snprintf(start, sizeof(start), "2026-11-24T16:00:00.%06dZ", i);
		take(broad, pid, start, parent, "x");
	}
	hn_tree_put(broad, 0, &out);
	assert_int_equal(lines(hn_str_get(&out)), 4002);
	hn_str_done(&out);
	hn_tree_free(deep);
	hn_tree_free(broad);
}

static void what_is_left_out_is_counted(void **state)
{
	struct hn_tree *t = hn_tree_new();
	struct hn_str out = {0};
	char pid[16];

	(void)state;
	assert_non_null(t);
	for (int i = 0; i < 16384 + 7; i++) {
		snprintf(pid, sizeof(pid), "%d", i + 1);
		take(t, pid, AT(01), "", "x");
		take(t, pid, AT(01), "", "y");
	}
	hn_tree_put(t, 0, &out);
	assert_int_equal(lines(hn_str_get(&out)), 2 + 16384 + 1);
	assert_non_null(strstr(hn_str_get(&out), "\n  and 7 more processes are not shown\n"));
	hn_str_done(&out);
	hn_tree_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees),
		cmocka_unit_test(deep_and_broad),
		cmocka_unit_test(what_is_left_out_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
