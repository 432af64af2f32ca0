// SPDX-License-Identifier: Apache-2.0
#include "sheet.h"

#include <inttypes.h>
#include <string.h>

#include "hostnetd/str.h"
#include "hostnetd/utf8.h"

/* A scrape with one byte that is no UTF-8 is refused as a whole. */
void hn_sheet_value(struct hn_str *out, const char *value)
{
	size_t left = value ? strlen(value) : 0;

	while (left) {
		uint32_t rune;
		size_t n = hn_utf8_decode(value, left, &rune);

		if (*value == '\\' || *value == '"')
			hn_str_putc(out, '\\');
		if (*value == '\n')
			hn_str_puts(out, "\\n");
		else if (n == 0)
			hn_str_puts(out, "\xef\xbf\xbd");
		else
			hn_str_append(out, value, n);
		value += n ? n : 1;
		left -= n ? n : 1;
	}
}

void hn_sheet_put(struct hn_sheet *s, uint64_t value)
{
	hn_str_printf(s->out, "%s %" PRIu64 "\n", s->name, value);
}

void hn_sheet_seconds(struct hn_sheet *s, const char *suffix, int64_t ns)
{
	hn_str_printf(s->out, "%s%s %lld.%09lld\n", s->name, suffix, (long long)(ns / HN_NSEC_PER_SEC),
		      (long long)(ns % HN_NSEC_PER_SEC));
}

void hn_sheet_labelled(struct hn_sheet *s, const char *label, const char *value, uint64_t n)
{
	hn_str_printf(s->out, "%s{%s=\"", s->name, label);
	hn_sheet_value(s->out, value);
	hn_str_printf(s->out, "\"} %" PRIu64 "\n", n);
}
