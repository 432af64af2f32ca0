// SPDX-License-Identifier: Apache-2.0
/* An event as the history keeps it and the API serves it: one flat form for changes, notices and happenings. */
#include <string.h>

#include "finding_json.h"
#include "hostnetd/str.h"
#include "ports.h"

static const char *const contacts[] = {[HN_CONTACT_NONE] = "",
				       [HN_CONTACT_METADATA] = "metadata",
				       [HN_CONTACT_CONTROL] = "control",
				       [HN_CONTACT_ABSTRACT] = "abstract"};
_Static_assert(HN_ARRAY_SIZE(contacts) == HN_CONTACT_MAX, "a name for each contact");

const char *hn_event_type_name(const struct hn_event *e)
{
	return e->change ? hn_change_type_name(e->change->type) :
	       e->notice ? hn_notice_type_name(e->notice->type) :
			   hn_happening_type_name(e->happening->type);
}

const struct hn_finding *hn_event_finding(const struct hn_event *e)
{
	return e->change ? e->change->finding : e->notice ? e->notice->finding : e->happening->finding;
}

static void put_whose(struct hn_json *j, const struct hn_finding *f, const struct hn_finding_container *c)
{
	hn_json_kv_string(j, "finding", f->id);
	if (f->pod_uid[0] || f->pod_known) {
		hn_json_key(j, "pod");
		hn_json_object(j);
		hn_json_kv_opt(j, "namespace", f->pod_namespace);
		hn_json_kv_opt(j, "name", f->pod_name);
		hn_json_kv_opt(j, "uid", f->pod_uid);
		hn_json_object_end(j);
	}
	if (f->workload_kind[0]) {
		hn_json_key(j, "workload");
		hn_json_object(j);
		hn_json_kv_string(j, "kind", f->workload_kind);
		hn_json_kv_opt(j, "name", f->workload_name);
		hn_json_object_end(j);
	}
	if (c)
		hn_json_kv_opt(j, "container", c->name[0] ? c->name : c->id);
	hn_json_kv_opt(j, "cause", hn_cause_name(f->cause));
}

static void put_change(struct hn_json *j, const struct hn_change *change)
{
	put_whose(j, change->finding, NULL);
	hn_json_kv_string(j, "state", hn_state_name(change->finding->state));
	hn_json_kv_string(j, "severity", hn_severity_name(change->finding->severity));
	hn_json_key(j, "changed");
	hn_json_array(j);
	for (unsigned f = 0; f < HN_CHANGED_MAX; f++)
		if (change->changed & (1U << f))
			hn_json_string(j, hn_change_field_name((enum hn_change_field)f));
	hn_json_array_end(j);
}

static void put_notice(struct hn_json *j, const struct hn_notice *n)
{
	if (n->finding)
		put_whose(j, n->finding, n->container);
	/* It has joined by its id, and leaves by its name: both, or nobody can tell that it is one. */
	if (n->finding && n->container && n->container->name[0])
		hn_json_kv_opt(j, "containerID", n->container->id);
	if (n->attempt)
		hn_attempt_json(j, n);
	if (n->exception)
		hn_rule_json(j, n->exception);
	hn_json_kv_opt(j, "text", n->text);
	if (n->type == HN_NOTICE_AGENT_LOST)
		hn_json_kv_uint(j, "count", n->count);
	hn_gap_json(j, n);
}

static void put_endpoint(struct hn_json *j, const struct hn_endpoint *e)
{
	char address[INET6_ADDRSTRLEN];

	hn_json_key(j, "endpoint");
	hn_json_object(j);
	hn_json_kv_opt(j, "protocol", hn_ports_protocol(e));
	hn_json_kv_opt(j, "address", hn_ports_address(e, address));
	hn_json_kv_uint(j, "port", e->port);
	hn_json_object_end(j);
}

static void put_ancestors(struct hn_json *j, const struct hn_happening *h)
{
	hn_json_key(j, "ancestors");
	hn_json_array(j);
	for (size_t i = 0; i < h->n_ancestors; i++) {
		hn_json_object(j);
		hn_json_kv_int(j, "pid", h->ancestors[i].pid);
		hn_json_kv_opt(j, "comm", h->ancestors[i].comm);
		hn_json_object_end(j);
	}
	hn_json_array_end(j);
}

static void put_happening(struct hn_json *j, const struct hn_happening *h)
{
	if (h->finding)
		put_whose(j, h->finding, h->container);
	if (h->process) {
		hn_json_key(j, "process");
		hn_json_object(j);
		hn_process_json_members(j, h->finding, h->process);
		if (h->n_ancestors)
			put_ancestors(j, h);
		else
			hn_ancestors_json(j, h->finding, h->process);
		if (h->process->parent > 0)
			hn_json_kv_int(j, "parent", h->process->parent);
		hn_json_object_end(j);
	}
	if (h->endpoint.protocol)
		put_endpoint(j, &h->endpoint);
	hn_json_kv_opt(j, "contact", contacts[h->contact]);
	hn_json_kv_opt(j, "text", h->text);
	if (h->type == HN_HAPPENING_OMITTED)
		hn_json_kv_uint(j, "count", h->count);
}

static void put_event(const struct hn_identity *who, const struct hn_event *e, bool whole, struct hn_str *out)
{
	char time[HN_TIME_TEXT];
	struct hn_json j;

	hn_json_init(&j, out);
	hn_json_object(&j);
	hn_json_kv_uint(&j, "seq", e->seq);
	hn_json_kv_string(&j, "time", hn_wall_format(e->time, time));
	hn_json_kv_int(&j, "monoNs", e->mono.ns);
	hn_json_kv_string(&j, "type", hn_event_type_name(e));
	if (e->change)
		put_change(&j, e->change);
	else if (e->notice)
		put_notice(&j, e->notice);
	else
		put_happening(&j, e->happening);
	if (whole && e->change) {
		hn_json_key(&j, "findingObject");
		hn_finding_json(&j, who, e->change->finding);
	}
	hn_json_object_end(&j);
}

void hn_report_event_json(const struct hn_event *e, struct hn_str *out)
{
	put_event(NULL, e, false, out);
}

void hn_report_event_whole_json(const struct hn_identity *who, const struct hn_event *e, struct hn_str *out)
{
	put_event(who, e, true, out);
}

void hn_report_finding_json(const struct hn_identity *who, const struct hn_finding *f, struct hn_str *out)
{
	struct hn_json j;

	hn_json_init(&j, out);
	hn_finding_json(&j, who, f);
}
