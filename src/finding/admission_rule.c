/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions as the policy has them: more than the agent asks of each container, and nothing of categories and products. */
#include <string.h>

#include "admission_form.h"
#include "hostnetd/glob.h"

/* --- is it in the policy? ---------------------------------------------------------------------------------------- */

static bool narrow(const struct hn_exception_globs *globs)
{
	for (size_t i = 0; i < globs->n; i++)
		if (hn_glob_is_open(globs->items[i]))
			return false;
	return globs->n > 0;
}

static bool narrow_pairs(const struct hn_exception_pairs *pairs)
{
	for (size_t i = 0; i < pairs->n; i++)
		if (!pairs->items[i].second || hn_glob_is_open(pairs->items[i].second))
			return false;
	return pairs->n > 0;
}

/* Do its keys name workloads, whatever product they are? */
static bool names_workloads(const struct hn_exception *e)
{
	return narrow(&e->namespaces) &&
	       (narrow_pairs(&e->workloads) || narrow_pairs(&e->labels) || narrow(&e->images));
}

static bool sayable(const struct hn_exception_globs *globs)
{
	for (size_t i = 0; i < globs->n; i++)
		if (!hn_admission_sayable(globs->items[i]))
			return false;
	return true;
}

static bool sayable_pairs(const struct hn_exception_pairs *pairs)
{
	for (size_t i = 0; i < pairs->n; i++) {
		const struct hn_exception_pair *p = &pairs->items[i];

		if ((p->first && !hn_admission_sayable(p->first)) ||
		    (p->second && !hn_admission_sayable(p->second)))
			return false;
	}
	return true;
}

/* A pod names its controller only. What a Deployment's or a schedule's makes is told by the name in between; of these
 * nothing is. `some`: other pods of it are its own. */
static const struct through {
	const char *kind;
	bool some;
} throughs[] = {
	{"AdvancedCronJob", false},  {"Configuration", false},
	{"CronJob", true}, /* a Job made by hand from it has any name */
	{"CronWorkflow", false},     {"InferenceService", false},
	{"JobSet", false},           {"LLMInferenceService", false},
	{"LeaderWorkerSet", false},  {"MPIJob", true}, /* its launcher is a Job */
	{"Notebook", false},         {"RayJob", false},
	{"RayService", false},       {"Revision", false},
	{"Rollout", false},          {"ScheduledSparkApplication", false},
	{"SeldonDeployment", false}, {"Service", false},
	{"SparkApplication", true}, /* executors are the driver's */
	{"TrainJob", false},         {"UnitedDeployment", false},
};

static const struct through *through_of(const char *kind)
{
	for (size_t i = 0; kind && i < HN_ARRAY_SIZE(throughs); i++)
		if (strcmp(throughs[i].kind, kind) == 0)
			return &throughs[i];
	return NULL;
}

const char *hn_admission_unreached(const struct hn_exception *e)
{
	for (size_t i = 0; i < e->workloads.n; i++)
		if (through_of(e->workloads.items[i].first))
			return e->workloads.items[i].first;
	return NULL;
}

static bool reaches_pods(const struct hn_exception *e)
{
	for (size_t i = 0; i < e->workloads.n; i++) {
		const struct through *t = through_of(e->workloads.items[i].first);

		if (!t || t->some)
			return true;
	}
	return e->workloads.n == 0;
}

bool hn_admission_has_rule(const struct hn_exception *e, struct hn_wall now)
{
	/* Which product it is, is a matter of weights: CEL cannot tell. */
	return !hn_exception_expired(e, now) && e->causes & 1U << HN_CAUSE_DECLARED &&
	       ((!e->categories.n && !e->products.n) || names_workloads(e)) && sayable(&e->namespaces) &&
	       sayable(&e->images) && sayable_pairs(&e->workloads) && sayable_pairs(&e->labels) && reaches_pods(e);
}

/* --- does it cover the object? ----------------------------------------------------------------------------------- */

static bool fits(const char *glob, const char *text)
{
	return hn_admission_fits(&hn_admission_glob, glob ? glob : "*", text);
}

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

/* The object itself; or what belongs to it, directly or by the ReplicaSet or Job that its controller made. */
static bool covers_workload(const struct hn_exception_pair *p, const struct hn_asset *asset)
{
	static const char digits[] = "0123456789", letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	const struct hn_owner *owner = &asset->controller;

	if (!asset->generated && asset->name[0] && fits(p->first, asset->kind) && fits(p->second, asset->name))
		return true;
	if (!owner->kind[0])
		return false;
	return (fits(p->first, owner->kind) && fits(p->second, owner->name)) ||
	       (strcmp(owner->kind, "ReplicaSet") == 0 && fits(p->first, "Deployment") &&
		fits_made(p->second, owner->name, letters)) ||
	       (strcmp(owner->kind, "Job") == 0 && fits(p->first, "CronJob") &&
		fits_made(p->second, owner->name, digits));
}

static bool covers_workloads(const struct hn_exception_pairs *pairs, const struct hn_asset *asset)
{
	for (size_t i = 0; i < pairs->n; i++)
		if (covers_workload(&pairs->items[i], asset))
			return true;
	return pairs->n == 0;
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
	return (e->namespaces.n == 0 || fits_any(&e->namespaces, asset->ns)) &&
	       covers_workloads(&e->workloads, asset) && covers_labels(&e->labels, pod);
}
