/* SPDX-License-Identifier: Apache-2.0 */
/* The one place where a finding becomes JSON. A field that is not known is absent: never null, never a guess. */
#include "finding_json.h"

#include "ai_json.h"
#include "hostnetd/str.h"
#include "ports.h"

static const char *const container_types[] = {
	[HN_CONTAINER_REGULAR] = "container",
	[HN_CONTAINER_INIT] = "init",
	[HN_CONTAINER_EPHEMERAL] = "ephemeral",
};
_Static_assert(HN_ARRAY_SIZE(container_types) == HN_CONTAINER_TYPE_MAX, "a name for each type of container");

static void put_time(struct hn_json *j, const char *key, struct hn_wall t)
{
	char buf[HN_TIME_TEXT];

	if (hn_wall_known(t))
		hn_json_kv_string(j, key, hn_wall_format(t, buf));
}

static void put_pod(struct hn_json *j, const struct hn_finding *f)
{
	if (f->pod_uid[0] == '\0' && !f->pod_known)
		return;
	hn_json_key(j, "pod");
	hn_json_object(j);
	hn_json_kv_opt(j, "namespace", f->pod_namespace);
	hn_json_kv_opt(j, "name", f->pod_name);
	hn_json_kv_opt(j, "uid", f->pod_uid);
	if (f->pod_known) {
		hn_json_kv_bool(j, "static", f->pod_static);
		hn_json_kv_bool(j, "hostNetwork", f->pod_host_network);
		hn_json_kv_bool(j, "hostPID", f->pod_host_pid);
		hn_json_kv_bool(j, "privileged", f->pod_privileged);
		hn_json_kv_bool(j, "mirror", f->pod_mirror);
	}
	hn_json_object_end(j);
}

static void put_workload(struct hn_json *j, const struct hn_finding *f)
{
	if (f->workload_kind[0] == '\0')
		return;
	hn_json_key(j, "workload");
	hn_json_object(j);
	hn_json_kv_opt(j, "apiVersion", f->workload_api_version);
	hn_json_kv_string(j, "kind", f->workload_kind);
	hn_json_kv_opt(j, "name", f->workload_name);
	hn_json_object_end(j);
}

/* Where only the pod is known there is nothing to say about the container. */
static bool is_named(const struct hn_finding_container *c)
{
	return c->id[0] != '\0' || c->name[0] != '\0';
}

static void put_container_members(struct hn_json *j, const struct hn_finding_container *c)
{
	hn_json_kv_opt(j, "name", c->name);
	hn_json_kv_opt(j, "id", c->id);
	hn_json_kv_opt(j, "image", c->image);
	hn_json_kv_opt(j, "imageID", c->image_id);
	if (c->known)
		hn_json_kv_string(j, "type", container_types[c->type]);
}

static void put_ai(struct hn_json *j, const struct hn_judgement *ai)
{
	hn_json_key(j, "ai");
	hn_json_object(j);
	hn_ai_json_members(j, ai);
	hn_json_object_end(j);
}

#define ANCESTORS 16

static const struct hn_finding_process *find_pid(const struct hn_finding *f, pid_t pid)
{
	for (size_t i = 0; i < f->n_processes; i++)
		if (f->processes[i].pid == pid)
			return &f->processes[i];
	return NULL;
}

/* The nearest first, as far up as the finding's own processes lead: what is above them is a number without a name. */
void hn_ancestors_json(struct hn_json *j, const struct hn_finding *f, const struct hn_finding_process *p)
{
	if (p->parent <= 0)
		return;
	hn_json_key(j, "ancestors");
	hn_json_array(j);
	for (unsigned n = 0; p && p->parent > 0 && n < ANCESTORS; n++) {
		const struct hn_finding_process *parent = find_pid(f, p->parent);

		hn_json_object(j);
		hn_json_kv_int(j, "pid", p->parent);
		if (parent)
			hn_json_kv_opt(j, "comm", parent->comm);
		hn_json_object_end(j);
		p = parent;
	}
	hn_json_array_end(j);
}

void hn_process_json_members(struct hn_json *j, const struct hn_finding *f, const struct hn_finding_process *p)
{
	hn_json_kv_int(j, "pid", p->pid);
	put_time(j, "startTime", p->started);
	hn_json_kv_opt(j, "comm", p->comm);
	hn_json_kv_opt(j, "exe", p->exe);
	hn_json_kv_words(j, "argv", p->argv, p->argv_len);
	if (p->argv_len && p->argv_truncated)
		hn_json_kv_bool(j, "argvTruncated", true);
	hn_json_kv_uint(j, "uid", p->uid);
	if (p->container < f->n_containers)
		hn_json_kv_opt(j, "container", f->containers[p->container].name);
	hn_json_kv_uint(j, "threadsInHostNetns", p->threads);
}

