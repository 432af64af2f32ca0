// SPDX-License-Identifier: Apache-2.0
#include "damper.h"

#include <stdlib.h>
#include <string.h>

#include "hostnetd/map.h"

#define NONE (-1)

struct entry {
	char *key;
	int64_t told[HN_DAMPER_CHANGED]; /* when, of each kind; INT64_MIN: never */
	int last;                        /* kind that was told last */
	int held;                        /* kind, or NONE */
	int64_t due;
	char *text; /* of what is held */
	size_t n;
};

struct hn_damper {
	struct hn_map *entries;
	size_t max_keys, max_bytes, bytes, held;
};

struct hn_damper *hn_damper_new(size_t max_keys, size_t max_bytes)
{
	struct hn_damper *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->max_keys = max_keys;
	d->max_bytes = max_bytes;
	d->entries = hn_map_new(max_keys);
	if (!d->entries) {
		free(d);
		return NULL;
	}
	return d;
}

static void let_go(struct hn_damper *d, struct entry *e)
{
	if (e->held != NONE)
		d->held--;
	d->bytes -= e->n;
	free(e->text);
	e->text = NULL;
	e->n = 0;
	e->held = NONE;
}

static void entry_free(struct hn_damper *d, struct entry *e)
{
	let_go(d, e);
	free(e->key);
	free(e);
}

void hn_damper_free(struct hn_damper *d)
{
	struct entry *e;
	size_t cursor = 0;

	if (!d)
		return;
	while ((e = hn_map_next(d->entries, &cursor)))
		entry_free(d, e);
	hn_map_free(d->entries);
	free(d);
}

static bool is_quiet(const struct entry *e, int64_t now)
{
	if (e->held != NONE)
		return false;
	for (unsigned k = 0; k < HN_DAMPER_CHANGED; k++)
		if (e->told[k] != INT64_MIN && now - e->told[k] < HN_DAMPER_NS)
			return false;
	return true;
}

/* What was quiet for a minute would be told at once anyway. */
static void forget_quiet(struct hn_damper *d, int64_t now)
{
	struct entry *e;
	size_t cursor = 0;

	while ((e = hn_map_next(d->entries, &cursor)))
		if (is_quiet(e, now)) {
			(void)hn_map_take(d->entries, e->key, strlen(e->key));
			entry_free(d, e);
		}
}

static struct entry *add(struct hn_damper *d, const char *key, int64_t now)
{
	struct entry *e;

	if (hn_map_count(d->entries) >= d->max_keys)
		forget_quiet(d, now);
	e = calloc(1, sizeof(*e));
	if (e)
		e->key = strdup(key);
	if (!e || !e->key || hn_map_put(d->entries, key, strlen(key), e) < 0) {
		if (e)
			free(e->key);
		free(e);
		return NULL;
	}
	e->held = e->last = NONE;
	for (unsigned k = 0; k < HN_DAMPER_CHANGED; k++)
		e->told[k] = INT64_MIN;
	return e;
}

static enum hn_damper_word hold(struct hn_damper *d, struct entry *e, enum hn_damper_kind as, int64_t due,
				enum hn_damper_kind *ret_as)
{
	if (e->held == NONE)
		d->held++;
	e->held = (int)as;
	e->due = due;
	*ret_as = as;
	return HN_DAMPER_HOLD;
}

enum hn_damper_word hn_damper_ask(struct hn_damper *d, const char *key, enum hn_damper_kind kind,
				  struct hn_mono now, enum hn_damper_kind *ret_as)
{
	struct entry *e = hn_map_get(d->entries, key, strlen(key));

	*ret_as = kind;
	if (kind == HN_DAMPER_CHANGED)
		return e && e->held != NONE ? hold(d, e, (enum hn_damper_kind)e->held, e->due, ret_as) :
					      HN_DAMPER_TELL;
	if (!e)
		e = add(d, key, now.ns);
	if (!e)
		return HN_DAMPER_TELL;
	/* It is again as it was told: what is left to tell is that it was otherwise in between. */
	if (e->held != NONE && (int)kind == e->last)
		return hold(d, e, HN_DAMPER_CHANGED, e->due, ret_as);
	if (e->told[kind] != INT64_MIN && now.ns - e->told[kind] < HN_DAMPER_NS)
		return hold(d, e, kind, e->told[kind] + HN_DAMPER_NS, ret_as);
	let_go(d, e);
	e->told[kind] = now.ns;
	e->last = (int)kind;
	return HN_DAMPER_TELL;
}

bool hn_damper_keep(struct hn_damper *d, const char *key, const char *text, size_t n)
{
	struct entry *e = hn_map_get(d->entries, key, strlen(key));
	char *copy;

	if (!e || e->held == NONE)
		return false;
	d->bytes -= e->n;
	e->n = 0;
	free(e->text);
	copy = e->text = n <= d->max_bytes - d->bytes ? malloc(n + 1) : NULL;
	if (!copy) {
		if (e->held != HN_DAMPER_CHANGED)
			e->last = e->held;
		let_go(d, e);
		return false;
	}
	memcpy(copy, text, n);
	copy[n] = '\0';
	e->n = n;
	d->bytes += n;
	return true;
}

int64_t hn_damper_next(const struct hn_damper *d)
{
	int64_t next = HN_DAMPER_NEVER;
	struct entry *e;
	size_t cursor = 0;

	while (d->held > 0 && (e = hn_map_next(d->entries, &cursor)))
		if (e->held != NONE && e->due < next)
			next = e->due;
	return next;
}

char *hn_damper_take(struct hn_damper *d, struct hn_mono now)
{
	struct entry *e;
	size_t cursor = 0;

	while (d->held > 0 && (e = hn_map_next(d->entries, &cursor))) {
		char *text = e->text;

		if (e->held == NONE || e->due > now.ns)
			continue;
		if (e->held != HN_DAMPER_CHANGED) {
			e->told[e->held] = now.ns;
			e->last = e->held;
		}
		e->text = NULL;
		let_go(d, e);
		if (text)
			return text;
	}
	return NULL;
}

size_t hn_damper_held(const struct hn_damper *d)
{
	return d->held;
}

enum hn_damper_kind hn_damper_kind_of(const struct hn_change *change)
{
	if (change->type == HN_CHANGE_RESOLVED)
		return HN_DAMPER_WENT;
	if (change->finding->state == HN_STATE_EXCEPTED &&
	    (change->type == HN_CHANGE_OPENED || change->changed & 1U << HN_CHANGED_STATE))
		return HN_DAMPER_EXCEPTED;
	return change->type == HN_CHANGE_OPENED ? HN_DAMPER_CAME : HN_DAMPER_CHANGED;
}

enum hn_change_type hn_damper_type(enum hn_damper_kind as)
{
	return as == HN_DAMPER_WENT    ? HN_CHANGE_RESOLVED :
	       as == HN_DAMPER_CHANGED ? HN_CHANGE_UPDATED :
					 HN_CHANGE_OPENED;
}
