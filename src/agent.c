// SPDX-License-Identifier: Apache-2.0
/* The agent's life and its clock. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "hostnetd/log.h"

#include "agent_self.h"

#define ROWS_BYTES (16UL << 20) /* some 12,000 rows, of processes mostly, besides the first of each finding */
#define PROCESSES_MAX 262144
/* Of the 128 MiB that deploy/ grants: whoever starts containers without end must not end us, nor keep us from starting again with
 * what the history has of them. */
#define FULL_BYTES (96UL << 20)
static_assert(HN_FINDINGS_MAX * (sizeof(struct hn_entry) + sizeof(struct hn_finding)) + ROWS_BYTES <= FULL_BYTES,
	      "a crowd does not end the agent");
#define FORGET_NS (10 * 60 * HN_NSEC_PER_SEC)  /* a finding that comes back within reopens */
#define FORGET_OTHER_NS (60 * HN_NSEC_PER_SEC) /* time for the kubelet to say that it was AI */
#define CHECK_NS HN_NSEC_PER_SEC
#define EXCEPTIONS_NS (60 * HN_NSEC_PER_SEC)

struct hn_agent *hn_agent_new(const struct hn_agent_settings *settings)
{
	_cleanup_(hn_agent_cleanup) struct hn_agent *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->settings = *settings;
	a->entries = hn_map_new(HN_FINDINGS_MAX);
	a->processes = hn_processes_new(PROCESSES_MAX);
	a->room.most = ROWS_BYTES;
	a->sweep_due = a->sockets_due = a->absent_due = a->holds_due = HN_AGENT_NEVER;
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
	hn_entry_free(a->spare);
	hn_processes_free(a->processes);
	free(a);
}

void hn_agent_want_sweep(struct hn_agent *a, int64_t at)
{
	int64_t earliest = a->swept.ns + HN_AGENT_SWEEP_PAUSE_NS;

	if (at < earliest)
		at = earliest;
	if (at < a->sweep_due)
		a->sweep_due = at;
}

const struct hn_pod *hn_agent_pod_of(const struct hn_agent *a, const struct hn_entry *e)
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

struct hn_entry *hn_agent_entry(const struct hn_agent *a, const char *id)
{
	return hn_map_get(a->entries, id, HN_FINDING_ID_SIZE - 1);
}

void hn_agent_notice_container(struct hn_agent *a, enum hn_notice_type type, struct hn_entry *e,
			       unsigned container, bool change_follows)
{
	struct hn_notice notice = {.type = type,
				   .time = hn_wall_now(),
				   .text = "",
				   .finding = &e->finding,
				   .container = &e->finding.containers[container],
				   .change_follows = change_follows};

	if (a->settings.on_notice)
		a->settings.on_notice(&notice, a->settings.arg);
}

void hn_agent_use_catalogue(struct hn_agent *a, const struct hn_catalogue *catalogue)
{
	struct hn_entry *e;
	size_t cursor = 0;

	a->settings.catalogue = catalogue;
	while ((e = hn_map_next(a->entries, &cursor)))
		hn_entry_relearn(e, catalogue, hn_agent_pod_of(a, e));
	hn_agent_want_holds(a, hn_mono_now());
}

static void forget(struct hn_agent *a, struct hn_entry *e)
{
	hn_map_take(a->entries, e->finding.id, HN_FINDING_ID_SIZE - 1);
	hn_entry_free(e);
}

/* Over, and told: nothing is lost but that it would be the same finding if it came back. A crowd without a place does not have
 * the whole table searched for each of its processes. */
static struct hn_entry *longest_over(struct hn_agent *a)
{
	struct hn_entry *e, *oldest = NULL;
	size_t cursor = 0;

	while (!a->none_over && (e = hn_map_next(a->entries, &cursor)))
		if (e->gone.ns && !e->dirty && (!oldest || e->gone.ns < oldest->gone.ns))
			oldest = e;
	a->none_over = !oldest;
	return oldest;
}

bool hn_agent_keep(struct hn_agent *a, struct hn_entry *e)
{
	struct hn_entry *over;
	int r = hn_map_put(a->entries, e->finding.id, HN_FINDING_ID_SIZE - 1, e);

	if (r == -ENOSPC && (over = longest_over(a))) {
		forget(a, over);
		r = hn_map_put(a->entries, e->finding.id, HN_FINDING_ID_SIZE - 1, e);
	}
	if (r == 0)
		e->room = &a->room;
	else
		hn_entry_free(e);
	return r == 0;
}

static void forget_old(struct hn_agent *a, struct hn_mono now)
{
	struct hn_entry *e;
	size_t cursor = 0;

	while ((e = hn_map_next(a->entries, &cursor))) {
		int64_t keep = e->finding.state == HN_STATE_RESOLVED ? FORGET_NS : FORGET_OTHER_NS;

		if (!e->gone.ns || now.ns - e->gone.ns <= keep)
			continue;
		forget(a, e);
	}
}

static void notice_lost(struct hn_agent *a, const char *text, uint64_t count)
{
	struct hn_notice notice = {
		.type = HN_NOTICE_AGENT_LOST, .time = hn_wall_now(), .text = text, .count = count};

	if (a->settings.on_notice)
		a->settings.on_notice(&notice, a->settings.arg);
}