static void put_contacts(struct hn_json *j, const struct hn_finding *f, enum hn_contact what, const char *key)
{
	bool any = false;

	for (size_t i = 0; i < f->n_contacts; i++) {
		const struct hn_finding_contact *c = &f->contacts[i];
		char address[INET6_ADDRSTRLEN];

		if (c->what != what)
			continue;
		if (!any) {
			hn_json_key(j, key);
			hn_json_array(j);
			any = true;
		}
		hn_json_object(j);
		if (what == HN_CONTACT_ABSTRACT)
			hn_json_kv_opt(j, "name", c->name);
		else
			hn_json_kv_opt(j, "address", hn_ports_address(&c->endpoint, address));
		if (what == HN_CONTACT_CONTROL)
			hn_json_kv_uint(j, "port", c->endpoint.port);
		put_time(j, "time", c->time);
		hn_json_object_end(j);
	}
	if (any)
		hn_json_array_end(j);
}

static void put_network(struct hn_json *j, const struct hn_finding *f)
{
	hn_json_key(j, "network");
	hn_json_object(j);
	hn_ports_json(j, f);
	put_contacts(j, f, HN_CONTACT_METADATA, "metadataAccess");
	put_contacts(j, f, HN_CONTACT_CONTROL, "controlAccess");
	put_contacts(j, f, HN_CONTACT_ABSTRACT, "abstractAccess");
	hn_json_object_end(j);
}

static void put_exception(struct hn_json *j, const struct hn_finding *f)
{
	const struct hn_finding_exception *e = &f->exception;

	if (e->name[0] == '\0')
		return;
	hn_json_key(j, "exception");
	hn_json_object(j);
	hn_json_kv_string(j, "name", e->name);
	hn_json_kv_opt(j, "reason", e->reason);
	put_time(j, "expires", e->expires);
	hn_json_kv_opt(j, "approvedBy", e->approved_by);
	hn_json_kv_opt(j, "ticket", e->ticket);
	hn_json_object_end(j);
}

static void put_title(struct hn_json *j, const struct hn_finding *f)
{
	_cleanup_(hn_str_done) struct hn_str title = {0};

	hn_finding_title(f, &title);
	hn_json_key(j, "title");
	hn_json_string_n(j, hn_str_get(&title), title.len);
	hn_json_key(j, "remediation");
	hn_json_array(j);
	for (size_t i = 0; hn_remediation[i]; i++)
		hn_json_string(j, hn_remediation[i]);
	hn_json_array_end(j);
}

void hn_finding_json(struct hn_json *j, const struct hn_identity *who, const struct hn_finding *f)
{
	hn_json_object(j);
	hn_json_kv_string(j, "id", f->id);
	hn_json_kv_string(j, "state", hn_state_name(f->state));
	hn_json_kv_string(j, "severity", hn_severity_name(f->severity));
	hn_json_kv_string(j, "way", hn_way_name(f->way));
	hn_json_kv_uint(j, "occurrences", f->occurrences);
	hn_json_kv_string(j, "control", HN_CONTROL_ID);
	hn_json_kv_opt(j, "cause", hn_cause_name(f->cause));
	put_title(j, f);
	hn_json_kv_opt(j, "node", who->node);
	put_pod(j, f);
	put_workload(j, f);
	hn_json_key(j, "containers");
	hn_json_array(j);
	for (size_t i = 0; i < f->n_containers; i++) {
		if (!is_named(&f->containers[i]))
			continue;
		hn_json_object(j);
		put_container_members(j, &f->containers[i]);
		hn_json_kv_bool(j, "shares", f->containers[i].present);
		hn_json_object_end(j);
	}
	hn_json_array_end(j);
	put_ai(j, &f->ai);
	hn_json_key(j, "processes");
	hn_json_array(j);
	for (size_t i = 0; i < f->n_processes; i++) {
		hn_json_object(j);
		hn_process_json_members(j, f, &f->processes[i]);
		hn_ancestors_json(j, f, &f->processes[i]);
		hn_json_object_end(j);
	}
	hn_json_array_end(j);
	if (f->processes_not_kept > 0)
		hn_json_kv_uint(j, "processesNotKept", f->processes_not_kept);
	put_network(j, f);
	put_exception(j, f);
	put_time(j, "firstSeen", f->first_seen);
	put_time(j, "lastSeen", f->last_seen);
	put_time(j, "resolvedAt", f->resolved_at);
	hn_json_object_end(j);
}

void hn_finding_json_short(struct hn_json *j, const struct hn_finding *f,
			   const struct hn_finding_container *container)
{
	put_pod(j, f);
	put_workload(j, f);
	if (container && is_named(container)) {
		hn_json_key(j, "container");
		hn_json_object(j);
		put_container_members(j, container);
		hn_json_object_end(j);
	}
	hn_json_kv_opt(j, "cause", hn_cause_name(f->cause));
	hn_json_kv_string(j, "way", hn_way_name(f->way));
	hn_json_key(j, "ai");
	hn_json_object(j);
	hn_json_kv_string(j, "verdict", hn_verdict_name(f->ai.verdict));
	hn_json_kv_opt(j, "category", f->ai.category);
	hn_json_kv_opt(j, "product", f->ai.product);
	hn_json_object_end(j);
}
