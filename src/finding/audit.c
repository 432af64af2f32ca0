// SPDX-License-Identifier: Apache-2.0
#include "hostnetd/audit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit_parts.h"
#include "hostnetd/drift.h"

void hn_audit_entry_done(struct hn_audit_entry *e)
{
	char *const texts[] = {e->api_version, e->kind,          e->ns,
			       e->name,        e->uid,           e->created,
			       e->image,       e->template_path, e->inactive,
			       e->owner_kind,  e->owner_name,    e->owner_api_version,
			       e->maker_kind,  e->maker_name,    e->maker_api_version};

	for (size_t i = 0; i < HN_ARRAY_SIZE(texts); i++)
		free(texts[i]);
	free(e->ai);
}

void hn_audit_truncate(struct hn_audit *a, size_t n)
{
	while (a->n > n)
		hn_audit_entry_done(&a->entries[--a->n]);
}

void hn_audit_done(struct hn_audit *a)
{
	hn_audit_truncate(a, 0);
	free(a->entries);
	free(a->workloads);
	hn_audit_truncate_gaps(a, 0);
	hn_owner_links_free(a->links);
	hn_rule_sets_free(a->rules);
	*a = (struct hn_audit){0};
}

void hn_audit_truncate_gaps(struct hn_audit *a, size_t n)
{
	while (a->n_gaps > n) {
		struct hn_audit_gap *gap = &a->gaps[--a->n_gaps];

		free(gap->what);
		free(gap->why);
	}
}

int hn_audit_gap(struct hn_audit *a, const char *what, const char *why, struct hn_reason *reason)
{
	struct hn_audit_gap *gap = &a->gaps[a->n_gaps];

	if (a->n_gaps == HN_AUDIT_NOT_COVERED_MAX)
		return 0; /* one of them is enough for exit code 2 */
	gap->what = strdup(what);
	gap->why = strdup(why);
	if (gap->what && gap->why) {
		a->n_gaps++;
		return 0;
	}
	free(gap->what);
	free(gap->why);
	return hn_reason_set(reason, -ENOMEM, "no memory");
}

/* The container whose image says it, else the first. */
static const char *image_of(const struct hn_pod *pod, const struct hn_judgement *ai)
{
	for (size_t i = 0; i < ai->n_evidence; i++) {
		if (strcmp(ai->evidence[i].signal, "image") == 0 && ai->evidence[i].weight > 0)
			return ai->evidence[i].value;
	}
	for (size_t i = 0; i < pod->n_containers; i++) {
		if (pod->containers[i].type == HN_CONTAINER_REGULAR)
			return pod->containers[i].image;
	}
	return "";
}

/* Of a pod's controller the name may tell who made that, where it is not among the objects. */
static void owners_of(const struct hn_asset *asset, const struct hn_template *t, struct hn_owner *ret_owner,
		      struct hn_owner *ret_maker)
{
	static const struct hn_owner none = {"", "", ""};
	const struct hn_owner *by_name = &t->pod.workload;

	*ret_owner = asset->controller;
	*ret_maker = none;
	if (asset->query != HN_QUERY_PODS || !asset->controller.kind[0])
		return;
	if (strcmp(by_name->kind, "Pod") == 0 && strcmp(by_name->name, asset->name) == 0)
		*ret_owner = none; /* a mirror: a Node is no workload */
	else if (strcmp(by_name->kind, asset->controller.kind) != 0 ||
		 strcmp(by_name->name, asset->controller.name) != 0)
		*ret_maker = *by_name;
}

static int fill(struct hn_audit_entry *e, const char *source, const struct hn_asset *asset,
		const struct hn_template *t, const struct hn_judgement *ai)
{
	struct hn_owner owner, maker;
	size_t size = offsetof(struct hn_judgement, evidence) + ai->n_evidence * sizeof(ai->evidence[0]);

	owners_of(asset, t, &owner, &maker);
	*e = (struct hn_audit_entry){
		.query = asset->query,
		.api_version = strdup(asset->api_version),
		.kind = strdup(asset->kind),
		.ns = strdup(asset->ns),
		.name = strdup(asset->name),
		.uid = strdup(asset->uid),
		.created = strdup(asset->created),
		.image = strdup(image_of(&t->pod, ai)),
		.template_path = strdup(t->path),
		.inactive = strdup(asset->inactive),
		.owner_api_version = strdup(owner.api_version),
		.owner_kind = strdup(owner.kind),
		.owner_name = strdup(owner.name),
		.maker_api_version = strdup(maker.api_version),
		.maker_kind = strdup(maker.kind),
		.maker_name = strdup(maker.name),
		.source = source,
		.document = asset->document,
		.line = asset->line,
		.is_static = t->pod.is_static || t->pod.is_mirror,
		.ai = malloc(size),
	};
	if (e->ai)
		memcpy(e->ai, ai, size);
	if (e->api_version && e->kind && e->ns && e->name && e->uid && e->created && e->image &&
	    e->template_path && e->inactive && e->owner_api_version && e->owner_kind && e->owner_name &&
	    e->maker_api_version && e->maker_kind && e->maker_name && e->ai)
		return 0;
	hn_audit_entry_done(e);
	return -ENOMEM;
}