/* Records that were lost or held back, tasks that could not be marked: a sweep repairs the state. */
static void check_losses(struct hn_agent *a, struct hn_mono now)
{
	struct hn_probe_stats stats;
	bool repair = hn_probe_held_back(a->settings.probe);

	hn_probe_stats(a->settings.probe, &stats);
	if (stats.lost != a->lost)
		notice_lost(a, "the ring buffer was full; a sweep follows", stats.lost - a->lost);
	if (stats.unmarked != a->unmarked)
		notice_lost(a, "no memory in the kernel to mark tasks; a sweep follows",
			    stats.unmarked - a->unmarked);
	/* No sweep helps here: each one counts again what has no place. */
	if (a->dropped != a->dropped_told)
		notice_lost(a, "more containers or processes share than the agent keeps; findings may be missing",
			    a->dropped - a->dropped_told);
	a->dropped_told = a->dropped;
	if (stats.lost != a->lost || stats.unmarked != a->unmarked) {
		a->lost = stats.lost;
		a->unmarked = stats.unmarked;
		a->sockets_due = 0;
		repair = true;
	}
	if (repair)
		hn_agent_want_sweep(a, now.ns);
}

static void tell_exception(const struct hn_exception *e, enum hn_exception_news news, void *arg)
{
	struct hn_agent *a = arg;
	struct hn_notice notice = {.type = news == HN_EXCEPTION_HAS_EXPIRED ? HN_NOTICE_EXCEPTION_EXPIRED :
									      HN_NOTICE_EXCEPTION_UNUSED,
				   .time = hn_wall_now(),
				   .text = news == HN_EXCEPTION_HAS_EXPIRED ?
						   "its time is over: what it covered is covered no more" :
						   "it matched nothing on this node for 30 days",
				   .exception = e};

	if (a->settings.on_notice)
		a->settings.on_notice(&notice, a->settings.arg);
}

/* A rule ends at its time, not when something else happens. */
static void check_exceptions(struct hn_agent *a, struct hn_mono now)
{
	struct hn_wall wall = hn_wall_now();
	struct hn_entry *e;
	size_t cursor = 0;

	while ((e = hn_map_next(a->entries, &cursor)))
		if (e->finding.state == HN_STATE_EXCEPTED && wall.ns >= e->finding.exception.expires.ns) {
			e->dirty = true;
			a->exceptions_due = 0;
		}
	if (now.ns < a->exceptions_due)
		return;
	a->exceptions_due = now.ns + EXCEPTIONS_NS;
	hn_exception_book_check(a->settings.exceptions, wall, tell_exception, a);
}

void hn_agent_reconsider(struct hn_agent *a)
{
	struct hn_entry *e;
	size_t cursor = 0;

	while ((e = hn_map_next(a->entries, &cursor)))
		e->dirty = true;
	a->exceptions_due = a->check_due = 0;
}

int64_t hn_agent_tick(struct hn_agent *a)
{
	struct hn_mono now = hn_mono_now();
	struct hn_reason reason;
	int64_t next;

	if (now.ns >= a->check_due) {
		a->check_due = now.ns + CHECK_NS;
		check_losses(a, now);
		hn_agent_tell_omitted(a);
		forget_old(a, now);
		if (a->settings.exceptions)
			check_exceptions(a, now);
	}
	if (now.ns >= a->absent_due) {
		a->absent_due = HN_AGENT_NEVER;
		hn_kubelet_want(a->settings.kubelet, HN_KUBELET_NOW);
	}
	if (now.ns >= a->sweep_due) {
		if (hn_agent_sweep(a, &reason) < 0) {
			hn_warning(
				"a sweep failed (%s): what started while no hook was on may be missing; trying again",
				reason.text);
			hn_agent_want_sweep(a, now.ns + HN_AGENT_SWEEP_PAUSE_NS);
		}
	}
	if (now.ns >= a->holds_due)
		hn_agent_look(a, now);
	hn_agent_settle(a);
	if (!a->spare)
		a->spare = hn_entry_blank();
	next = a->sweep_due < a->absent_due ? a->sweep_due : a->absent_due;
	if (a->check_due < next)
		next = a->check_due;
	if (a->holds_due < next)
		next = a->holds_due;
	now = hn_mono_now();
	return next > now.ns ? next - now.ns : 0;
}

const struct hn_entry *hn_agent_next(const struct hn_agent *a, size_t *cursor)
{
	return hn_map_next(a->entries, cursor);
}

const struct hn_entry *hn_agent_find(const struct hn_agent *a, const char *id)
{
	return hn_agent_entry(a, id);
}

void hn_agent_sweep_stats(const struct hn_agent *a, struct hn_sweep_stats *ret)
{
	*ret = a->sweeps;
}

size_t hn_agent_candidates(const struct hn_agent *a)
{
	return a->candidates;
}

size_t hn_agent_unconfirmed(const struct hn_agent *a)
{
	const struct hn_entry *e;
	size_t cursor = 0, n = 0;

	while (a->sockets_unseen && (e = hn_agent_next(a, &cursor)))
		n += e->finding.way == HN_WAY_SOCKET && hn_entry_present(e);
	return n;
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

bool hn_agent_full(const struct hn_agent *a)
{
	return a->full;
}

uint64_t hn_agent_dropped(const struct hn_agent *a)
{
	return a->dropped;
}
