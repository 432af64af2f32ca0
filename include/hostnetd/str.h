/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer, always NUL-terminated, and bounded copies into fixed fields. */
#ifndef HOSTNETD_STR_H
#define HOSTNETD_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "hostnetd/macro.h"

/* Zero-initialise it. `data` may be NULL while `len` is 0. After a failed allocation `failed` stays set and
 * further appends do nothing, so that a writer checks once, at its end. */
struct hn_str {
	char *data;
	size_t len;
	size_t cap;
	bool failed;
};

void hn_str_done(struct hn_str *s);  /* frees; the struct is empty and usable again */
void hn_str_clear(struct hn_str *s); /* length 0 and not failed; keeps the memory */
void hn_str_append(struct hn_str *s, const void *bytes, size_t n);
void hn_str_puts(struct hn_str *s, const char *text);
void hn_str_putc(struct hn_str *s, char c);
void hn_str_printf(struct hn_str *s, const char *fmt, ...) _printf_(2, 3);
void hn_str_vprintf(struct hn_str *s, const char *fmt, va_list ap) _printf_(2, 0);
/* As a value in the query of a URL: only what needs no escape (RFC 3986, unreserved) stays as it is. */
void hn_str_query(struct hn_str *s, const char *text);
const char *hn_str_get(const struct hn_str *s); /* never NULL: "" when empty; borrowed */

/* Copies at most size - 1 bytes of src (NULL: nothing) and terminates. Returns false if src did not fit. */
bool hn_strcpy(char *dst, size_t size, const char *src);
/* The same from a buffer that need not be terminated. Stops at a NUL. */
bool hn_strncpy(char *dst, size_t size, const char *src, size_t n);
bool hn_streq(const char *a, const char *b); /* NULL equals only NULL */
bool hn_starts_with(const char *s, const char *prefix);
bool hn_ends_with(const char *s, const char *suffix);

/* Writes text for a person's terminal: control characters, escape sequences and invalid UTF-8 become visible
 * escapes (\x1b, \n ...), so that hostile names cannot steer a terminal or forge a line. `n` bytes of `text`. */
void hn_str_visible(struct hn_str *s, const char *text, size_t n);
/* The same of the first `most` bytes of what another program said, for a message: without blanks at the end, "..." where it was
 * cut. Returns the whole of `s`. */
const char *hn_str_excerpt(struct hn_str *s, const char *text, size_t most);

#endif
