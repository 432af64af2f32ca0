// SPDX-License-Identifier: Apache-2.0
#include "hostnetd/agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/log.h"
#include "hostnetd/map.h"
#include "hostnetd/process.h"

#define ENTRIES_MAX 8192
#define PROCESSES_MAX 262144
/* A task of a container's cgroup that nobody saw executing the container's program: a member from this age on. */
#define CANDIDATE_AGE_NS (10 * HN_NSEC_PER_SEC)
#define SWEEP_PAUSE_NS HN_NSEC_PER_SEC     /* between two sweeps that somebody asked for */
#define FORGET_NS (10 * 60 * HN_NSEC_PER_SEC) /* what comes back within reopens */
#define CHECK_NS HN_NSEC_PER_SEC
#define ASKED_MAX 5 /* answers without a container's id before it counts as one that is never listed (a sandbox) */
#define NEVER INT64_MAX

struct hn_agent {
	struct hn_agent_settings settings;
	struct hn_map *entries; /* by finding id */
	struct hn_processes *processes;
	uint64_t generation;          /* of the last sweep */
	struct hn_mono swept;         /* when the last sweep began */
	struct hn_mono sockets_swept;
	int64_t sweep_due, sockets_due, absent_due, check_due;
	size_t candidates;
	uint64_t lost, dropped;
};

struct hn_agent *hn_agent_new(const struct hn_agent_settings *settings)
{
	_cleanup_(hn_agent_cleanup) struct hn_agent *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->settings = *settings;
	a->entries = hn_map_new(ENTRIES_MAX);
	a->processes = hn_processes_new(PROCESSES_MAX);
	a->sweep_due = a->sockets_due = a->absent_due = NEVER;
	if (!a->entries || !a->processes)
		return NULL;
	return TAKE_PTR(a);
}

void hn_agent_free(struct hn_agent *a)
{
	struct hn_entry *e;
	size_t cursor = 0;

	if (!a)
		return;
	while (a->entries && (e = hn_map_next(a->entries, &cursor)))
		hn_entry_free(e);
	hn_map_free(a->entries);
	hn_processes_free(a->processes);
	free(a);
}

static void want_sweep(struct hn_agent *a, int64_t at)
{
	int64_t earliest = a->swept.ns + SWEEP_PAUSE_NS;

	if (at < earliest)
		at = earliest;
	if (at < a->sweep_due)
		a->sweep_due = at;
}

/* --- entries ------------------------------------------------------------------------------------------------------ */

static const struct hn_pod *pod_of(const struct hn_agent *a, const struct hn_entry *e)
{
	const struct hn_podlist *pods = hn_kubelet_pods(a->settings.kubelet);

	if (!pods)
		return NULL;
	if (e->finding.pod_uid[0])
		return hn_podlist_find(pods, e->finding.pod_uid);
	/* A CRI form without a pod in its path: the kubelet's statuses may have the id. */
	if (e->ref.kind == HN_CGROUP_SANDBOX_OR_CONTAINER && e->ref.container_id[0])
		for (size_t i = 0; i < hn_podlist_count(pods); i++)
			if (hn_pod_container(hn_podlist_at(pods, i), e->ref.container_id))
				return hn_podlist_at(pods, i);
	return NULL;
}

static struct hn_entry *entry_of_id(const struct hn_agent *a, const char *id)
{
	return hn_map_get(a->entries, id, HN_FINDING_ID_SIZE - 1);
}

static struct hn_entry *obtain_entry(struct hn_agent *a, const struct hn_container_ref *ref, enum hn_way way)
{
	struct hn_entry *e = hn_entry_new(a->settings.node, ref, way), *known;

	if (!e)
		return NULL;
	known = entry_of_id(a, e->finding.id);
	if (known) {
		hn_entry_free(e);
		return known;
	}
	if (hn_map_put(a->entries, e->finding.id, HN_FINDING_ID_SIZE - 1, e) < 0) {
		hn_entry_free(e);
		return NULL;
	}
	return e;
}

static void notice_container(struct hn_agent *a, enum hn_notice_type type, struct hn_entry *e, unsigned container)
{
	struct hn_notice notice = {.type = type,
				   .time = hn_wall_now(),
				   .text = "",
				   .finding = &e->finding,
				   .container = &e->finding.containers[container]};

	if (a->settings.on_notice)
		a->settings.on_notice(&notice, a->settings.arg);
}

/* --- processes ---------------------------------------------------------------------------------------------------- */

