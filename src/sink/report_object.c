// SPDX-License-Identifier: Apache-2.0
// What is long is cut, what is many is counted: an object that the API server refuses for its size would say nothing at all.
#include "report_object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/json.h"
#include "hostnetd/utf8.h"

#define MESSAGE_MAX 1024
#define TEXT_MAX 256
#define WHY_MAX 2048
#define RESULTS_BYTES \
	(1UL << 20) /* of all results: escapes make six bytes of one, and etcd takes 1.5 MiB in all */

enum result { PASS, FAIL, WARN, ERROR, SKIP, RESULT_MAX };
static const char *const results[] = {"pass", "fail", "warn", "error", "skip"};
_Static_assert(HN_ARRAY_SIZE(results) == RESULT_MAX, "a word for each");

size_t hn_cut(const char *text, size_t max)
{
	size_t n = strlen(text), whole = 0;
	uint32_t rune;

	if (n <= max)
		return n;
	while (whole < max) {
		size_t one = hn_utf8_decode(text + whole, n - whole, &rune);

		one = one ? one : 1;
		if (whole + one > max)
			break;
		whole += one;
	}
	return whole;
}

const char *hn_report_place(const struct hn_finding *f)
{
	return f->pod_known && hn_is_dns_label(f->pod_namespace) ? f->pod_namespace : "";
}

bool hn_report_has(const struct hn_finding *f)
{
	return f->state == HN_STATE_OPEN || f->state == HN_STATE_EXCEPTED;
}

/* --- a result ------------------------------------------------------------------------------------------------------ */

static void put_text(struct hn_json *j, const char *key, const char *text, size_t max)
{
	if (!text[0])
		return;
	hn_json_key(j, key);
	hn_json_string_n(j, text, hn_cut(text, max));
}

static void put_time(struct hn_json *j, struct hn_wall t)
{
	hn_json_key(j, "timestamp");
	hn_json_object(j);
	hn_json_kv_int(j, "seconds", t.ns / HN_NSEC_PER_SEC);
	hn_json_kv_int(j, "nanos", t.ns % HN_NSEC_PER_SEC);
	hn_json_object_end(j);
}

static enum result result_of(const struct hn_finding *f)
{
	if (f->state == HN_STATE_EXCEPTED)
		return SKIP;
	return f->ai.verdict == HN_AI ? FAIL : WARN;
}

static void put_message(struct hn_json *j, const struct hn_finding *f)
{
	_cleanup_(hn_str_done) struct hn_str title = {0}, safe = {0};

	hn_finding_title(f, &title);
	hn_str_visible(&safe, hn_str_get(&title), title.len);
	if (f->exception.name[0]) {
		hn_str_puts(&safe, "; excepted by rule ");
		hn_str_visible(&safe, f->exception.name, strlen(f->exception.name));
	}
	put_text(j, "message", hn_str_get(&safe), MESSAGE_MAX);
}

static void put_resources(struct hn_json *j, const struct hn_finding *f)
{
	if (!f->pod_uid[0])
		return;
	hn_json_key(j, "resources");
	hn_json_array(j);
	hn_json_object(j);
	hn_json_kv_string(j, "apiVersion", "v1");
	hn_json_kv_string(j, "kind", "Pod");
	if (f->pod_known) {
		put_text(j, "namespace", f->pod_namespace, TEXT_MAX);
		put_text(j, "name", f->pod_name, TEXT_MAX);
	}
	put_text(j, "uid", f->pod_uid, TEXT_MAX);
	hn_json_object_end(j);
	hn_json_array_end(j);
}

static double declared_weight(const struct hn_judgement *ai)
{
	double most = 0;

	for (size_t i = 0; i < ai->n_evidence; i++)
		if (!ai->evidence[i].observed && ai->evidence[i].weight > most)
			most = ai->evidence[i].weight;
	return most;
}

static void put_fraction(struct hn_json *j, const char *key, double v)
{
	char text[32];

	snprintf(text, sizeof(text), "%.3f", v);
	hn_json_kv_string(j, key, text);
}

