// SPDX-License-Identifier: Apache-2.0
/* What was mapped for the start goes, and all that runs comes back. */
#include <fnmatch.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "hostnetd/memory.h"

/* KiB of the C library's code that is in memory for this process. */
static unsigned long code_kib(void)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	unsigned long sum = 0;
	char line[512];
	bool code = false;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (strchr(line, '/'))
			code = strstr(line, " r-xp ") && strstr(line, "/libc.so");
		else if (code && strncmp(line, "Rss:", 4) == 0)
			sum += strtoul(line + 4, NULL, 10);
	}
	fclose(f);
	return sum;
}

/* Much of it: a start's worth. */
static void run_code(void)
{
	char text[64];
	time_t now = 1;
	struct tm tm;

	assert_int_equal(setenv("TZ", "Europe/Berlin", 1), 0);
	assert_non_null(localtime_r(&now, &tm));
	assert_true(strftime(text, sizeof(text), "%A %Y", &tm) > 0);
	assert_true(fnmatch("a*[b-d]", "aaac", 0) == 0);
	assert_true(getpwuid(0) != NULL);
	assert_true(strtod("1.5e3", NULL) > 1499);
}

static int ascending(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void code_goes_and_comes_back(void **state)
{
	int numbers[] = {3, 1, 2};
	unsigned long before, after;

	(void)state;
	run_code();
	before = code_kib();
	assert_true(before > 0);
	hn_memory_give_back();
	after = code_kib();
	if (after >= before)
		fail_msg("%lu KiB of code before, %lu after", before, after);
	qsort(numbers, 3, sizeof(numbers[0]), ascending);
	assert_int_equal(numbers[0], 1);
	assert_int_equal(numbers[2], 3);
}

/* What the heap holds is as it was. */
static void the_heap_stays(void **state)
{
	char *kept[64];

	(void)state;
	for (size_t i = 0; i < 64; i++) {
		char *freed = malloc(64 * 1024);

		assert_non_null(freed);
		memset(freed, 0xff, 64 * 1024);
		kept[i] = malloc(1024);
		assert_non_null(kept[i]);
		memset(kept[i], (int)i, 1024);
		free(freed);
	}
	hn_memory_give_back();
	for (size_t i = 0; i < 64; i++) {
		for (size_t k = 0; k < 1024; k++)
			assert_int_equal(kept[i][k], (char)i);
		free(kept[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_goes_and_comes_back),
		cmocka_unit_test(the_heap_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
