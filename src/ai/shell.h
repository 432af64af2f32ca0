/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts a shell's script into its simple commands, well enough to see which programs it runs. It expands nothing. */
#ifndef AI_SHELL_H
#define AI_SHELL_H

#include <stdbool.h>
#include <stddef.h>

#define HN_WORDS_MAX 1024

struct hn_word {
	const char *text;
	unsigned arg; /* index of the argument that it stands in, for the evidence's path */
};

struct hn_words {
	size_t n;
	struct hn_word w[HN_WORDS_MAX];
};

#define HN_SHELL_COMMAND_MAX 8192

struct hn_shell {
	const char *p, *end;
	unsigned arg;
	const struct hn_word *extra; /* what "$@" stands for */
	size_t n_extra;
	char heredoc[32]; /* its body is skipped at the next newline; "": none */
	size_t used;
	char buf[HN_SHELL_COMMAND_MAX];
	struct hn_words words; /* the command that hn_shell_next found; valid until the next call */
};

/* Borrows text and extra. */
void hn_shell_init(struct hn_shell *s, const char *text, size_t n, unsigned arg, const struct hn_word *extra,
		   size_t n_extra);
/* The next simple command: assignments in front stay, redirections, comments and keywords are gone. */
bool hn_shell_next(struct hn_shell *s);

#endif
