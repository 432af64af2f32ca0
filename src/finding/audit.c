// SPDX-License-Identifier: Apache-2.0
#include "hostnetd/audit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/drift.h"
#include "hostnetd/map.h"

#define OWNERS_MAX 8 /* a chain that is longer goes round in circles */

static void entry_done(struct hn_audit_entry *e)
{
	char *const texts[] = {e->api_version, e->kind,       e->ns,         e->name,
			       e->uid,         e->created,    e->image,      e->template_path,
			       e->inactive,    e->owner_kind, e->owner_name, e->owner_api_version};

	for (size_t i = 0; i < HN_ARRAY_SIZE(texts); i++)
		free(texts[i]);
	free(e->ai);
}

void hn_audit_truncate(struct hn_audit *a, size_t n)
{
	while (a->n > n)
		entry_done(&a->entries[--a->n]);
}

void hn_audit_done(struct hn_audit *a)
{
	hn_audit_truncate(a, 0);
	free(a->entries);
	free(a->workloads);
	for (size_t i = 0; i < a->n_gaps; i++) {
		free(a->gaps[i].what);
		free(a->gaps[i].why);
	}
	*a = (struct hn_audit){0};
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

static int fill(struct hn_audit_entry *e, const char *source, const struct hn_asset *asset,
		const struct hn_template *t, const struct hn_judgement *ai)
{
	const struct hn_owner *owner = &asset->controller;
	size_t size = offsetof(struct hn_judgement, evidence) + ai->n_evidence * sizeof(ai->evidence[0]);

	/* A pod's controller may be gone from the answer, or be a link in between: its labels tell who made that. */
	if (asset->query == HN_QUERY_PODS && owner->kind[0])
		owner = &t->pod.workload;
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
		.owner_api_version = strdup(owner->api_version),
		.owner_kind = strdup(owner->kind),
		.owner_name = strdup(owner->name),
		.source = source,
		.document = asset->document,
		.line = asset->line,
		.is_static = t->pod.is_static || t->pod.is_mirror,
		.ai = malloc(size),
	};
	if (e->ai)
		memcpy(e->ai, ai, size);
	if (e->api_version && e->kind && e->ns && e->name && e->uid && e->created && e->image &&
	    e->template_path && e->inactive && e->owner_api_version && e->owner_kind && e->owner_name && e->ai)
		return 0;
	entry_done(e);
	return -ENOMEM;
}

static const struct hn_exception *exception_of(const struct hn_audit *a, const struct hn_pod *pod,
					       const struct hn_judgement *ai)
{
	struct hn_exception_facts facts;
	uint16_t ports[HN_EXCEPTION_PORTS];

	hn_exception_facts_of_pod(pod, ai, a->catalogue, ports, &facts);
	return hn_exceptions_match(a->exceptions, &facts, a->now);
}

static int keep(struct hn_audit *a, const char *source, const struct hn_asset *asset, const struct hn_template *t,
		const struct hn_judgement *ai, const struct hn_exception *exception, struct hn_reason *reason)
{
	if (a->n == HN_AUDIT_ENTRIES_MAX)
		return hn_reason_set(reason, -E2BIG, "more than %d findings", HN_AUDIT_ENTRIES_MAX);
	if (a->n == a->cap) {
		size_t cap = a->cap ? a->cap * 2 : 64;
		struct hn_audit_entry *grown = reallocarray(a->entries, cap, sizeof(*grown));

		if (!grown)
			return hn_reason_set(reason, -ENOMEM, "no memory");
		a->entries = grown;
		a->cap = cap;
	}
	if (fill(&a->entries[a->n], source, asset, t, ai) < 0)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	a->entries[a->n].exception = exception;
	a->entries[a->n].admission = a->policy ? hn_admission_judge(a->policy, asset) : HN_ADMISSION_UNSEEN;
	a->n++;
	return 0;
}

/* A Job that a CronJob makes is the CronJob's; so is a ReplicaSet its Deployment's. */
static bool counts_elsewhere(const struct hn_asset *asset)
{
	if (asset->query == HN_QUERY_JOBS)
		return strcmp(asset->controller.kind, "CronJob") == 0;
	return asset->unowned && asset->controller.kind[0];
}

