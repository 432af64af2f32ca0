// SPDX-License-Identifier: Apache-2.0
#include "vitals.h"

static void count_entry(struct hn_health *h, const struct hn_finding *f)
{
	bool shares = f->state == HN_STATE_OPEN || f->state == HN_STATE_EXCEPTED || f->state == HN_STATE_SHARING;

	h->findings[f->state][f->cause][f->severity][hn_health_category(f->ai.category)]++;
	if (f->state == HN_STATE_OPEN && f->ai.verdict == HN_AI) {
		h->open++;
		h->open_by_severity[f->severity]++;
	}
	for (size_t i = 0; shares && i < f->n_containers; i++)
		h->sharing[f->cause] += f->containers[i].present;
	if (shares && f->n_containers == 0)
		h->sharing[f->cause]++;
}

/* 0 is the worst; HN_RANKS: not listed. */
#define HN_RANKS 6
static unsigned rank(const struct hn_finding *f)
{
	if (f->state != HN_STATE_OPEN && f->state != HN_STATE_EXCEPTED)
		return HN_RANKS;
	return (f->state == HN_STATE_EXCEPTED) * HN_SEVERITY_MAX + (HN_SEVERITY_MAX - 1 - f->severity);
}
_Static_assert(HN_RANKS == 2 * HN_SEVERITY_MAX, "a rank for each severity, open and excepted");

static void list_findings(const struct hn_vitals *v, struct hn_health *h)
{
	for (unsigned wanted = 0; wanted < HN_RANKS; wanted++) {
		const struct hn_entry *e;
		size_t cursor = 0;

		while ((e = hn_agent_next(v->agent, &cursor))) {
			if (rank(&e->finding) != wanted)
				continue;
			if (h->n_listed < HN_HEALTH_LISTED)
				h->listed[h->n_listed++] = &e->finding;
			else
				h->not_listed++;
		}
	}
}

static void judge_completeness(const struct hn_vitals *v, struct hn_health *h)
{
	if (hn_probe_degraded(v->probe)[0])
		h->incomplete[h->n_incomplete++] =
			"BPF cannot be used, only /proc is read: what is short is missed ('hostnetd doctor' says why)";
	if (h->sweeps == 0)
		h->incomplete[h->n_incomplete++] = "the first sweep is not done";
	else if (h->sweeps_fail)
		h->incomplete[h->n_incomplete++] =
			"the last sweep failed: what no hook saw may be missing, and what has gone may still be listed";
	if (hn_agent_unconfirmed(v->agent))
		h->incomplete[h->n_incomplete++] =
			"sockets are not seen: findings by a socket stay as they were, nobody can say that they are over";
	if (hn_agent_full(v->agent))
		h->incomplete[h->n_incomplete++] =
			"more containers or processes share than the agent keeps: findings may be missing";
	if (hn_kubelet_state(v->kubelet) == HN_KUBELET_UNASKED)
		h->incomplete[h->n_incomplete++] = "the kubelet has not answered yet";
	else if (!h->kubelet_ok)
		h->incomplete[h->n_incomplete++] = hn_kubelet_problem(v->kubelet);
	h->complete = h->n_incomplete == 0;
	h->passed = h->open == 0 && h->complete;
}

static void take_store(struct hn_vitals *v, struct hn_health *h)
{
	struct hn_history_stats *stats = &v->store;

	h->store = h->store_problem = "";
	if (!v->history)
		return;
	hn_history_stats(v->history, stats);
	h->store = stats->path[0] ? stats->path : v->settings->store;
	h->store_works = stats->works;
	h->store_problem = stats->problem.text;
	h->store_bytes = (uint64_t)stats->bytes;
	h->store_stored = stats->stored;
	h->store_not_stored = stats->not_stored;
	if (!hn_history_last_run(v->history, &h->last_run_end, &h->last_run_clean))
		h->last_run_end = (struct hn_wall){0};
}

static void take_exceptions(const struct hn_vitals *v, struct hn_health *h)
{
	const struct hn_exception_file *f = v->exceptions;

	h->excepts = f && f->path;
	h->exceptions_problem = "";
	if (!h->excepts)
		return;
	h->exceptions = hn_exceptions_count(hn_exception_book_rules(f->book));
	h->exceptions_read = f->read;
	h->exceptions_problem = f->problem.text;
}

void hn_vitals_take(struct hn_vitals *v, struct hn_health *h)
{
	enum hn_kubelet_state kubelet = hn_kubelet_state(v->kubelet);
	const struct hn_podlist *pods = hn_kubelet_pods(v->kubelet);
	struct hn_sweep_stats sweeps;
	const struct hn_entry *e;
	size_t cursor = 0;

	*h = (struct hn_health){
		.identity = *v->who,
		.time = hn_wall_now(),
		.started = v->started,
		.tier = hn_probe_degraded(v->probe)[0] ? "procfs" : "bpf",
		.dropped = hn_agent_dropped(v->agent),
		.kubelet = hn_kubelet_state_name(kubelet),
		.kubelet_ok = kubelet == HN_KUBELET_OK,
		.kubelet_problem = hn_kubelet_problem(v->kubelet),
		.pods = pods ? hn_podlist_count(pods) : 0,
		.kubelet_answers = hn_kubelet_answers(v->kubelet),
		.kubelet_failures = hn_kubelet_failures(v->kubelet),
	};
	while ((e = hn_agent_next(v->agent, &cursor)))
		count_entry(h, &e->finding);
	while (h->n_hooks < HN_HEALTH_HOOKS && hn_probe_hook_at(v->probe, h->n_hooks, &h->hooks[h->n_hooks]))
		h->n_hooks++;
	hn_probe_stats(v->probe, &h->probe);
	list_findings(v, h);
	hn_agent_sweep_stats(v->agent, &sweeps);
	h->sweeps = sweeps.done;
	h->sweeps_failed = sweeps.failed;
	h->sweeps_fail = sweeps.fails;
	h->sweep_last_ns = sweeps.last_ns;
	h->sweep_sum_ns = sweeps.sum_ns;
	h->swept = sweeps.at;
	take_store(v, h);
	take_exceptions(v, h);
	h->compares = v->podcheck != NULL;
	if (v->podcheck)
		hn_podcheck_stats(v->podcheck, &h->compared);
	if (v->sinks)
		h->n_sinks = hn_sinks_health(v->sinks, h->sinks);
	judge_completeness(v, h);
}
