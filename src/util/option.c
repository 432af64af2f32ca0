/* SPDX-License-Identifier: Apache-2.0 */
/* The order of the sources: flags, environment, file. What a value means is in option_row.c. */
#include "hostnetd/option.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/str.h"
#include "option_row.h"

#define ENVIRONMENT_PREFIX "HOSTNETD_"
#define NAME_SIZE 96

static void free_set(bool **set)
{
	free(*set);
}

/* "-o" and "-h" are the only short ones. */
static const char *long_name(char letter)
{
	return letter == 'h' ? "help" : letter == 'o' ? "output" : NULL;
}

static int unknown_flag(const struct hn_option_run *run, const char *arg, const char *name, size_t n)
{
	const struct hn_option *nearest = hn_option_nearest(run, name, n);
	int shown = (int)(n + (size_t)(name - arg)); /* without the value: it may be a secret */

	if (shown > NAME_SIZE)
		shown = NAME_SIZE;
	if (nearest)
		return hn_reason_set(run->reason, -EINVAL, "unknown option %.*s: did you mean --%s?", shown, arg,
				     nearest->name);
	return hn_reason_set(run->reason, -EINVAL, "unknown option %.*s: --help lists all", shown, arg);
}

static bool is_flag(const char *arg)
{
	return arg[0] == '-' && !hn_streq(arg, "-") && !hn_streq(arg, "--");
}

/* Reads the flag at argv[*i], and its value behind it if it takes one. */
static int read_flag(const struct hn_option_run *run, int argc, char *const argv[], int *i)
{
	const char *arg = argv[*i], *name, *value = NULL;
	const struct hn_option *row;
	char where[NAME_SIZE];
	size_t n;

	if (arg[1] == '-') {
		name = arg + 2;
		n = strcspn(name, "=");
		value = name[n] == '=' ? name + n + 1 : NULL;
		row = hn_option_find(run, name, n);
	} else {
		const char *full = arg[2] == '\0' || arg[2] == '=' ? long_name(arg[1]) : NULL;

		name = arg + 1;
		n = strcspn(name, "=");
		value = name[n] == '=' ? name + n + 1 : NULL;
		row = full ? hn_option_find(run, full, strlen(full)) : NULL;
	}
	if (!row)
		return unknown_flag(run, arg, name, n);
	if (!hn_option_is_valid(run, row))
		return hn_reason_set(run->reason, -EINVAL,
				     "--%s is not an option of this command: --help lists all", row->name);
	snprintf(where, sizeof(where), "--%s", row->name);
	if (row->type == HN_OPTION_FLAG && !value)
		value = "true";
	if (!value) {
		if (*i + 1 >= argc)
			return hn_reason_set(run->reason, -EINVAL, "%s needs a value%s%s", where,
					     row->argument ? ": " : "", row->argument ? row->argument : "");
		if (hn_starts_with(argv[*i + 1], "--"))
			return hn_reason_set(run->reason, -EINVAL,
					     "%s needs a value (one that begins with -- is written %s=...)", where,
					     where);
		value = argv[++*i];
	}
	*hn_option_set_mark(run, row) = true;
	return hn_option_assign(run, row, where, value);
}

/* A list in one variable is separated by commas. */
static int assign_variable(const struct hn_option_run *run, const struct hn_option *row, const char *variable,
			   const char *value)
{
	_cleanup_(hn_str_done) struct hn_str item = {0};

	if (row->type != HN_OPTION_LIST)
		return hn_option_assign(run, row, variable, value);
	for (;;) {
		size_t n = strcspn(value, ",");
		int r;

		hn_str_clear(&item);
		hn_str_append(&item, value, n);
		if (item.failed)
			return hn_reason_set(run->reason, -ENOMEM, "out of memory");
		r = hn_option_assign(run, row, variable, hn_str_get(&item));
		if (r < 0 || value[n] == '\0')
			return r;
		value += n + 1;
	}
}

/* Variables that no row names are left alone: a Service called hostnetd puts HOSTNETD_PORT and its like into every
 * container of its namespace. An empty one is not set, as a manifest's template leaves it. */
static int read_environment(const struct hn_option_run *run)
{
	for (const struct hn_option *row = run->rows; row->name; row++) {
		char variable[NAME_SIZE] = ENVIRONMENT_PREFIX;
		size_t n = strlen(variable);
		const char *value;
		int r;

		if (!hn_option_is_valid(run, row) || *hn_option_set_mark(run, row))
			continue;
		for (const char *p = row->name; *p != '\0' && n + 1 < sizeof(variable); p++)
			variable[n++] = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
		value = getenv(variable);
		if (!value || value[0] == '\0')
			continue;
		*hn_option_set_mark(run, row) = true;
		r = assign_variable(run, row, variable, value);
		if (r < 0)
			return r;
	}
	return 0;
}

static const struct hn_option *find_set(const struct hn_option_run *run, const char *name,
					enum hn_option_type type)
{
	const struct hn_option *row = hn_option_find(run, name, strlen(name));

	return row && row->type == type && *hn_option_set_mark(run, row) ? row : NULL;
}

int hn_options_parse(const struct hn_option *rows, unsigned command, int argc, char *const argv[], void *settings,
		     struct hn_reason *reason)
{
	_cleanup_(free_set) bool *set = NULL;
	struct hn_option_run run = {.rows = rows, .command = command, .settings = settings, .reason = reason};
	const struct hn_option *file;
	size_t n = 0;
	int r;

	while (rows[n].name)
		n++;
	set = calloc(n + 1, sizeof(*set));
	if (!set)
		return hn_reason_set(reason, -ENOMEM, "out of memory");
	run.set = set;
	for (int i = 1; i < argc; i++) {
		if (!is_flag(argv[i])) {
			hn_reason_set(reason, -EINVAL, "unexpected argument '%.200s': options begin with --",
				      argv[i]);
			return i;
		}
		r = read_flag(&run, argc, argv, &i);
		if (r < 0)
			return r;
	}
	/* Help must come even if what it would help with is broken. */
	if (find_set(&run, "help", HN_OPTION_FLAG))
		return 0;
	r = read_environment(&run);
	if (r < 0)
		return r;
	file = find_set(&run, "config", HN_OPTION_STRING);
	return file ? hn_option_load_file(&run, *(char **)((char *)settings + file->offset)) : 0;
}

void hn_options_done(const struct hn_option *rows, void *settings)
{
	for (const struct hn_option *row = rows; row->name; row++) {
		void *field = (char *)settings + row->offset;

		if (row->type == HN_OPTION_STRING) {
			free(*(char **)field);
			*(char **)field = NULL;
		} else if (row->type == HN_OPTION_LIST) {
			struct hn_strings *list = field;

			while (list->n > 0)
				free(list->items[--list->n]);
			memset(list, 0, sizeof(*list));
		}
	}
}
