// SPDX-License-Identifier: Apache-2.0
/* Who is in an entry: containers, processes, ports. What of it is kept for the verdict is in clues.c, what follows from
 * that in judge.c and step.c. */
#include "hostnetd/entry.h"

#include <stdlib.h>
#include <string.h>

#include "hostnetd/redact.h"
#include "hostnetd/str.h"

#include "clues.h"
#include "contact.h"

#include "id.h"
#include "rows.h"

void hn_entry_id(const char *node, const struct hn_container_ref *ref, enum hn_way way,
		 char ret[static HN_FINDING_ID_SIZE])
{
	hn_finding_id(node, ref->pod_uid, ref->container_id, way, ret);
}

struct hn_entry *hn_entry_blank(void)
{
	_cleanup_(hn_entry_cleanup) struct hn_entry *e = calloc(1, sizeof(*e));

	if (!e || !(e->finding.containers = calloc(1, sizeof(*e->finding.containers))))
		return NULL;
	return TAKE_PTR(e);
}

void hn_entry_begin(struct hn_entry *e, const char *id, const struct hn_container_ref *ref, enum hn_way way)
{
	e->ref = *ref;
	e->candidate_only = true;
	e->finding.way = way;
	e->finding.state = HN_STATE_GONE;
	hn_strcpy(e->finding.pod_uid, sizeof(e->finding.pod_uid), ref->pod_uid);
	hn_strcpy(e->finding.id, sizeof(e->finding.id), id);
}

struct hn_entry *hn_entry_new(const char *node, const struct hn_container_ref *ref, enum hn_way way)
{
	struct hn_entry *e = hn_entry_blank();
	char id[HN_FINDING_ID_SIZE];

	if (!e)
		return NULL;
	hn_entry_id(node, ref, way, id);
	hn_entry_begin(e, id, ref, way);
	return e;
}

void hn_entry_free(struct hn_entry *e)
{
	if (!e)
		return;
	hn_clues_done(e);
	free(e->remembered);
	hn_finding_done(&e->finding);
	hn_rows_give(e, e->taken);
	free(e);
}

/* A place for one more container: of a pod that restarts without end, that of the oldest which has left. */
static size_t free_seat(struct hn_entry *e)
{
	const struct hn_finding *f = &e->finding;
	size_t oldest = HN_FINDING_CONTAINERS;

	if (hn_rows_place_container(e))
		return f->n_containers;
	for (size_t i = 0; i < f->n_containers; i++)
		if (!e->seats[i].processes && !f->containers[i].present &&
		    (oldest == HN_FINDING_CONTAINERS || e->seats[i].first.ns < e->seats[oldest].first.ns))
			oldest = i;
	return oldest;
}

unsigned hn_entry_container(struct hn_entry *e, const struct hn_container_ref *ref, struct hn_mono now)
{
	struct hn_finding *f = &e->finding;
	size_t i;

	for (i = 0; i < f->n_containers; i++)
		if (strcmp(f->containers[i].id, ref->container_id) == 0)
			return (unsigned)i;
	i = free_seat(e);
	if (i == HN_FINDING_CONTAINERS) {
		e->crowded = true;
		return (unsigned)f->n_containers - 1;
	}
	hn_clues_vacate(e, (unsigned)i);
	f->containers[i] = (struct hn_finding_container){0};
	e->seats[i] = (struct hn_seat){.first = now};
	hn_strcpy(f->containers[i].id, sizeof(f->containers[i].id), ref->container_id);
	hn_strcpy(f->containers[i].runtime, sizeof(f->containers[i].runtime), ref->runtime);
	if (i == f->n_containers)
		f->n_containers++;
	e->changed |= 1U << HN_CHANGED_CONTAINERS;
	return (unsigned)i;
}

static struct hn_finding_process *find_process(const struct hn_finding *f, pid_t pid, uint64_t start_ns)
{
	for (size_t i = 0; i < f->n_processes; i++)
		if (f->processes[i].pid == pid && f->processes[i].start_ns == start_ns)
			return &f->processes[i];
	return NULL;
}