static void remove_process(struct hn_agent *a, struct hn_process *p)
{
	struct hn_entry *e = entry_of_id(a, p->entry);
	struct hn_mono now = hn_mono_now();
	unsigned left = 0;

	if (e) {
		struct hn_seat *seat = &e->seats[p->container];

		if (seat->processes)
			seat->processes--;
		hn_entry_forget(e, p->pid, p->start_ns);
		for (size_t i = 0; i < e->finding.n_containers; i++)
			left += e->seats[i].processes;
		/* A child that never called exec may live on, unknown: a sweep decides. */
		if (!seat->processes) {
			want_sweep(a, now.ns);
			if (!p->member)
				a->sockets_due = 0;
		}
		if (!left && !e->empty.ns)
			e->empty = now;
	}
	hn_processes_remove(a->processes, p);
}

static struct hn_process *add_process(struct hn_agent *a, const struct hn_sighting *s, enum hn_way way)
{
	struct hn_container_ref ref;
	struct hn_entry *e;
	struct hn_process *p;
	struct hn_seat *seat;

	hn_cgroup_parse(s->cgroup, strlen(s->cgroup), &ref);
	/* A helper's cgroup excuses unarmed tasks; a name that only might be a container's needs a second sign. */
	if (!hn_cgroup_is_container(&ref) ||
	    (!s->armed && (ref.weak || ref.kind == HN_CGROUP_HELPER || ref.kind == HN_CGROUP_POD)))
		return NULL;
	e = obtain_entry(a, &ref, way);
	p = e ? hn_processes_add(a->processes, s->pid, s->start_ns) : NULL;
	if (!p) {
		a->dropped++;
		return NULL;
	}
	memcpy(p->entry, e->finding.id, sizeof(p->entry));
	p->member = way == HN_WAY_NAMESPACE;
	p->container = hn_entry_container(e, &ref, s->mono);
	p->threads = p->member;
	p->sweep = a->generation;
	seat = &e->seats[p->container];
	seat->processes++;
	e->empty.ns = e->gone.ns = 0;
	e->dirty = true;
	e->finding.containers[p->container].present = true;
	return p;
}

/* What it runs, where the sighting is not of an exec: read once, for a process that is new. */
static void read_argv(struct hn_agent *a, struct hn_sighting *s, char *buf, size_t size)
{
	if (s->argv || s->brief)
		return;
	if (hn_probe_argv(a->settings.probe, s->pid, s->start_ns, buf, size, &s->argv_len, &s->argv_truncated) == 0)
		s->argv = buf;
}

static void see(struct hn_agent *a, const struct hn_sighting *seen, enum hn_way way)
{
	struct hn_process *p = hn_processes_find(a->processes, seen->pid, seen->start_ns);
	struct hn_sighting s = *seen;
	char argv[2048];
	struct hn_entry *e;
	bool fresh = false;

	if (p && way == HN_WAY_NAMESPACE && !p->member && !s.brief) {
		remove_process(a, p); /* it borrowed a socket, now it has come itself */
		p = NULL;
	}
	if (!p) {
		if (s.brief)
			return;
		p = add_process(a, &s, way);
		if (!p)
			return;
		fresh = true;
		read_argv(a, &s, argv, sizeof(argv));
	}
	if (s.kind == HN_SIGHTING_PRESENT || s.kind == HN_SIGHTING_CANDIDATE || s.kind == HN_SIGHTING_SOCKET) {
		if (p->sweep != a->generation || fresh)
			p->threads = p->member;
		else if (s.kind == HN_SIGHTING_PRESENT)
			p->threads++;
		p->sweep = a->generation;
	}
	e = entry_of_id(a, p->entry);
	hn_entry_see(e, p->container, &s, a->settings.catalogue, pod_of(a, e));
	if ((s.kind == HN_SIGHTING_LISTEN || s.kind == HN_SIGHTING_SOCKET) && s.endpoint.port)
		hn_entry_listen(e, &s);
	if (s.contact != HN_CONTACT_NONE)
		hn_entry_contact(e, &s);
}