static void put_exception(struct hn_json *j, const struct hn_finding *f)
{
	char expires[HN_TIME_TEXT];

	if (!f->exception.name[0])
		return;
	put_text(j, "exception", f->exception.name, TEXT_MAX);
	put_text(j, "exceptionReason", f->exception.reason, TEXT_MAX);
	hn_json_kv_string(j, "exceptionExpires", hn_wall_format(f->exception.expires, expires));
}

static void put_container(struct hn_json *j, const struct hn_finding *f)
{
	if (f->n_containers == 0)
		return;
	put_text(j, "container", f->containers[0].name, TEXT_MAX);
	put_text(j, "containerID", f->containers[0].id, TEXT_MAX);
	put_text(j, "image", f->containers[0].image, TEXT_MAX);
}

/* All that `audit` needs to put it beside what is declared: src/kube/observed_report.c reads it. */
static void put_properties(struct hn_json *j, const struct hn_finding *f)
{
	char time[HN_TIME_TEXT], number[16];

	hn_json_key(j, "properties");
	hn_json_object(j);
	hn_json_kv_string(j, "finding", f->id);
	hn_json_kv_string(j, "state", hn_state_name(f->state));
	hn_json_kv_string(j, "severity", hn_severity_name(f->severity));
	hn_json_kv_opt(j, "cause", hn_cause_name(f->cause));
	hn_json_kv_string(j, "way", hn_way_name(f->way));
	hn_json_kv_string(j, "verdict", hn_verdict_name(f->ai.verdict));
	put_text(j, "category", f->ai.category, TEXT_MAX);
	put_text(j, "product", f->ai.product, TEXT_MAX);
	put_fraction(j, "score", f->ai.score);
	put_fraction(j, "declaredWeight", declared_weight(&f->ai));
	put_text(j, "podUID", f->pod_uid, TEXT_MAX);
	put_text(j, "workloadAPIVersion", f->workload_api_version, TEXT_MAX);
	put_text(j, "workloadKind", f->workload_kind, TEXT_MAX);
	put_text(j, "workloadName", f->workload_name, TEXT_MAX);
	put_container(j, f);
	if (f->pod_static)
		hn_json_kv_string(j, "static", "true");
	put_exception(j, f);
	snprintf(number, sizeof(number), "%u", f->occurrences);
	hn_json_kv_string(j, "occurrences", number);
	hn_json_kv_string(j, "firstSeen", hn_wall_format(f->first_seen, time));
	hn_json_object_end(j);
}

static void put_policy(struct hn_json *j, const char *policy, const char *rule, enum result result)
{
	hn_json_kv_string(j, "source", HN_REPORT_MANAGER);
	hn_json_kv_string(j, "policy", policy);
	hn_json_kv_opt(j, "rule", rule);
	hn_json_kv_string(j, "category", "Network exposure");
	hn_json_kv_string(j, "result", results[result]);
	hn_json_kv_bool(j, "scored", result != WARN);
}

static void put_finding(struct hn_json *j, const struct hn_report_page *page, const struct hn_finding *f)
{
	bool lower = page->no_critical && f->severity == HN_SEVERITY_CRITICAL;

	hn_json_object(j);
	put_policy(j, HN_CONTROL_ID, hn_cause_name(f->cause), result_of(f));
	hn_json_kv_string(j, "severity", hn_severity_name(lower ? HN_SEVERITY_HIGH : f->severity));
	put_message(j, f);
	put_time(j, f->first_seen);
	put_resources(j, f);
	put_properties(j, f);
	hn_json_object_end(j);
}

static void put_pass(struct hn_json *j, const struct hn_report_page *page)
{
	hn_json_object(j);
	put_policy(j, HN_CONTROL_ID, "", PASS);
	hn_json_kv_string(j, "message",
			  page->ns[0] ?
				  "No AI workload of this namespace shares the node's network on this node." :
				  "No AI workload shares the node's network.");
	put_time(j, page->now);
	hn_json_object_end(j);
}

