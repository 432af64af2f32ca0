/* SPDX-License-Identifier: Apache-2.0 */
/* What one command line runs, after its wrappers are stripped: sh -c, exec, tini, numactl, uv run, npx, python -m … */
#ifndef AI_COMMAND_H
#define AI_COMMAND_H

#include "shell.h"

#define HN_COMMAND_NAMES 8

/* Names borrow the words that were read. */
struct hn_command_names {
	size_t n;
	struct hn_word name[HN_COMMAND_NAMES];
};

struct hn_command {
	struct hn_command_names programs; /* paths: the basename counts */
	struct hn_command_names scripts;  /* paths of scripts and entry points */
	struct hn_command_names modules;
	struct hn_command_names packages; /* as written, with version and extras */
	bool installs;                    /* the packages are installed, not run */
	struct hn_command_names env;      /* NAME=VALUE words in front, the whole word */
	const struct hn_word *rest;       /* the program's arguments */
	size_t n_rest;
	const char *code; /* python -c, else NULL */
	unsigned code_arg;
	const char *shell; /* the script of a shell's -c: read it with hn_shell, else NULL */
	unsigned shell_arg;
};

/* Reads one command. Never fails: what it does not understand is a program and its arguments. */
void hn_command_read(struct hn_command *c, const struct hn_word *w, size_t n);
/* After the last '/'. */
const char *hn_command_basename(const char *path);

#endif
