/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence keeps the part that matched, not the command line around it. That part is looked up again: a signature that an
 * operator took out or made lighter speaks no more, or less, as it would of a process that is there. Pure. */
#include "remembered.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/str.h"
#include "match.h"
#include "search.h"

#define WORDS 16
#define SAME_WEIGHT 0.005f /* JSON has three digits */

/* "process 4711 argv[1]", as hn_hit_path() writes it; a file may hold anything. */
static bool read_path(const char *path, struct hn_locus *ret)
{
	static const enum hn_field fields[] = {HN_FIELD_EXE, HN_FIELD_ARGV, HN_FIELD_FD, HN_FIELD_MAP,
					       HN_FIELD_LISTENS};
	const char *at = path + strcspn(path, "0123456789"), *index;
	struct hn_hit hit = {.pattern = NULL};
	char same[sizeof(((struct hn_evidence *)NULL)->path)];

	hit.at.pid = (pid_t)strtoul(at, NULL, 10);
	at += strspn(at, "0123456789");
	index = at + strcspn(at, "0123456789");
	hit.at.index = (unsigned)strtoul(index, NULL, 10);
	for (size_t i = 0; i < HN_ARRAY_SIZE(fields); i++) {
		hit.at.field = fields[i];
		hn_hit_path(&hit, same, sizeof(same));
		if (strcmp(same, path) == 0) {
			*ret = hit.at;
			return true;
		}
	}
	return false;
}

static void fits_any(struct hn_search *s, const struct hn_pattern *p)
{
	hn_search_add(s, p, 1);
}

/* "ollama serve" is a program and the words that followed it. */
static void match_program(struct hn_hits *h, const char *value)
{
	struct hn_word rest[WORDS];
	char copy[sizeof(((struct hn_evidence *)NULL)->value)], *save, *word;
	size_t n = 0;

	(void)hn_strcpy(copy, sizeof(copy), value);
	word = strtok_r(copy, " ", &save);
	for (char *w; word && n < WORDS && (w = strtok_r(NULL, " ", &save)); n++)
		rest[n] = (struct hn_word){.text = w};
	if (word)
		hn_match_program(h, word, rest, n);
	if (n) /* a process may have a title of several words */
		hn_match_program(h, value, NULL, 0);
}

/* All that such a part may have been: which of it, signature and weight tell. */
static void match_word(struct hn_hits *h, const char *value)
{
	struct hn_search script = {
		.h = h, .kind = HN_PATTERN_SCRIPT, .fits = fits_any, .value = value, .factor = 1};

	match_program(h, value);
	/* Its folders are not kept. */
	hn_search_token(&script, value, strlen(value), true);
	hn_match_module(h, value);
	hn_match_package(h, value, 1);
	hn_match_flag(h, value, NULL);
	hn_match_file(h, value);
	for (const struct hn_pattern *p = hn_hits_lookup(h, HN_PATTERN_MODEL, value, strcspn(value, "/")); p;
	     p = p->next)
		hn_hits_add(h, p, 1, value);
	hn_match_path(h, HN_PATTERN_PATH, value);
	hn_match_name(h, HN_PATTERN_HOST, value);
	hn_match_env(h, value);
	hn_search_words(h, value, 1, "argv");
}

static void match_value(struct hn_hits *h, const char *value)
{
	switch (h->at.field) {
	case HN_FIELD_FD:
	case HN_FIELD_MAP:
		hn_match_held(h, h->at.field == HN_FIELD_MAP, value);
		break;
	case HN_FIELD_LISTENS:
		hn_match_name(h, HN_PATTERN_PORT, value);
		break;
	default:
		match_word(h, value);
	}
}

static const char *name_of(const struct hn_hit *hit, const struct hn_catalogue *c)
{
	return hn_catalogue_signature(c, hit->pattern->signature)->name;
}

/* Seen in this run too: it counts once. */
static bool is_seen(const struct hn_hits *h, size_t seen, const struct hn_evidence *e)
{
	for (size_t i = 0; i < seen; i++)
		if (strcmp(h->hit[i].value, e->value) == 0 && strcmp(h->hit[i].signal, e->signal) == 0 &&
		    strcmp(name_of(&h->hit[i], h->catalogue), e->signature) == 0)
			return true;
	return false;
}

/* Is it one of these hits? */
static bool is_used(const struct hn_hits *h, size_t from, size_t to, const struct hn_pattern *p)
{
	for (size_t i = from; i < to; i++)
		if (h->hit[i].pattern == p)
			return true;
	return false;
}

static void match_one(struct hn_hits *h, size_t seen, const struct hn_evidence *e)
{
	const struct hn_hit *best = NULL;
	float weight = (float)e->weight, least = 0;
	struct hn_hits found;

	hn_hits_init(&found, h->catalogue);
	if (!e->observed || !read_path(e->path, &found.at) || is_seen(h, seen, e))
		return;
	match_value(&found, e->value);
	h->work += found.work;
	for (size_t i = 0; i < found.n; i++) {
		const struct hn_hit *hit = &found.hit[i];
		float w = hit->pattern->weight, off = fabsf(w - weight);

		if (w * weight <= 0 || strcmp(hit->signal, e->signal) != 0 ||
		    strcmp(name_of(hit, h->catalogue), e->signature) != 0 || (best && off >= least))
			continue;
		/* Two patterns of one signature may have had the same part. */
		if (is_used(h, seen, h->n, hit->pattern))
			continue;
		best = hit;
		least = off;
	}
	if (!best || is_used(h, 0, seen, best->pattern))
		return;
	weight /= best->pattern->weight;
	h->at = found.at;
	hn_hits_add_as(h, best->pattern, weight < 1 - SAME_WEIGHT ? weight : 1, e->value, best->signal);
}

void hn_remembered_match(struct hn_hits *h, const struct hn_evidence *e, size_t n)
{
	size_t seen = h->n;

	for (size_t i = 0; i < n; i++)
		match_one(h, seen, &e[i]);
}
