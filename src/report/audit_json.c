// SPDX-License-Identifier: Apache-2.0
/* hostnetd.audit/v1: the six lists, what is likely, what is beyond the six, what could not be looked at. */
#include "ai_json.h"
#include "audit_drift.h"
#include "hostnetd/json.h"
#include "hostnetd/report.h"
#include "hostnetd/str.h"

static void put_owner(struct hn_json *j, const struct hn_audit_workload *w)
{
	hn_json_key(j, "workload");
	hn_json_object(j);
	hn_json_kv_opt(j, "apiVersion", w->api_version);
	hn_json_kv_string(j, "kind", w->kind);
	hn_json_kv_string(j, "name", w->name);
	hn_json_object_end(j);
}

static void put_entry(struct hn_json *j, const struct hn_audit *a, const struct hn_audit_entry *e)
{
	hn_json_object(j);
	hn_json_kv_opt(j, "namespace", e->ns);
	hn_json_kv_string(j, "name", e->name);
	hn_json_kv_string(j, "apiVersion", e->api_version);
	hn_json_kv_string(j, "kind", e->kind);
	hn_json_kv_opt(j, "uid", e->uid);
	hn_json_kv_bool(j, "hostNetwork", true);
	hn_json_kv_opt(j, "image", e->image);
	hn_json_kv_opt(j, "template", e->template_path);
	hn_json_kv_opt(j, "created", e->created);
	hn_json_kv_opt(j, "inactive", e->inactive);
	put_owner(j, &a->workloads[e->workload]);
	hn_json_key(j, "ai");
	hn_json_object(j);
	hn_ai_json_members(j, e->ai);
	hn_json_object_end(j);
	if (e->exception) {
		char expires[HN_TIME_TEXT];

		hn_json_key(j, "exception");
		hn_json_object(j);
		hn_json_kv_string(j, "name", e->exception->name);
		hn_json_kv_string(j, "reason", e->exception->reason);
		hn_json_kv_string(j, "expires", hn_wall_format(e->exception->expires, expires));
		hn_json_object_end(j);
	}
	hn_json_kv_opt(j, "source", e->source);
	if (e->line > 0)
		hn_json_kv_uint(j, "line", e->line);
	hn_json_object_end(j);
}

/* HN_NOT_AI: those that an exception covers. */
static void put_list(struct hn_json *j, const struct hn_audit *a, enum hn_query query, enum hn_verdict verdict)
{
	hn_json_key(j, hn_query_name(query));
	hn_json_array(j);
	for (size_t i = 0; i < a->n; i++) {
		const struct hn_audit_entry *e = &a->entries[i];

		if (e->query == query && verdict == (e->exception ? HN_NOT_AI : e->ai->verdict))
			put_entry(j, a, e);
	}
	hn_json_array_end(j);
}

static void put_workloads(struct hn_json *j, const struct hn_audit *a)
{
	hn_json_key(j, "workloads");
	hn_json_array(j);
	for (size_t i = 0; i < a->n_workloads; i++) {
		const struct hn_audit_workload *w = &a->workloads[i];

		hn_json_object(j);
		hn_json_kv_opt(j, "namespace", w->ns);
		hn_json_kv_opt(j, "apiVersion", w->api_version);
		hn_json_kv_string(j, "kind", w->kind);
		hn_json_kv_string(j, "name", w->name);
		hn_json_kv_string(j, "verdict", hn_verdict_name(w->best->ai->verdict));
		hn_json_kv_bool(j, "excepted", w->verdict == HN_NOT_AI);
		for (int q = 0; q < HN_QUERY_MAX; q++) {
			if (w->counts[q] > 0)
				hn_json_kv_uint(j, hn_query_name((enum hn_query)q), w->counts[q]);
		}
		hn_json_object_end(j);
	}
	hn_json_array_end(j);
}

void hn_report_audit_json(const struct hn_audit *a, const struct hn_audit_page *page, struct hn_str *out)
{
	struct hn_json j;
	char time[HN_TIME_TEXT];

	hn_json_init(&j, out);
	hn_json_object(&j);
	hn_json_kv_string(&j, "schema", "hostnetd.audit/v1");
	hn_json_kv_string(&j, "control", HN_CONTROL_ID);
	hn_json_kv_opt(&j, "agentVersion", page->version);
	hn_json_kv_string(&j, "time", hn_wall_format(page->time, time));
	hn_json_kv_bool(&j, "passed", hn_audit_passed(a, page->likely_fails));
	hn_json_key(&j, "results");
	hn_json_object(&j);
	for (int q = 0; q < HN_QUERY_OTHER; q++)
		put_list(&j, a, (enum hn_query)q, HN_AI);
	hn_json_object_end(&j);
	hn_json_key(&j, "likely");
	hn_json_object(&j);
	for (int q = 0; q < HN_QUERY_MAX; q++)
		put_list(&j, a, (enum hn_query)q, HN_LIKELY_AI);
	hn_json_object_end(&j);
	hn_json_key(&j, "excepted");
	hn_json_object(&j);
	for (int q = 0; q < HN_QUERY_MAX; q++)
		put_list(&j, a, (enum hn_query)q, HN_NOT_AI);
	hn_json_object_end(&j);
	hn_json_key(&j, "expiredExceptions");
	hn_json_array(&j);
	for (size_t i = 0; i < hn_exceptions_count(a->exceptions); i++) {
		if (hn_exception_expired(hn_exceptions_at(a->exceptions, i), a->now))
			hn_json_string(&j, hn_exceptions_at(a->exceptions, i)->name);
	}
	hn_json_array_end(&j);
	put_list(&j, a, HN_QUERY_OTHER, HN_AI);
	put_workloads(&j, a);
	hn_json_key(&j, "seen");
	hn_json_object(&j);
	for (int q = 0; q < HN_QUERY_MAX; q++)
		hn_json_kv_uint(&j, hn_query_name((enum hn_query)q), a->seen[q]);
	hn_json_object_end(&j);
	hn_json_key(&j, "notCovered");
	hn_json_array(&j);
	for (size_t i = 0; i < a->n_gaps; i++) {
		hn_json_object(&j);
		hn_json_kv_string(&j, "what", a->gaps[i].what);
		hn_json_kv_string(&j, "why", a->gaps[i].why);
		hn_json_object_end(&j);
	}
	hn_json_array_end(&j);
	hn_drift_json(&j, a, page->likely_fails);
	hn_json_object_end(&j);
	hn_str_putc(out, '\n');
}
