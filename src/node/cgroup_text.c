/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing and cutting pieces of a cgroup's path. Knows nothing of runtimes. */
#include "cgroup_text.h"

#include <string.h>

bool hn_text_equals(struct hn_text t, const char *word)
{
	return t.n == strlen(word) && memcmp(t.s, word, t.n) == 0;
}

bool hn_text_cut_prefix(struct hn_text *t, const char *prefix)
{
	const size_t n = strlen(prefix);

	if (t->n < n || memcmp(t->s, prefix, n) != 0)
		return false;
	t->s += n;
	t->n -= n;
	return true;
}

bool hn_text_cut_suffix(struct hn_text *t, const char *suffix)
{
	const size_t n = strlen(suffix);

	if (t->n < n || memcmp(t->s + t->n - n, suffix, n) != 0)
		return false;
	t->n -= n;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f');
}

bool hn_text_is_hex(struct hn_text t, size_t n)
{
	if (t.n != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!is_lower_hex(t.s[i]))
			return false;
	}
	return true;
}

bool hn_text_is_decimal(struct hn_text t)
{
	for (size_t i = 0; i < t.n; i++) {
		if (!is_digit(t.s[i]))
			return false;
	}
	return t.n > 0;
}

bool hn_text_is_uuid(struct hn_text t, size_t last)
{
	static const size_t dashes[] = {8, 13, 18, 23};
	const size_t length = 24 + last;
	size_t dash = 0;

	if (t.n != length)
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = t.s[i];

		if (dash < sizeof(dashes) / sizeof(dashes[0]) && i == dashes[dash]) {
			if (c != '-' && c != '_')
				return false;
			dash++;
		} else if (!is_lower_hex(c) && !(c >= 'A' && c <= 'F')) {
			/* A static pod's manifest may give a uid in capitals; the kubelet keeps it. */
			return false;
		}
	}
	return true;
}

bool hn_text_next_segment(struct hn_text *path, struct hn_text *ret)
{
	const char *end;

	while (path->n > 0 && *path->s == '/') {
		path->s++;
		path->n--;
	}
	if (path->n == 0)
		return false;
	end = memchr(path->s, '/', path->n);
	ret->s = path->s;
	ret->n = end ? (size_t)(end - path->s) : path->n;
	path->s += ret->n;
	path->n -= ret->n;
	return true;
}
