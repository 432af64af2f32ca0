/* SPDX-License-Identifier: Apache-2.0 */
/* The document hostnetd.scan/v1. */
#include <stdlib.h>

#include "audit_drift.h"
#include "finding_json.h"
#include "hostnetd/str.h"
#include "order.h"

static void free_findings(const struct hn_finding ***findings)
{
	free(*findings);
}

static bool shares(const struct hn_finding *f)
{
	return f->state == HN_STATE_OPEN || f->state == HN_STATE_EXCEPTED || f->state == HN_STATE_SHARING;
}

/* Kept processes of the container; those beyond the bound are counted where there is only one they can be of. */
static uint64_t count_processes(const struct hn_finding *f, size_t container)
{
	uint64_t n = f->n_containers <= 1 ? f->processes_not_kept : 0;

	for (size_t i = 0; i < f->n_processes; i++)
		n += f->n_containers == 0 || f->processes[i].container == container;
	return n;
}

void hn_sharing_json_members(struct hn_json *j, const struct hn_finding *f, const struct hn_finding_container *c)
{
	hn_finding_json_short(j, f, c);
	hn_json_kv_uint(j, "processes", count_processes(f, c ? (size_t)(c - f->containers) : 0));
}

static void put_entry(struct hn_json *j, const struct hn_finding *f, const struct hn_finding_container *c)
{
	hn_json_object(j);
	hn_sharing_json_members(j, f, c);
	hn_json_object_end(j);
}

static void put_sharing(struct hn_json *j, const struct hn_finding *f)
{
	if (f->n_containers == 0)
		put_entry(j, f, NULL);
	for (size_t i = 0; i < f->n_containers; i++)
		if (f->containers[i].present)
			put_entry(j, f, &f->containers[i]);
}

static void put_coverage(struct hn_json *j, const struct hn_coverage *c)
{
	hn_json_key(j, "coverage");
	hn_json_object(j);
	hn_json_kv_opt(j, "hooks", c->hooks);
	hn_json_kv_opt(j, "kubelet", c->kubelet);
	hn_json_kv_opt(j, "kubeletProblem", c->kubelet_problem);
	hn_json_kv_uint(j, "processesSeen", c->processes_seen);
	hn_json_kv_uint(j, "lost", c->lost);
	hn_json_object_end(j);
}

static void put_head(struct hn_json *j, const struct hn_scan *scan)
{
	const struct hn_identity *who = &scan->identity;
	char time[HN_TIME_TEXT];

	hn_json_kv_string(j, "schema", "hostnetd.scan/v1");
	hn_json_kv_opt(j, "agentVersion", who->agent_version);
	hn_json_kv_opt(j, "cluster", who->cluster);
	hn_json_kv_opt(j, "node", who->node);
	hn_json_kv_opt(j, "bootId", who->boot_id);
	hn_json_kv_string(j, "time", hn_wall_format(scan->time, time));
	if (who->host_netns != 0)
		hn_json_kv_uint(j, "hostNetns", who->host_netns);
	hn_json_kv_bool(j, "passed", scan->passed);
	hn_json_kv_bool(j, "complete", scan->complete);
	hn_json_key(j, "incomplete");
	hn_json_array(j);
	for (size_t i = 0; i < scan->n_incomplete; i++)
		hn_json_string(j, scan->incomplete[i]);
	hn_json_array_end(j);
}

void hn_report_scan_json(const struct hn_scan *scan, struct hn_str *out)
{
	_cleanup_(free_findings) const struct hn_finding **sorted = hn_order_findings(scan);
	struct hn_json j;

	if (!sorted && scan->n_findings > 0) {
		out->failed = true;
		return;
	}
	hn_json_init(&j, out);
	hn_json_object(&j);
	put_head(&j, scan);
	hn_json_key(&j, "findings");
	hn_json_array(&j);
	for (size_t i = 0; i < scan->n_findings; i++)
		if (sorted[i]->state == HN_STATE_OPEN || sorted[i]->state == HN_STATE_EXCEPTED)
			hn_finding_json(&j, &scan->identity, sorted[i]);
	hn_json_array_end(&j);
	hn_json_key(&j, "sharing");
	hn_json_array(&j);
	for (size_t i = 0; i < scan->n_findings; i++)
		if (shares(sorted[i]))
			put_sharing(&j, sorted[i]);
	hn_json_array_end(&j);
	put_coverage(&j, &scan->coverage);
	if (scan->declared)
		hn_drift_json(&j, scan->declared, scan->likely_fails);
	hn_json_object_end(&j);
	hn_str_putc(out, '\n');
}