/* Joined, cut. */
static void why(const struct hn_health *h, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str all = {0};

	for (size_t i = 0; i < h->n_incomplete; i++) {
		hn_str_puts(&all, i ? "; " : "");
		hn_str_visible(&all, h->incomplete[i], strlen(h->incomplete[i]));
	}
	hn_str_append(out, hn_str_get(&all), hn_cut(hn_str_get(&all), WHY_MAX));
}

static void put_agent(struct hn_json *j, const struct hn_report_page *page)
{
	_cleanup_(hn_str_done) struct hn_str text = {0};
	const struct hn_health *h = page->health;
	char number[32];

	hn_str_puts(&text, h->complete ? "The agent sees everything." : "The agent does not see everything: ");
	if (!h->complete)
		why(h, &text);
	hn_json_object(j);
	put_policy(j, HN_REPORT_AGENT_POLICY, "complete", h->complete ? PASS : ERROR);
	put_text(j, "message", hn_str_get(&text), MESSAGE_MAX);
	put_time(j, page->now);
	hn_json_key(j, "properties");
	hn_json_object(j);
	put_text(j, "cluster", page->who->cluster, TEXT_MAX);
	put_text(j, "bootID", page->who->boot_id, TEXT_MAX);
	hn_json_kv_string(j, "tier", h->tier);
	for (size_t i = 0; i < h->n_hooks; i++) {
		char key[64];

		snprintf(key, sizeof(key), "hook.%.50s", h->hooks[i].purpose);
		put_text(j, key, h->hooks[i].name ? h->hooks[i].name : "none", TEXT_MAX);
	}
	snprintf(number, sizeof(number), "%llu", (unsigned long long)h->probe.lost);
	hn_json_kv_string(j, "lost", number);
	hn_json_object_end(j);
	hn_json_object_end(j);
}

/* --- the object ---------------------------------------------------------------------------------------------------- */

static void put_annotations(struct hn_json *j, const struct hn_report_page *page, size_t omitted)
{
	char time[HN_TIME_TEXT], number[32];

	hn_json_key(j, "annotations");
	hn_json_object(j);
	hn_json_kv_string(j, HN_REPORT_NODE, page->who->node);
	hn_json_kv_string(j, HN_REPORT_LAST_SEEN, hn_wall_format(page->now, time));
	snprintf(number, sizeof(number), "%lld", (long long)(page->heartbeat_ns / HN_NSEC_PER_SEC));
	hn_json_kv_string(j, HN_REPORT_HEARTBEAT, number);
	hn_json_kv_opt(j, HN_REPORT_VERSION, page->who->agent_version);
	if (omitted) {
		snprintf(number, sizeof(number), "%zu", omitted);
		hn_json_kv_string(j, HN_REPORT_OMITTED, number);
	}
	if (page->health) {
		_cleanup_(hn_str_done) struct hn_str text = {0};

		why(page->health, &text);
		hn_json_kv_string(j, HN_REPORT_COMPLETE, page->health->complete ? "true" : "false");
		hn_json_kv_opt(j, HN_REPORT_WHY, hn_str_get(&text));
		hn_json_kv_string(j, HN_REPORT_CLAIMS, page->claims);
	}
	hn_json_object_end(j);
}

static void put_owner(struct hn_json *j, const struct hn_report_page *page)
{
	if (!page->node_uid[0])
		return;
	hn_json_key(j, "ownerReferences");
	hn_json_array(j);
	hn_json_object(j);
	hn_json_kv_string(j, "apiVersion", "v1");
	hn_json_kv_string(j, "kind", "Node");
	hn_json_kv_string(j, "name", page->who->node);
	hn_json_kv_string(j, "uid", page->node_uid);
	hn_json_object_end(j);
	hn_json_array_end(j);
}