static void see_candidate(struct hn_agent *a, const struct hn_sighting *s)
{
	struct hn_container_ref ref;
	/* A process of the host may be old and come in for a moment. */
	uint64_t since = s->entered_ns > s->start_ns ? s->entered_ns : s->start_ns;
	int64_t ripe = (int64_t)since + CANDIDATE_AGE_NS;

	if (s->mono.ns >= ripe) {
		see(a, s, HN_WAY_NAMESPACE);
		return;
	}
	hn_cgroup_parse(s->cgroup, strlen(s->cgroup), &ref);
	if ((ref.kind != HN_CGROUP_CONTAINER && ref.kind != HN_CGROUP_SANDBOX_OR_CONTAINER) || ref.weak)
		return;
	a->candidates++;
	want_sweep(a, ripe);
}

/* An attempt is news even where no finding follows. The entry only lends its words to the notice. */
static void see_refusal(struct hn_agent *a, const struct hn_sighting *s)
{
	_cleanup_(hn_entry_cleanup) struct hn_entry *e = NULL;
	struct hn_notice notice = {.type = HN_NOTICE_ATTEMPT_REFUSED, .time = s->time, .text = "", .attempt = s};
	struct hn_container_ref ref;
	const struct hn_pod *pod;
	unsigned container;

	hn_cgroup_parse(s->cgroup, strlen(s->cgroup), &ref);
	if (!hn_cgroup_is_container(&ref) || !a->settings.on_notice)
		return;
	e = hn_entry_new(a->settings.node, &ref, HN_WAY_NAMESPACE);
	if (!e)
		return;
	container = hn_entry_container(e, &ref, s->mono);
	pod = pod_of(a, e);
	if (pod)
		hn_entry_know(e, pod);
	hn_entry_judge(e, a->settings.catalogue, pod);
	notice.finding = &e->finding;
	notice.container = &e->finding.containers[container];
	a->settings.on_notice(&notice, a->settings.arg);
}

static void on_sighting(const struct hn_sighting *sighting, void *arg)
{
	struct hn_agent *a = arg;
	struct hn_sighting s = *sighting;
	struct hn_process *p;

	if (!s.mono.ns) { /* a recording has no clock */
		s.mono = hn_mono_now();
		s.time = hn_wall_now();
	}
	switch (s.kind) {
	case HN_SIGHTING_EXEC:
	case HN_SIGHTING_ENTERED:
	case HN_SIGHTING_PRESENT:
		see(a, &s, HN_WAY_NAMESPACE);
		break;
	case HN_SIGHTING_CANDIDATE:
		see_candidate(a, &s);
		break;
	case HN_SIGHTING_LISTEN:
	case HN_SIGHTING_SOCKET:
	case HN_SIGHTING_CONNECT:
		p = hn_processes_find(a->processes, s.pid, s.start_ns);
		see(a, &s, s.in_host_netns || (p && p->member) ? HN_WAY_NAMESPACE : HN_WAY_SOCKET);
		break;
	case HN_SIGHTING_LEFT:
		/* Other threads may still be there, and sockets may stay open. */
		want_sweep(a, s.mono.ns);
		a->sockets_due = 0;
		break;
	case HN_SIGHTING_EXIT:
		p = hn_processes_find(a->processes, s.pid, s.start_ns);
		if (p && s.process_ended)
			remove_process(a, p);
		else if (p)
			want_sweep(a, s.mono.ns);
		break;
	case HN_SIGHTING_REFUSED:
		see_refusal(a, &s);
		break;
	case HN_SIGHTING_KIND_MAX:
		break;
	}
}

int hn_agent_drain(struct hn_agent *a, unsigned budget)
{
	return hn_probe_drain(a->settings.probe, budget, on_sighting, a);
}

/* --- sweeps ------------------------------------------------------------------------------------------------------- */

/* Takes out the processes that the sweep did not meet: `member` those of the netns, else the borrowers. A process that
 * an event brought while the sweep ran carries its generation. */
