/* SPDX-License-Identifier: Apache-2.0 */
/* The byte buffer and bounded copies. Never aborts: an allocation that failed is remembered. */
#include "hostnetd/str.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/utf8.h"

#define FIRST_CAPACITY 64

void hn_str_done(struct hn_str *s)
{
	free(s->data);
	*s = (struct hn_str){0};
}

void hn_str_clear(struct hn_str *s)
{
	s->len = 0;
	s->failed = false;
	if (s->data)
		s->data[0] = '\0';
}

/* Makes room for n more bytes and the NUL. */
static bool reserve(struct hn_str *s, size_t n)
{
	size_t cap = s->cap ? s->cap : FIRST_CAPACITY;
	char *data;

	if (s->failed)
		return false;
	if (n >= SIZE_MAX / 2 - s->len) {
		s->failed = true;
		return false;
	}
	if (s->data && s->len + n < s->cap)
		return true;
	while (cap <= s->len + n)
		cap *= 2;
	data = realloc(s->data, cap);
	if (!data) {
		s->failed = true;
		return false;
	}
	s->data = data;
	s->cap = cap;
	return true;
}

void hn_str_append(struct hn_str *s, const void *bytes, size_t n)
{
	if (n == 0 || !reserve(s, n))
		return;
	memcpy(s->data + s->len, bytes, n);
	s->len += n;
	s->data[s->len] = '\0';
}

void hn_str_puts(struct hn_str *s, const char *text)
{
	hn_str_append(s, text, strlen(text));
}

void hn_str_putc(struct hn_str *s, char c)
{
	hn_str_append(s, &c, 1);
}

void hn_str_vprintf(struct hn_str *s, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0)
		s->failed = true;
	else if (n > 0 && reserve(s, (size_t)n)) {
		vsnprintf(s->data + s->len, (size_t)n + 1, fmt, again);
		s->len += (size_t)n;
	}
	va_end(again);
}

void hn_str_printf(struct hn_str *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	hn_str_vprintf(s, fmt, ap);
	va_end(ap);
}

void hn_str_query(struct hn_str *s, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

	for (; *text; text++) {
		if (strchr(plain, *text))
			hn_str_putc(s, *text);
		else
			hn_str_printf(s, "%%%02X", (unsigned char)*text);
	}
}

const char *hn_str_get(const struct hn_str *s)
{
	return s->data && s->len > 0 ? s->data : "";
}

bool hn_strncpy(char *dst, size_t size, const char *src, size_t n)
{
	size_t len = src ? strnlen(src, n) : 0;
	bool fits = len < size;

	if (size == 0)
		return false;
	if (!fits)
		len = size - 1;
	if (len > 0)
		memmove(dst, src, len);
	dst[len] = '\0';
	return fits;
}

bool hn_strcpy(char *dst, size_t size, const char *src)
{
	return hn_strncpy(dst, size, src, src ? strlen(src) : 0);
}

bool hn_streq(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	return strcmp(a, b) == 0;
}

bool hn_starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool hn_ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

/* Characters that steer a terminal or the direction of writing, or that nobody can see. */
static bool is_hidden(uint32_t rune)
{
	return rune < 0x20 || (rune >= 0x7f && rune < 0xa0) || rune == 0xad || rune == 0x061c || rune == 0x180e ||
	       (rune >= 0x200b && rune <= 0x200f) || (rune >= 0x2028 && rune <= 0x202e) ||
	       (rune >= 0x2060 && rune <= 0x206f) || rune == 0xfeff || (rune >= 0xfff9 && rune <= 0xfffb) ||
	       (rune >= 0xe0000 && rune <= 0xe0fff);
}

void hn_str_visible(struct hn_str *s, const char *text, size_t n)
{
	size_t i = 0;

	while (i < n) {
		uint32_t rune;
		size_t len = hn_utf8_decode(text + i, n - i, &rune);

		if (len == 0) {
			hn_str_printf(s, "\\x%02x", (unsigned char)text[i]);
			i++;
			continue;
		}
		if (rune == '\n')
			hn_str_puts(s, "\\n");
		else if (rune == '\t')
			hn_str_puts(s, "\\t");
		else if (rune == '\r')
			hn_str_puts(s, "\\r");
		else if (is_hidden(rune))
			hn_str_printf(s, rune < 0x80 ? "\\x%02x" : "\\u%04x", (unsigned)rune);
		else
			hn_str_append(s, text + i, len);
		i += len;
	}
}

const char *hn_str_excerpt(struct hn_str *s, const char *text, size_t most)
{
	size_t n = strnlen(text, most);

	while (n > 0 && strchr(" \r\n\t", text[n - 1]))
		n--;
	hn_str_visible(s, text, n);
	if (strlen(text) > most)
		hn_str_puts(s, "...");
	return hn_str_get(s);
}
