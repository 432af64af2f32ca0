/* SPDX-License-Identifier: Apache-2.0 */
/* One option's row: found by its name, its field set from text. Knows nothing of where the text came from. */
#include "option_row.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/str.h"
#include "hostnetd/time.h"

bool hn_option_is_valid(const struct hn_option_run *run, const struct hn_option *row)
{
	return (row->commands & run->command) != 0;
}

bool *hn_option_set_mark(const struct hn_option_run *run, const struct hn_option *row)
{
	return &run->set[row - run->rows];
}

const struct hn_option *hn_option_find(const struct hn_option_run *run, const char *name, size_t n)
{
	const struct hn_option *other = NULL;

	for (const struct hn_option *row = run->rows; row->name; row++) {
		if (strlen(row->name) != n || memcmp(row->name, name, n) != 0)
			continue;
		if (hn_option_is_valid(run, row))
			return row;
		other = row;
	}
	return other;
}

#define NAME_MAX_COMPARED 48

/* Insertions, removals, replacements and swaps of neighbours that lead from a to b. */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t d[NAME_MAX_COMPARED + 1][NAME_MAX_COMPARED + 1];

	for (size_t i = 0; i <= n; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= m; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		for (size_t j = 1; j <= m; j++) {
			size_t best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[n][m];
}

const struct hn_option *hn_option_nearest(const struct hn_option_run *run, const char *name, size_t n)
{
	const struct hn_option *nearest = NULL;
	size_t least = n / 3 < 2 ? 2 : n / 3;

	if (n < 2 || n > NAME_MAX_COMPARED)
		return NULL;
	for (const struct hn_option *row = run->rows; row->name; row++) {
		size_t m = strlen(row->name), d;

		if (!hn_option_is_valid(run, row) || m > NAME_MAX_COMPARED)
			continue;
		/* Half a name is as good a hint as a misspelt one. */
		d = m > n && n >= 4 && memcmp(row->name, name, n) == 0 ? 1 : distance(name, n, row->name, m);
		if (d <= least && (!nearest || d < least)) {
			nearest = row;
			least = d;
		}
	}
	return nearest;
}

static int assign_flag(const struct hn_option_run *run, bool *field, const char *where, const char *value)
{
	static const char *const yes[] = {"true", "yes", "on", "1"}, *const no[] = {"false", "no", "off", "0"};

	for (size_t i = 0; i < HN_ARRAY_SIZE(yes); i++) {
		if (hn_streq(value, yes[i]) || hn_streq(value, no[i])) {
			*field = hn_streq(value, yes[i]);
			return 0;
		}
	}
	return hn_reason_set(run->reason, -EINVAL, "%s: '%s' is neither true nor false", where, value);
}

static int assign_copy(const struct hn_option_run *run, char **field, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return hn_reason_set(run->reason, -ENOMEM, "out of memory");
	free(*field);
	*field = copy;
	return 0;
}

static int assign_item(const struct hn_option_run *run, struct hn_strings *list, const char *where,
		       const char *value)
{
	int r;

	if (list->n >= HN_STRINGS_MAX)
		return hn_reason_set(run->reason, -EINVAL, "%s: more than %d values", where, HN_STRINGS_MAX);
	r = assign_copy(run, &list->items[list->n], value);
	if (r == 0)
		list->n++;
	return r;
}

static int assign_duration(const struct hn_option_run *run, const struct hn_option *row, int64_t *field,
			   const char *where, const char *value)
{
	char least[HN_TIME_TEXT], most[HN_TIME_TEXT];
	int64_t ns;

	if (hn_duration_parse(value, &ns) < 0)
		return hn_reason_set(run->reason, -EINVAL, "%s: '%s' is no duration, such as 30s, 5m or 1h30m",
				     where, value);
	if ((row->minimum == 0 && row->maximum == 0) || (ns >= row->minimum && ns <= row->maximum)) {
		*field = ns;
		return 0;
	}
	if (row->minimum > 0 && row->minimum < HN_NSEC_PER_SEC)
		return hn_reason_set(run->reason, -EINVAL, "%s: %s is not between %lldms and %s", where, value,
				     (long long)(row->minimum / HN_NSEC_PER_MSEC),
				     hn_age_format(row->maximum, most));
	return hn_reason_set(run->reason, -EINVAL, "%s: %s is not between %s and %s", where, value,
			     hn_age_format(row->minimum, least), hn_age_format(row->maximum, most));
}

static int assign_choice(const struct hn_option_run *run, const struct hn_option *row, int *field,
			 const char *where, const char *value)
{
	_cleanup_(hn_str_done) struct hn_str all = {0};

	for (int i = 0; row->choices[i]; i++) {
		if (hn_streq(row->choices[i], value)) {
			*field = i;
			return 0;
		}
		hn_str_printf(&all, "%s%s", i == 0 ? "" : ", ", row->choices[i]);
	}
	return hn_reason_set(run->reason, -EINVAL, "%s: '%s' is none of: %s", where, value, hn_str_get(&all));
}

int hn_option_assign(const struct hn_option_run *run, const struct hn_option *row, const char *where,
		     const char *value)
{
	void *field = (char *)run->settings + row->offset;

	if (value[0] == '\0')
		return hn_reason_set(run->reason, -EINVAL, "%s needs a value%s%s", where,
				     row->argument ? ": " : "", row->argument ? row->argument : "");
	switch (row->type) {
	case HN_OPTION_FLAG:
		return assign_flag(run, field, where, value);
	case HN_OPTION_STRING:
		return assign_copy(run, field, value);
	case HN_OPTION_LIST:
		return assign_item(run, field, where, value);
	case HN_OPTION_DURATION:
		return assign_duration(run, row, field, where, value);
	case HN_OPTION_CHOICE:
		return assign_choice(run, row, field, where, value);
	case HN_OPTION_TYPE_MAX:
		break;
	}
	return hn_reason_set(run->reason, -EINVAL, "%s: the option has no type", where);
}
