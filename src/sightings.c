// SPDX-License-Identifier: Apache-2.0
/* What was seen of a process becomes its row and its entry's. */
#include <string.h>

#include "agent_self.h"

/* A task of a container's cgroup that nobody saw executing the container's program: a member from this age on. */
#define CANDIDATE_AGE_NS (10 * HN_NSEC_PER_SEC)

static struct hn_entry *obtain_entry(struct hn_agent *a, const struct hn_container_ref *ref, enum hn_way way)
{
	char id[HN_FINDING_ID_SIZE];
	struct hn_entry *e;

	hn_entry_id(a->settings.node, ref, way, id);
	e = hn_agent_entry(a, id);
	if (e)
		return e;
	e = a->spare ? TAKE_PTR(a->spare) : hn_entry_blank();
	if (!e)
		return NULL;
	hn_entry_begin(e, id, ref, way);
	e->unheard = !a->sockets_swept.ns;
	return hn_agent_keep(a, e) ? e : NULL;
}

void hn_agent_remove_process(struct hn_agent *a, struct hn_process *p)
{
	struct hn_entry *e = hn_agent_entry(a, p->entry);
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
			hn_agent_want_sweep(a, now.ns);
			if (!p->member)
				a->sockets_due = 0;
		}
		if (!left && !e->empty.ns)
			e->empty = now;
	}
	hn_processes_remove(a->processes, p);
}

/* podman's /libpod_parent/conmon says which program it is, not whose: nobody could be told of. */
static bool is_named(const struct hn_container_ref *ref)
{
	return ref->pod_uid[0] || ref->container_id[0];
}

static struct hn_process *add_process(struct hn_agent *a, const struct hn_sighting *s, enum hn_way way)
{
	struct hn_container_ref ref;
	struct hn_entry *e;
	struct hn_process *p;
	struct hn_seat *seat;

