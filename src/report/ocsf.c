// SPDX-License-Identifier: Apache-2.0
#include "hostnetd/ocsf.h"

#include <stdio.h>
#include <string.h>

#include "hostnetd/str.h"
#include "ocsf_parts.h"
#include "ports.h"

#define EVIDENCES 16 /* processes that are shown */

static enum hn_ocsf_severity severity_of(enum hn_severity s)
{
	static const enum hn_ocsf_severity map[] = {
		[HN_SEVERITY_MEDIUM] = HN_OCSF_MEDIUM,
		[HN_SEVERITY_HIGH] = HN_OCSF_HIGH,
		[HN_SEVERITY_CRITICAL] = HN_OCSF_CRITICAL,
	};

	_Static_assert(HN_ARRAY_SIZE(map) == HN_SEVERITY_MAX, "OCSF's number of each severity");
	return map[s];
}

static enum hn_ocsf_activity activity_of(const struct hn_change *c)
{
	return c->type == HN_CHANGE_OPENED   ? HN_OCSF_CREATE :
	       c->type == HN_CHANGE_RESOLVED ? HN_OCSF_CLOSE :
					       HN_OCSF_UPDATE;
}

static enum hn_ocsf_status status_of(const struct hn_change *c)
{
	if (c->type == HN_CHANGE_RESOLVED || c->finding->state == HN_STATE_RESOLVED)
		return HN_OCSF_RESOLVED;
	if (c->finding->state == HN_STATE_EXCEPTED)
		return HN_OCSF_SUPPRESSED;
	return c->type == HN_CHANGE_OPENED ? HN_OCSF_NEW : HN_OCSF_IN_PROGRESS;
}

/* A pod that asked for the host's network and was let in escaped from nothing. */
static bool is_escape(const struct hn_finding *f)
{
	return f->cause == HN_CAUSE_JOINED || f->cause == HN_CAUSE_SOCKET || f->cause == HN_CAUSE_UNMANAGED;
}

static void put_named(struct hn_json *j, const char *key, const char *uid, const char *name)
{
	hn_json_key(j, key);
	hn_json_object(j);
	hn_json_kv_string(j, "uid", uid);
	hn_json_kv_string(j, "name", name);
	hn_json_object_end(j);
}

static void put_attacks(struct hn_json *j)
{
	hn_json_key(j, "attacks");
	hn_json_array(j);
	hn_json_object(j);
	put_named(j, "tactic", "TA0004", "Privilege Escalation");
	put_named(j, "technique", "T1611", "Escape to Host");
	hn_json_object_end(j);
	hn_json_array_end(j);
}

static void put_finding_info(struct hn_json *j, const struct hn_change *c, const char *title)
{
	const struct hn_finding *f = c->finding;

	hn_json_key(j, "finding_info");
	hn_json_object(j);
	hn_json_kv_string(j, "uid", f->id);
	hn_json_kv_string(j, "title", title);
	hn_json_key(j, "types");
	hn_json_array(j);
	hn_json_string(j, HN_CONTROL_ID);
	hn_json_array_end(j);
	hn_ocsf_time(j, "first_seen_time", f->first_seen);
	hn_ocsf_time(j, "last_seen_time", f->last_seen);
	hn_ocsf_time(j, "created_time", f->first_seen);
	hn_ocsf_time(j, "modified_time", c->time);
	hn_ocsf_analytic(j);
	if (is_escape(f))
		put_attacks(j);
	hn_json_object_end(j);
}

/* --- evidence ------------------------------------------------------------------------------------------------------ */

/* One text: arguments with a blank between them. */
static void put_cmd_line(struct hn_json *j, const struct hn_finding_process *p)
{
	char line[HN_FINDING_ARGV];
	size_t n = p->argv_len < sizeof(line) ? p->argv_len : sizeof(line);

	while (n > 0 && p->argv[n - 1] == '\0')
		n--;
	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++)
		line[i] = p->argv[i] ? p->argv[i] : ' ';
	hn_json_key(j, "cmd_line");
	hn_json_string_n(j, line, n);
}

static void put_file(struct hn_json *j, const struct hn_finding_process *p)
{
	const char *name = strrchr(p->exe, '/');

	name = name && name[1] ? name + 1 : p->exe;
	if (!name[0])
		return;
	hn_json_key(j, "file");
	hn_json_object(j);
	hn_json_kv_string(j, "name", name);
	hn_json_kv_string(j, "path", p->exe);
	hn_json_kv_int(j, "type_id", 1);
	hn_json_object_end(j);
}

static void put_process(struct hn_json *j, const struct hn_finding_process *p)
{
	char uid[16];

	snprintf(uid, sizeof(uid), "%u", p->uid);
	hn_json_key(j, "process");
	hn_json_object(j);
	hn_json_kv_int(j, "pid", p->pid);
	hn_json_kv_opt(j, "name", p->comm);
	put_cmd_line(j, p);
	hn_ocsf_time(j, "created_time", p->started);
	put_file(j, p);
	hn_json_key(j, "user");
	hn_json_object(j);
	hn_json_kv_string(j, "uid", uid);
	hn_json_object_end(j);
	hn_json_object_end(j);
}

