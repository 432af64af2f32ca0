/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding, columns and lines. Pure, and independent of the locale: the program never calls setlocale. */
#include "hostnetd/utf8.h"

#include <stdbool.h>
#include <string.h>

#include "hostnetd/macro.h"
#include "hostnetd/str.h"

size_t hn_utf8_decode(const char *text, size_t n, uint32_t *ret_rune)
{
	const unsigned char *p = (const unsigned char *)text;
	uint32_t rune, least;
	size_t len, i;

	if (n == 0)
		return 0;
	if (p[0] < 0x80) {
		*ret_rune = p[0];
		return 1;
	}
	if ((p[0] & 0xe0) == 0xc0) {
		len = 2;
		rune = p[0] & 0x1f;
		least = 0x80;
	} else if ((p[0] & 0xf0) == 0xe0) {
		len = 3;
		rune = p[0] & 0x0f;
		least = 0x800;
	} else if ((p[0] & 0xf8) == 0xf0) {
		len = 4;
		rune = p[0] & 0x07;
		least = 0x10000;
	} else
		return 0;
	if (len > n)
		return 0;
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		rune = rune << 6 | (p[i] & 0x3f);
	}
	if (rune < least || rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff))
		return 0;
	*ret_rune = rune;
	return len;
}

struct range {
	uint32_t first, last;
};

/* The blocks that matter for names of people's things; a wrong guess costs a crooked column, nothing else. */
static const struct range wide[] = {
	{0x1100, 0x115f}, {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0x9fff},
	{0xa000, 0xa4cf}, {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
	{0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};
static const struct range combining[] = {
	{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x064b, 0x065f}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a},
	{0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
};

static bool is_in(uint32_t rune, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rune >= ranges[i].first && rune <= ranges[i].last)
			return true;
	return false;
}

static unsigned rune_columns(uint32_t rune)
{
	if (rune < 0x300)
		return 1;
	if (is_in(rune, combining, HN_ARRAY_SIZE(combining)))
		return 0;
	return is_in(rune, wide, HN_ARRAY_SIZE(wide)) ? 2 : 1;
}

/* Length and columns of the next character; a byte that is not valid is one column. */
static size_t step(const char *text, size_t n, unsigned *ret_columns)
{
	uint32_t rune;
	size_t len = hn_utf8_decode(text, n, &rune);

	*ret_columns = len ? rune_columns(rune) : 1;
	return len ? len : 1;
}

unsigned hn_utf8_columns(const char *text, size_t n)
{
	unsigned columns = 0, c;

	for (size_t i = 0; i < n;) {
		i += step(text + i, n - i, &c);
		columns += c;
	}
	return columns;
}

static void new_line(struct hn_str *out, unsigned indent)
{
	hn_str_putc(out, '\n');
	for (unsigned i = 0; i < indent; i++)
		hn_str_putc(out, ' ');
}

/* How many bytes of a word go on a line with `room` columns: at least one character, so that it ends. */
static size_t fitting(const char *word, size_t n, unsigned room, bool *ret_nice)
{
	size_t all = 0, nice = 0;
	unsigned columns = 0;

	while (all < n) {
		unsigned c;
		size_t len = step(word + all, n - all, &c);

		if (all > 0 && columns + c > room)
			break;
		columns += c;
		all += len;
		if (strchr("/,:@=-", word[all - 1]))
			nice = all;
	}
	*ret_nice = all == n || nice > all / 3;
	return all < n && *ret_nice ? nice : all;
}

/* However narrow the terminal or deep the indent. */
#define LINE_LEAST 16

unsigned hn_str_wrap(struct hn_str *out, const char *text, unsigned column, unsigned indent, unsigned width)
{
	const char *p = text;
	bool first = true;

	if (width > 0 && width < indent + LINE_LEAST)
		width = indent + LINE_LEAST;
	for (;;) {
		size_t spaces = strspn(p, " "), n = strcspn(p + spaces, " ");
		unsigned gap = first ? 0 : (unsigned)spaces;

		p += spaces;
		if (n == 0)
			return column;
		first = false;
		while (n > 0) {
			unsigned columns = hn_utf8_columns(p, n), end = column + gap;
			size_t part = n;
			bool nice;

			if (width > 0 && end + columns > width) {
				part = fitting(p, n, end < width ? width - end : 1, &nice);
				if (column > indent && (!nice || end >= width || columns <= width - indent)) {
					new_line(out, indent);
					column = indent;
					gap = 0;
					continue;
				}
			}
			for (unsigned i = 0; i < gap; i++)
				hn_str_putc(out, ' ');
			hn_str_append(out, p, part);
			column = end + hn_utf8_columns(p, part);
			gap = 0;
			p += part;
			n -= part;
		}
	}
}
