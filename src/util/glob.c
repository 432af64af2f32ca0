/* SPDX-License-Identifier: Apache-2.0 */
#include "hostnetd/glob.h"

#include <stddef.h>
#include <string.h>

bool hn_glob_match(const char *pattern, const char *text)
{
	/* Only the last star may have to take more: what stands before it has been found as early as can be. */
	const char *star = NULL, *resume = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			resume = text;
		} else if (*pattern && (*pattern == '?' || *pattern == *text)) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++resume;
		} else {
			return false;
		}
	}
	return pattern[strspn(pattern, "*")] == '\0';
}

bool hn_glob_is_open(const char *pattern)
{
	return pattern[strspn(pattern, "*?")] == '\0';
}
