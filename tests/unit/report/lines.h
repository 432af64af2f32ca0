/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of JSON. */
#ifndef HOSTNETD_TEST_LINES_H
#define HOSTNETD_TEST_LINES_H

#include <cjson/cJSON.h>
#include <string.h>

#include "hostnetd/str.h"

/* Every line is JSON by itself, to its end. */
static inline void check_lines(const struct hn_str *out, size_t n_lines)
{
	const char *p = hn_str_get(out);
	size_t lines = 0;

	while (*p != '\0') {
		const char *end = strchr(p, '\n'), *parsed = NULL;
		cJSON *json;

		assert_non_null(end);
		json = cJSON_ParseWithLengthOpts(p, (size_t)(end - p), &parsed, 0);
		assert_non_null(json);
		assert_ptr_equal(parsed, end);
		cJSON_Delete(json);
		p = end + 1;
		lines++;
	}
	assert_int_equal(lines, n_lines);
	for (const char *c = hn_str_get(out); *c != '\0'; c++)
		assert_true(*c == '\n' || ((unsigned char)*c >= 0x20 && *c != 0x7f));
}

#endif
