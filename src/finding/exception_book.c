/* SPDX-License-Identifier: Apache-2.0 */
/* The rules in force and what is remembered of each, joined by name. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/exception.h"
#include "hostnetd/map.h"
#include "hostnetd/str.h"

struct hn_exception_book {
	struct hn_exceptions *rules;
	struct hn_map *memories; /* one for each rule */
};

static void free_memories(struct hn_map *memories)
{
	struct hn_exception_memory *m;
	size_t cursor = 0;

	while (memories && (m = hn_map_next(memories, &cursor)))
		free(m);
	hn_map_free(memories);
}

struct hn_exception_book *hn_exception_book_new(void)
{
	_cleanup_(hn_exception_book_cleanup) struct hn_exception_book *b = calloc(1, sizeof(*b));

	if (!b || !(b->memories = hn_map_new(HN_EXCEPTIONS_MAX)))
		return NULL;
	return TAKE_PTR(b);
}

void hn_exception_book_free(struct hn_exception_book *b)
{
	if (!b)
		return;
	hn_exceptions_free(b->rules);
	free_memories(b->memories);
	free(b);
}

int hn_exception_book_set(struct hn_exception_book *b, struct hn_exceptions *x, struct hn_wall now)
{
	struct hn_map *memories = hn_map_new(HN_EXCEPTIONS_MAX);

	for (size_t i = 0; memories && i < hn_exceptions_count(x); i++) {
		const char *name = hn_exceptions_at(x, i)->name;
		const struct hn_exception_memory *old = hn_map_get(b->memories, name, strlen(name));
		struct hn_exception_memory *m = calloc(1, sizeof(*m));

		if (m && old) {
			*m = *old;
		} else if (m) {
			hn_strcpy(m->name, sizeof(m->name), name);
			m->since = now;
		}
		if (!m || hn_map_put(memories, name, strlen(name), m) < 0) {
			free(m);
			free_memories(TAKE_PTR(memories));
		}
	}
	if (!memories)
		return -ENOMEM;
	free_memories(b->memories);
	hn_exceptions_free(b->rules);
	b->memories = memories;
	b->rules = x;
	return 0;
}

const struct hn_exceptions *hn_exception_book_rules(const struct hn_exception_book *b)
{
	return b->rules;
}

static struct hn_exception_memory *memory_of(const struct hn_exception_book *b, const char *name)
{
	return hn_map_get(b->memories, name, strlen(name));
}

const struct hn_exception *hn_exception_book_cover(struct hn_exception_book *b,
						   const struct hn_exception_facts *facts, struct hn_wall now)
{
	const struct hn_exception *e = hn_exceptions_match(b->rules, facts, now);
	struct hn_exception_memory *m = e ? memory_of(b, e->name) : NULL;

	if (m) {
		m->matched = now;
		m->told.ns = 0;
	}
	return e;
}

void hn_exception_book_check(struct hn_exception_book *b, struct hn_wall now, hn_exception_tell *tell, void *arg)
{
	for (size_t i = 0; i < hn_exceptions_count(b->rules); i++) {
		const struct hn_exception *e = hn_exceptions_at(b->rules, i);
		struct hn_exception_memory *m = memory_of(b, e->name);
		int64_t last = m->matched.ns > m->since.ns ? m->matched.ns : m->since.ns;

		if (hn_exception_expired(e, now)) {
			if (m->expired.ns != e->expires.ns)
				tell(e, HN_EXCEPTION_HAS_EXPIRED, arg);
			m->expired = e->expires;
		} else if (!m->told.ns && now.ns - last >= HN_EXCEPTION_UNUSED_NS) {
			m->told = now;
			tell(e, HN_EXCEPTION_IS_UNUSED, arg);
		}
	}
}

void hn_exception_book_recall(struct hn_exception_book *b, const struct hn_exception_memory *m)
{
	struct hn_exception_memory *mine = memory_of(b, m->name);

	if (!mine)
		return;
	if (m->since.ns < mine->since.ns)
		mine->since = m->since;
	/* What was told before it was of use again is no more than history. */
	if (m->matched.ns >= mine->matched.ns && !mine->told.ns)
		mine->told = m->told;
	if (m->matched.ns > mine->matched.ns)
		mine->matched = m->matched;
	if (!mine->expired.ns)
		mine->expired = m->expired;
}

bool hn_exception_book_next(const struct hn_exception_book *b, size_t *cursor, struct hn_exception_memory *ret)
{
	const struct hn_exception_memory *m = hn_map_next(b->memories, cursor);

	if (!m)
		return false;
	*ret = *m;
	ret->digest = hn_exceptions_find(b->rules, m->name)->digest;
	return true;
}
