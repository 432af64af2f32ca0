/* SPDX-License-Identifier: Apache-2.0 */
#include "hostnetd/columns.h"

#include <string.h>

#include "hostnetd/utf8.h"

#define LEAST 8
#define CUT "\u2026"

void hn_columns_measure(unsigned *widest, const struct hn_str *text, unsigned most)
{
	unsigned n = hn_utf8_columns(hn_str_get(text), text->len);

	if (n > most)
		n = most;
	if (n > *widest)
		*widest = n;
}

void hn_columns_put(struct hn_str *line, const char *text, unsigned columns)
{
	unsigned n = hn_utf8_columns(text, strlen(text));

	hn_str_puts(line, text);
	for (columns = (n > columns ? n : columns) + HN_COLUMNS_GAP; n < columns; n++)
		hn_str_putc(line, ' ');
}

unsigned hn_columns_left(unsigned width, unsigned taken)
{
	return width > taken + LEAST ? width - taken : LEAST;
}

/* How many bytes fit, with a column left for the sign. */
static size_t fitting(const char *text, size_t len, unsigned width)
{
	unsigned columns = 0;
	size_t n = 0;

	while (n < len) {
		uint32_t rune;
		size_t bytes = hn_utf8_decode(text + n, len - n, &rune);

		if (bytes == 0)
			bytes = 1;
		columns += hn_utf8_columns(text + n, bytes);
		if (columns >= width)
			break;
		n += bytes;
	}
	return n;
}

void hn_columns_end(struct hn_str *out, const struct hn_str *line, unsigned width)
{
	const char *text = hn_str_get(line);
	size_t len = line->len;
	bool cut;

	while (len > 0 && text[len - 1] == ' ')
		len--;
	cut = width > 0 && hn_utf8_columns(text, len) > width;
	hn_str_append(out, text, cut ? fitting(text, len, width) : len);
	hn_str_puts(out, cut ? CUT "\n" : "\n");
	out->failed |= line->failed;
}