static void put_metadata(struct hn_json *j, const struct hn_report_page *page, size_t omitted)
{
	char name[HN_REPORT_NAME_SIZE];

	hn_report_name(page->who->node, page->ns, name);
	hn_json_key(j, "metadata");
	hn_json_object(j);
	hn_json_kv_string(j, "name", name);
	hn_json_kv_opt(j, "namespace", page->ns);
	hn_json_key(j, "labels");
	hn_json_object(j);
	hn_json_kv_string(j, HN_REPORT_LABEL_MANAGED, HN_REPORT_MANAGER);
	/* A longer name is in the annotation only. */
	if (hn_is_label_value(page->who->node))
		hn_json_kv_string(j, HN_REPORT_LABEL_NODE, page->who->node);
	hn_json_object_end(j);
	put_annotations(j, page, omitted);
	put_owner(j, page);
	hn_json_object_end(j);
}

static void put_scope(struct hn_json *j, const struct hn_report_page *page)
{
	hn_json_key(j, "scope");
	hn_json_object(j);
	hn_json_kv_string(j, "apiVersion", "v1");
	hn_json_kv_string(j, "kind", "Node");
	hn_json_kv_string(j, "name", page->who->node);
	hn_json_kv_opt(j, "uid", page->node_uid);
	hn_json_object_end(j);
}

/* Open before excepted, the worst first; then by id, so that an unchanged set is an unchanged object. */
static int by_weight(const void *a, const void *b)
{
	const struct hn_finding *l = *(const struct hn_finding *const *)a,
				*r = *(const struct hn_finding *const *)b;

	if (l->state != r->state)
		return l->state == HN_STATE_OPEN ? -1 : 1;
	if (l->severity != r->severity)
		return l->severity > r->severity ? -1 : 1;
	return strcmp(l->id, r->id);
}

/* As an array; how many findings are in it. */
static size_t put_results(const struct hn_report_page *page, bool pass, struct hn_str *out)
{
	struct hn_json j;
	size_t n = 0;

	hn_json_init(&j, out);
	hn_json_array(&j);
	while (n < page->n && n < HN_REPORT_RESULTS_MAX && out->len < RESULTS_BYTES)
		put_finding(&j, page, page->findings[n++]);
	if (pass)
		put_pass(&j, page);
	if (page->health)
		put_agent(&j, page);
	hn_json_array_end(&j);
	return n;
}

/* Also of what is not shown. */
static void put_summary(struct hn_json *j, const struct hn_report_page *page, bool pass)
{
	unsigned summary[RESULT_MAX] = {0};

	for (size_t i = 0; i < page->n; i++)
		summary[result_of(page->findings[i])]++;
	summary[PASS] += pass;
	if (page->health)
		summary[page->health->complete ? PASS : ERROR]++;
	hn_json_key(j, "summary");
	hn_json_object(j);
	for (size_t i = 0; i < RESULT_MAX; i++)
		hn_json_kv_uint(j, results[i], summary[i]);
	hn_json_object_end(j);
}

void hn_report_object_json(const struct hn_report_page *page, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str list = {0};
	bool pass = page->n == 0 && !(page->health && (page->anywhere || !page->health->complete));
	char version[96];
	struct hn_json j;
	size_t shown;

	if (page->n)
		qsort(page->findings, page->n, sizeof(*page->findings), by_weight);
	shown = put_results(page, pass, &list);
	hn_json_init(&j, out);
	hn_json_object(&j);
	snprintf(version, sizeof(version), "%s/%s", page->kind->group, page->kind->version);
	hn_json_kv_string(&j, "apiVersion", version);
	hn_json_kv_string(&j, "kind", page->ns[0] ? page->kind->kind : page->kind->cluster_kind);
	put_metadata(&j, page, page->n - shown);
	if (page->kind->has_source)
		hn_json_kv_string(&j, "source", HN_REPORT_MANAGER);
	put_scope(&j, page);
	hn_json_key(&j, "results");
	hn_json_raw(&j, hn_str_get(&list));
	put_summary(&j, page, pass);
	hn_json_object_end(&j);
	if (list.failed)
		out->failed = true;
}
