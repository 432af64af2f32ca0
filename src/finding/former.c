// SPDX-License-Identifier: Apache-2.0
/* What a former run knew of an entry: it goes on. */
#include <stdlib.h>
#include <string.h>

#include "hostnetd/entry.h"

#include "contact.h"
#include "rows.h"

/* What the spec says is read from the spec again. Without memory for it the verdict rests on what is seen. */
static void remember(struct hn_entry *e, const struct hn_judgement *former)
{
	size_t n = 0;

	for (size_t i = 0; i < former->n_evidence; i++)
		n += former->evidence[i].observed;
	if (e->n_remembered || !n)
		return;
	e->remembered = calloc(n, sizeof(*e->remembered));
	for (size_t i = 0; e->remembered && i < former->n_evidence; i++)
		if (former->evidence[i].observed)
			e->remembered[e->n_remembered++] = former->evidence[i];
}

void hn_entry_restore(struct hn_entry *e, const struct hn_finding *f, struct hn_mono now)
{
	struct hn_finding *own = &e->finding;
	struct hn_finding_container *containers = own->containers;
	char id[HN_FINDING_ID_SIZE];

	memcpy(id, own->id, sizeof(id));
	*own = *f;
	memcpy(own->id, id, sizeof(id));
	own->processes = NULL;
	own->containers = containers;
	own->n_processes = own->n_listening = own->n_containers = 0;
	while (own->n_containers < f->n_containers && hn_rows_place_container(e)) {
		own->containers[own->n_containers] = f->containers[own->n_containers];
		own->n_containers++;
	}
	e->first = e->last = e->empty = now;
	if (f->state == HN_STATE_RESOLVED)
		e->gone = now;
	remember(e, &f->ai);
	e->unmanaged = f->cause == HN_CAUSE_UNMANAGED;
	e->candidate_only = f->state == HN_STATE_SHARING;
	/* Only the pod was known: its one container has no name to be kept by. */
	if (!f->n_containers && f->state != HN_STATE_RESOLVED)
		own->containers[own->n_containers++].present = true;
	for (size_t i = 0; i < own->n_containers; i++)
		e->seats[i] = (struct hn_seat){.first = now, .joined = own->containers[i].present};
}

/* Those that were told to be there: a sweep finds out which have left meanwhile. */
static void recall_containers(struct hn_entry *e, const struct hn_finding *former, struct hn_mono now)
{
	for (size_t i = 0; i < former->n_containers; i++) {
		const struct hn_finding_container *c = &former->containers[i];
		struct hn_container_ref ref = {.kind = e->ref.kind};
		size_t before = e->finding.n_containers;
		unsigned at;

		if (!c->present || before == HN_FINDING_CONTAINERS)
			continue;
		memcpy(ref.container_id, c->id, sizeof(ref.container_id));
		at = hn_entry_container(e, &ref, now);
		if (e->finding.n_containers == before)
			continue;
		e->finding.containers[at] = *c;
		e->seats[at].joined = true;
	}
}

static void recall_contacts(struct hn_finding *now, const struct hn_finding *former)
{
	for (size_t i = 0; i < former->n_contacts; i++) {
		const struct hn_finding_contact *c = &former->contacts[i];
		size_t k = 0;

		while (k < now->n_contacts && !hn_contact_same(c, &now->contacts[k]))
			k++;
		if (k == now->n_contacts && k < HN_FINDING_CONTACTS)
			now->contacts[now->n_contacts++] = *c;
	}
}

void hn_entry_recall(struct hn_entry *e, const struct hn_finding *f, struct hn_mono now)
{
	struct hn_finding *own = &e->finding;
	bool was_there = f->state != HN_STATE_RESOLVED;

	if (!f->first_seen.ns || (own->first_seen.ns && f->first_seen.ns >= own->first_seen.ns))
		return;
	own->first_seen = f->first_seen;
	if (own->occurrences)
		own->occurrences += f->occurrences - (was_there && f->occurrences ? 1 : 0);
	else
		own->occurrences = f->occurrences;
	remember(e, &f->ai);
	recall_contacts(own, f);
	recall_containers(e, f, now);
	/* It was told already: without what the former run saw this one took it for no AI. */
	if ((own->state == HN_STATE_SHARING || own->state == HN_STATE_GONE) && f->state != HN_STATE_SHARING) {
		own->state = f->state;
		own->resolved_at = f->resolved_at;
		own->exception = f->exception;
		e->candidate_only = false;
	}
	e->changed |= 1U << HN_CHANGED_FIRST_SEEN;
	e->dirty = true;
}