static struct hn_finding_process new_row(const struct hn_finding *f, const struct hn_sighting *s)
{
	struct hn_finding_process p = {.pid = s->pid, .start_ns = s->start_ns};

	p.threads = f->way == HN_WAY_NAMESPACE; /* a sweep counts them */
	if (s->start_ns)                        /* not in a recording */
		p.started.ns = s->time.ns - (s->mono.ns - (int64_t)s->start_ns);
	return p;
}

static struct hn_finding_process *add_process(struct hn_entry *e, const struct hn_sighting *s)
{
	struct hn_finding *f = &e->finding;
	struct hn_finding_process *p;

	if (!hn_rows_place_process(e))
		return NULL;
	p = &f->processes[f->n_processes++];
	*p = new_row(f, s);
	e->changed |= 1U << HN_CHANGED_PROCESSES;
	e->dirty = true;
	return p;
}

/* Every living process has a row, or is counted. */
static void count_not_kept(struct hn_entry *e)
{
	struct hn_finding *f = &e->finding;
	size_t living = 0, not_kept;

	for (size_t i = 0; i < f->n_containers; i++)
		living += e->seats[i].processes;
	not_kept = living > f->n_processes ? living - f->n_processes : 0;
	if (not_kept == f->processes_not_kept)
		return;
	f->processes_not_kept = not_kept;
	e->changed |= 1U << HN_CHANGED_PROCESSES;
	e->dirty = true;
}

static bool same_exe(const struct hn_finding_process *p, const char *exe)
{
	return strncmp(p->exe, exe, sizeof(p->exe) - 1) == 0; /* a long one was cut */
}

bool hn_entry_see(struct hn_entry *e, unsigned container, const struct hn_sighting *s,
		  const struct hn_catalogue *catalogue, const struct hn_pod *pod)
{
	struct hn_finding *f = &e->finding;
	struct hn_finding_process *p = find_process(f, s->pid, s->start_ns);
	bool program = s->kind == HN_SIGHTING_EXEC || s->exe[0] || s->argv_len, fresh = false;
	struct hn_seat *seat = &e->seats[container];

	e->last = s->mono;
	f->last_seen = s->time;
	if (!e->first.ns) {
		e->first = s->mono;
		f->first_seen = s->time;
	}
	if (s->armed && e->candidate_only) {
		e->candidate_only = false;
		e->dirty = true;
	}
	if (!s->brief && s->cgroup_id && (s->cgroup_id != seat->cgroup_id || s->cgroup_v2 != seat->cgroup_v2)) {
		seat->cgroup_id = s->cgroup_id;
		seat->cgroup_v2 = s->cgroup_v2;
		seat->limited = false;
	}
	if (!p) {
		p = add_process(e, s);
		fresh = p;
	}
	count_not_kept(e);
	if (p) {
		p->container = container;
		p->uid = s->uid;
		p->parent = s->parent;
	}
	if (!program || s->brief)
		return false;
	if (p && (!same_exe(p, s->exe) || strcmp(p->comm, s->comm) != 0 || s->argv)) {
		char argv[HN_FINDING_ARGV];
		bool cut = false;
		size_t n = s->argv ? hn_redact_argv(s->argv, s->argv_len, argv, sizeof(argv), &cut) : 0;

		if (!same_exe(p, s->exe) || (s->argv && (n != p->argv_len || memcmp(argv, p->argv, n) != 0))) {
			e->changed |= 1U << HN_CHANGED_PROCESSES;
			e->dirty = true;
		}
		hn_strcpy(p->comm, sizeof(p->comm), s->comm);
		hn_strcpy(p->exe, sizeof(p->exe), s->exe);
		if (s->argv) {
			memcpy(p->argv, argv, n);
			p->argv_len = n;
			p->argv_truncated = cut || s->argv_truncated;
		}
	}
	/* Without arguments (they could not be read) the program's path tells; a sweep gives it again and again. */
	if (!s->argv_len && (!(fresh || s->kind == HN_SIGHTING_EXEC) || !s->exe[0]))
		return false;
	hn_clues_program(
		e, container,
		&(struct hn_process_view){
			.pid = s->pid, .exe = s->exe, .argv = s->argv ? s->argv : "", .argv_len = s->argv_len},
		catalogue, pod);
	return true;
}

