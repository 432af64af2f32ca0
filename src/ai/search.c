/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded: a token is at most 199 bytes long, and each of its ends and beginnings is looked up once. Pure. */
#include "search.h"

#include <ctype.h>
#include <string.h>

static const struct hn_pattern *look(struct hn_hits *h, enum hn_pattern_kind kind, const char *key, size_t n)
{
	return hn_hits_lookup(h, kind, key, n);
}

static bool separator(char c)
{
	return c == '-' || c == '_' || c == '.' || c == '/' || c == '@';
}

void hn_search_add(struct hn_search *s, const struct hn_pattern *p, float factor)
{
	s->found++;
	s->against |= hn_catalogue_signature(s->h->catalogue, p->signature)->against;
	hn_hits_add(s->h, p, factor, s->value);
}

void hn_search_key(struct hn_search *s, const char *key, size_t n)
{
	for (const struct hn_pattern *p = look(s->h, s->kind, key, n); p; p = p->next)
		s->fits(s, p);
}

void hn_search_token(struct hn_search *s, const char *text, size_t n, bool ends)
{
	char key[HN_PATTERN_TEXT_MAX + 1];

	if (n >= HN_PATTERN_TEXT_MAX)
		return;
	hn_search_key(s, text, n);
	for (size_t i = 0; i < n; i++) {
		if (!separator(text[i]))
			continue;
		memcpy(key, text, i + 1);
		key[i + 1] = '*';
		hn_search_key(s, key, i + 2);
		if (!ends)
			continue;
		key[0] = '*';
		memcpy(key + 1, text + i, n - i);
		hn_search_key(s, key, n - i + 1);
	}
}

void hn_search_fits_whole(struct hn_search *s, const struct hn_pattern *p)
{
	if (hn_pattern_fits_glob(p->text, strlen(p->text), s->token->text))
		hn_search_add(s, p, s->factor);
}

void hn_search_whole(struct hn_search *s, const struct hn_token *t)
{
	s->fits = hn_search_fits_whole;
	s->token = t;
	hn_search_token(s, t->text, t->n, true);
}

static bool path_fits(const struct hn_search *s, const struct hn_pattern *p)
{
	size_t n = strlen(p->text);

	if (n <= 2 || strcmp(p->text + n - 2, "/*") != 0)
		return hn_pattern_fits_path(p->text, n, s->path->segment, s->path->n);
	for (size_t i = 1; i < s->path->n; i++)
		if (hn_pattern_fits_path(p->text, n - 2, s->path->segment, i))
			return true;
	return false;
}

static bool is_against(const struct hn_search *s, const struct hn_pattern *p)
{
	return hn_catalogue_signature(s->h->catalogue, p->signature)->against;
}

static unsigned depth_of(const struct hn_pattern *p)
{
	unsigned n = 1;

	for (const char *c = p->text; *c; c++)
		n += *c == '/';
	return n;
}

static void measure(struct hn_search *s, const struct hn_pattern *p)
{
	unsigned *depth = &s->depth[is_against(s, p)];

	if (path_fits(s, p) && depth_of(p) > *depth)
		*depth = depth_of(p);
}

/* mcp/grafana is not grafana: who names less of the path than the other side does is not heard. */
static void fits_path(struct hn_search *s, const struct hn_pattern *p)
{
	if (path_fits(s, p) && s->depth[is_against(s, p)] >= s->depth[!is_against(s, p)])
		hn_search_add(s, p, 1);
}

static void search_segments(struct hn_search *s)
{
	const char *last = s->path->segment[s->path->n - 1];
	char key[HN_PATTERN_TEXT_MAX + 2];

	hn_search_token(s, last, strlen(last), true);
	for (size_t i = 0; i + 1 < s->path->n; i++) {
		size_t n = strlen(s->path->segment[i]);

		if (n + 2 >= sizeof(key))
			continue;
		memcpy(key, s->path->segment[i], n);
		memcpy(key + n, "/*", 2);
		hn_search_key(s, key, n + 2);
	}
}

size_t hn_search_segments(struct hn_hits *h, enum hn_pattern_kind kind, const struct hn_path *path,
			  const char *value)
{
	struct hn_search s = {.h = h, .kind = kind, .fits = measure, .path = path, .value = value};

	search_segments(&s);
	s.fits = fits_path;
	search_segments(&s);
	return s.found;
}

struct words_found {
	const char *value, *signal;
	float factor;
};

static void add_words(struct hn_hits *h, const char *key, size_t n, const struct words_found *found)
{
	for (const struct hn_pattern *p = look(h, HN_PATTERN_WORD, key, n); p; p = p->next)
		hn_hits_add_as(h, p, found->factor, found->value, found->signal);
}

void hn_search_word(struct hn_hits *h, const char *text, size_t n, float factor, const char *signal)
{
	struct words_found found;
	char key[HN_PATTERN_AFFIX_MAX + 1];
	struct hn_token t;

	if (!hn_token_lower(&t, text, n))
		return;
	found = (struct words_found){t.text, signal, factor};
	add_words(h, t.text, t.n, &found);
	for (size_t i = HN_PATTERN_AFFIX_MIN; i < t.n && i <= HN_PATTERN_AFFIX_MAX; i++) {
		memcpy(key, t.text, i);
		key[i] = '*';
		add_words(h, key, i + 1, &found);
		key[0] = '*';
		memcpy(key + 1, t.text + t.n - i, i);
		add_words(h, key, i + 1, &found);
	}
}

void hn_search_words(struct hn_hits *h, const char *text, float factor, const char *signal)
{
	while (*text) {
		size_t n = 0;

		while (isalnum((unsigned char)text[n]))
			n++;
		if (n)
			hn_search_word(h, text, n, factor, signal);
		text += n ? n : 1;
	}
}
