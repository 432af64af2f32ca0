// SPDX-License-Identifier: Apache-2.0
// Bytes in, a list out: the cutter cuts, podjson parses one pod at a time. Nothing here knows where bytes come from.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cutter.h"
#include "field.h"
#include "hostnetd/map.h"
#include "podjson.h"
#include "podlist.h"

#define SHARED_STRINGS 4096

struct hn_podlist_reader {
	size_t max_bytes, bytes;
	struct hn_cutter cutter;
	struct hn_map *seen; /* only while reading */
	struct hn_podlist *list;
};

static int on_item(void *arg, const char *json, size_t n, struct hn_reason *reason)
{
	struct hn_podlist_reader *r = arg;
	struct hn_podlist *list = r->list;
	struct hn_fields fields = {.arena = &list->arena, .seen = r->seen, .reason = reason};
	struct hn_pod *pod;
	int error;

	if (list->n == HN_PODLIST_PODS)
		return hn_reason_set(reason, -E2BIG, "more than %d pods", HN_PODLIST_PODS);
	if (list->n == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 64;
		struct hn_pod **pods = reallocarray(list->pods, cap, sizeof(*pods));

		if (!pods)
			return hn_reason_set(reason, -ENOMEM, "no memory for the pod list");
		list->pods = pods;
		list->cap = cap;
	}
	pod = hn_arena_alloc(&list->arena, sizeof(*pod));
	if (!pod)
		return hn_reason_set(reason, -ENOMEM, "no memory for the pod list, or more than %lu MiB of it",
				     HN_PODLIST_MEMORY >> 20);
	error = hn_podjson_parse(&fields, json, n, pod);
	if (error < 0)
		return hn_reason_wrap(reason, error, "pod %zu of the list", list->n);
	list->pods[list->n++] = pod;
	return 0;
}

struct hn_podlist_reader *hn_podlist_reader_new(size_t max_bytes)
{
	_cleanup_(hn_podlist_reader_cleanup) struct hn_podlist_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->max_bytes = max_bytes;
	r->cutter.item = on_item;
	r->cutter.arg = r;
	r->seen = hn_map_new(SHARED_STRINGS);
	r->list = calloc(1, sizeof(*r->list));
	if (!r->seen || !r->list)
		return NULL;
	r->list->arena.limit = HN_PODLIST_MEMORY;
	return TAKE_PTR(r);
}

void hn_podlist_reader_free(struct hn_podlist_reader *r)
{
	if (!r)
		return;
	hn_cutter_done(&r->cutter);
	hn_map_free(r->seen);
	hn_podlist_free(r->list);
	free(r);
}

int hn_podlist_reader_feed(struct hn_podlist_reader *r, const char *bytes, size_t n, struct hn_reason *reason)
{
	if (n > r->max_bytes - r->bytes)
		return hn_reason_set(reason, -E2BIG, "the pod list is larger than %zu bytes (%zu MiB)",
				     r->max_bytes, r->max_bytes >> 20);
	r->bytes += n;
	return hn_cutter_feed(&r->cutter, bytes, n, reason);
}

static int by_uid(const void *a, const void *b)
{
	const struct hn_pod *const *left = a, *const *right = b;

	return strcmp((*left)->uid, (*right)->uid);
}

/* A uid that is there twice is an error: the kubelet keeps its pods by uid, and which of the two a container belongs
 * to (one with hostNetwork, one without) would be a guess. */
static int make_index(struct hn_podlist *list, struct hn_reason *reason)
{
	list->by_uid = calloc(list->n ? list->n : 1, sizeof(list->by_uid[0]));
	if (!list->by_uid)
		return hn_reason_set(reason, -ENOMEM, "no memory for the pod list");
	for (size_t i = 0; i < list->n; i++) {
		if (list->pods[i]->uid[0])
			list->by_uid[list->n_by_uid++] = list->pods[i];
	}
	qsort(list->by_uid, list->n_by_uid, sizeof(list->by_uid[0]), by_uid);
	for (size_t i = 1; i < list->n_by_uid; i++) {
		const struct hn_pod *a = list->by_uid[i - 1], *b = list->by_uid[i];

		if (strcmp(a->uid, b->uid) == 0)
			return hn_reason_set(reason, -EBADMSG,
					     "the uid %.64s is listed twice: %.64s/%.100s and %.64s/%.100s",
					     a->uid, a->ns, a->name, b->ns, b->name);
	}
	return 0;
}

int hn_podlist_reader_finish(struct hn_podlist_reader *r, struct hn_podlist **ret, struct hn_reason *reason)
{
	const char *kind = r->cutter.kind;
	int error;

	if (!hn_cutter_complete(&r->cutter))
		return hn_reason_set(reason, -EBADMSG, "the pod list is cut off after %zu bytes", r->bytes);
	if (strcmp(kind, "PodList") != 0 && strcmp(kind, "List") != 0)
		return hn_reason_set(reason, -EBADMSG, "no pod list: its kind is \"%s\", not PodList or List",
				     kind);
	if (!r->cutter.has_items)
		return hn_reason_set(reason, -EBADMSG, "no pod list: it has no \"items\"");
	error = make_index(r->list, reason);
	if (error < 0)
		return error;
	*ret = TAKE_PTR(r->list);
	return 0;
}
