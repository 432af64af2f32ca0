/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that only start another one, as a table. */
#ifndef AI_WRAPPER_H
#define AI_WRAPPER_H

#include "shell.h"

/* How many of the words are the wrapper and its own arguments; 0: the first word is no wrapper. */
size_t hn_wrapper_length(const struct hn_word *w, size_t n);
/* The same for options alone: from w[0] on, those that begin with '-'; `values` are the options that take the next
 * word ("-n --name "). */
size_t hn_wrapper_options(const struct hn_word *w, size_t n, const char *values);

#endif
