// SPDX-License-Identifier: Apache-2.0
/* What follows from what an entry is: its state, and what is reported of it. */
#include "hostnetd/entry.h"

#include "lifecycle.h"

#define QUIET_CHANGES (1U << HN_CHANGED_PROCESSES | 1U << HN_CHANGED_NETWORK)

static enum hn_input input_of(const struct hn_entry *e)
{
	/* Processes of a runtime that stays in the pod's cgroup (kata's) look alike until the spec is known. */
	bool unsure = e->candidate_only && (e->runtime_owned || (!e->finding.pod_known && !e->unmanaged));
	bool ai = e->finding.ai.verdict != HN_NOT_AI && !unsure;

	if (hn_entry_present(e))
		return !ai                          ? HN_INPUT_SHARES :
		       e->finding.exception.name[0] ? HN_INPUT_EXCEPTED :
						      HN_INPUT_SHARES_AI;
	return ai ? HN_INPUT_AI_GONE : HN_INPUT_GONE;
}

static void set_change(struct hn_change *change, enum hn_change_type type, struct hn_wall wall, struct hn_entry *e,
		       unsigned changed)
{
	*change = (struct hn_change){.type = type, .time = wall, .changed = changed, .finding = &e->finding};
}

static void open_finding(struct hn_entry *e, struct hn_wall wall, bool again)
{
	struct hn_finding *f = &e->finding;

	f->occurrences = again ? f->occurrences + 1 : 1;
	f->resolved_at.ns = 0;
	if (!f->first_seen.ns)
		f->first_seen = wall;
}

unsigned hn_entry_step(struct hn_entry *e, struct hn_wall wall, struct hn_mono now,
		       struct hn_change ret[static HN_ENTRY_CHANGES])
{
	struct hn_finding *f = &e->finding;
	struct hn_step step = hn_lifecycle(f->state, input_of(e));
	unsigned loud = e->changed & ~QUIET_CHANGES;
	unsigned changed = e->changed | (e->more_evidence ? 1U << HN_CHANGED_AI : 0);

	if (step.state != f->state)
		changed |= 1U << HN_CHANGED_STATE;

	e->dirty = false;
	if (step.report == HN_STEP_CHANGED) {
		if (!changed)
			return 0;
		if (!loud && now.ns - e->reported.ns < HN_NSEC_PER_SEC) {
			e->dirty = true;
			return 0;
		}
	}
	f->state = step.state;
	e->changed = 0;
	e->more_evidence = false;
	if (step.report == HN_STEP_NOTHING)
		return 0;
	e->reported = now;
	switch (step.report) {
	case HN_STEP_OPENED:
	case HN_STEP_REOPENED:
		open_finding(e, wall, step.report == HN_STEP_REOPENED);
		set_change(&ret[0], HN_CHANGE_OPENED, wall, e, 0);
		return 1;
	case HN_STEP_UNCOVERED:
		set_change(&ret[0], HN_CHANGE_OPENED, wall, e, changed);
		return 1;
	case HN_STEP_PASSED:
		/* The first change shows it as it was: open. The caller reports one after the other. */
		open_finding(e, wall, false);
		f->resolved_at = e->gone.ns ? (struct hn_wall){wall.ns - (now.ns - e->gone.ns)} : wall;
		set_change(&ret[0], HN_CHANGE_OPENED, wall, e, 0);
		set_change(&ret[1], HN_CHANGE_RESOLVED, wall, e, 1U << HN_CHANGED_STATE);
		return 2;
	case HN_STEP_RESOLVED:
		f->resolved_at = wall;
		set_change(&ret[0], HN_CHANGE_RESOLVED, wall, e, changed);
		return 1;
	case HN_STEP_CHANGED:
		set_change(&ret[0], HN_CHANGE_UPDATED, wall, e, changed);
		return 1;
	case HN_STEP_NOTHING:
		break;
	}
	return 0;
}
