/* SPDX-License-Identifier: Apache-2.0 */
/* Globs of the operator's rules. */
#ifndef HOSTNETD_GLOB_H
#define HOSTNETD_GLOB_H

#include <stdbool.h>

/* `*` stands for any bytes, also none and also '/'; `?` for one; all else for itself. The whole text must match. Takes
 * at most length of the pattern times length of the text steps, whatever they hold. */
bool hn_glob_match(const char *pattern, const char *text);
/* It holds nothing but wildcards: it says nothing about the text but, at most, its length. */
bool hn_glob_is_open(const char *pattern);

#endif