static void take_out_unseen(struct hn_agent *a, bool member)
{
	struct hn_process *p;
	size_t cursor = 0;

	while ((p = hn_processes_next(a->processes, &cursor)))
		if (p->member == member && p->sweep != a->generation)
			remove_process(a, p);
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

/* Containers without a process have left, now that a sweep has looked. */
static void take_out_empty(struct hn_agent *a, struct hn_mono began)
{
	struct hn_entry *e;
	size_t cursor = 0;

	while ((e = hn_map_next(a->entries, &cursor))) {
		for (unsigned i = 0; i < e->finding.n_containers; i++) {
			struct hn_seat *seat = &e->seats[i];

			if (seat->processes || !e->finding.containers[i].present)
				continue;
			e->finding.containers[i].present = false;
			e->changed |= 1U << HN_CHANGED_CONTAINERS;
			e->dirty = true;
			if (seat->joined)
				notice_container(a, HN_NOTICE_CONTAINER_LEFT, e, i);
			seat->joined = false;
		}
		if (e->empty.ns && e->empty.ns <= began.ns && !e->gone.ns) {
			e->gone = e->empty;
			e->dirty = true;
		}
	}
}

static int sweep_sockets(struct hn_agent *a, struct hn_mono now, struct hn_reason *reason)
{
	int r = hn_probe_sweep_sockets(a->settings.probe, on_sighting, a, reason);

	if (r == 0)
		take_out_unseen(a, false);
	a->sockets_swept = now;
	a->sockets_due = a->settings.socket_interval_ns ? now.ns + a->settings.socket_interval_ns : NEVER;
	return r == -EOPNOTSUPP ? 0 : r;
}

int hn_agent_sweep(struct hn_agent *a, struct hn_reason *reason)
{
	struct hn_mono began = hn_mono_now();
	int r;

	a->swept = began;
	a->sweep_due = a->settings.sweep_interval_ns ? began.ns + a->settings.sweep_interval_ns : NEVER;
	a->generation++;
	a->candidates = 0;
	r = hn_probe_sweep(a->settings.probe, on_sighting, a, reason);
	if (r < 0)
		return r;
	take_out_unseen(a, true);
	if (a->sockets_due <= began.ns || a->sockets_swept.ns == 0)
		r = sweep_sockets(a, began, reason);
	settle_threads(a);
	take_out_empty(a, hn_mono_now());
	return r;
}

/* --- the kubelet -------------------------------------------------------------------------------------------------- */

static void ask_for(struct hn_agent *a, struct hn_entry *e, struct hn_mono now)
{
	struct hn_finding *f = &e->finding;

	if (!f->pod_known) {
		if (e->unmanaged || hn_kubelet_ever_listed(a->settings.kubelet, f->pod_uid))
			return;
		if (!e->absent.ns || now.ns >= e->absent.ns + a->settings.grace_ns)
			hn_kubelet_want(a->settings.kubelet, HN_KUBELET_NOW);
		else if (e->absent.ns + a->settings.grace_ns < a->absent_due)
			a->absent_due = e->absent.ns + a->settings.grace_ns;
		return;
	}
	for (size_t i = 0; i < f->n_containers; i++)
		if (!f->containers[i].known && f->containers[i].id[0] && e->seats[i].asked < ASKED_MAX) {
			hn_kubelet_want(a->settings.kubelet, HN_KUBELET_SOON);
			return;
		}
}

void hn_agent_answered(struct hn_agent *a)
{
	struct hn_mono requested = hn_kubelet_requested(a->settings.kubelet);
	bool ok = hn_kubelet_state(a->settings.kubelet) == HN_KUBELET_OK;
	struct hn_entry *e;
	size_t cursor = 0;

	if (!ok)
		return;
	while ((e = hn_map_next(a->entries, &cursor))) {
		const struct hn_pod *pod = pod_of(a, e);

		if (pod) {
			hn_entry_know(e, pod);
			for (size_t i = 0; i < e->finding.n_containers; i++)
				e->seats[i].asked += !e->finding.containers[i].known;
			e->dirty = true;
		} else if (!hn_kubelet_ever_listed(a->settings.kubelet, e->finding.pod_uid)) {
			hn_entry_absent(e, requested, a->settings.grace_ns);
			e->dirty = true;
		}
	}
}

/* --- what follows ------------------------------------------------------------------------------------------------- */

/* Its cgroups have told what is needed. */
static void limit_records(struct hn_agent *a, struct hn_entry *e)
{
	for (size_t i = 0; i < e->finding.n_containers; i++) {
		struct hn_seat *seat = &e->seats[i];

		if (seat->limited || !seat->cgroup_id)
			continue;
		hn_probe_limit(a->settings.probe, seat->cgroup_id, seat->cgroup_v2);
		seat->limited = true;
	}
}

/* Only now is said what it is. One that came and went since is reported all the same. */
static void notice_joined(struct hn_agent *a, struct hn_entry *e)
{
	for (unsigned i = 0; i < e->finding.n_containers; i++) {
		if (e->seats[i].joined || !e->finding.containers[i].present)
			continue;
		e->seats[i].joined = true;
		notice_container(a, HN_NOTICE_CONTAINER_JOINED, e, i);
	}
}

static void settle_entry(struct hn_agent *a, struct hn_entry *e)
{
	struct hn_change changes[HN_ENTRY_CHANGES];
	const struct hn_pod *pod = pod_of(a, e);
	struct hn_mono now = hn_mono_now();
	struct hn_finding *f = &e->finding;
	unsigned n;

	if (pod && !f->pod_known)
		hn_entry_know(e, pod);
	hn_entry_judge(e, a->settings.catalogue, pod);
	notice_joined(a, e);
	n = hn_entry_step(e, hn_wall_now(), now, changes);
	for (unsigned i = 0; i < n; i++) {
		enum hn_state final = f->state;
		struct hn_wall resolved = f->resolved_at;

		if (changes[i].type == HN_CHANGE_OPENED && final != HN_STATE_OPEN) {
			f->state = HN_STATE_OPEN; /* it passed while nobody knew what it was: both are told */
			f->resolved_at.ns = 0;
		}
		if (a->settings.on_change)
			a->settings.on_change(&changes[i], a->settings.arg);
		f->state = final;
		f->resolved_at = resolved;
	}
	ask_for(a, e, now);
	if (f->state == HN_STATE_OPEN && (f->pod_known || e->unmanaged))
		limit_records(a, e);
}

void hn_agent_settle(struct hn_agent *a)
{
	struct hn_entry *e;
	size_t cursor = 0;

	while ((e = hn_map_next(a->entries, &cursor)))
		if (e->dirty)
			settle_entry(a, e);
}

static void forget_old(struct hn_agent *a, struct hn_mono now)
{
	struct hn_entry *e;
	size_t cursor = 0;

	while ((e = hn_map_next(a->entries, &cursor)))
		if (e->gone.ns && now.ns - e->gone.ns > FORGET_NS) {
			hn_map_take(a->entries, e->finding.id, HN_FINDING_ID_SIZE - 1);
			hn_entry_free(e);
		}
}

/* Records that were lost or held back: a sweep repairs the state. */
static void check_losses(struct hn_agent *a, struct hn_mono now)
{
	struct hn_probe_stats stats;
	bool held_back = hn_probe_held_back(a->settings.probe);

	hn_probe_stats(a->settings.probe, &stats);
	if (stats.lost != a->lost) {
		struct hn_notice notice = {.type = HN_NOTICE_AGENT_LOST,
					   .time = hn_wall_now(),
					   .text = "the ring buffer was full; a sweep follows",
					   .count = stats.lost - a->lost};

		a->lost = stats.lost;
		if (a->settings.on_notice)
			a->settings.on_notice(&notice, a->settings.arg);
		want_sweep(a, now.ns);
		a->sockets_due = 0;
	}
	if (held_back)
		want_sweep(a, now.ns);
}

int64_t hn_agent_tick(struct hn_agent *a)
{
	struct hn_mono now = hn_mono_now();
	struct hn_reason reason;
	int64_t next;

	if (now.ns >= a->check_due) {
		a->check_due = now.ns + CHECK_NS;
		check_losses(a, now);
		forget_old(a, now);
	}
	if (now.ns >= a->absent_due) {
		a->absent_due = NEVER;
		hn_kubelet_want(a->settings.kubelet, HN_KUBELET_NOW);
	}
	if (now.ns >= a->sweep_due) {
		if (hn_agent_sweep(a, &reason) < 0) {
			hn_warning("a sweep failed (%s): what started while no hook was on may be missing; trying again",
				   reason.text);
			want_sweep(a, now.ns + SWEEP_PAUSE_NS);
		}
	}
	hn_agent_settle(a);
	next = a->sweep_due < a->absent_due ? a->sweep_due : a->absent_due;
	if (a->check_due < next)
		next = a->check_due;
	now = hn_mono_now();
	return next > now.ns ? next - now.ns : 0;
}

const struct hn_entry *hn_agent_next(const struct hn_agent *a, size_t *cursor)
{
	return hn_map_next(a->entries, cursor);
}

size_t hn_agent_candidates(const struct hn_agent *a)
{
	return a->candidates;
}

bool hn_agent_waits(const struct hn_agent *a)
{
	const struct hn_entry *e;
	size_t cursor = 0;

	while ((e = hn_agent_next(a, &cursor))) {
		if (!hn_entry_present(e))
			continue;
		if (!e->finding.pod_known && !e->unmanaged)
			return true;
	}
	return false;
}

uint64_t hn_agent_dropped(const struct hn_agent *a)
{
	return a->dropped;
}
