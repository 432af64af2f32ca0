// SPDX-License-Identifier: Apache-2.0
#include "declared.h"

#include <errno.h>
#include <stdlib.h>

#include "hostnetd/drift.h"
#include "hostnetd/log.h"
#include "hostnetd/nodepods.h"

struct hn_declared {
	struct hn_declared_parts parts;
	struct hn_workload_kinds *kinds;
	struct hn_nodepods *pods;
	struct hn_admission_policy *policy;
	struct hn_audit audit;
	struct hn_observations *seen;
	struct hn_drift drift;
	char (*times)[HN_TIME_TEXT]; /* that `seen` names */
	bool answered, whole;
	struct hn_reason problem;
};

void hn_declared_forget(struct hn_declared *d)
{
	hn_drift_done(&d->drift);
	hn_observations_free(d->seen);
	d->seen = NULL;
	hn_audit_done(&d->audit);
	d->audit = (struct hn_audit){0};
	hn_admission_policy_free(d->policy);
	d->policy = NULL;
	d->whole = false;
}

static void on_begin(void *arg)
{
	struct hn_declared *d = arg;

	hn_declared_forget(d);
	d->audit.catalogue = d->parts.catalogue(d->parts.arg);
	d->audit.exceptions = d->parts.exceptions(d->parts.arg);
	d->audit.now = hn_wall_now();
}

static int on_asset(void *arg, const struct hn_asset *asset, struct hn_reason *reason)
{
	struct hn_declared *d = arg;
	int r = 0;

	if (!d->policy)
		r = hn_admission_policy_new(d->audit.catalogue, d->audit.exceptions, d->audit.now, &d->policy,
					    reason);
	d->audit.policy = d->policy;
	return r < 0 ? r : hn_audit_add(&d->audit, "the API server", asset, reason);
}

static void on_done(void *arg, struct hn_podlist *list, const char *problem)
{
	struct hn_declared *d = arg;

	d->answered = true;
	hn_reason_set(&d->problem, 0, "%s", problem);
	if (problem[0] || hn_audit_roll_up(&d->audit, &d->problem) < 0)
		hn_declared_forget(d);
	else
		d->whole = true;
	d->parts.answered(d->parts.arg, list);
}

int hn_declared_new(const struct hn_declared_parts *parts, struct hn_declared **ret, struct hn_reason *reason)
{
	_cleanup_(hn_declared_cleanup) struct hn_declared *d = calloc(1, sizeof(*d));
	struct hn_nodepods_settings settings;
	int r;

	if (!d)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	d->parts = *parts;
	r = hn_workload_kinds_new(NULL, 0, &d->kinds, reason);
	if (r < 0)
		return r;
	settings = (struct hn_nodepods_settings){.node = parts->settings->node_name,
						 .kinds = d->kinds,
						 .interval_ns = parts->interval_ns,
						 .seed = parts->seed,
						 .begin = on_begin,
						 .found = on_asset,
						 .done = on_done,
						 .arg = d};
	hn_settings_apiserver(parts->settings, &settings.apiserver);
	r = hn_nodepods_new(&settings, parts->base, &d->pods, reason);
	if (r < 0)
		return hn_reason_wrap(reason, r, "--compare-apiserver");
	if (hn_nodepods_warning(d->pods))
		hn_warning("%s", hn_nodepods_warning(d->pods));
	*ret = TAKE_PTR(d);
	return 0;
}

void hn_declared_free(struct hn_declared *d)
{
	if (!d)
		return;
	hn_nodepods_free(d->pods);
	hn_declared_forget(d);
	hn_workload_kinds_free(d->kinds);
	free(d->times);
	free(d);
}

void hn_declared_again(struct hn_declared *d, int64_t delay_ns)
{
	hn_nodepods_again(d->pods, delay_ns);
}

bool hn_declared_answered(const struct hn_declared *d)
{
	return d->answered;
}

bool hn_declared_whole(const struct hn_declared *d)
{
	return d->whole;
}

const char *hn_declared_problem(const struct hn_declared *d)
{
	return d->problem.text;
}

/* What this agent would tell an audit elsewhere, so that there is one comparison. */
static void describe(const struct hn_finding *f, const struct hn_identity *who, const char *first_seen,
		     struct hn_observed *ret)
{
	const struct hn_finding_container *c = f->n_containers ? &f->containers[0] : NULL;
	bool is_finding = f->state == HN_STATE_OPEN || f->state == HN_STATE_EXCEPTED;

	*ret = (struct hn_observed){
		.source = "this node",
		.finding = is_finding ? f->id : "",
		.state = hn_state_name(f->state),
		.severity = is_finding ? hn_severity_name(f->severity) : "",
		.node = who->node,
		.first_seen = first_seen,
		.cause = hn_cause_name(f->cause),
		.way = hn_way_name(f->way),
		.ns = f->pod_namespace,
		.pod = f->pod_name,
		.uid = f->pod_uid,
		.workload_api_version = f->workload_api_version,
		.workload_kind = f->workload_kind,
		.workload_name = f->workload_name,
		.container = c ? c->name : "",
		.container_id = c ? c->id : "",
		.image = c ? c->image : "",
		.verdict = hn_verdict_name(f->ai.verdict),
		.category = f->ai.category,
		.product = f->ai.product,
		.exception = f->exception.name,
		.is_static = f->pod_static,
	};
}

/* Of the agent's own entries, borrowed until it goes on. */
static int look(struct hn_declared *d, const struct hn_agent *agent, const struct hn_identity *who,
		struct hn_reason *reason)
{
	const struct hn_entry *e;
	size_t cursor = 0, n = 0;
	int r = 0;

	while (hn_agent_next(agent, &cursor))
		n++;
	free(d->times);
	d->times = calloc(n + 1, sizeof(*d->times));
	d->seen = hn_observations_new();
	if (!d->times || !d->seen)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	cursor = 0;
	while (r == 0 && n > 0 && (e = hn_agent_next(agent, &cursor))) {
		struct hn_observed row;

		if (!hn_entry_present(e))
			continue;
		describe(&e->finding, who, hn_wall_format(e->finding.first_seen, d->times[--n]), &row);
		r = hn_observations_add(d->seen, &row, reason);
	}
	return r;
}

int hn_declared_compare(struct hn_declared *d, const struct hn_agent *agent, const struct hn_identity *who,
			const struct hn_audit **ret, struct hn_reason *reason)
{
	int r;

	hn_drift_done(&d->drift);
	hn_observations_free(d->seen);
	d->seen = NULL;
	r = look(d, agent, who, reason);
	if (r == 0)
		r = hn_drift_compare(&d->audit, d->seen, &d->drift, reason);
	if (r < 0)
		return r;
	d->audit.drift = &d->drift;
	*ret = &d->audit;
	return 0;
}
