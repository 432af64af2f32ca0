// SPDX-License-Identifier: Apache-2.0
#include "paragraph.h"

#include <string.h>

#include "hostnetd/utf8.h"

#define LABEL_COLUMNS 14 /* two spaces, the label, at least two spaces */

void hn_paragraph_headline(const struct hn_paragraph_page *page, enum hn_paint paint, const char *word,
			   const char *text)
{
	unsigned column = hn_utf8_columns(word, strlen(word)) + 2;

	hn_words_painted(page->out, page->colour, paint, word);
	hn_str_puts(page->out, "  ");
	hn_str_wrap(page->out, text, column, 2, page->width);
	hn_str_putc(page->out, '\n');
}

void hn_paragraph_labelled(const struct hn_paragraph_page *page, const char *label, const char *text)
{
	if (text[0] == '\0')
		return;
	hn_str_puts(page->out, "  ");
	hn_words_painted(page->out, page->colour, HN_PAINT_QUIET, label);
	for (size_t column = 2 + strlen(label); column < LABEL_COLUMNS; column++)
		hn_str_putc(page->out, ' ');
	hn_str_wrap(page->out, text, LABEL_COLUMNS, LABEL_COLUMNS, page->width);
	hn_str_putc(page->out, '\n');
}

void hn_paragraph_bullet(const struct hn_paragraph_page *page, const char *text)
{
	_cleanup_(hn_str_done) struct hn_str safe = {0};

	hn_words_name(&safe, text);
	hn_str_puts(page->out, "  - ");
	hn_str_wrap(page->out, hn_str_get(&safe), 4, 4, page->width);
	hn_str_putc(page->out, '\n');
}
