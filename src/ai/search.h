/* SPDX-License-Identifier: Apache-2.0 */
/* One token of the input in the index: which keys it can have, and which of the patterns below them fit. */
#ifndef AI_SEARCH_H
#define AI_SEARCH_H

#include "hits.h"
#include "token.h"

struct hn_search {
	struct hn_hits *h;
	enum hn_pattern_kind kind;
	void (*fits)(struct hn_search *s, const struct hn_pattern *p);
	const struct hn_token *token;
	const struct hn_path *path;
	const char *value; /* for the evidence */
	const char *full;  /* the whole name, of a variable or of a flattened image */
	float factor;
	size_t found;      /* patterns that fitted */
	bool against;      /* one of them speaks against AI */
	unsigned depth[2]; /* segments of the longest path pattern that fits: for AI, against it */
};

/* Notes that p fits. */
void hn_search_add(struct hn_search *s, const struct hn_pattern *p, float factor);
/* Calls s->fits for each pattern that has this key. */
void hn_search_key(struct hn_search *s, const char *key, size_t n);
/* The same for each pattern that has this token, its beginning or (`ends`) its end as key. */
void hn_search_token(struct hn_search *s, const char *text, size_t n, bool ends);
/* A `fits`: s->token as a whole. */
void hn_search_fits_whole(struct hn_search *s, const struct hn_pattern *p);
/* A whole token against patterns with or without a star. */
void hn_search_whole(struct hn_search *s, const struct hn_token *t);
/* A path against IMAGE or SCRIPT. Returns how many patterns fit. */
size_t hn_search_segments(struct hn_hits *h, enum hn_pattern_kind kind, const struct hn_path *path,
			  const char *value);
/* One word against WORD: whole, its beginnings, its ends. */
void hn_search_word(struct hn_hits *h, const char *text, size_t n, float factor, const char *signal);
/* The words of a name. Only where the name as a whole is not known: it would count twice. */
void hn_search_words(struct hn_hits *h, const char *text, float factor, const char *signal);

#endif
