/* SPDX-License-Identifier: Apache-2.0 */
/* Comparison with a file of golden/ (from the repo's top, where tests run). HN_GOLDEN=1 writes the files anew:
 * read the difference before you commit it. */
#ifndef HOSTNETD_TEST_GOLDEN_H
#define HOSTNETD_TEST_GOLDEN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/str.h"

static inline void check_golden(const char *name, const struct hn_str *text)
{
	const char *again = getenv("HN_GOLDEN");
	struct hn_str expected = {0};
	char path[256], buf[4096];
	size_t n;
	FILE *file;

	assert_false(text->failed);
	snprintf(path, sizeof(path), "tests/unit/report/golden/%s", name);
	if (again && strcmp(again, "1") == 0) {
		file = fopen(path, "w");
		assert_non_null(file);
		assert_int_equal(fwrite(hn_str_get(text), 1, text->len, file), text->len);
		assert_int_equal(fclose(file), 0);
	}
	file = fopen(path, "r");
	assert_non_null(file);
	while ((n = fread(buf, 1, sizeof(buf), file)) > 0)
		hn_str_append(&expected, buf, n);
	fclose(file);
	assert_true(expected.len > 0);
	assert_string_equal(hn_str_get(text), hn_str_get(&expected));
	assert_int_equal(text->len, expected.len);
	hn_str_done(&expected);
}

#endif
