// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd/said.h"

static bool at(struct hn_said *said, int64_t seconds, const char *text)
{
	return hn_said_changes(said, text, (struct hn_mono){seconds * HN_NSEC_PER_SEC});
}

/* Seconds, what is, whether it is said. */
static void what_flutters_is_said_twice(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
		bool said;
	} rows[] = {
		{1, "", false},      {2, "full", true},    {3, "full", false},
		{8, "", true},       {13, "full", false},  {18, "", false},
		{23, "full", false}, {82, "full", false},  {83, "full", true}, /* for a minute */
		{90, "", false},     {140, "full", false}, {150, "", false},
		{209, "", false},    {210, "", true},      {602, "full", true}, /* other ten minutes */
		{607, "", true},
	};
	struct hn_said said = {.changes = 0};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (at(&said, rows[i].seconds, rows[i].text) != rows[i].said)
			fail_msg("at %lld s", (long long)rows[i].seconds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_flutters_is_said_twice)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
