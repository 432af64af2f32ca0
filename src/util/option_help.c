/* SPDX-License-Identifier: Apache-2.0 */
/* The options of a command as --help prints them: name and argument left, what it means right. */
#include <string.h>

#include "hostnetd/option.h"
#include "hostnetd/str.h"
#include "hostnetd/utf8.h"

#define LEFT_MAX 34 /* a longer name has its help on the next line */

static void put_left(const struct hn_option *row, struct hn_str *out)
{
	hn_str_printf(out, "  %s--%s",
		      hn_streq(row->name, "help")   ? "-h, " :
		      hn_streq(row->name, "output") ? "-o, " :
						      "",
		      row->name);
	if (row->argument)
		hn_str_printf(out, " %s", row->argument);
	else if (row->type == HN_OPTION_CHOICE)
		for (size_t i = 0; row->choices[i]; i++)
			hn_str_printf(out, "%c%s", i == 0 ? ' ' : '|', row->choices[i]);
}

static void put_right(const struct hn_option *row, struct hn_str *out)
{
	hn_str_puts(out, row->help);
	if (row->type == HN_OPTION_LIST)
		hn_str_puts(out, "; may be repeated");
	if (row->default_text)
		hn_str_printf(out, " (default: %s)", row->default_text);
}

static unsigned left_columns(const struct hn_option *rows, unsigned command)
{
	size_t most = 0;

	for (const struct hn_option *row = rows; row->name; row++) {
		_cleanup_(hn_str_done) struct hn_str left = {0};

		if (!(row->commands & command))
			continue;
		put_left(row, &left);
		if (left.len > most && left.len <= LEFT_MAX)
			most = left.len;
	}
	return (unsigned)most + 2;
}

void hn_options_help(const struct hn_option *rows, unsigned command, unsigned width, struct hn_str *out)
{
	unsigned indent = left_columns(rows, command);

	if (width > 0 && indent > width / 2)
		indent = 8;
	for (const struct hn_option *row = rows; row->name; row++) {
		_cleanup_(hn_str_done) struct hn_str left = {0}, right = {0};
		unsigned column;

		if (!(row->commands & command))
			continue;
		put_left(row, &left);
		put_right(row, &right);
		hn_str_puts(out, hn_str_get(&left));
		column = (unsigned)left.len;
		if (column + 2 > indent) {
			hn_str_putc(out, '\n');
			column = 0;
		}
		for (; column < indent; column++)
			hn_str_putc(out, ' ');
		hn_str_wrap(out, hn_str_get(&right), indent, indent, width);
		hn_str_putc(out, '\n');
	}
}
