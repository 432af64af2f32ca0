// SPDX-License-Identifier: Apache-2.0
/* Records in a circle of pointers, the oldest given up for the newest. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/http.h"
#include "hostnetd/str.h"

#define RECORDS 4096
#define FINDING_SIZE 40

struct record {
	struct hn_http_event event; /* its texts are here, in `finding` and `bytes` */
	char finding[FINDING_SIZE];
	char bytes[];
};

struct hn_ring {
	struct record *records[RECORDS];
	size_t first, n; /* the oldest is records[first % RECORDS] */
	size_t bytes, max_bytes;
	uint64_t begin, last;
	uint64_t gone; /* seq of the newest that is not there any more, or never was */
};

static struct record *at(const struct hn_ring *ring, size_t i)
{
	return ring->records[(ring->first + i) % RECORDS];
}

static size_t size_of(size_t n)
{
	return sizeof(struct record) + n + 1;
}

struct hn_ring *hn_ring_new(size_t max_bytes)
{
	struct hn_ring *ring = calloc(1, sizeof(*ring));

	if (ring)
		ring->max_bytes = max_bytes;
	return ring;
}

static void drop_oldest(struct hn_ring *ring)
{
	struct record *r = at(ring, 0);

	ring->gone = r->event.seq;
	ring->bytes -= size_of(r->event.n);
	ring->records[ring->first] = NULL;
	ring->first = (ring->first + 1) % RECORDS;
	ring->n--;
	free(r);
}

void hn_ring_free(struct hn_ring *ring)
{
	if (!ring)
		return;
	while (ring->n > 0)
		drop_oldest(ring);
	free(ring);
}

void hn_ring_put(struct hn_ring *ring, const struct hn_http_event *event)
{
	size_t size = size_of(event->n);
	struct record *r;

	/* Whatever was before the first one is not here. */
	if (ring->last == 0 && event->seq > 0)
		ring->gone = ring->begin = event->seq - 1;
	ring->last = event->seq;
	r = size <= ring->max_bytes ? malloc(size) : NULL;
	if (!r) {
		while (ring->n > 0)
			drop_oldest(ring);
		ring->gone = event->seq;
		return;
	}
	while (ring->n == RECORDS || (ring->n > 0 && ring->bytes + size > ring->max_bytes))
		drop_oldest(ring);
	r->event = *event;
	memcpy(r->bytes, event->json, event->n);
	r->bytes[event->n] = '\0';
	hn_strcpy(r->finding, sizeof(r->finding), event->finding);
	r->event.json = r->bytes;
	r->event.finding = r->finding;
	ring->records[(ring->first + ring->n) % RECORDS] = r;
	ring->n++;
	ring->bytes += size;
}

/* How many have a seq of at most `seq`. */
static size_t count_to(const struct hn_ring *ring, uint64_t seq)
{
	size_t low = 0, high = ring->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (at(ring, middle)->event.seq > seq)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

bool hn_ring_after(const struct hn_ring *ring, uint64_t seq, struct hn_http_event *ret)
{
	size_t i = count_to(ring, seq);

	if (i == ring->n)
		return false;
	*ret = at(ring, i)->event;
	return true;
}

bool hn_ring_before(const struct hn_ring *ring, uint64_t seq, struct hn_http_event *ret)
{
	size_t i = seq > 0 ? count_to(ring, seq - 1) : 0;

	if (i == 0)
		return false;
	*ret = at(ring, i - 1)->event;
	return true;
}

bool hn_ring_reaches(const struct hn_ring *ring, uint64_t seq)
{
	return seq >= ring->gone && seq <= ring->last;
}

uint64_t hn_ring_begin(const struct hn_ring *ring)
{
	return ring->begin;
}

uint64_t hn_ring_last(const struct hn_ring *ring)
{
	return ring->last;
}
