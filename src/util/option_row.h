/* SPDX-License-Identifier: Apache-2.0 */
/* What flags, environment and file have in common: finding a row by name and setting its field. */
#ifndef HOSTNETD_UTIL_OPTION_ROW_H
#define HOSTNETD_UTIL_OPTION_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "hostnetd/macro.h"
#include "hostnetd/option.h"
#include "hostnetd/reason.h"

/* A reading of all sources for one command. A row that an earlier source has set is left alone by later ones. */
struct hn_option_run {
	const struct hn_option *rows;
	unsigned command;
	void *settings;
	bool *set; /* one a row */
	struct hn_reason *reason;
};

/* The row of this name: the command's own first, then any command's; NULL: nobody's. */
const struct hn_option *hn_option_find(const struct hn_option_run *run, const char *name, size_t n);
/* The row of the command with the most similar name, NULL if none is near. */
const struct hn_option *hn_option_nearest(const struct hn_option_run *run, const char *name, size_t n);
bool hn_option_is_valid(const struct hn_option_run *run, const struct hn_option *row);
bool *hn_option_set_mark(const struct hn_option_run *run, const struct hn_option *row);

/* Parses the value into the row's field (a list gets one more item). `where` names the source for the reason. */
_must_check_ int hn_option_assign(const struct hn_option_run *run, const struct hn_option *row, const char *where,
				  const char *value);
/* Reads the YAML file into the rows that are not set yet. */
_must_check_ int hn_option_load_file(const struct hn_option_run *run, const char *path);

#endif
