// SPDX-License-Identifier: Apache-2.0
#include "report_result.h"

#include <stdio.h>
#include <string.h>

#include "hostnetd/macro.h"

#define MESSAGE_MAX 1024
#define TEXT_MAX 256
#define WHY_MAX 2048

static const char *const words[] = {
	[HN_RESULT_PASS] = "pass",   [HN_RESULT_FAIL] = "fail", [HN_RESULT_WARN] = "warn",
	[HN_RESULT_ERROR] = "error", [HN_RESULT_SKIP] = "skip",
};
_Static_assert(HN_ARRAY_SIZE(words) == HN_RESULT_MAX, "a word for each");

const char *hn_result_name(enum hn_result r)
{
	return words[r];
}

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

enum hn_result hn_result_of(const struct hn_finding *f)
{
	if (f->state == HN_STATE_EXCEPTED)
		return HN_RESULT_SKIP;
	return f->ai.verdict == HN_AI ? HN_RESULT_FAIL : HN_RESULT_WARN;
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

static void put_policy(struct hn_json *j, const char *policy, const char *rule, enum hn_result result)
{
	hn_json_kv_string(j, "source", HN_REPORT_MANAGER);
	hn_json_kv_string(j, "policy", policy);
	hn_json_kv_opt(j, "rule", rule);
	hn_json_kv_string(j, "category", "Network exposure");
	hn_json_kv_string(j, "result", words[result]);
	hn_json_kv_bool(j, "scored", result != HN_RESULT_WARN);
}

void hn_result_finding_json(struct hn_json *j, const struct hn_report_page *page, const struct hn_finding *f)
{
	bool lower = page->no_critical && f->severity == HN_SEVERITY_CRITICAL;

	hn_json_object(j);
	put_policy(j, HN_CONTROL_ID, hn_cause_name(f->cause), hn_result_of(f));
	hn_json_kv_string(j, "severity", hn_severity_name(lower ? HN_SEVERITY_HIGH : f->severity));
	put_message(j, f);
	put_time(j, f->first_seen);
	put_resources(j, f);
	put_properties(j, f);
	hn_json_object_end(j);
}

void hn_result_pass_json(struct hn_json *j, const struct hn_report_page *page)
{
	hn_json_object(j);
	put_policy(j, HN_CONTROL_ID, "", HN_RESULT_PASS);
	hn_json_kv_string(j, "message",
			  page->ns[0] ?
				  "No AI workload of this namespace shares the node's network on this node." :
				  "No AI workload shares the node's network.");
	put_time(j, page->now);
	hn_json_object_end(j);
}

void hn_result_blind_json(struct hn_json *j, const struct hn_report_page *page)
{
	hn_json_object(j);
	put_policy(j, HN_CONTROL_ID, "", HN_RESULT_SKIP);
	hn_json_kv_string(
		j, "message",
		"Nothing is found, but the agent cannot see everything: the node's own report says why.");
	put_time(j, page->now);
	hn_json_object_end(j);
}

/* Joined, cut. */
void hn_result_why(const struct hn_health *h, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str all = {0};

	for (size_t i = 0; i < h->n_incomplete; i++) {
		hn_str_puts(&all, i ? "; " : "");
		hn_str_visible(&all, h->incomplete[i], strlen(h->incomplete[i]));
	}
	hn_str_append(out, hn_str_get(&all), hn_cut(hn_str_get(&all), WHY_MAX));
}

void hn_result_agent_json(struct hn_json *j, const struct hn_report_page *page)
{
	_cleanup_(hn_str_done) struct hn_str text = {0};
	const struct hn_health *h = page->health;
	char number[32];

	hn_str_puts(&text, h->complete ? "The agent sees everything." : "The agent does not see everything: ");
	if (!h->complete)
		hn_result_why(h, &text);
	hn_json_object(j);
	put_policy(j, HN_REPORT_AGENT_POLICY, "complete", h->complete ? HN_RESULT_PASS : HN_RESULT_ERROR);
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
