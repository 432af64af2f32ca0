/* SPDX-License-Identifier: Apache-2.0 */
/* Names against the index: images, programs, modules, packages, environment, labels, owners. Pure. */
#include "match.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "hostnetd/str.h"
#include "token.h"

/* A variable that tells where something is belongs to that thing's client as often as to the thing itself. */
#define CLIENT_FACTOR 0.4f
/* An owner's kind of one word, of an unknown API group: Model, Agent, Notebook are common words. */
#define COMMON_KIND_FACTOR 0.6f
#define OTHER_GROUP_FACTOR 0.8f

typedef const struct hn_pattern *found;

static found look(const struct hn_hits *h, enum hn_pattern_kind kind, const char *key, size_t n)
{
	return hn_catalogue_lookup(h->catalogue, kind, key, n);
}

static bool separator(char c)
{
	return c == '-' || c == '_' || c == '.' || c == '/' || c == '@';
}

/* Calls fits for each pattern that has this token, its beginning or its end as key. */
struct search {
	struct hn_hits *h;
	enum hn_pattern_kind kind;
	void (*fits)(struct search *s, found p);
	const struct hn_token *token;
	const struct hn_path *path;
	const char *value;
	const char *full; /* env: the name */
	float factor;
};

static void search_key(struct search *s, const char *key, size_t n)
{
	for (found p = look(s->h, s->kind, key, n); p; p = p->next)
		s->fits(s, p);
}

static void search_token(struct search *s, const char *text, size_t n, bool ends)
{
	char key[HN_PATTERN_TEXT_MAX + 1];

	if (n >= HN_PATTERN_TEXT_MAX)
		return;
	search_key(s, text, n);
	for (size_t i = 0; i < n; i++) {
		if (!separator(text[i]))
			continue;
		memcpy(key, text, i + 1);
		key[i + 1] = '*';
		search_key(s, key, i + 2);
		if (!ends)
			continue;
		key[0] = '*';
		memcpy(key + 1, text + i, n - i);
		search_key(s, key, n - i + 1);
	}
}

static void fits_token(struct search *s, found p)
{
	if (hn_pattern_fits_glob(p->text, strlen(p->text), s->token->text))
		hn_hits_add(s->h, p, s->factor, s->value);
}

static void match_token(struct hn_hits *h, enum hn_pattern_kind kind, const struct hn_token *t, const char *value,
			float factor)
{
	struct search s = { .h = h, .kind = kind, .fits = fits_token, .token = t, .value = value, .factor = factor };

	search_token(&s, t->text, t->n, true);
}

static void fits_path(struct search *s, found p)
{
	size_t n = strlen(p->text);

	if (n > 2 && !strcmp(p->text + n - 2, "/*")) {
		for (size_t i = 1; i < s->path->n; i++)
			if (hn_pattern_fits_path(p->text, n - 2, s->path->segment, i)) {
				hn_hits_add(s->h, p, 1, s->value);
				return;
			}
	} else if (hn_pattern_fits_path(p->text, n, s->path->segment, s->path->n)) {
		hn_hits_add(s->h, p, 1, s->value);
	}
}

static void match_segments(struct hn_hits *h, enum hn_pattern_kind kind, const struct hn_path *path, const char *value)
{
	struct search s = { .h = h, .kind = kind, .fits = fits_path, .path = path, .value = value };
	const char *last = path->segment[path->n - 1];
	char key[HN_PATTERN_TEXT_MAX + 2];

	search_token(&s, last, strlen(last), true);
	for (size_t i = 0; i + 1 < path->n; i++) {
		size_t n = strlen(path->segment[i]);

		if (n + 2 >= sizeof(key))
			continue;
		memcpy(key, path->segment[i], n);
		memcpy(key + n, "/*", 2);
		search_key(&s, key, n + 2);
	}
}

/* The words of a name, each against WORD. */
static void match_words(struct hn_hits *h, const char *text, const char *signal)
{
	struct hn_token t;

	while (*text) {
		size_t n = 0;

		while (isalnum((unsigned char)text[n]))
			n++;
		if (n && hn_token_lower(&t, text, n))
			for (found p = look(h, HN_PATTERN_WORD, t.text, t.n); p; p = p->next)
				hn_hits_add_as(h, p, 1, t.text, signal);
		text += n ? n : 1;
	}
}