bool hn_entry_listen(struct hn_entry *e, const struct hn_sighting *s)
{
	struct hn_finding *f = &e->finding;

	hn_clues_hear(e, s->endpoint.port, s->pid);
	for (size_t i = 0; i < f->n_listening; i++)
		if (f->listening[i].pid == s->pid && f->listening[i].start_ns == s->start_ns &&
		    memcmp(&f->listening[i].endpoint, &s->endpoint, sizeof(s->endpoint)) == 0)
			return false;
	if (f->n_listening == HN_FINDING_LISTENING)
		return false;
	f->listening[f->n_listening++] =
		(struct hn_finding_listener){.endpoint = s->endpoint, .pid = s->pid, .start_ns = s->start_ns};
	e->changed |= 1U << HN_CHANGED_NETWORK;
	e->dirty = true;
	return true;
}

bool hn_contact_same(const struct hn_finding_contact *known, const struct hn_finding_contact *c)
{
	const struct hn_endpoint *a = &known->endpoint, *b = &c->endpoint;

	return known->what == c->what && hn_streq(known->name, c->name) && a->family == b->family &&
	       memcmp(a->address, b->address, sizeof(a->address)) == 0 &&
	       (a->protocol ? a->protocol == b->protocol && a->port == b->port : !a->port || a->port == b->port);
}

void hn_entry_contact(struct hn_entry *e, const struct hn_sighting *s)
{
	struct hn_finding *f = &e->finding;
	struct hn_finding_contact c = {.what = s->contact, .endpoint = s->endpoint, .time = s->time};
	size_t i = 0;

	if (s->unix_name)
		hn_strcpy(c.name, sizeof(c.name), s->unix_name);
	while (i < f->n_contacts && !hn_contact_same(&f->contacts[i], &c))
		i++;
	if (i == HN_FINDING_CONTACTS)
		return;
	if (i == f->n_contacts)
		f->n_contacts++;
	f->contacts[i] = c;
	e->changed |= 1U << HN_CHANGED_NETWORK;
	e->dirty = true;
}

void hn_entry_describe(const struct hn_entry *e, unsigned container, const struct hn_sighting *s,
		       struct hn_finding_process *ret)
{
	const struct hn_finding_process *known = find_process(&e->finding, s->pid, s->start_ns);

	if (known) {
		*ret = *known;
		return;
	}
	*ret = new_row(&e->finding, s);
	ret->container = container;
	ret->uid = s->uid;
	ret->parent = s->parent;
	hn_strcpy(ret->comm, sizeof(ret->comm), s->comm);
	hn_strcpy(ret->exe, sizeof(ret->exe), s->exe);
	if (s->argv)
		ret->argv_len =
			hn_redact_argv(s->argv, s->argv_len, ret->argv, sizeof(ret->argv), &ret->argv_truncated);
}

void hn_entry_forget(struct hn_entry *e, pid_t pid, uint64_t start_ns)
{
	struct hn_finding *f = &e->finding;
	struct hn_finding_process *p = find_process(f, pid, start_ns);

	if (p) {
		*p = f->processes[--f->n_processes];
		e->changed |= 1U << HN_CHANGED_PROCESSES;
	}
	count_not_kept(e);
	for (size_t i = 0; i < f->n_listening;) {
		if (f->listening[i].pid == pid && f->listening[i].start_ns == start_ns) {
			f->listening[i] = f->listening[--f->n_listening];
			e->changed |= 1U << HN_CHANGED_NETWORK;
		} else {
			i++;
		}
	}
	e->dirty = true;
}

bool hn_entry_present(const struct hn_entry *e)
{
	return e->first.ns && !e->gone.ns;
}
