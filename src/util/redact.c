// SPDX-License-Identifier: Apache-2.0
/* One pass over each argument, word by word: a shell's line, a header and JSON are arguments too. */
#include "hostnetd/redact.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "hostnetd/macro.h"

#define REDACTED "[redacted]"
#define QUOTES "\"'`"
/* What ends a word. Not '=' and ':', which may stand between a name and its value. */
#define SEPARATORS " \t\r\n;|&,(){}[]<>?" QUOTES

/* A name is secret if one of its words is, and it does not name a file or a number of tokens. */
static const char *const secret_words[] = {"token",      "secret",      "password",     "passwd",
					   "passphrase", "apikey",      "bearer",       "pwd",
					   "credential", "credentials", "authorization"};
/* "key" alone can be anything (--key-file, --sort-key): it is secret behind one of these. */
static const char *const key_words[] = {"api",    "access",     "auth",    "private",
					"master", "encryption", "signing", "secret"};
static const char *const harmless_words[] = {"file", "path", "dir",   "id",  "name",
					     "mode", "type", "limit", "env", "url"};
static const char *const token_starts[] = {"sk-",   "hf_",   "ghp_",   "gho_", "ghs_", "github_pat_", "nvapi-",
					   "xoxb-", "xoxp-", "glpat-", "AKIA", "eyJ",  "sk_live_",    "pat_"};

static bool in_table(const char *word, size_t n, const char *const table[], size_t rows)
{
	for (size_t i = 0; i < rows; i++)
		if (strlen(table[i]) == n && strncasecmp(word, table[i], n) == 0)
			return true;
	return false;
}

/* Words end at what is no letter or digit, and before a capital: authToken, X-Api-Key, HF_TOKEN. */
static size_t word_end(const char *name, size_t at, size_t n)
{
	size_t end = at;

	while (end < n && isalnum((unsigned char)name[end]) &&
	       !(end > at && isupper((unsigned char)name[end]) && islower((unsigned char)name[end - 1])))
		end++;
	return end;
}

static bool secret_name(const char *name, size_t n)
{
	bool secret = false, after_key_word = false, harmless = false;

	for (size_t at = 0; at < n;) {
		size_t end = word_end(name, at, n), len = end - at;

		if (len == 0) {
			at++;
			continue;
		}
		if (in_table(name + at, len, secret_words, HN_ARRAY_SIZE(secret_words)))
			secret = true;
		if (after_key_word && len == 3 && strncasecmp(name + at, "key", 3) == 0)
			secret = true;
		harmless = in_table(name + at, len, harmless_words, HN_ARRAY_SIZE(harmless_words));
		after_key_word = in_table(name + at, len, key_words, HN_ARRAY_SIZE(key_words));
		at = end;
	}
	return secret && !harmless;
}

static bool token_like(const char *word, size_t n)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(token_starts); i++) {
		size_t len = strlen(token_starts[i]);

		if (n >= len + 12 && strncmp(word, token_starts[i], len) == 0)
			return true;
	}
	return false;
}

struct out {
	char *at;
	size_t room;
	bool cut;
};

static void put(struct out *o, const char *bytes, size_t n)
{
	if (n > o->room) {
		n = o->room;
		o->cut = true;
	}
	memcpy(o->at, bytes, n);
	o->at += n;
	o->room -= n;
}

static void put_redacted(struct out *o)
{
	put(o, REDACTED, strlen(REDACTED));
}

/* One argument, and how far it is read. */
struct argument {
	const char *text;
	size_t n, at;
	bool first;       /* nothing but NAME= so far: a secret value in it goes on to the argument's end */
	bool secret_next; /* the next word is a secret: behind --token, Bearer */
	bool named;       /* the last word names a secret: "token" in {"token": "x"} */
};

static bool one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

static size_t until(const struct argument *a, size_t at, size_t end, const char *set)
{
	while (at < end && !one_of(a->text[at], set))
		at++;
	return at;
}

static void copy_to(struct argument *a, size_t end, struct out *o)
{
	put(o, a->text + a->at, end - a->at);
	a->at = end;
}

