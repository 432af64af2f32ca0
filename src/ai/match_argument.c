/* SPDX-License-Identifier: Apache-2.0 */
/* Flags and arguments against the index. What a flag holds is never kept: evidence has the flag's name, and of an
 * argument the part that matched, a file's name, a model's id, a host. Pure. */
#include <stdio.h>
#include <string.h>

#include "hostnetd/str.h"
#include "match.h"
#include "token.h"

#define PIECES_MAX 8

bool hn_match_is_secret(const char *name)
{
	static const char *const words[] = {"key",  "token",      "secret",      "password", "passwd", "pass",
					    "auth", "credential", "credentials", "bearer",   "apikey", "pat"};

	for (size_t n; *name; name += n ? n : 1) {
		n = strcspn(name, "-_=. ");
		for (size_t i = 0; i < HN_ARRAY_SIZE(words); i++)
			if (n == strlen(words[i]) && !strncasecmp(name, words[i], n))
				return true;
		if (name[n] == '=')
			break;
	}
	return false;
}

static void add_all(struct hn_hits *h, enum hn_pattern_kind kind, const char *key, size_t n, const char *value)
{
	for (const struct hn_pattern *p = hn_hits_lookup(h, kind, key, n); p; p = p->next)
		hn_hits_add(h, p, 1, value);
}

void hn_match_flag(struct hn_hits *h, const char *flag, const char *value)
{
	size_t n = strcspn(flag, "=");
	struct hn_token t;

	if (flag[n] == '=')
		value = flag + n + 1;
	if (!hn_token_lower(&t, flag, n))
		return;
	for (size_t i = 0; i < t.n; i++)
		if (t.text[i] == '_')
			t.text[i] = '-';
	for (const struct hn_pattern *p = hn_hits_lookup(h, HN_PATTERN_FLAG, t.text, t.n); p; p = p->next) {
		const char *want = strchr(p->text, '=');

		if (!want || (value && !strcasecmp(want + 1, value)))
			hn_hits_add(h, p, 1, p->text);
	}
}

void hn_match_path(struct hn_hits *h, enum hn_pattern_kind kind, const char *path)
{
	char key[HN_PATTERN_TEXT_MAX];
	struct hn_path p;
	size_t n = 0;

	if (!hn_path_cut(&p, path, strlen(path)))
		return;
	for (size_t i = 0; path[0] == '/' && i < p.n; i++) {
		int more = snprintf(key + n, sizeof(key) - n, "/%s", p.segment[i]);

		if (more < 0 || (size_t)more >= sizeof(key) - n)
			break;
		n += (size_t)more;
		add_all(h, kind, key, n, key);
	}
	for (size_t i = 0; i < p.n; i++) {
		int len;

		add_all(h, kind, p.segment[i], strlen(p.segment[i]), p.segment[i]);
		if (i + 1 == p.n)
			break;
		len = snprintf(key, sizeof(key), "%s/%s", p.segment[i], p.segment[i + 1]);
		if (len > 0 && (size_t)len < sizeof(key))
			add_all(h, kind, key, (size_t)len, key);
	}
}

static void match_file(struct hn_hits *h, const char *base, size_t n)
{
	struct hn_token t;
	const char *dot;

	if (!hn_token_lower(&t, base, n))
		return;
	dot = strrchr(t.text, '.');
	if (dot && dot[1])
		add_all(h, HN_PATTERN_FILE, dot + 1, strlen(dot + 1), t.text);
}

void hn_match_file(struct hn_hits *h, const char *base)
{
	match_file(h, base, strlen(base));
}

static void match_model(struct hn_hits *h, const char *id, size_t n)
{
	struct hn_token t;
	size_t org;

	if (!hn_token_lower(&t, id, n))
		return;
	org = strcspn(t.text, "/");
	add_all(h, HN_PATTERN_MODEL, t.text, org, t.text);
}

/* …/models--ORG--NAME/…: how a model hub's cache names its folders. */
static void match_hub_cache(struct hn_hits *h, const char *path)
{
	const char *at = strstr(path, "models--"), *name;

	if (!at || (at > path && at[-1] != '/'))
		return;
	at += strlen("models--");
	name = strstr(at, "--");
	if (name)
		match_model(h, at, (size_t)(name - at));
	add_all(h, HN_PATTERN_PATH, "models--", strlen("models--"), "models--");
}

static bool model_shape(const char *s, size_t n)
{
	size_t slashes = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '/')
			slashes++;
		else if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			   c == '-' || c == '_' || c == '.'))
			return false;
	}
	return slashes == 1 && s[0] != '/' && s[0] != '.' && s[n - 1] != '/';
}

static void match_url(struct hn_hits *h, const char *scheme, size_t scheme_len, const char *rest, size_t n)
{
	bool hub = scheme_len == 2 && !strncasecmp(scheme, "hf", 2);
	size_t authority = strcspn(rest, "/?#"), host = authority, path_end = strcspn(rest, "?#"), base;
	struct hn_token t;

	if (hub) {
		match_model(h, rest, n);
		return;
	}
	/* The piece ends at a comma, the text behind it goes on. */
	if (authority > n)
		host = authority = n;
	if (path_end > n)
		path_end = n;
	for (size_t i = 0; i < authority; i++)
		if (rest[i] == '@') { /* a name and a password may stand before it */
			rest += i + 1;
			authority -= i + 1;
			path_end -= i + 1;
			host = authority;
			break;
		}
	for (size_t i = 0; i < authority; i++)
		if (rest[i] == ':') {
			host = i;
			break;
		}
	if (hn_token_lower(&t, rest, host))
		hn_match_name(h, HN_PATTERN_HOST, t.text);
	for (base = path_end; base && rest[base - 1] != '/';)
		base--;
	if (base > authority)
		match_file(h, rest + base, path_end - base);
}

static void match_piece(struct hn_hits *h, const char *s, size_t n)
{
	const char *scheme = memmem(s, n, "://", 3);
	char text[512];
	const char *slash;

	if (!n || n >= sizeof(text))
		return;
	if (scheme && scheme > s) {
		match_url(h, s, (size_t)(scheme - s), scheme + 3, n - (size_t)(scheme + 3 - s));
		return;
	}
	memcpy(text, s, n);
	text[n] = '\0';
	slash = strrchr(text, '/');
	match_file(h, slash ? slash + 1 : text, strlen(slash ? slash + 1 : text));
	if (model_shape(text, n))
		match_model(h, text, n);
	if (slash)
		hn_match_path(h, HN_PATTERN_PATH, text);
	match_hub_cache(h, text);
}

/* a=b,c=d: each right side is a piece. */
void hn_match_value(struct hn_hits *h, const char *value)
{
	for (size_t pieces = 0; *value && pieces < PIECES_MAX; pieces++) {
		size_t n = strcspn(value, ","), name = 0;

		for (size_t i = 0; i < n && value[i] != '?' && value[i] != ':'; i++)
			if (value[i] == '=')
				name = i + 1;
		if (!name || !hn_match_is_secret(value))
			match_piece(h, value + name, n - name);
		value += n + (value[n] == ',');
	}
}