/* `container` alone is no evidence in OCSF: it stands beside its process. */
static void put_container(struct hn_json *j, const struct hn_finding *f, unsigned i)
{
	const struct hn_finding_container *c = i < f->n_containers ? &f->containers[i] : NULL;

	if (!c || (!c->id[0] && !c->name[0]))
		return;
	hn_json_key(j, "container");
	hn_json_object(j);
	hn_json_kv_opt(j, "uid", c->id);
	hn_json_kv_opt(j, "name", c->name);
	hn_json_kv_opt(j, "runtime", c->runtime);
	if (c->image_id[0] || c->image[0]) {
		hn_json_key(j, "image");
		hn_json_object(j);
		hn_json_kv_string(j, "uid", c->image_id[0] ? c->image_id : c->image);
		hn_json_kv_opt(j, "name", c->image);
		hn_json_object_end(j);
	}
	hn_json_object_end(j);
}

static void put_evidences(struct hn_json *j, const struct hn_finding *f)
{
	if (f->n_processes == 0)
		return;
	hn_json_key(j, "evidences");
	hn_json_array(j);
	for (size_t i = 0; i < f->n_processes && i < EVIDENCES; i++) {
		hn_json_object(j);
		put_process(j, &f->processes[i]);
		put_container(j, f, f->processes[i].container);
		hn_json_object_end(j);
	}
	hn_json_array_end(j);
}

/* --- whose --------------------------------------------------------------------------------------------------------- */

static void put_resource(struct hn_json *j, const char *type, const char *uid, const char *name, const char *ns)
{
	if (!uid[0] && !name[0])
		return;
	hn_json_object(j);
	hn_json_kv_string(j, "type", type);
	hn_json_kv_opt(j, "uid", uid);
	hn_json_kv_opt(j, "name", name);
	hn_json_kv_opt(j, "namespace", ns);
	hn_json_object_end(j);
}

static void put_resources(struct hn_json *j, const struct hn_identity *who, const struct hn_finding *f)
{
	hn_json_key(j, "resources");
	hn_json_array(j);
	put_resource(j, "Pod", f->pod_uid, f->pod_name, f->pod_namespace);
	if (f->workload_kind[0] && !hn_streq(f->workload_kind, "Pod"))
		put_resource(j, f->workload_kind, "", f->workload_name, f->pod_namespace);
	for (size_t i = 0; i < f->n_containers; i++)
		put_resource(j, "Container", f->containers[i].id, f->containers[i].name, f->pod_namespace);
	hn_ocsf_node(j, who);
	if (who->cluster[0])
		put_resource(j, "Cluster", "", who->cluster, "");
	hn_json_array_end(j);
}

/* What OCSF has no place for. */
static void put_unmapped(struct hn_json *j, const struct hn_change *c)
{
	const struct hn_finding *f = c->finding;

	hn_json_key(j, "unmapped");
	hn_json_object(j);
	hn_json_kv_opt(j, "cause", hn_cause_name(f->cause));
	hn_json_kv_string(j, "way", hn_way_name(f->way));
	hn_json_kv_uint(j, "occurrences", f->occurrences);
	hn_json_kv_string(j, "ai_verdict", hn_verdict_name(f->ai.verdict));
	hn_json_kv_opt(j, "ai_category", f->ai.category);
	hn_json_kv_opt(j, "ai_product", f->ai.product);
	hn_json_kv_fraction(j, "ai_score", f->ai.score);
	hn_json_kv_opt(j, "exception", f->exception.name);
	hn_ports_json(j, f);
	hn_json_object_end(j);
}

void hn_report_ocsf_change(const struct hn_identity *who, const struct hn_change *change, uint64_t seq,
			   struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str title = {0};
	const struct hn_finding *f = change->finding;
	struct hn_json j;

	if (change->type <= HN_CHANGE_NONE || change->type >= HN_CHANGE_TYPE_MAX)
		return;
	hn_finding_title(f, &title);
	hn_json_init(&j, out);
	hn_json_object(&j);
	hn_ocsf_head(&j, HN_OCSF_DETECTION, activity_of(change), change->time, severity_of(f->severity),
		     status_of(change));
	hn_json_kv_string(&j, "message", hn_str_get(&title));
	hn_json_kv_bool(&j, "is_alert", change->type == HN_CHANGE_OPENED && f->state == HN_STATE_OPEN);
	hn_json_kv_int(&j, "confidence_id", f->ai.verdict == HN_AI ? 3 : 2);
	hn_json_kv_string(&j, "confidence", f->ai.verdict == HN_AI ? "High" : "Medium");
	hn_json_kv_int(&j, "confidence_score", (int64_t)(f->ai.score * 100 + 0.5));
	hn_ocsf_metadata(&j, who, hn_change_type_name(change->type), seq);
	put_finding_info(&j, change, hn_str_get(&title));
	put_evidences(&j, f);
	put_resources(&j, who, f);
	hn_ocsf_device(&j, who);
	hn_ocsf_remediation(&j);
	put_unmapped(&j, change);
	hn_json_object_end(&j);
}
