/* SPDX-License-Identifier: Apache-2.0 */
/* The hash table. Removal leaves a mark in the slot instead of moving others, so that a walk may remove. */
#include "hostnetd/map.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "hostnetd/siphash.h"

#define FIRST_SLOTS 16

struct slot {
	uint64_t hash;
	size_t key_len;
	void *key;   /* owned; NULL: free, or removed if `removed` */
	void *value; /* borrowed */
	bool removed;
};

struct hn_map {
	uint64_t seed[2];
	size_t limit, count;
	size_t used;    /* slots that are not free: entries and marks of removed ones */
	size_t n_slots; /* a power of 2; at most three quarters are used */
	struct slot *slots;
};

static void seed_map(struct hn_map *m)
{
	/* getrandom can only fail before the machine's pool is ready; addresses are then what there is. */
	if (getrandom(m->seed, sizeof(m->seed), GRND_NONBLOCK) != (ssize_t)sizeof(m->seed)) {
		m->seed[0] = (uintptr_t)m;
		m->seed[1] = (uintptr_t)m->slots;
	}
}

struct hn_map *hn_map_new(size_t limit)
{
	struct hn_map *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->slots = calloc(FIRST_SLOTS, sizeof(*m->slots));
	if (!m->slots) {
		free(m);
		return NULL;
	}
	m->n_slots = FIRST_SLOTS;
	m->limit = limit;
	seed_map(m);
	return m;
}

void hn_map_free(struct hn_map *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n_slots; i++)
		free(m->slots[i].key);
	free(m->slots);
	free(m);
}

static struct slot *find(const struct hn_map *m, uint64_t hash, const void *key, size_t key_len)
{
	size_t mask = m->n_slots - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		struct slot *s = &m->slots[i];

		if (!s->key && !s->removed)
			return NULL;
		if (s->key && s->hash == hash && s->key_len == key_len &&
		    (key_len == 0 || memcmp(s->key, key, key_len) == 0))
			return s;
	}
}

static struct slot *first_free(struct slot *slots, size_t n_slots, uint64_t hash)
{
	size_t i = hash & (n_slots - 1);

	while (slots[i].key)
		i = (i + 1) & (n_slots - 1);
	return &slots[i];
}

/* Room for one more entry: grows, or only drops the marks of removed ones. */
static int make_room(struct hn_map *m)
{
	size_t n = m->n_slots;
	struct slot *slots;

	if ((m->used + 1) * 4 <= m->n_slots * 3)
		return 0;
	while ((m->count + 1) * 2 > n)
		n *= 2;
	slots = calloc(n, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < m->n_slots; i++)
		if (m->slots[i].key)
			*first_free(slots, n, m->slots[i].hash) = m->slots[i];
	free(m->slots);
	m->slots = slots;
	m->n_slots = n;
	m->used = m->count;
	return 0;
}

int hn_map_put(struct hn_map *m, const void *key, size_t key_len, void *value)
{
	uint64_t hash = hn_siphash(key, key_len, m->seed);
	struct slot *s = find(m, hash, key, key_len);
	void *copy;
	int r;

	assert(value); /* NULL is how _get says "not there" */
	if (s) {
		s->value = value;
		return 0;
	}
	if (m->count >= m->limit)
		return -ENOSPC;
	r = make_room(m);
	if (r < 0)
		return r;
	copy = malloc(key_len ? key_len : 1);
	if (!copy)
		return -ENOMEM;
	if (key_len)
		memcpy(copy, key, key_len);
	s = first_free(m->slots, m->n_slots, hash);
	if (!s->removed)
		m->used++;
	*s = (struct slot){.hash = hash, .key_len = key_len, .key = copy, .value = value};
	m->count++;
	return 0;
}

size_t hn_map_key3(char *key, size_t size, const char *a, const char *b, const char *c)
{
	const char *const parts[] = {a, b, c};
	size_t n = 0;

	for (size_t i = 0; i < HN_ARRAY_SIZE(parts); i++) {
		size_t length = strnlen(parts[i], size / HN_ARRAY_SIZE(parts) - 1);

		memcpy(key + n, parts[i], length);
		n += length;
		key[n++] = '\0';
	}
	return n;
}

void *hn_map_get(const struct hn_map *m, const void *key, size_t key_len)
{
	const struct slot *s = find(m, hn_siphash(key, key_len, m->seed), key, key_len);

	return s ? s->value : NULL;
}

void *hn_map_take(struct hn_map *m, const void *key, size_t key_len)
{
	struct slot *s = find(m, hn_siphash(key, key_len, m->seed), key, key_len);
	void *value;

	if (!s)
		return NULL;
	value = s->value;
	free(s->key);
	*s = (struct slot){.removed = true};
	m->count--;
	return value;
}

size_t hn_map_count(const struct hn_map *m)
{
	return m->count;
}

void *hn_map_next(const struct hn_map *m, size_t *cursor)
{
	while (*cursor < m->n_slots) {
		const struct slot *s = &m->slots[(*cursor)++];

		if (s->key)
			return s->value;
	}
	return NULL;
}
