/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a page for people: each ends with a newline, and is wrapped below its own beginning. */
#ifndef HOSTNETD_REPORT_PARAGRAPH_H
#define HOSTNETD_REPORT_PARAGRAPH_H

#include "words.h"

struct hn_paragraph_page {
	struct hn_str *out;
	unsigned width; /* 0: unlimited */
	bool colour;
};

/* "FAILED  text": the texts are safe for a terminal already. */
void hn_paragraph_headline(const struct hn_paragraph_page *page, enum hn_paint paint, const char *word,
			   const char *text);
/* "  label       text"; nothing where there is no text. */
void hn_paragraph_labelled(const struct hn_paragraph_page *page, const char *label, const char *text);
/* "  - text", which may come from outside. */
void hn_paragraph_bullet(const struct hn_paragraph_page *page, const char *text);

#endif
