/* SPDX-License-Identifier: Apache-2.0 */
/* One table row an option: it parses the flag, the environment variable (HOSTNETD_ + name in capitals, - as _) and
 * the key of --config FILE (YAML), and prints its line of --help. Flags win over the environment, that over the file. */
#ifndef HOSTNETD_OPTION_H
#define HOSTNETD_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"

struct hn_str;

enum hn_option_type {
	HN_OPTION_FLAG,     /* bool */
	HN_OPTION_STRING,   /* char *, owned by the settings */
	HN_OPTION_LIST,     /* struct hn_strings, repeated */
	HN_OPTION_DURATION, /* int64_t, nanoseconds */
	HN_OPTION_CHOICE,   /* int, index into `choices` */
	HN_OPTION_TYPE_MAX,
};

#define HN_STRINGS_MAX 64
struct hn_strings {
	char *items[HN_STRINGS_MAX];
	size_t n;
};

struct hn_option {
	const char *name; /* without the dashes */
	enum hn_option_type type;
	const char *argument;       /* "FILE"; NULL for a flag */
	const char *help;           /* one line */
	const char *default_text;   /* as --help shows it; NULL: none */
	const char *const *choices; /* NULL-terminated, for HN_OPTION_CHOICE */
	size_t offset;              /* of the field in the settings */
	unsigned commands;          /* bit mask: in which commands it is valid */
	int64_t minimum, maximum;   /* for durations, nanoseconds; both 0: no limit */
};

/* Reads argv[1..] (argv[0] is skipped), then the environment, then the file that the option "config" names, into
 * `settings`, for the command whose bit is `command`. `rows` ends with a row whose name is NULL. An unknown option,
 * a wrong value and an unreadable file are -EINVAL with a reason that names it and suggests the nearest known option;
 * of a stray argument its index is returned, with a reason too. "--name value" and "--name=value" both work; "-h" is "--help", "-o" is "--output".
 * An option that is known but not valid in this command is an error in flags, and ignored in environment and file
 * (one file serves all commands); a key that no command knows is an error in the file, with line and column. */
_must_check_ int hn_options_parse(const struct hn_option *rows, unsigned command, int argc, char *const argv[],
				  void *settings, struct hn_reason *reason);
/* Frees the strings and lists of `settings`. */
void hn_options_done(const struct hn_option *rows, void *settings);
/* The options of one command, aligned to `width` columns. */
void hn_options_help(const struct hn_option *rows, unsigned command, unsigned width, struct hn_str *out);

#endif
