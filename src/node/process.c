// SPDX-License-Identifier: Apache-2.0
#include "hostnetd/process.h"

#include <stdlib.h>
#include <string.h>

#include "hostnetd/map.h"

struct hn_processes {
	struct hn_map *by_key;
};

struct key {
	uint64_t start_ns;
	uint64_t pid;
};

struct hn_processes *hn_processes_new(size_t limit)
{
	_cleanup_(hn_processes_cleanup) struct hn_processes *t = calloc(1, sizeof(*t));

	if (!t || !(t->by_key = hn_map_new(limit)))
		return NULL;
	return TAKE_PTR(t);
}

void hn_processes_free(struct hn_processes *t)
{
	struct hn_process *p;
	size_t cursor = 0;

	if (!t)
		return;
	while (t->by_key && (p = hn_map_next(t->by_key, &cursor)))
		free(p);
	hn_map_free(t->by_key);
	free(t);
}

struct hn_process *hn_processes_find(struct hn_processes *t, pid_t pid, uint64_t start_ns)
{
	struct key key = {start_ns, (uint64_t)pid};

	return hn_map_get(t->by_key, &key, sizeof(key));
}

struct hn_process *hn_processes_add(struct hn_processes *t, pid_t pid, uint64_t start_ns)
{
	struct key key = {start_ns, (uint64_t)pid};
	struct hn_process *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->pid = pid;
	p->start_ns = start_ns;
	if (hn_map_put(t->by_key, &key, sizeof(key), p) < 0) {
		free(p);
		return NULL;
	}
	return p;
}

void hn_processes_remove(struct hn_processes *t, struct hn_process *p)
{
	struct key key = {p->start_ns, (uint64_t)p->pid};

	free(hn_map_take(t->by_key, &key, sizeof(key)));
}

size_t hn_processes_count(const struct hn_processes *t)
{
	return hn_map_count(t->by_key);
}

struct hn_process *hn_processes_next(struct hn_processes *t, size_t *cursor)
{
	return hn_map_next(t->by_key, cursor);
}
