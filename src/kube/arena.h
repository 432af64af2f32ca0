/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is freed all at once: the fields of one pod list. Never grows over its limit. */
#ifndef HN_KUBE_ARENA_H
#define HN_KUBE_ARENA_H

#include <stddef.h>

#include "hostnetd/macro.h"

struct hn_arena_chunk;

/* Zero-initialise it and set `limit`. */
struct hn_arena {
	struct hn_arena_chunk *chunks;
	size_t held;  /* bytes taken from the heap */
	size_t limit; /* of `held` */
};

void hn_arena_done(struct hn_arena *a);
/* Zeroed and aligned for any type; NULL: no memory, or over the limit. */
void *hn_arena_alloc(struct hn_arena *a, size_t n);
/* `count` elements of `size` bytes; the product is checked. */
void *hn_arena_array(struct hn_arena *a, size_t count, size_t size);
/* A terminated copy of n bytes. */
const char *hn_arena_copy(struct hn_arena *a, const char *bytes, size_t n);

#endif
