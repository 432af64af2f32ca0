/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 as hostile bytes: decoding that never reads too far, columns on a terminal, and lines of a given width. */
#ifndef HOSTNETD_UTF8_H
#define HOSTNETD_UTF8_H

#include <stddef.h>
#include <stdint.h>

struct hn_str;

/* Length (1 to 4) of the character at `text`, and itself; 0 if it is not valid (overlong, surrogate, cut off). */
size_t hn_utf8_decode(const char *text, size_t n, uint32_t *ret_rune);
/* Columns that a terminal gives to valid text without controls: wide characters 2, combining ones 0. */
unsigned hn_utf8_columns(const char *text, size_t n);

/* Appends text (without controls: see hn_str_visible) that begins in `column`, broken at spaces before `width`
 * (0: never broken); further lines begin with `indent` spaces. A word that is longer than a line is broken behind
 * a '/', ',', ':', '@', '=' or '-' where there is one, else anywhere: nothing is ever left out. No newline at the
 * end. Returns the column behind the last character. */
unsigned hn_str_wrap(struct hn_str *out, const char *text, unsigned column, unsigned indent, unsigned width);

#endif