int hn_audit_add(struct hn_audit *a, const char *source, const struct hn_asset *asset, struct hn_reason *reason)
{
	const struct hn_template *worst = NULL;
	const struct hn_exception *exception = NULL;
	struct hn_judgement ai = {0};

	/* A manifest without a namespace may be meant for any. */
	if (a->ns && asset->ns[0] && strcmp(a->ns, asset->ns) != 0)
		return 0;
	if (!hn_selector_match(a->selector, asset->labels, asset->n_labels) || counts_elsewhere(asset))
		return 0;
	a->seen[asset->query]++;
	for (size_t i = 0; i < asset->n_templates; i++) {
		const struct hn_pod *pod = &asset->templates[i].pod;
		const struct hn_exception *rule;
		struct hn_judgement one;

		if (!pod->host_network)
			continue;
		hn_ai_judge(a->catalogue, pod, NULL, 0, &one);
		if (one.verdict == HN_NOT_AI)
			continue;
		/* A rule for one template accepts nothing of the next. */
		rule = exception_of(a, pod, &one);
		if (worst && (!rule == !exception ? one.score <= ai.score : !!rule))
			continue;
		worst = &asset->templates[i];
		exception = rule;
		ai = one;
	}
	return worst ? keep(a, source, asset, worst, &ai, exception, reason) : 0;
}

static int by_place(const void *a, const void *b)
{
	const struct hn_audit_entry *l = a, *r = b;
	int order = (l->query > r->query) - (l->query < r->query);

	if (order == 0)
		order = strcmp(l->ns, r->ns);
	if (order == 0)
		order = strcmp(l->kind, r->kind);
	return order ? order : strcmp(l->name, r->name);
}

#define KEY_SIZE 1024

struct roll {
	struct hn_audit *audit;
	struct hn_map *entries, *workloads; /* by kind, namespace, name */
	size_t cap;
};

static const struct hn_audit_entry *find_entry(const struct roll *r, const char *kind, const char *ns,
					       const char *name)
{
	char key[KEY_SIZE];

	return hn_map_get(r->entries, key, hn_map_key3(key, sizeof(key), kind, ns, name));
}

static void add_to(struct hn_audit_workload *w, struct hn_audit_entry *e, bool itself)
{
	if (itself || !w->best)
		w->best = e;
	if (!e->exception && e->ai->verdict > w->verdict)
		w->verdict = e->ai->verdict;
	w->counts[e->query]++;
}

static int roll_entry(struct roll *r, struct hn_audit_entry *e)
{
	struct hn_audit_workload top = {e->api_version, e->kind, e->ns, e->name, NULL, HN_NOT_AI, {0}};
	const struct hn_audit_entry *link = e;
	char key[KEY_SIZE];
	struct hn_audit_workload *known;
	size_t n;

	for (int i = 0; link && link->owner_kind[0] && i < OWNERS_MAX; i++) {
		top = (struct hn_audit_workload){
			link->owner_api_version, link->owner_kind, e->ns, link->owner_name, NULL, HN_NOT_AI, {0}};
		link = find_entry(r, link->owner_kind, e->ns, link->owner_name);
	}
	n = hn_map_key3(key, sizeof(key), top.kind, top.ns, top.name);
	known = hn_map_get(r->workloads, key, n);
	if (!known) {
		known = &r->audit->workloads[r->audit->n_workloads++];
		*known = top;
		if (hn_map_put(r->workloads, key, n, known) < 0)
			return -ENOMEM;
	}
	e->workload = (size_t)(known - r->audit->workloads);
	add_to(&r->audit->workloads[e->workload], e,
	       strcmp(top.kind, e->kind) == 0 && strcmp(top.name, e->name) == 0);
	return 0;
}

int hn_audit_roll_up(struct hn_audit *a, struct hn_reason *reason)
{
	_cleanup_(hn_map_cleanup) struct hn_map *entries = hn_map_new(HN_AUDIT_ENTRIES_MAX);
	_cleanup_(hn_map_cleanup) struct hn_map *workloads = hn_map_new(HN_AUDIT_ENTRIES_MAX);
	struct roll r = {.audit = a, .entries = entries, .workloads = workloads};
	int error = 0;

	if (a->n > 0)
		qsort(a->entries, a->n, sizeof(a->entries[0]), by_place);
	a->workloads = calloc(a->n + 1, sizeof(a->workloads[0]));
	if (!a->workloads || !entries || !workloads)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	for (size_t i = 0; error == 0 && i < a->n; i++) {
		struct hn_audit_entry *e = &a->entries[i];
		char key[KEY_SIZE];

		error = hn_map_put(entries, key, hn_map_key3(key, sizeof(key), e->kind, e->ns, e->name), e);
	}
	for (size_t i = 0; error == 0 && i < a->n; i++)
		error = roll_entry(&r, &a->entries[i]);
	return error < 0 ? hn_reason_set(reason, error, "no memory") : 0;
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

bool hn_audit_passed(const struct hn_audit *a, bool likely_too)
{
	return !hn_audit_failed(a, likely_too) && a->n_gaps == 0;
}
