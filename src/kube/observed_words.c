// SPDX-License-Identifier: Apache-2.0
#include "observed_words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/map.h"
#include "hostnetd/str.h"

#define NODES_MAX 50000
#define KEY_SIZE 1024
#define AHEAD_NS (300 * HN_NSEC_PER_SEC) /* as much may two clocks differ */

struct word {
	struct hn_wall at;
	bool whole;
	char node[254];
};

struct hn_observed_words {
	struct hn_map *last; /* by cluster and node */
};

struct hn_observed_words *hn_observed_words_new(void)
{
	struct hn_observed_words *w = calloc(1, sizeof(*w));

	if (w)
		w->last = hn_map_new(NODES_MAX);
	if (w && w->last)
		return w;
	free(w);
	return NULL;
}

void hn_observed_words_free(struct hn_observed_words *w)
{
	struct word *word;
	size_t cursor = 0;

	if (!w)
		return;
	while ((word = hn_map_next(w->last, &cursor)))
		free(word);
	hn_map_free(w->last);
	free(w);
}

int hn_observed_words_note(struct hn_observed_words *w, const char *cluster, const char *node, struct hn_wall at,
			   bool whole)
{
	char key[KEY_SIZE];
	size_t n = hn_map_key3(key, sizeof(key), cluster, node, "");
	struct word *word = hn_map_get(w->last, key, n);
	int r;

	if (word) {
		if (at.ns > word->at.ns)
			word->at = at;
		word->whole |= whole;
		return 0;
	}
	word = calloc(1, sizeof(*word));
	r = word ? hn_map_put(w->last, key, n, word) : -ENOMEM;
	if (r < 0) {
		free(word);
		return r;
	}
	word->at = at;
	word->whole = whole;
	hn_strcpy(word->node, sizeof(word->node), node);
	return 0;
}

static void add_gap(struct hn_reason *gap, const struct hn_reason *why)
{
	if (gap->text[0])
		hn_reason_wrap(gap, 0, "%s", why->text);
	else
		*gap = *why;
}

static const char *name_of(const struct word *word)
{
	return word->node[0] ? word->node : "its node";
}

/* A log that was cut at its front, as rotation and `tail` do. */
static void judge_wholeness(const struct hn_observed_words *w, struct hn_reason *gap)
{
	const struct word *word;
	struct hn_reason why = {{0}};
	size_t cursor = 0;

	while ((word = hn_map_next(w->last, &cursor)))
		if (!word->whole)
			break;
	if (!word)
		return;
	hn_reason_set(
		&why, 0,
		"its lines of %s begin after the agent's start (no agent.started): what was found before them "
		"is not known",
		name_of(word));
	add_gap(gap, &why);
}

void hn_observed_words_judge(const struct hn_observed_words *w, struct hn_observed_age *age, struct hn_reason *gap)
{
	const struct word *word, *oldest = NULL;
	struct hn_reason why = {{0}};
	char text[HN_TIME_TEXT];
	const char *node;
	size_t cursor = 0;
	int64_t old;

	judge_wholeness(w, gap);
	age->oldest.ns = 0;
	while ((word = hn_map_next(w->last, &cursor)))
		if (!oldest || word->at.ns < oldest->at.ns)
			oldest = word;
	if (!oldest)
		return;
	age->oldest = oldest->at;
	node = name_of(oldest);
	old = age->now.ns - oldest->at.ns;
	if (!hn_wall_known(oldest->at))
		hn_reason_set(&why, 0, "it does not say when %s was looked at", node);
	else if (old < -AHEAD_NS)
		hn_reason_set(&why, 0, "what it says of %s is from the future: is that clock, or ours, right?",
			      node);
	else if (old > age->max_ns)
		hn_reason_set(
			&why, 0,
			"the last that it says of %s is %s old, older than --runtime-max-age: what runs there now "
			"is not known",
			node, hn_age_format(old, text));
	if (why.text[0])
		add_gap(gap, &why);
}
