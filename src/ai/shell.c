/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over the script; memory is bounded by the struct. What does not fit is left out, never an error: a hostile
 * script can at most hide itself from this reader, and the process that it starts is seen all the same. */
#include "shell.h"

#include <string.h>

struct lexer {
	struct hn_shell *s;
	size_t begin; /* of the word in buf */
	bool in_word, quoted;
	bool drop_command; /* for, case: their words are no command */
	bool redirect;     /* the next word is a file's name */
	bool delimiter;    /* the next word ends a here-document */
	bool full;
};

void hn_shell_init(struct hn_shell *s, const char *text, size_t n, unsigned arg, const struct hn_word *extra,
		   size_t n_extra)
{
	s->p = text;
	s->end = text + n;
	s->arg = arg;
	s->extra = extra;
	s->n_extra = n_extra;
	s->heredoc[0] = '\0';
	s->used = 0;
	s->words.n = 0;
}

static void put(struct lexer *l, char c)
{
	struct hn_shell *s = l->s;

	if (!l->in_word) {
		l->in_word = true;
		l->begin = s->used;
	}
	if (c && s->used < sizeof(s->buf) - 1)
		s->buf[s->used++] = c;
	else if (c)
		l->full = true;
}

static bool keyword(const char *w)
{
	static const char *const words[] = {"if", "then", "else", "elif", "fi", "while", "until",
					    "do", "done", "esac", "{",    "}",  "!",     "time"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i], w))
			return true;
	return false;
}

static bool all_arguments(const char *w)
{
	return !strcmp(w, "$@") || !strcmp(w, "$*") || !strcmp(w, "${@}") || !strcmp(w, "${*}");
}

static void add_word(struct hn_shell *s, const char *text, unsigned arg)
{
	if (s->words.n < HN_WORDS_MAX)
		s->words.w[s->words.n++] = (struct hn_word){text, arg};
}

/* The word in the buffer is at its end: keep it, or let it go. */
static void end_word(struct lexer *l)
{
	struct hn_shell *s = l->s;
	char *w = s->buf + l->begin;
	bool keep = true;

	if (!l->in_word)
		return;
	l->in_word = false;
	if (s->used == sizeof(s->buf) - 1)
		l->full = true;
	s->buf[s->used] = '\0';
	if (l->delimiter) {
		if (strlen(w) < sizeof(s->heredoc))
			memcpy(s->heredoc, w, strlen(w) + 1);
		keep = false;
	} else if (l->redirect || l->drop_command) {
		keep = false;
	} else if (!l->quoted && all_arguments(w)) {
		for (size_t i = 0; i < s->n_extra; i++)
			add_word(s, s->extra[i].text, s->extra[i].arg);
		keep = false;
	} else if (!l->quoted && !s->words.n && keyword(w)) {
		keep = false;
	} else if (!s->words.n && (!strcmp(w, "for") || !strcmp(w, "case") || !strcmp(w, "select"))) {
		l->drop_command = true;
		keep = false;
	}
	l->redirect = l->delimiter = l->quoted = false;
	if (keep && s->words.n < HN_WORDS_MAX && !l->full) {
		add_word(s, w, s->arg);
		s->used++;
	} else {
		s->used = l->begin;
	}
}

static void skip_heredoc(struct hn_shell *s)
{
	size_t want = strlen(s->heredoc);

	while (s->p < s->end) {
		const char *nl = memchr(s->p, '\n', (size_t)(s->end - s->p)), *line = s->p;
		size_t n = (size_t)((nl ? nl : s->end) - line);

		s->p = nl ? nl + 1 : s->end;
		while (n && *line == '\t')
			line++, n--;
		if (n == want && !memcmp(line, s->heredoc, n))
			break;
	}
	s->heredoc[0] = '\0';
}

static void quote(struct lexer *l, char q)
{
	struct hn_shell *s = l->s;

	put(l, '\0');
	l->quoted = q == '\'';
	for (s->p++; s->p < s->end && *s->p != q; s->p++) {
		if (q == '"' && *s->p == '\\' && s->p + 1 < s->end && strchr("\"\\$`\n", s->p[1]))
			s->p++;
		put(l, *s->p);
	}
	if (s->p < s->end)
		s->p++;
}

/* At '<' or '>': the operator and the number in front of it go, and the word that follows. */
static void redirection(struct lexer *l)
{
	struct hn_shell *s = l->s;
	bool number = l->in_word;
	const char *from = s->p;

	for (size_t i = l->begin; number && i < s->used; i++)
		number = s->buf[i] >= '0' && s->buf[i] <= '9';
	if (number) {
		l->in_word = false;
		s->used = l->begin;
	}
	end_word(l);
	while (s->p < s->end && strchr("<>&|", *s->p) && s->p - from < 3)
		s->p++;
	l->redirect = true;
	if (s->p - from == 2 && from[0] == '<' && from[1] == '<') {
		if (s->p < s->end && *s->p == '-')
			s->p++;
		l->redirect = false;
		l->delimiter = true;
	}
}

static void comment(struct hn_shell *s)
{
	const char *nl = memchr(s->p, '\n', (size_t)(s->end - s->p));

	s->p = nl ? nl : s->end;
}

/* Reads up to the end of a command. */
static void command(struct lexer *l)
{
	struct hn_shell *s = l->s;

	while (s->p < s->end) {
		char c = *s->p;

		if (c == '\'' || c == '"') {
			quote(l, c);
		} else if (c == '\\') {
			if (s->p + 1 < s->end && s->p[1] != '\n')
				put(l, s->p[1]);
			s->p += s->p + 1 < s->end ? 2 : 1;
		} else if (c == '#' && !l->in_word) {
			comment(s);
		} else if (c == '<' || c == '>') {
			redirection(l);
		} else if (c == '&' && s->p + 1 < s->end && s->p[1] == '>') {
			s->p++;
		} else if (strchr("\n;|&()`", c)) { /* a NUL too */
			end_word(l);
			s->p++;
			if (c == '\n' && s->heredoc[0])
				skip_heredoc(s);
			return;
		} else if (c == ' ' || c == '\t' || c == '\r') {
			end_word(l);
			s->p++;
		} else {
			put(l, c);
			s->p++;
		}
	}
	end_word(l);
}

bool hn_shell_next(struct hn_shell *s)
{
	while (s->p < s->end) {
		struct lexer l = {.s = s};

		s->used = 0;
		s->words.n = 0;
		command(&l);
		if (s->words.n)
			return true;
	}
	return false;
}
