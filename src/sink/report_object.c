// SPDX-License-Identifier: Apache-2.0
// What is long is cut, what is many is counted: an object that the API server refuses for its size would say nothing at all.
#include "report_object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/json.h"
#include "hostnetd/utf8.h"
#include "report_result.h"

/* Of all results: escapes make six bytes of one, and etcd takes 1.5 MiB in all. */
#define RESULTS_BYTES (1UL << 20)

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

		hn_result_why(page->health, &text);
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

/* What a page without findings says; MAX: nothing, since its agent's result or the other pages do. */
static enum hn_result verdict(const struct hn_report_page *page)
{
	if (page->n || (page->health && (page->anywhere || !page->health->complete)))
		return HN_RESULT_MAX;
	return page->blind ? HN_RESULT_SKIP : HN_RESULT_PASS;
}

/* As an array; how many findings are in it. */
static size_t put_results(const struct hn_report_page *page, struct hn_str *out)
{
	struct hn_json j;
	size_t n = 0;

	hn_json_init(&j, out);
	hn_json_array(&j);
	while (n < page->n && n < HN_REPORT_RESULTS_MAX && out->len < RESULTS_BYTES)
		hn_result_finding_json(&j, page, page->findings[n++]);
	if (verdict(page) == HN_RESULT_PASS)
		hn_result_pass_json(&j, page);
	if (verdict(page) == HN_RESULT_SKIP)
		hn_result_blind_json(&j, page);
	if (page->health)
		hn_result_agent_json(&j, page);
	hn_json_array_end(&j);
	return n;
}

/* Also of what is not shown. */
static void put_summary(struct hn_json *j, const struct hn_report_page *page)
{
	unsigned summary[HN_RESULT_MAX + 1] = {0};

	for (size_t i = 0; i < page->n; i++)
		summary[hn_result_of(page->findings[i])]++;
	summary[verdict(page)]++;
	if (page->health)
		summary[page->health->complete ? HN_RESULT_PASS : HN_RESULT_ERROR]++;
	hn_json_key(j, "summary");
	hn_json_object(j);
	for (size_t i = 0; i < HN_RESULT_MAX; i++)
		hn_json_kv_uint(j, hn_result_name((enum hn_result)i), summary[i]);
	hn_json_object_end(j);
}

void hn_report_object_json(const struct hn_report_page *page, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str list = {0};
	char version[96];
	struct hn_json j;
	size_t shown;

	if (page->n)
		qsort(page->findings, page->n, sizeof(*page->findings), by_weight);
	shown = put_results(page, &list);
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
	put_summary(&j, page);
	hn_json_object_end(&j);
	if (list.failed)
		out->failed = true;
}
