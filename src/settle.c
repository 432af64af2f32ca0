// SPDX-License-Identifier: Apache-2.0
/* What the kubelet says of the entries, what is asked of it, and what is reported. */
#include "agent_self.h"

#define ASKED_MAX 5 /* answers without a container's id before it counts as one that is never listed (a sandbox) */

/* In this run or in a former one. */
static bool ever_listed(const struct hn_agent *a, const char *uid)
{
	return hn_kubelet_ever_listed(a->settings.kubelet, uid) ||
	       (a->settings.listed_before && a->settings.listed_before(uid, a->settings.arg));
}

static void ask_for(struct hn_agent *a, struct hn_entry *e, struct hn_mono now)
{
	struct hn_finding *f = &e->finding;

	if (!f->pod_known) {
		if (e->unmanaged || ever_listed(a, f->pod_uid))
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
		const struct hn_pod *pod = hn_agent_pod_of(a, e);

		if (pod) {
			hn_entry_know(e, pod);
			for (size_t i = 0; i < e->finding.n_containers; i++)
				e->seats[i].asked += !e->finding.containers[i].known;
			e->dirty = true;
		} else if (!ever_listed(a, e->finding.pod_uid)) {
			hn_entry_absent(e, requested, a->settings.grace_ns);
			e->dirty = true;
		}
	}
}

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
static void notice_joined(struct hn_agent *a, struct hn_entry *e, bool change_follows)
{
	for (unsigned i = 0; i < e->finding.n_containers; i++) {
		if (e->seats[i].joined || !e->finding.containers[i].present)
			continue;
		e->seats[i].joined = true;
		hn_agent_notice_container(a, HN_NOTICE_CONTAINER_JOINED, e, i, change_follows);
	}
}

static void settle_entry(struct hn_agent *a, struct hn_entry *e)
{
	struct hn_change changes[HN_ENTRY_CHANGES];
	const struct hn_pod *pod = hn_agent_pod_of(a, e);
	struct hn_mono now = hn_mono_now();
	struct hn_finding *f = &e->finding;
	unsigned n;

	if (pod && !f->pod_known)
		hn_entry_know(e, pod);
	hn_entry_judge(e, a->settings.catalogue, pod);
	hn_entry_cover(e, a->settings.exceptions, a->settings.catalogue, pod, hn_wall_now());
	n = hn_entry_step(e, hn_wall_now(), now, changes);
	notice_joined(a, e, n > 0);
	for (unsigned i = 0; i < n; i++) {
		enum hn_state final = f->state;
		struct hn_wall resolved = f->resolved_at;

		if (changes[i].type == HN_CHANGE_OPENED && final == HN_STATE_RESOLVED) {
			f->state =
				f->exception.name[0] ?
					HN_STATE_EXCEPTED :
					HN_STATE_OPEN; /* it passed while nobody knew what it was: both are told */
			f->resolved_at.ns = 0;
		}
		if (a->settings.on_change)
			a->settings.on_change(&changes[i], a->settings.arg);
		f->state = final;
		f->resolved_at = resolved;
	}
	ask_for(a, e, now);
	if (f->pod_known || e->unmanaged)
		limit_records(a, e);
}

void hn_agent_settle(struct hn_agent *a)
{
	struct hn_entry *e;
	size_t cursor = 0;

	while ((e = hn_map_next(a->entries, &cursor)))
		if (e->dirty)
			settle_entry(a, e);
	a->none_over = false;
}
