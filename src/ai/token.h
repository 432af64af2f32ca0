/* SPDX-License-Identifier: Apache-2.0 */
/* A token in its normal form, on the stack. */
#ifndef AI_TOKEN_H
#define AI_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "pattern.h"

#define HN_SEGMENTS_MAX 24

struct hn_token {
	size_t n;
	char text[HN_PATTERN_TEXT_MAX];
};

struct hn_path {
	size_t n;
	const char *segment[HN_SEGMENTS_MAX]; /* the last ones where there are more */
	char text[512];
};

/* Lower case. False if it is empty or longer than any pattern. */
bool hn_token_lower(struct hn_token *t, const char *text, size_t n);
/* Cuts at '/', lower case, empty and "." segments left out; of a long path its end. False if nothing is left. */
bool hn_path_cut(struct hn_path *p, const char *text, size_t n);

#endif
