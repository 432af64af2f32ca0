// SPDX-License-Identifier: Apache-2.0
#include "rows.h"

#include <stdlib.h>

static bool grow_containers(struct hn_finding *f)
{
	struct hn_finding_container *grown = reallocarray(f->containers, f->n_containers + 1, sizeof(*grown));

	if (!grown)
		return false;
	f->containers = grown;
	grown[f->n_containers] = (struct hn_finding_container){0};
	return true;
}

struct hn_finding_container *hn_finding_add_container(struct hn_finding *f)
{
	if (f->n_containers == HN_FINDING_CONTAINERS || !grow_containers(f))
		return NULL;
	return &f->containers[f->n_containers++];
}

void hn_finding_done(struct hn_finding *f)
{
	free(f->containers);
	free(f->processes);
	f->containers = NULL;
	f->processes = NULL;
	f->n_containers = f->n_processes = 0;
}

bool hn_rows_take(struct hn_entry *e, size_t bytes)
{
	if (e->room) {
		if (e->room->most - e->room->used < bytes)
			return false;
		e->room->used += bytes;
	}
	e->taken += bytes;
	return true;
}

void hn_rows_give(struct hn_entry *e, size_t bytes)
{
	if (bytes > e->taken)
		bytes = e->taken;
	e->taken -= bytes;
	if (e->room)
		e->room->used -= bytes;
}

bool hn_rows_place_container(struct hn_entry *e)
{
	struct hn_finding *f = &e->finding;
	size_t bytes = sizeof(*f->containers);

	if (f->n_containers == 0)
		return true; /* it came with the entry */
	if (f->n_containers == HN_FINDING_CONTAINERS || !hn_rows_take(e, bytes))
		return false;
	if (grow_containers(f))
		return true;
	hn_rows_give(e, bytes);
	return false;
}

bool hn_rows_place_process(struct hn_entry *e)
{
	struct hn_finding *f = &e->finding;
	struct hn_finding_process *grown;
	size_t bytes = e->process_places ? sizeof(*grown) : 0;

	if (f->n_processes < e->process_places)
		return true;
	if (f->n_processes == HN_FINDING_PROCESSES || !hn_rows_take(e, bytes))
		return false;
	grown = reallocarray(f->processes, e->process_places + 1, sizeof(*grown));
	if (!grown) {
		hn_rows_give(e, bytes);
		return false;
	}
	f->processes = grown;
	e->process_places++;
	return true;
}