static int rules_of(struct hn_audit *a, const struct hn_pod *pod, const struct hn_judgement *ai,
		    const struct hn_rule_set **ret)
{
	struct hn_exception_facts facts;
	uint16_t ports[HN_EXCEPTION_PORTS];

	if (hn_exceptions_count(a->exceptions) == 0)
		return 0;
	if (!a->rules)
		a->rules = hn_rule_sets_new();
	if (!a->rules)
		return -ENOMEM;
	hn_exception_facts_of_pod(pod, ai, a->catalogue, ports, &facts);
	return hn_rule_sets_get(a->rules, a->exceptions, &facts, a->now, ret);
}

static int make_room(struct hn_audit *a, struct hn_reason *reason)
{
	size_t cap = a->cap ? a->cap * 2 : 64;
	struct hn_audit_entry *grown;

	if (a->n == HN_AUDIT_ENTRIES_MAX)
		return hn_reason_set(reason, -E2BIG, "more than %d findings", HN_AUDIT_ENTRIES_MAX);
	if (a->n < a->cap)
		return 0;
	grown = reallocarray(a->entries, cap, sizeof(*grown));
	if (!grown)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	a->entries = grown;
	a->cap = cap;
	return 0;
}

static int keep(struct hn_audit *a, const char *source, const struct hn_asset *asset, const struct hn_template *t,
		const struct hn_judgement *ai, struct hn_reason *reason)
{
	const struct hn_rule_set *rules = NULL;
	int r = make_room(a, reason);

	if (r < 0)
		return r;
	if (rules_of(a, &t->pod, ai, &rules) < 0 || fill(&a->entries[a->n], source, asset, t, ai) < 0)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	a->entries[a->n].rules = rules;
	a->entries[a->n].object = a->n_objects;
	a->entries[a->n].owned = asset->owner_counts;
	a->entries[a->n].admission = a->policy ? hn_admission_judge(a->policy, asset) : HN_ADMISSION_UNSEEN;
	a->n++;
	return 0;
}

int hn_audit_link(struct hn_audit *a, const struct hn_owner *of, const char *ns, const struct hn_owner *controller,
		  bool counts)
{
	int r;

	if (!a->links)
		a->links = hn_owner_links_new();
	r = a->links ? hn_owner_links_put(a->links, of, ns, controller, counts) : -ENOMEM;
	a->links_full |= r == -ENOSPC;
	return r == -ENOSPC ? 0 : r;
}

int hn_audit_add(struct hn_audit *a, const char *source, const struct hn_asset *asset, struct hn_reason *reason)
{
	const struct hn_owner itself = {asset->api_version, asset->kind, asset->name};
	bool selected = hn_selector_match(a->selector, asset->labels, asset->n_labels);
	int r = 0;

	/* A manifest without a namespace may be meant for any. */
	if (a->ns && asset->ns[0] && strcmp(a->ns, asset->ns) != 0)
		return 0;
	/* Also of what is no finding: it may stand between a pod and what a person deployed. */
	if (asset->query != HN_QUERY_PODS &&
	    hn_audit_link(a, &itself, asset->ns, &asset->controller, selected && !asset->owner_counts) < 0)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	if (!selected)
		return 0;
	a->seen[asset->query] += !asset->owner_counts;
	a->n_objects++;
	for (size_t i = 0; r == 0 && i < asset->n_templates; i++) {
		const struct hn_pod *pod = &asset->templates[i].pod;
		struct hn_judgement ai;

		if (!pod->host_network)
			continue;
		hn_ai_judge(a->catalogue, pod, NULL, 0, &ai);
		if (ai.verdict != HN_NOT_AI)
			r = keep(a, source, asset, &asset->templates[i], &ai, reason);
	}
	return r;
}

size_t hn_audit_count(const struct hn_audit *a, enum hn_verdict verdict)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++)
		n += !a->entries[i].exception && a->entries[i].ai->verdict == verdict;
	return n;
}

size_t hn_audit_count_workloads(const struct hn_audit *a, enum hn_verdict verdict)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n_workloads; i++)
		n += a->workloads[i].verdict == verdict;
	return n;
}

bool hn_audit_failed(const struct hn_audit *a, bool likely_too)
{
	return hn_audit_count(a, HN_AI) > 0 || (likely_too && hn_audit_count(a, HN_LIKELY_AI) > 0) ||
	       hn_drift_failed(a->drift, likely_too);
}

bool hn_audit_matched_nothing(const struct hn_audit *a)
{
	return (a->ns || a->selector) && a->n_objects == 0;
}

bool hn_audit_passed(const struct hn_audit *a, bool likely_too)
{
	return !hn_audit_failed(a, likely_too) && a->n_gaps == 0;
}
