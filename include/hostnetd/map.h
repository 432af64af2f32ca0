/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table from byte strings to pointers: open addressing, keys copied, values borrowed. Hostile keys: the
 * hash is seeded per map. Never more than `limit` entries. */
#ifndef HOSTNETD_MAP_H
#define HOSTNETD_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "hostnetd/macro.h"

struct hn_map;

struct hn_map *hn_map_new(size_t limit); /* NULL: no memory */
void hn_map_free(struct hn_map *m);      /* values are not freed; NULL is fine */
HN_DEFINE_CLEANUP(struct hn_map, hn_map_free, hn_map_cleanup)

/* Three texts as one key, each with its NUL and cut to a third of `size`. Returns the key's length. */
size_t hn_map_key3(char *key, size_t size, const char *a, const char *b, const char *c);

/* 0, -ENOMEM, or -ENOSPC when the map is at its limit. An existing key's value is replaced. */
_must_check_ int hn_map_put(struct hn_map *m, const void *key, size_t key_len, void *value);
void *hn_map_get(const struct hn_map *m, const void *key, size_t key_len); /* NULL: not there */
void *hn_map_take(struct hn_map *m, const void *key, size_t key_len);      /* removes; NULL: was not there */
size_t hn_map_count(const struct hn_map *m);

/* Walks all entries in no order. *cursor starts at 0. Returns the value or NULL at the end. The entry that was
 * just returned may be taken out during the walk; nothing may be put. */
void *hn_map_next(const struct hn_map *m, size_t *cursor);

#endif
