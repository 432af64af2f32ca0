// SPDX-License-Identifier: Apache-2.0
#include "backlog.h"

#include <stdlib.h>
#include <string.h>

void hn_backlog_init(struct hn_backlog *b, size_t max_records, size_t max_bytes)
{
	*b = (struct hn_backlog){.max_records = max_records, .max_bytes = max_bytes};
}

void hn_backlog_done(struct hn_backlog *b)
{
	struct hn_record *one;

	while ((one = hn_backlog_take(b)))
		free(one);
}

static struct hn_record *take_from(struct hn_backlog *b, unsigned weight)
{
	struct hn_record *one = b->lists[weight].head;

	if (!one)
		return NULL;
	b->lists[weight].head = one->next;
	if (!one->next)
		b->lists[weight].tail = NULL;
	one->next = NULL;
	b->records--;
	b->bytes -= one->n;
	return one;
}

void hn_backlog_drop(struct hn_backlog *b)
{
	b->dropped++;
}

static bool fits(const struct hn_backlog *b, size_t n)
{
	return b->records < b->max_records && n <= b->max_bytes - b->bytes;
}

/* Nothing that weighs more than the new one goes for it. */
static bool make_room(struct hn_backlog *b, enum hn_weight weight, size_t n)
{
	for (unsigned w = 0; w <= weight && !fits(b, n); w++) {
		struct hn_record *one;

		while (!fits(b, n) && (one = take_from(b, w))) {
			free(one);
			b->dropped++;
		}
	}
	return fits(b, n);
}

void hn_backlog_put(struct hn_backlog *b, enum hn_weight weight, const char *text, size_t n)
{
	struct hn_record *one = n <= b->max_bytes ? malloc(sizeof(*one) + n + 1) : NULL;

	if (!one || !make_room(b, weight, n)) {
		free(one);
		b->dropped++;
		return;
	}
	*one = (struct hn_record){.order = b->order++, .n = n};
	memcpy(one->text, text, n);
	one->text[n] = '\0';
	if (b->lists[weight].tail)
		b->lists[weight].tail->next = one;
	else
		b->lists[weight].head = one;
	b->lists[weight].tail = one;
	b->records++;
	b->bytes += n;
}

static int oldest(const struct hn_backlog *b)
{
	int found = -1;

	for (int w = 0; w < HN_WEIGHT_MAX; w++)
		if (b->lists[w].head && (found < 0 || b->lists[w].head->order < b->lists[found].head->order))
			found = w;
	return found;
}

const struct hn_record *hn_backlog_peek(const struct hn_backlog *b)
{
	int w = oldest(b);

	return w < 0 ? NULL : b->lists[w].head;
}

struct hn_record *hn_backlog_take(struct hn_backlog *b)
{
	int w = oldest(b);

	return w < 0 ? NULL : take_from(b, (unsigned)w);
}
