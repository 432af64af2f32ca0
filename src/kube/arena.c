// SPDX-License-Identifier: Apache-2.0
// Chunks that double up to a bound, so that a small list holds little and a large one wastes little.
#include "arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_FIRST 4096
#define CHUNK_LARGEST 32768

struct hn_arena_chunk {
	struct hn_arena_chunk *next;
	size_t size, used;
	alignas(max_align_t) char bytes[];
};

void hn_arena_done(struct hn_arena *a)
{
	while (a->chunks) {
		struct hn_arena_chunk *chunk = a->chunks;

		a->chunks = chunk->next;
		free(chunk);
	}
	a->held = 0;
}

static struct hn_arena_chunk *chunk_add(struct hn_arena *a, size_t n)
{
	size_t size = a->chunks ? a->chunks->size * 2 : CHUNK_FIRST;
	struct hn_arena_chunk *chunk;

	if (size > CHUNK_LARGEST)
		size = CHUNK_LARGEST;
	if (size < n)
		size = n;
	if (size + sizeof(*chunk) > a->limit - a->held)
		return NULL;
	chunk = calloc(1, sizeof(*chunk) + size);
	if (!chunk)
		return NULL;
	chunk->size = size;
	chunk->next = a->chunks;
	a->chunks = chunk;
	a->held += sizeof(*chunk) + size;
	return chunk;
}

static void *take(struct hn_arena *a, size_t n, size_t alignment)
{
	struct hn_arena_chunk *chunk = a->chunks;
	size_t start = chunk ? (chunk->used + alignment - 1) / alignment * alignment : 0;

	if (n > a->limit)
		return NULL;
	if (!chunk || start > chunk->size || n > chunk->size - start) {
		chunk = chunk_add(a, n);
		if (!chunk)
			return NULL;
		start = 0;
	}
	chunk->used = start + n;
	return chunk->bytes + start;
}

void *hn_arena_alloc(struct hn_arena *a, size_t n)
{
	return take(a, n, alignof(max_align_t));
}

void *hn_arena_array(struct hn_arena *a, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n))
		return NULL;
	return take(a, n, alignof(void *));
}

const char *hn_arena_copy(struct hn_arena *a, const char *bytes, size_t n)
{
	char *copy = n < SIZE_MAX ? take(a, n + 1, 1) : NULL;

	if (!copy)
		return NULL;
	memcpy(copy, bytes, n);
	copy[n] = '\0';
	return copy;
}