	hn_cgroup_parse(s->cgroup, strlen(s->cgroup), &ref);
	/* A helper's cgroup excuses unarmed tasks; a name that only might be a container's needs a second sign. */
	if (!hn_cgroup_is_container(&ref) || !is_named(&ref) ||
	    (!s->armed && (ref.weak || ref.kind == HN_CGROUP_HELPER || ref.kind == HN_CGROUP_POD)))
		return NULL;
	e = obtain_entry(a, &ref, way);
	p = e ? hn_processes_add(a->processes, s->pid, s->start_ns) : NULL;
	if (!p) {
		a->dropped++;
		a->full = true;
		a->sockets_due = 0;
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
	if (hn_probe_argv(a->settings.probe, s->pid, s->start_ns, buf, size, &s->argv_len, &s->argv_truncated) ==
	    0)
		s->argv = buf;
}

/* How a process that is seen for the first time came to be there. */
static const char *way_in(const struct hn_sighting *s)
{
	switch (s->kind) {
	case HN_SIGHTING_ENTERED:
		return "it switched its network namespace";
	case HN_SIGHTING_PRESENT:
	case HN_SIGHTING_CANDIDATE:
		return "a sweep found it in the host network";
	case HN_SIGHTING_SOCKET:
		return "a sweep found a socket of the host network with it";
	case HN_SIGHTING_LISTEN:
	case HN_SIGHTING_CONNECT:
	case HN_SIGHTING_ABSTRACT:
		return s->in_host_netns ? "seen when it used a socket" :
					  "seen when it used a socket of the host network";
	case HN_SIGHTING_EXEC:
	case HN_SIGHTING_LEFT:
	case HN_SIGHTING_EXIT:
	case HN_SIGHTING_REFUSED:
	case HN_SIGHTING_KIND_MAX:
		break;
	}
	return "";
}

static void tell_seen(struct hn_agent *a, struct hn_entry *e, struct hn_process *p, const struct hn_sighting *s,
		      bool fresh)
{
	bool back = s->kind == HN_SIGHTING_ENTERED && p->left;

	if (fresh && s->kind == HN_SIGHTING_EXEC)
		hn_agent_tell_new(a, HN_HAPPENING_EXEC, e, p->container, s, "");
	else if (fresh)
		hn_agent_tell_new(a, HN_HAPPENING_ENTERED, e, p->container, s, way_in(s));
	else if (s->kind == HN_SIGHTING_EXEC)
		hn_agent_tell(a, HN_HAPPENING_EXEC, e, p->container, s, "");
	else if (back)
		hn_agent_tell(a, HN_HAPPENING_ENTERED, e, p->container, s, way_in(s));
	if (back)
		p->left = false;
}

static void give_clue(const struct hn_agent *a, const struct hn_entry *e, const struct hn_clue *clue)
{
	if (a->settings.on_clue)
		a->settings.on_clue(&e->finding, clue, a->settings.arg);
}

static void see(struct hn_agent *a, const struct hn_sighting *seen, enum hn_way way)
{
	struct hn_process *p = hn_processes_find(a->processes, seen->pid, seen->start_ns);
	struct hn_sighting s = *seen;
	char argv[2048];
	struct hn_entry *e;
	bool fresh = false;

	if (p && way == HN_WAY_NAMESPACE && !p->member && !s.brief) {
		hn_agent_remove_process(a, p); /* it borrowed a socket, now it has come itself */
		p = NULL;
	}
	if (!p) {
		if (s.brief)
			return;
		p = add_process(a, &s, way);
		if (!p)
			return;
		fresh = true;
		hn_agent_want_holds(a, s.mono);
		read_argv(a, &s, argv, sizeof(argv));
	}
	if (s.kind == HN_SIGHTING_PRESENT || s.kind == HN_SIGHTING_CANDIDATE || s.kind == HN_SIGHTING_SOCKET) {
		if (p->sweep != a->generation || fresh)
			p->threads = p->member;
		else if (s.kind == HN_SIGHTING_PRESENT)
			p->threads++;
		p->sweep = a->generation;
	}
	e = hn_agent_entry(a, p->entry);
	if (hn_entry_see(e, p->container, &s, a->settings.catalogue, hn_agent_pod_of(a, e)))
		give_clue(a, e,
			  &(struct hn_clue){.kind = HN_CLUE_PROGRAM,
					    .pid = s.pid,
					    .container = e->finding.containers[p->container].id,
					    .name = s.exe,
					    .argv = s.argv ? s.argv : "",
					    .argv_len = s.argv_len});
	tell_seen(a, e, p, &s, fresh);
	if ((s.kind == HN_SIGHTING_LISTEN || s.kind == HN_SIGHTING_SOCKET) && s.endpoint.port) {
		if (hn_entry_listen(e, &s))
			hn_agent_tell(a, HN_HAPPENING_LISTENING, e, p->container, &s, "");
		give_clue(a, e,
			  &(struct hn_clue){.kind = HN_CLUE_PORT,
					    .pid = s.pid,
					    .container = "",
					    .name = "",
					    .argv = "",
					    .number = s.endpoint.port});
	}
	if (s.contact != HN_CONTACT_NONE) {
		hn_entry_contact(e, &s);
		hn_agent_tell(a, HN_HAPPENING_CONTACT, e, p->container, &s, s.unix_name ? s.unix_name : "");
	}
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
	hn_agent_want_sweep(a, ripe);
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
	pod = hn_agent_pod_of(a, e);
	if (pod)
		hn_entry_know(e, pod);
	hn_entry_judge(e, a->settings.catalogue, pod);
	notice.finding = &e->finding;
	notice.container = &e->finding.containers[container];
	a->settings.on_notice(&notice, a->settings.arg);
}

static void tell_end(struct hn_agent *a, struct hn_process *p, const struct hn_sighting *s)
{
	struct hn_entry *e = hn_agent_entry(a, p->entry);
	bool ended = s->kind == HN_SIGHTING_EXIT;

	if (!e || (!ended && p->left))
		return;
	hn_agent_tell(a, ended ? HN_HAPPENING_EXITED : HN_HAPPENING_LEFT, e, p->container, s, "");
	p->left = true;
}

void hn_agent_on_sighting(const struct hn_sighting *sighting, void *arg)
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
	case HN_SIGHTING_ABSTRACT:
		/* Unix sockets make nobody a borrower: a client's netns comes with them. */
		p = hn_processes_find(a->processes, s.pid, s.start_ns);
		if (p || s.in_host_netns)
			see(a, &s, p && !p->member ? HN_WAY_SOCKET : HN_WAY_NAMESPACE);
		break;
	case HN_SIGHTING_LEFT:
		p = hn_processes_find(a->processes, s.pid, s.start_ns);
		if (p)
			tell_end(a, p, &s);
		/* Other threads may still be there, and sockets may stay open. */
		hn_agent_want_sweep(a, s.mono.ns);
		a->sockets_due = 0;
		break;
	case HN_SIGHTING_EXIT:
		p = hn_processes_find(a->processes, s.pid, s.start_ns);
		if (p && s.process_ended) {
			tell_end(a, p, &s);
			hn_agent_remove_process(a, p);
		} else if (p) {
			hn_agent_want_sweep(a, s.mono.ns);
		}
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
	return hn_probe_drain(a->settings.probe, budget, hn_agent_on_sighting, a);
}
