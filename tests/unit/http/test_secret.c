/* SPDX-License-Identifier: Apache-2.0 */
/* The token's file as it is changed under the server's feet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostnetd/macro.h"
#include "http/secret.h"

#define TOKEN "a-token-of-enough-characters"

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* Each row is the file's new state, and then three looks at it. */
static void test_states(void **state)
{
	static const struct {
		const char *text;    /* NULL: there is no file */
		const char *reason;  /* that the first look gives, alone; NULL: it is good */
		const char *shown;   /* opens */
		unsigned generation; /* after it */
	} rows[] = {
		{TOKEN "\n", NULL, "Bearer " TOKEN, 1},
		{TOKEN "\n\n", NULL, "bearer  " TOKEN, 1}, /* the same token: who has it goes on */
		{"another-" TOKEN "\n", NULL, "Bearer another-" TOKEN, 2},
		{NULL, "No such file", NULL, 3},
		{"short\n", "at least 16", NULL, 3},
		{"shorter\n", "at least 16", NULL, 3}, /* another mistake is said again */
		{NULL, "No such file", NULL, 3},
		{"another-" TOKEN "\n", NULL, "Bearer another-" TOKEN, 4},
	};
	char folder[64], path[96];
	struct hn_secret s = {.path = path};

	(void)state;
	snprintf(folder, sizeof(folder), "%.40s/hostnetd-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/token", folder);
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_reason reason = {""};

		if (rows[i].text)
			write_file(path, rows[i].text);
		else
			assert_int_equal(unlink(path), 0);
		if (rows[i].reason) {
			assert_true(hn_secret_refresh(&s, &reason) < 0);
			if (!strstr(reason.text, rows[i].reason) || strstr(reason.text, "short"))
				fail_msg("row %zu: %s", i, reason.text);
			for (int look = 0; look < 2; look++)
				assert_int_equal(hn_secret_refresh(&s, &reason), 0);
		} else {
			assert_int_equal(hn_secret_refresh(&s, &reason), 1);
			for (int look = 0; look < 2; look++)
				assert_true(hn_secret_refresh(&s, &reason) >= 0);
		}
		assert_int_equal(s.generation, rows[i].generation);
		assert_int_equal(hn_secret_shown(&s, rows[i].shown), rows[i].shown != NULL);
		assert_false(hn_secret_shown(&s, "Bearer "));
		assert_false(hn_secret_shown(&s, "Bearer short"));
	}
	hn_secret_done(&s);
	unlink(path);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_states)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
