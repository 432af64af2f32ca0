// SPDX-License-Identifier: Apache-2.0
#include "hostnetd/redact.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "hostnetd/macro.h"

#define REDACTED "[redacted]"

/* A name is secret if one of its words is, and it does not name a file or a number of tokens. */
static const char *const secret_words[] = {"token",  "secret", "password", "passwd",     "passphrase",
					   "apikey", "bearer", "pwd",      "credential", "credentials"};
/* "key" alone can be anything (--key-file, --sort-key): it is secret behind one of these. */
static const char *const key_words[] = {"api", "access", "auth", "private", "master", "encryption", "signing", "secret"};
static const char *const harmless_words[] = {"file", "path", "dir", "id", "name", "mode", "type", "limit", "env", "url"};
static const char *const token_starts[] = {"sk-",   "hf_",   "ghp_",  "gho_",        "ghs_",  "github_pat_", "nvapi-",
					   "xoxb-", "xoxp-", "glpat-", "AKIA",       "eyJ",   "sk_live_",    "pat_"};

static bool in_table(const char *word, size_t n, const char *const table[], size_t rows)
{
	for (size_t i = 0; i < rows; i++)
		if (strlen(table[i]) == n && strncasecmp(word, table[i], n) == 0)
			return true;
	return false;
}

static bool secret_name(const char *name, size_t n)
{
	bool secret = false, after_key_word = false, harmless = false;

	for (size_t at = 0; at < n;) {
		size_t end = at;

		while (end < n && isalnum((unsigned char)name[end]))
			end++;
		if (end > at) {
			size_t len = end - at;

			if (in_table(name + at, len, secret_words, HN_ARRAY_SIZE(secret_words)))
				secret = true;
			if (after_key_word && len == 3 && strncasecmp(name + at, "key", 3) == 0)
				secret = true;
			harmless = in_table(name + at, len, harmless_words, HN_ARRAY_SIZE(harmless_words));
			after_key_word = in_table(name + at, len, key_words, HN_ARRAY_SIZE(key_words));
		}
		at = end + 1;
	}
	return secret && !harmless;
}

static bool token_like(const char *arg, size_t n)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(token_starts); i++) {
		size_t len = strlen(token_starts[i]);

		if (n >= len + 12 && strncmp(arg, token_starts[i], len) == 0)
			return true;
	}
	return n > 7 && strncasecmp(arg, "bearer ", 7) == 0;
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

/* scheme://user:password@host -> the password goes. */
static void put_plain(struct out *o, const char *arg, size_t n)
{
	const char *authority = memmem(arg, n, "://", 3), *end = arg + n, *at, *colon;

	if (authority) {
		authority += 3;
		at = memchr(authority, '@', (size_t)(end - authority));
		colon = at ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
		if (colon && !memchr(authority, '/', (size_t)(at - authority))) {
			put(o, arg, (size_t)(colon + 1 - arg));
			put(o, REDACTED, strlen(REDACTED));
			put(o, at, (size_t)(end - at));
			return;
		}
	}
	put(o, arg, n);
}

size_t hn_redact_argv(const char *argv, size_t len, char *out, size_t size, bool *ret_cut)
{
	struct out o = {out, size, false};
	bool value_is_secret = false;

	for (size_t at = 0; at < len;) {
		const char *arg = argv + at;
		size_t n = strnlen(arg, len - at);
		const char *equals = memchr(arg, '=', n);
		size_t name = equals ? (size_t)(equals - arg) : n;

		if (value_is_secret && !(n > 1 && arg[0] == '-' && arg[1] == '-')) {
			put(&o, REDACTED, strlen(REDACTED));
			value_is_secret = false;
		} else if (equals && (secret_name(arg, name) || token_like(equals + 1, n - name - 1))) {
			put(&o, arg, name + 1);
			put(&o, REDACTED, strlen(REDACTED));
		} else if (token_like(arg, n)) {
			put(&o, REDACTED, strlen(REDACTED));
		} else {
			value_is_secret = !equals && n > 1 && arg[0] == '-' && secret_name(arg, n);
			put_plain(&o, arg, n);
		}
		at += n + 1;
		if (at <= len)
			put(&o, "", 1);
	}
	if (ret_cut)
		*ret_cut = o.cut;
	return size - o.room;
}
