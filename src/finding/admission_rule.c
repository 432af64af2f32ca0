/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions as the policy has them: more than the agent asks of each container, and nothing of categories and products. */
#include <string.h>

#include "admission_form.h"
#include "hostnetd/glob.h"
#include "hostnetd/str.h"

/* --- is it in the policy? ---------------------------------------------------------------------------------------- */

static bool narrow(const struct hn_exception_globs *globs)
{
	for (size_t i = 0; i < globs->n; i++)
		if (hn_glob_is_open(globs->items[i]))
			return false;
	return globs->n > 0;
}

static bool narrow_names(const struct hn_exception_workloads *workloads)
{
	for (size_t i = 0; i < workloads->n; i++)
		if (!workloads->items[i].name || hn_glob_is_open(workloads->items[i].name))
			return false;
	return workloads->n > 0;
}

static bool narrow_labels(const struct hn_exception_pairs *labels)
{
	for (size_t i = 0; i < labels->n; i++)
		if (hn_glob_is_open(labels->items[i].second))
			return false;
	return labels->n > 0;
}

/* Do its keys name workloads, whatever product they are? */
static bool names_workloads(const struct hn_exception *e)
{
	return narrow(&e->namespaces) &&
	       (narrow_names(&e->workloads) || narrow_labels(&e->labels) || narrow(&e->images));
}

static bool sayable(const struct hn_exception_globs *globs)
{
	for (size_t i = 0; i < globs->n; i++)
		if (!hn_admission_sayable(globs->items[i]))
			return false;
	return true;
}

static bool sayable_text(const char *text)
{
	return !text || hn_admission_sayable(text);
}

static bool sayable_workloads(const struct hn_exception_workloads *workloads)
{
	for (size_t i = 0; i < workloads->n; i++) {
		const struct hn_exception_workload *w = &workloads->items[i];

		if (!sayable_text(w->kind) || !sayable_text(w->name) || !sayable_text(w->group))
			return false;
	}
	return true;
}

static bool sayable_labels(const struct hn_exception_pairs *labels)
{
	for (size_t i = 0; i < labels->n; i++)
		if (!sayable_text(labels->items[i].first) || !sayable_text(labels->items[i].second))
			return false;
	return true;
}

/* A pod names its controller only. What a Deployment's or a schedule's makes is told by the name in between; of these
 * nothing is. `some`: other pods of it are its own. */
static const struct through {
	const char *kind, *group;
	bool some;
} throughs[] = {
	{"CronJob", "batch", true}, /* a Job made by hand from it has any name */
	{"AdvancedCronJob", "apps.kruise.io", false},
	{"Configuration", "serving.knative.dev", false},
	{"CronWorkflow", "argoproj.io", false},
	{"InferenceService", "serving.kserve.io", false},
	{"JobSet", "jobset.x-k8s.io", false},
	{"LLMInferenceService", "serving.kserve.io", false},
	{"LeaderWorkerSet", "leaderworkerset.x-k8s.io", false},
	{"MPIJob", "kubeflow.org", true}, /* its launcher is a Job */
	{"Notebook", "kubeflow.org", false},
	{"RayJob", "ray.io", false},
	{"RayService", "ray.io", false},
	{"Revision", "serving.knative.dev", false},
	{"Rollout", "argoproj.io", false},
	{"ScheduledSparkApplication", "sparkoperator.k8s.io", false},
	{"SeldonDeployment", "machinelearning.seldon.io", false},
	{"Service", "serving.knative.dev", false},
	{"SparkApplication", "sparkoperator.k8s.io", true}, /* executors are the driver's */
	{"TrainJob", "trainer.kubeflow.org", false},
	{"UnitedDeployment", "apps.kruise.io", false},
};

static bool fits(const char *glob, const char *text)
{
	return hn_admission_fits(&hn_admission_glob, glob ? glob : "*", text);
}

bool hn_admission_names_kind(const struct hn_exception_workload *w, const char *group, const char *kind)
{
	return fits(w->kind, kind) && fits(w->group, group);
}

/* The first kind that it may mean; a rule that leaves the kind open means these too. */
static const struct through *through_of(const struct hn_exception_workload *w)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(throughs); i++)
		if (hn_admission_names_kind(w, throughs[i].group, throughs[i].kind))
			return &throughs[i];
	return NULL;
}

static bool is_through(const struct hn_workload_kind *k)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(throughs); i++)
		if (strcmp(throughs[i].kind, k->kind) == 0 && strcmp(throughs[i].group, k->group) == 0)
			return !throughs[i].some;
	return false;
}

const char *hn_admission_unreached(const struct hn_exception *e)
{
	for (size_t i = 0; i < e->workloads.n; i++) {
		const struct through *t = through_of(&e->workloads.items[i]);

		if (t)
			return t->kind;
	}
	return NULL;
}

/* What fits no kind that is known names one of the operator's own, whose pods say it. */
static bool reaches(const struct hn_exception *e, const struct hn_exception_workload *w)
{
	bool known = false;

	for (size_t i = 0; i < hn_workload_kinds_count(e->kinds); i++) {
		const struct hn_workload_kind *k = hn_workload_kinds_at(e->kinds, i);

		if (!hn_admission_names_kind(w, k->group, k->kind))
			continue;
		known = true;
		if (!is_through(k))
			return true;
	}
	return !known;
}