static void copy_word(struct argument *a, size_t end, struct out *o)
{
	if (token_like(a->text + a->at, end - a->at))
		put_redacted(o);
	else
		put(o, a->text + a->at, end - a->at);
	a->at = end;
}

/* Leaves out the secret that begins here: to the end of its quotes, else to one of `ends`. */
static void redact(struct argument *a, const char *ends, struct out *o)
{
	char quote[2] = "";

	if (a->at < a->n && one_of(a->text[a->at], QUOTES)) {
		quote[0] = a->text[a->at];
		ends = quote;
		copy_to(a, a->at + 1, o);
	}
	put_redacted(o);
	a->at = until(a, a->at, a->n, ends);
}

/* Behind "://": the password goes. A password may hold nearly anything; the last '@' ends it. */
static void copy_user(struct argument *a, struct out *o)
{
	size_t end = until(a, a->at, a->n, "/ \t\r\n" QUOTES);
	const char *user = a->text + a->at, *host = memrchr(user, '@', end - a->at), *colon;

	if (!host)
		return;
	colon = memchr(user, ':', (size_t)(host - user));
	if (colon) {
		copy_to(a, (size_t)(colon + 1 - a->text), o);
		put_redacted(o);
	} else {
		copy_word(a, (size_t)(host - a->text), o);
	}
	a->at = (size_t)(host - a->text);
}

/* A word without a value in it, to `end`. */
static void copy_plain(struct argument *a, size_t end, struct out *o)
{
	const char *word = a->text + a->at;
	size_t n = end - a->at;

	a->named = secret_name(word, n);
	a->secret_next = a->named && (word[0] == '-' || (n == 6 && strncasecmp(word, "bearer", n) == 0));
	copy_word(a, end, o);
}

/* NAME=value or NAME:value; the mark between them is at `mark`. */
static void copy_pair(struct argument *a, size_t mark, struct out *o)
{
	bool colon = a->text[mark] == ':';

	if (mark > a->at) /* else the name is in quotes before it */
		a->named = secret_name(a->text + a->at, mark - a->at);
	copy_word(a, mark, o);
	copy_to(a, mark + 1, o);
	if (colon && a->n - a->at >= 2 && memcmp(a->text + a->at, "//", 2) == 0) {
		copy_to(a, a->at + 2, o);
		copy_user(a, o);
	} else if (a->named && colon) {
		/* A header's value is all that follows; JSON's ends at a comma. */
		while (a->at < a->n && a->text[a->at] == ' ')
			copy_to(a, a->at + 1, o);
		redact(a, "\r\n,}" QUOTES, o);
	} else if (a->named) {
		redact(a, a->first ? "" : SEPARATORS, o);
	}
	a->named = false;
}

static void copy_argument(struct argument *a, struct out *o)
{
	while (a->at < a->n) {
		const char *here = a->text + a->at;
		size_t end = until(a, a->at, a->n, SEPARATORS), mark = until(a, a->at, end, "=:");
		bool quoted = one_of(*here, QUOTES);

		if (a->secret_next && (end > a->at || quoted)) {
			a->secret_next = false;
			if (quoted || !(a->n - a->at > 1 && here[0] == '-' && here[1] == '-')) {
				redact(a, SEPARATORS, o);
				continue;
			}
		}
		if (end == a->at) {
			a->first = false;
			copy_to(a, a->at + 1, o);
		} else if (mark < end) {
			copy_pair(a, mark, o);
		} else {
			copy_plain(a, end, o);
		}
	}
}

size_t hn_redact_argv(const char *argv, size_t len, char *out, size_t size, bool *ret_cut)
{
	struct out o = {out, size, false};
	bool is_secret = false;

	for (size_t at = 0; at < len;) {
		struct argument a = {.text = argv + at, .n = strnlen(argv + at, len - at), .first = true};

		if (is_secret && !(a.n > 1 && a.text[0] == '-' && a.text[1] == '-')) {
			put_redacted(&o);
			is_secret = false;
		} else {
			copy_argument(&a, &o);
			is_secret = a.secret_next && a.first && a.text[0] == '-';
		}
		at += a.n + 1;
		if (at <= len)
			put(&o, "", 1);
	}
	if (ret_cut)
		*ret_cut = o.cut;
	return size - o.room;
}
