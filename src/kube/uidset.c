// SPDX-License-Identifier: Apache-2.0
#include "uidset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "hostnetd/map.h"

struct entry {
	TAILQ_ENTRY(entry) link;
	size_t n;
	char uid[];
};
TAILQ_HEAD(entries, entry);

struct hn_uidset {
	size_t limit;
	struct hn_map *map;
	struct entries oldest_first;
};

struct hn_uidset *hn_uidset_new(size_t limit)
{
	struct hn_uidset *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->limit = limit;
	TAILQ_INIT(&s->oldest_first);
	s->map = hn_map_new(limit);
	if (!s->map) {
		free(s);
		return NULL;
	}
	return s;
}

void hn_uidset_free(struct hn_uidset *s)
{
	struct entry *entry;

	if (!s)
		return;
	while ((entry = TAILQ_FIRST(&s->oldest_first))) {
		TAILQ_REMOVE(&s->oldest_first, entry, link);
		free(entry);
	}
	hn_map_free(s->map);
	free(s);
}

static void forget_oldest(struct hn_uidset *s)
{
	struct entry *entry = TAILQ_FIRST(&s->oldest_first);

	if (!entry)
		return;
	TAILQ_REMOVE(&s->oldest_first, entry, link);
	hn_map_take(s->map, entry->uid, entry->n);
	free(entry);
}

int hn_uidset_add(struct hn_uidset *s, const char *uid)
{
	size_t n = strlen(uid);
	struct entry *entry = n > 0 ? hn_map_get(s->map, uid, n) : NULL;
	int r;

	if (n == 0)
		return 0;
	if (entry) {
		TAILQ_REMOVE(&s->oldest_first, entry, link);
		TAILQ_INSERT_TAIL(&s->oldest_first, entry, link);
		return 0;
	}
	if (hn_map_count(s->map) >= s->limit)
		forget_oldest(s);
	entry = malloc(sizeof(*entry) + n + 1);
	if (!entry)
		return -ENOMEM;
	entry->n = n;
	memcpy(entry->uid, uid, n + 1);
	r = hn_map_put(s->map, uid, n, entry);
	if (r < 0) {
		free(entry);
		return r;
	}
	TAILQ_INSERT_TAIL(&s->oldest_first, entry, link);
	return 0;
}

bool hn_uidset_has(const struct hn_uidset *s, const char *uid)
{
	return uid && uid[0] && hn_map_get(s->map, uid, strlen(uid)) != NULL;
}

size_t hn_uidset_count(const struct hn_uidset *s)
{
	return hn_map_count(s->map);
}
