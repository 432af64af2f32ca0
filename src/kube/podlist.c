// SPDX-License-Identifier: Apache-2.0
// A finished list: lookups only. The index is sorted, not hashed: it needs two words a pod, no seed against chosen
// keys, and shows a uid that is there twice as two neighbours.
#include "podlist.h"

#include <stdlib.h>
#include <string.h>

void hn_podlist_free(struct hn_podlist *list)
{
	if (!list)
		return;
	hn_arena_done(&list->arena);
	free(list->pods);
	free(list->by_uid);
	free(list);
}

size_t hn_podlist_count(const struct hn_podlist *list)
{
	return list->n;
}

const struct hn_pod *hn_podlist_at(const struct hn_podlist *list, size_t i)
{
	return i < list->n ? list->pods[i] : NULL;
}

static int compare(const void *uid, const void *element)
{
	const struct hn_pod *const *pod = element;

	return strcmp(uid, (*pod)->uid);
}

const struct hn_pod *hn_podlist_find(const struct hn_podlist *list, const char *uid)
{
	const struct hn_pod **found;

	if (!uid || list->n_by_uid == 0)
		return NULL;
	found = bsearch(uid, list->by_uid, list->n_by_uid, sizeof(list->by_uid[0]), compare);
	return found ? *found : NULL;
}

const struct hn_container *hn_pod_container(const struct hn_pod *pod, const char *id)
{
	for (size_t i = 0; id && id[0] && i < pod->n_containers; i++) {
		if (strcmp(pod->containers[i].id, id) == 0)
			return &pod->containers[i];
	}
	return NULL;
}

size_t hn_podlist_memory(const struct hn_podlist *list)
{
	return sizeof(*list) + list->arena.held + list->cap * sizeof(list->pods[0]) +
	       list->n_by_uid * sizeof(list->by_uid[0]);
}
