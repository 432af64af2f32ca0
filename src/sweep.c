// SPDX-License-Identifier: Apache-2.0
/* A look at everything, and what follows from what it did not meet. */
#include <errno.h>

#include "agent_self.h"

/* Its last moment was not seen: lost, or of a kind that no hook sees. */
static void tell_unseen(struct hn_agent *a, const struct hn_process *p)
{
	struct hn_sighting s = {.time = hn_wall_now(),
				.mono = hn_mono_now(),
				.pid = p->pid,
				.start_ns = p->start_ns,
				.comm = "",
				.exe = ""};
	struct hn_entry *e = hn_agent_entry(a, p->entry);

	if (e && !p->left)
		hn_agent_tell(a, HN_HAPPENING_LEFT, e, p->container, &s, "a sweep did not meet it any more");
}

/* Takes out the processes that the sweep did not meet: `member` those of the netns, else the borrowers. A process that
 * an event brought while the sweep ran carries its generation. */
static void take_out_unseen(struct hn_agent *a, bool member)
{
	struct hn_process *p;
	size_t cursor = 0;

	while ((p = hn_processes_next(a->processes, &cursor)))
		if (p->member == member && p->sweep != a->generation) {
			tell_unseen(a, p);
			hn_agent_remove_process(a, p);
			/* Nobody saw it end or go home: it may be alive, and have kept a socket. */
			if (member)
				a->sockets_due = 0;
		}
}

static void settle_threads(struct hn_agent *a)
{
	struct hn_entry *e;
	size_t cursor = 0;

	while ((e = hn_map_next(a->entries, &cursor)))
		for (size_t i = 0; i < e->finding.n_processes; i++) {
			struct hn_finding_process *row = &e->finding.processes[i];
			struct hn_process *p = hn_processes_find(a->processes, row->pid, row->start_ns);

			if (p)
				row->threads = p->threads;
		}
}

/* Containers without a process have left, now that a sweep has looked at what they shared by. */
static void take_out_empty(struct hn_agent *a, enum hn_way way, struct hn_mono looked)
{
	struct hn_entry *e;
	size_t cursor = 0;

	while ((e = hn_map_next(a->entries, &cursor))) {
		if (e->finding.way != way)
			continue;
		for (unsigned i = 0; i < e->finding.n_containers; i++) {
			struct hn_seat *seat = &e->seats[i];

			if (seat->processes || !e->finding.containers[i].present)
				continue;
			e->finding.containers[i].present = false;
			e->changed |= 1U << HN_CHANGED_CONTAINERS;
			e->dirty = true;
			if (seat->joined)
				hn_agent_notice_container(a, HN_NOTICE_CONTAINER_LEFT, e, i, false);
			seat->joined = false;
		}
		if (e->empty.ns && e->empty.ns <= looked.ns && !e->gone.ns) {
			e->gone = e->empty;
			e->dirty = true;
		}
	}
}

/* What listened before the agent began is known from now on. */
static void hear_all(struct hn_agent *a)
{
	struct hn_entry *e;
	size_t cursor = 0;

	while ((e = hn_map_next(a->entries, &cursor))) {
		e->dirty |= e->unheard;
		e->unheard = false;
	}
}

static int sweep_sockets(struct hn_agent *a, struct hn_mono now, struct hn_reason *reason)
{
	int r = hn_probe_sweep_sockets(a->settings.probe, hn_agent_on_sighting, a, reason);

	a->sockets_unseen = r < 0;
	if (r < 0 && r != -EOPNOTSUPP)
		return r; /* still due: the next sweep tries again */
	if (r == 0) {
		take_out_unseen(a, false);
		take_out_empty(a, HN_WAY_SOCKET, hn_mono_now());
	}
	hn_agent_look_at_all(a);
	hear_all(a);
	a->sockets_swept = now;
	a->sockets_due = a->settings.socket_interval_ns ? now.ns + a->settings.socket_interval_ns : HN_AGENT_NEVER;
	return 0;
}

static int look(struct hn_agent *a, struct hn_mono began, struct hn_reason *reason)
{
	uint64_t dropped = a->dropped;
	int r;

	a->swept = began;
	a->sweep_due = a->settings.sweep_interval_ns ? began.ns + a->settings.sweep_interval_ns : HN_AGENT_NEVER;
	a->generation++;
	a->candidates = 0;
	r = hn_probe_sweep(a->settings.probe, hn_agent_on_sighting, a, reason);
	if (r < 0)
		return r;
	take_out_unseen(a, true);
	if (a->sockets_due <= began.ns || a->sockets_swept.ns == 0)
		r = sweep_sockets(a, began, reason);
	settle_threads(a);
	take_out_empty(a, HN_WAY_NAMESPACE, hn_mono_now());
	if (a->dropped != dropped)
		a->sockets_due = 0;
	else if (r == 0 && a->sockets_swept.ns == began.ns)
		a->full = false;
	return r;
}

int hn_agent_sweep(struct hn_agent *a, struct hn_reason *reason)
{
	struct hn_mono began = hn_mono_now();
	int r = look(a, began, reason);

	a->sweeps.fails = r < 0;
	if (r < 0) {
		a->sweeps.failed++;
		return r;
	}
	a->sweeps.done++;
	a->sweeps.last_ns = hn_mono_now().ns - began.ns;
	a->sweeps.sum_ns += a->sweeps.last_ns;
	a->sweeps.at = hn_wall_now();
	return r;
}
