/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of aligned cells. Texts are safe for a terminal already. */
#ifndef HOSTNETD_COLUMNS_H
#define HOSTNETD_COLUMNS_H

#include "hostnetd/str.h"

#define HN_COLUMNS_GAP 2

/* The widest text so far, but no more than `most`: one long name must not push all other rows to the right. */
void hn_columns_measure(unsigned *widest, const struct hn_str *text, unsigned most);
/* The text, then spaces up to `columns` and the gap. */
void hn_columns_put(struct hn_str *line, const char *text, unsigned columns);
/* What `width` leaves behind the first `taken` columns, however narrow it is. */
unsigned hn_columns_left(unsigned width, unsigned taken);
/* The line without spaces at its end, cut at `width` columns (0: never) with a sign that it is cut, and a newline. */
void hn_columns_end(struct hn_str *out, const struct hn_str *line, unsigned width);

#endif
