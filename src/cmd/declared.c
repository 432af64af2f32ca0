// SPDX-License-Identifier: Apache-2.0
#include "declared.h"

#include <errno.h>
#include <stdlib.h>

#include "hostnetd/drift.h"
#include "hostnetd/log.h"
#include "hostnetd/nodepods.h"
#include "hostnetd/str.h"

struct hn_declared {
	struct hn_declared_parts parts;
	struct hn_workload_kinds *kinds;
	struct hn_nodepods *pods;
	struct hn_audit audit;
	struct hn_observations *seen;
	struct hn_drift drift;
	bool answered, whole;
	struct hn_reason problem;
};

static void forget(struct hn_declared *d)
{
	hn_drift_done(&d->drift);
	hn_observations_free(d->seen);
	d->seen = NULL;
	hn_audit_done(&d->audit);
	d->audit = (struct hn_audit){0};
	d->whole = false;
}

static void on_begin(void *arg)
{
	struct hn_declared *d = arg;

	forget(d);
	d->audit.catalogue = d->parts.catalogue(d->parts.arg);
	d->audit.exceptions = d->parts.exceptions(d->parts.arg);
	d->audit.now = hn_wall_now();
}

static int on_asset(void *arg, const struct hn_asset *asset, struct hn_reason *reason)
{
	struct hn_declared *d = arg;

	return hn_audit_add(&d->audit, "the API server", asset, reason);
}

static void on_done(void *arg, const char *problem)
{
	struct hn_declared *d = arg;

	d->answered = true;
	hn_reason_set(&d->problem, 0, "%s", problem);
	if (problem[0] || hn_audit_roll_up(&d->audit, &d->problem) < 0)
		forget(d);
	else
		d->whole = true;
	d->parts.answered(d->parts.arg);
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
	forget(d);
	hn_workload_kinds_free(d->kinds);
	free(d);
}

void hn_declared_again(struct hn_declared *d)
{
	if (!d)
		return;
	forget(d);
	hn_nodepods_again(d->pods);
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

/* The agent's own view in the form that it would give to an audit elsewhere, so that there is one comparison. */
static int look(struct hn_declared *d, const struct hn_agent *agent, const struct hn_identity *who,
		struct hn_reason *reason)
{
	_cleanup_(hn_str_done) struct hn_str text = {0};
	struct hn_scan scan = {.identity = *who, .time = hn_wall_now(), .complete = true};
	const struct hn_finding **findings;
	const struct hn_entry *e;
	struct hn_reason gap = {{0}};
	size_t cursor = 0, n = 0;

	while (hn_agent_next(agent, &cursor))
		n++;
	findings = calloc(n + 1, sizeof(*findings));
	d->seen = hn_observations_new();
	if (!findings || !d->seen) {
		free(findings);
		return hn_reason_set(reason, -ENOMEM, "no memory");
	}
	cursor = 0;
	while (scan.n_findings < n && (e = hn_agent_next(agent, &cursor))) {
		if (hn_entry_present(e))
			findings[scan.n_findings++] = &e->finding;
	}
	scan.findings = findings;
	hn_report_scan_json(&scan, &text);
	free(findings);
	if (text.failed)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	return hn_observations_read(d->seen, "this node", hn_str_get(&text), text.len, &gap, reason);
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