void hn_match_image(struct hn_hits *h, const char *image)
{
	size_t n = strcspn(image, "@"), slash = n;
	struct hn_path path;

	while (slash && image[slash - 1] != '/')
		slash--;
	if (memchr(image + slash, ':', n - slash))
		n = slash + strcspn(image + slash, ":");
	if (!hn_path_cut(&path, image, n))
		return;
	match_segments(h, HN_PATTERN_IMAGE, &path, image);
	match_words(h, path.segment[path.n - 1], "image");
	if (path.n > 1 && !strchr(path.segment[path.n - 2], '.'))
		match_words(h, path.segment[path.n - 2], "image");
}

static bool same_word(const char *argument, const char *word, size_t n)
{
	return !strncasecmp(argument, word, n) && (!argument[n] || (word[0] == '-' && argument[n] == '='));
}

/* "ollama serve": the words after the program's name occur in this order among the arguments. */
static bool words_follow(const char *text, const struct hn_word *rest, size_t n_rest)
{
	const char *word = strchr(text, ' ');
	size_t i = 0;

	while (word) {
		const char *end = strchr(++word, ' ');
		size_t n = end ? (size_t)(end - word) : strlen(word);

		while (i < n_rest && !same_word(rest[i].text, word, n))
			i++;
		if (i++ >= n_rest)
			return false;
		word = end;
	}
	return true;
}

static bool silences(const struct hn_hits *h, size_t from)
{
	for (size_t i = from; i < h->n; i++)
		if (hn_catalogue_signature(h->catalogue, h->hit[i].pattern->signature)->against)
			return true;
	return false;
}

bool hn_match_program(struct hn_hits *h, const char *path, const struct hn_word *rest, size_t n_rest)
{
	const char *base = hn_command_basename(path), *title;
	size_t n = strlen(base), from = h->n;
	struct hn_token t, part;

	if (strchr(base, '@') > base) /* npx NAME@VERSION */
		n = (size_t)(strchr(base, '@') - base);
	while (n && base[n - 1] == ':')
		n--;
	if (!hn_token_lower(&t, base, n))
		return false;
	match_token(h, HN_PATTERN_EXE, &t, t.text, 1);
	title = strstr(t.text, "::");
	if (title && hn_token_lower(&part, t.text, (size_t)(title - t.text) + 2))
		match_token(h, HN_PATTERN_EXE, &part, t.text, 1);
	if (title && hn_token_lower(&part, t.text, (size_t)(title - t.text) + 2 + strcspn(title + 2, ":_")))
		match_token(h, HN_PATTERN_EXE, &part, t.text, 1);
	for (found p = look(h, HN_PATTERN_ARGV, t.text, t.n); p; p = p->next)
		if (words_follow(p->text, rest, n_rest))
			hn_hits_add(h, p, 1, p->text);
	if (silences(h, from))
		return true;
	match_words(h, t.text, "argv");
	return false;
}

void hn_match_script(struct hn_hits *h, const char *path)
{
	struct hn_path p;
	const char *base;

	if (!hn_path_cut(&p, path, strlen(path)))
		return;
	base = p.segment[p.n - 1];
	match_segments(h, HN_PATTERN_SCRIPT, &p, base);
	match_words(h, base, "argv");
}

void hn_match_module(struct hn_hits *h, const char *module)
{
	size_t n = strcspn(module, ":"), first;
	struct search s = { .h = h, .kind = HN_PATTERN_MODULE, .fits = fits_token, .factor = 1 };
	struct hn_token t, head;

	if (!hn_token_lower(&t, module, n))
		return;
	s.value = t.text;
	for (size_t i = 1; i <= t.n; i++)
		if ((!t.text[i] || t.text[i] == '.') && hn_token_lower(&head, t.text, i)) {
			s.token = &head;
			search_key(&s, head.text, head.n);
		}
	first = strcspn(t.text, ".");
	if (hn_token_lower(&head, t.text, first))
		match_token(h, HN_PATTERN_MODULE, &head, t.text, 1);
	match_words(h, t.text, "argv");
}

