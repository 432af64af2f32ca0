// SPDX-License-Identifier: Apache-2.0
/* What an entry keeps for its verdict: telling programs, devices and libraries, ports. It stays when the process has
 * ended. */
#include "clues.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/str.h"

#include "rows.h"

static const struct {
	const char *name, *plural;
} kinds[] = {
	[HN_CLUE_PROGRAM] = {"program", "programs"},
	[HN_CLUE_DEVICE] = {"device", "devices"},
	[HN_CLUE_LIBRARY] = {"library", "libraries"},
	[HN_CLUE_PORT] = {"port", "ports"},
};
static_assert(HN_ARRAY_SIZE(kinds) == HN_CLUE_KIND_MAX, "a name for every kind");

const char *hn_clue_kind_name(enum hn_clue_kind v)
{
	return kinds[v].name;
}

const char *hn_clue_kind_plural(enum hn_clue_kind v)
{
	return kinds[v].plural;
}

enum hn_clue_kind hn_clue_kind_find(const char *name)
{
	int v = 0;

	while (v < HN_CLUE_KIND_MAX && strcmp(kinds[v].name, name) != 0)
		v++;
	return (enum hn_clue_kind)v;
}

static void telling_done(struct hn_telling *t)
{
	free(t->exe);
	free(t->argv);
	*t = (struct hn_telling){0};
}

void hn_clues_done(struct hn_entry *e)
{
	for (size_t i = 0; i < e->n_telling; i++)
		telling_done(&e->telling[i]);
}

static void place(struct hn_telling *t, unsigned container)
{
	t->unplaced = container == HN_FINDING_CONTAINERS && !t->containers;
	if (container < HN_FINDING_CONTAINERS)
		t->containers |= 1U << container;
}

void hn_clues_vacate(struct hn_entry *e, unsigned container)
{
	for (size_t i = 0; i < e->n_telling; i++)
		e->telling[i].containers &= ~(1U << container);
}

void hn_clues_program(struct hn_entry *e, unsigned container, const struct hn_process_view *view,
		      const struct hn_catalogue *catalogue, const struct hn_pod *pod)
{
	struct hn_judgement alone;
	struct hn_telling *t = NULL, new;
	size_t bytes = strlen(view->exe) + view->argv_len, before = 0;

	for (size_t i = 0; i < e->n_telling; i++) {
		t = &e->telling[i];
		if (t->argv_len == view->argv_len && strcmp(t->exe, view->exe) == 0 &&
		    memcmp(t->argv, view->argv, view->argv_len) == 0) {
			place(t, container);
			return;
		}
	}
	hn_ai_judge(catalogue, pod, view, 1, &alone);
	if (alone.n_evidence == 0)
		return;
	if (e->n_telling < HN_ENTRY_TELLING) {
		t = &e->telling[e->n_telling];
	} else {
		t = &e->telling[0];
		for (size_t i = 1; i < HN_ENTRY_TELLING; i++)
			if (e->telling[i].score < t->score)
				t = &e->telling[i];
		if (t->score >= alone.score)
			return;
		before = strlen(t->exe) + t->argv_len;
	}
	if (e->n_telling > 0 && bytes > before && !hn_rows_take(e, bytes - before)) {
		e->crowded = true;
		return;
	}
	new = (struct hn_telling){.pid = view->pid,
				  .exe = strdup(view->exe),
				  .argv = malloc(view->argv_len + 1),
				  .argv_len = view->argv_len,
				  .score = alone.score};
	place(&new, container);
	if (!new.exe || !new.argv) {
		telling_done(&new);
		return;
	}
	memcpy(new.argv, view->argv, view->argv_len);
	if (t == &e->telling[e->n_telling])
		e->n_telling++;
	else
		telling_done(t);
	if (bytes < before)
		hn_rows_give(e, before - bytes);
	*t = new;
}

void hn_entry_hold(struct hn_entry *e, const struct hn_held *held, const struct hn_catalogue *catalogue)
{
	struct hn_holding *free = NULL;
	size_t signature;
	double weight;

	if (!hn_ai_knows_held(catalogue, held, &signature, &weight))
		return;
	for (size_t i = 0; i < HN_ENTRY_HOLDINGS; i++) {
		struct hn_holding *h = &e->holdings[i];

		if (i == e->n_holdings) {
			free = h;
			break;
		}
		if (h->signature != signature)
			continue;
		if (fabs(weight) <= fabs(h->weight))
			return;
		free = h;
		break;
	}
	if (!free)
		return;
	if (free == &e->holdings[e->n_holdings])
		e->n_holdings++;
	*free = (struct hn_holding){*held, signature, weight};
	e->dirty = true;
}

void hn_clues_hear(struct hn_entry *e, uint16_t port, pid_t pid)
{
	for (size_t i = 0; i < e->n_heard; i++)
		if (e->heard[i].port == port)
			return;
	if (e->n_heard == HN_ENTRY_PORTS)
		return;
	e->heard[e->n_heard++] = (struct hn_heard){port, pid};
	e->dirty = true;
}

static unsigned container_of_clue(const struct hn_finding *f, const char *id)
{
	for (unsigned i = 0; i < f->n_containers; i++)
		if (strcmp(f->containers[i].id, id) == 0)
			return i;
	return HN_FINDING_CONTAINERS;
}

void hn_entry_learn(struct hn_entry *e, const struct hn_clue *clue, const struct hn_catalogue *catalogue,
		    const struct hn_pod *pod)
{
	struct hn_held held = {.pid = clue->pid, .library = clue->kind == HN_CLUE_LIBRARY, .fd = clue->number};

	switch (clue->kind) {
	case HN_CLUE_PROGRAM:
		hn_clues_program(e, container_of_clue(&e->finding, clue->container),
				 &(struct hn_process_view){.pid = clue->pid,
							   .exe = clue->name,
							   .argv = clue->argv,
							   .argv_len = clue->argv_len},
				 catalogue, pod);
		e->dirty = true;
		break;
	case HN_CLUE_DEVICE:
	case HN_CLUE_LIBRARY:
		(void)hn_strcpy(held.name, sizeof(held.name), clue->name);
		hn_entry_hold(e, &held, catalogue);
		break;
	case HN_CLUE_PORT:
		hn_clues_hear(e, (uint16_t)clue->number, clue->pid);
		break;
	case HN_CLUE_KIND_MAX:
		break;
	}
}

void hn_entry_relearn(struct hn_entry *e, const struct hn_catalogue *catalogue, const struct hn_pod *pod)
{
	size_t n = e->n_holdings;

	e->n_holdings = 0;
	for (size_t i = 0; i < n; i++) {
		struct hn_held held = e->holdings[i].held; /* its place may be written over */

		hn_entry_hold(e, &held, catalogue);
	}
	for (size_t i = 0; i < e->finding.n_processes; i++) {
		const struct hn_finding_process *p = &e->finding.processes[i];

		hn_clues_program(e, p->container,
				 &(struct hn_process_view){
					 .pid = p->pid, .exe = p->exe, .argv = p->argv, .argv_len = p->argv_len},
				 catalogue, pod);
	}
	e->dirty = true;
}