static bool reaches_pods(const struct hn_exception *e)
{
	for (size_t i = 0; i < e->workloads.n; i++)
		if (reaches(e, &e->workloads.items[i]))
			return true;
	return e->workloads.n == 0;
}

bool hn_admission_has_rule(const struct hn_exception *e, struct hn_wall now)
{
	/* Which product it is, is a matter of weights: CEL cannot tell. */
	return !hn_exception_expired(e, now) && e->causes & 1U << HN_CAUSE_DECLARED &&
	       ((!e->categories.n && !e->products.n) || names_workloads(e)) && sayable(&e->namespaces) &&
	       sayable(&e->images) && sayable_workloads(&e->workloads) && sayable_labels(&e->labels) &&
	       reaches_pods(e);
}

/* --- does it cover the object? ----------------------------------------------------------------------------------- */

static bool fits_any(const struct hn_exception_globs *globs, const char *text)
{
	for (size_t i = 0; i < globs->n; i++)
		if (text[0] && fits(globs->items[i], text))
			return true;
	return false;
}

/* NAME-SUFFIX: of what the controller of NAME made. */
static bool fits_made(const char *glob, const char *name, const char *suffix)
{
	const char *dash = strrchr(name, '-');
	char owner[HN_SIGN_TEXT_MAX];
	size_t n = dash ? (size_t)(dash - name) : 0;

	if (!dash || !dash[1] || dash[1 + strspn(dash + 1, suffix)] || n >= sizeof(owner))
		return false;
	memcpy(owner, name, n);
	owner[n] = '\0';
	return fits(glob, owner);
}

static bool is_of(const struct hn_owner *o, const char *group, const char *kind)
{
	return hn_owner_in_group(o->api_version, group) && strcmp(o->kind, kind) == 0;
}

static bool names(const struct hn_exception *e, const struct hn_exception_workload *w, const struct hn_owner *o)
{
	char text[HN_WORKLOAD_GROUP];
	size_t n;
	const char *group = hn_owner_group(o->api_version, &n);

	if (!fits(w->kind, o->kind) || !fits(w->name, o->name))
		return false;
	return w->group ? hn_strncpy(text, sizeof(text), group, n) && fits(w->group, text) :
			  hn_workload_kinds_believe(e->kinds, o);
}

/* The object itself; or what belongs to it, directly or by the ReplicaSet or Job that its controller made. */
static bool covers_workload(const struct hn_exception *e, const struct hn_exception_workload *w,
			    const struct hn_asset *asset)
{
	static const char digits[] = "0123456789", letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	const struct hn_owner *owner = &asset->controller;
	const struct hn_owner itself = {asset->api_version, asset->kind, asset->name};

	if (!asset->generated && asset->name[0] && names(e, w, &itself))
		return true;
	if (!owner->kind[0] || (asset->query == HN_QUERY_PODS && hn_owner_is_indirect(owner)))
		return false;
	return names(e, w, owner) ||
	       (is_of(owner, "apps", "ReplicaSet") && hn_admission_names_kind(w, "apps", "Deployment") &&
		fits_made(w->name, owner->name, letters)) ||
	       (is_of(owner, "batch", "Job") && hn_admission_names_kind(w, "batch", "CronJob") &&
		fits_made(w->name, owner->name, digits));
}

static bool covers_workloads(const struct hn_exception *e, const struct hn_asset *asset)
{
	for (size_t i = 0; i < e->workloads.n; i++)
		if (covers_workload(e, &e->workloads.items[i], asset))
			return true;
	return e->workloads.n == 0;
}

static const char *label_of(const struct hn_pod *pod, const char *key)
{
	for (size_t i = 0; i < pod->n_labels; i++)
		if (strcmp(pod->labels[i].key, key) == 0)
			return pod->labels[i].value;
	return NULL;
}

/* The values of one key stand together. */
static bool covers_labels(const struct hn_exception_pairs *labels, const struct hn_pod *pod)
{
	for (size_t i = 0; i < labels->n;) {
		const char *key = labels->items[i].first, *value = label_of(pod, key);
		bool one = false;

		for (; i < labels->n && strcmp(labels->items[i].first, key) == 0; i++)
			one |= value && fits(labels->items[i].second, value);
		if (!one)
			return false;
	}
	return true;
}

static bool covers_port(const struct hn_exception *e, uint16_t port)
{
	for (size_t i = 0; i < e->n_ports; i++)
		if (port >= e->ports[i].first && port <= e->ports[i].last)
			return true;
	return false;
}

static bool covers_container(const struct hn_exception *e, const struct hn_container *k)
{
	if (e->images.n && !fits_any(&e->images, k->image))
		return false;
	for (size_t i = 0; e->n_ports && i < k->n_ports; i++)
		if (!covers_port(e, k->ports[i].number))
			return false;
	return true;
}

bool hn_admission_rule_covers(const struct hn_exception *e, const struct hn_asset *asset, const struct hn_pod *pod)
{
	for (size_t i = 0; i < pod->n_containers; i++)
		if (pod->containers[i].type == HN_CONTAINER_REGULAR && !covers_container(e, &pod->containers[i]))
			return false;
	return (e->namespaces.n == 0 || fits_any(&e->namespaces, asset->ns)) && covers_workloads(e, asset) &&
	       covers_labels(&e->labels, pod);
}