void hn_match_package(struct hn_hits *h, const char *package, float factor)
{
	size_t scope = package[0] == '@' ? strcspn(package, "/") : 0, n;
	struct hn_token t;

	if (scope && !package[scope])
		return;
	n = scope ? scope + 1 : 0;
	n += strcspn(package + n, "@/[=<>~! ;");
	if (!hn_token_lower(&t, package, n))
		return;
	for (size_t i = scope; i < t.n; i++)
		if (t.text[i] == '_')
			t.text[i] = '-';
	match_token(h, HN_PATTERN_PACKAGE, &t, t.text, factor);
}

static bool points_elsewhere(const char *name)
{
	static const char *const ends[] = { "_URL", "_URLS", "_URI", "_HOST", "_ENDPOINT", "_ADDR", "_ADDRESS", "_PORT",
					    "_SERVER", "_SERVICE" };

	for (size_t i = 0; i < HN_ARRAY_SIZE(ends); i++)
		if (hn_ends_with(name, ends[i]))
			return true;
	return false;
}

static void fits_env(struct search *s, found p)
{
	size_t n = strlen(p->text);

	if (!hn_pattern_fits_glob(p->text, n, s->full))
		return;
	hn_hits_add(s->h, p, p->text[n - 1] == '*' && points_elsewhere(s->full) ? CLIENT_FACTOR : 1, s->full);
}

void hn_match_env(struct hn_hits *h, const char *name)
{
	struct search s = { .h = h, .kind = HN_PATTERN_ENV, .fits = fits_env, .full = name };
	size_t n = strlen(name);

	if (n >= HN_PATTERN_TEXT_MAX)
		return;
	search_token(&s, name, n, false);
	for (const char *word = name; *word;) {
		n = strcspn(word, "_");
		for (found p = look(h, HN_PATTERN_ENV_WORD, word, n); p; p = p->next)
			hn_hits_add(h, p, points_elsewhere(name) ? CLIENT_FACTOR : 1, name);
		word += n + (word[n] == '_');
	}
}

void hn_match_label(struct hn_hits *h, const char *key, const char *value)
{
	char both[HN_PATTERN_TEXT_MAX];
	struct hn_token t;
	const char *slash;

	if (!hn_token_lower(&t, key, strlen(key)))
		return;
	for (found p = look(h, HN_PATTERN_LABEL, t.text, t.n); p; p = p->next)
		hn_hits_add(h, p, 1, key);
	slash = strchr(t.text, '/');
	if (slash && (size_t)(slash - t.text) + 2 < sizeof(both)) {
		memcpy(both, t.text, (size_t)(slash - t.text) + 1);
		both[slash - t.text + 1] = '*';
		for (found p = look(h, HN_PATTERN_LABEL, both, (size_t)(slash - t.text) + 2); p; p = p->next)
			hn_hits_add(h, p, 1, key);
	}
	if (snprintf(both, sizeof(both), "%s=%.120s", key, value) >= (int)sizeof(both) ||
	    !hn_token_lower(&t, both, strlen(both)))
		return;
	for (found p = look(h, HN_PATTERN_LABEL, t.text, t.n); p; p = p->next)
		hn_hits_add(h, p, 1, p->text);
}

static bool several_words(const char *kind)
{
	size_t upper = 0;

	for (const char *p = kind; *p; p++)
		upper += isupper((unsigned char)*p) != 0;
	return upper > 1;
}

void hn_match_owner(struct hn_hits *h, const struct hn_owner *owner)
{
	const char *slash = strchr(owner->api_version, '/');
	size_t group_len = slash ? (size_t)(slash - owner->api_version) : 0;
	struct hn_token t;

	if (!hn_token_lower(&t, owner->kind, strlen(owner->kind)))
		return;
	for (found p = look(h, HN_PATTERN_OWNER, t.text, t.n); p; p = p->next) {
		const char *group = strchr(p->text, '.');
		bool several = several_words(owner->kind);
		float factor = 1;

		if (group && !owner->api_version[0])
			factor = several ? 1 : COMMON_KIND_FACTOR;
		else if (group && (strlen(group + 1) != group_len ||
				   strncasecmp(group + 1, owner->api_version, group_len) != 0))
			factor = several ? OTHER_GROUP_FACTOR : 0;
		if (factor > 0)
			hn_hits_add(h, p, factor, owner->kind);
	}
}

void hn_match_name(struct hn_hits *h, enum hn_pattern_kind kind, const char *name)
{
	struct hn_token t;

	if (hn_token_lower(&t, name, strlen(name)))
		match_token(h, kind, &t, name, 1);
}
