// SPDX-License-Identifier: Apache-2.0
#include "hostnetd/drift.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/map.h"
#include "hostnetd/str.h"
#include "owner_links.h"

#define OWNERS_MAX 9 /* a chain that is longer goes round in circles */

void hn_drift_done(struct hn_drift *d)
{
	free(d->workloads);
	free(d->strays);
	*d = (struct hn_drift){0};
}

bool hn_drift_stray_fails(const struct hn_drift_stray *s, bool likely_too)
{
	return !s->exception && (s->verdict == HN_AI || (likely_too && s->verdict == HN_LIKELY_AI));
}

bool hn_drift_failed(const struct hn_drift *d, bool likely_too)
{
	for (size_t i = 0; d && i < d->n_strays; i++) {
		if (hn_drift_stray_fails(&d->strays[i], likely_too))
			return true;
	}
	return false;
}

struct comparison {
	const struct hn_audit *audit;
	struct hn_map *uids, *names; /* of entries and workloads: the workload */
	struct hn_drift *drift;
};

/* Not every agent says the group. */
static int put_name(struct comparison *c, const struct hn_owner *of, const char *ns, size_t workload)
{
	const struct hn_owner groupless = {"", of->kind, of->name};
	const struct hn_audit_workload *w = &c->audit->workloads[workload];
	char key[HN_OWNER_KEY];
	int r = hn_map_put(c->names, key, hn_owner_key(key, of, ns), (void *)w);

	return r < 0 ? r : hn_map_put(c->names, key, hn_owner_key(key, &groupless, ns), (void *)w);
}

static const struct hn_audit_workload *find_name(const struct comparison *c, const struct hn_owner *of,
						 const char *ns)
{
	char key[HN_OWNER_KEY];

	return hn_map_get(c->names, key, hn_owner_key(key, of, ns));
}

static int index_audit(struct comparison *c)
{
	const struct hn_audit *a = c->audit;
	int r = 0;

	for (size_t i = 0; r == 0 && i < a->n; i++) {
		const struct hn_audit_entry *e = &a->entries[i];

		if (e->query == HN_QUERY_PODS && e->uid[0])
			r = hn_map_put(c->uids, e->uid, strlen(e->uid), &a->workloads[e->workload]);
		if (r == 0)
			r = put_name(c, &(struct hn_owner){e->api_version, e->kind, e->name}, e->ns, e->workload);
	}
	for (size_t i = 0; r == 0 && i < a->n_workloads; i++) {
		const struct hn_audit_workload *w = &a->workloads[i];

		r = put_name(c, &(struct hn_owner){w->api_version, w->kind, w->name}, w->ns, i);
	}
	return r;
}

/* An agent sees as far as a pod's names tell: the objects may know who made that (*ret_further). */
static const struct hn_audit_workload *find_owner(const struct comparison *c, const struct hn_observed *o,
						  const char *ns, bool *ret_further)
{
	struct hn_owner owner = {o->workload_api_version, o->workload_kind, o->workload_name};
	const struct hn_audit_workload *found = NULL;

	for (int i = 0; i < OWNERS_MAX && owner.kind[0] && !found; i++) {
		found = find_name(c, &owner, ns);
		*ret_further = i > 0;
		if (!found && !hn_owner_links_find(c->audit->links, &owner, ns, &owner))
			break;
	}
	return found;
}

/* NULL: none. A manifest without a namespace may be meant for the observed one. */
static const struct hn_audit_workload *find_workload(const struct comparison *c, const struct hn_observed *o,
						     bool *ret_further)
{
	const struct hn_owner pod = {"v1", "Pod", o->pod};
	const struct hn_audit_workload *found = o->uid[0] ? hn_map_get(c->uids, o->uid, strlen(o->uid)) : NULL;

	*ret_further = false;
	if (!found)
		found = find_owner(c, o, o->ns, ret_further);
	if (!found)
		found = find_owner(c, o, "", ret_further);
	if (!found && o->pod[0])
		found = find_name(c, &pod, o->ns);
	return found;
}

static enum hn_verdict verdict_of(const struct hn_observed *o)
{
	for (int v = 0; v < HN_VERDICT_MAX; v++) {
		if (strcmp(o->verdict, hn_verdict_name((enum hn_verdict)v)) == 0)
			return (enum hn_verdict)v;
	}
	return HN_AI; /* a word that only a newer agent knows: no pass by it */
}

static enum hn_cause cause_of(const struct hn_observed *o)
{
	for (int c = HN_CAUSE_DECLARED; c < HN_CAUSE_MAX; c++) {
		if (strcmp(o->cause, hn_cause_name((enum hn_cause)c)) == 0)
			return (enum hn_cause)c;
	}
	return HN_CAUSE_UNKNOWN;
}

/* Of a static pod the objects hold the mirror only: a policy denies that, and the pod runs. */
static enum hn_admission admission_of_entry(const struct hn_audit_entry *e, bool is_static)
{
	return is_static || e->is_static ? HN_ADMISSION_STATIC : e->admission;
}

/* Agents say what they found, not all that is declared: whether a policy would have denied that, nothing here tells. */
static enum hn_admission admission_of_stray(const struct hn_observed *o, enum hn_cause cause)
{
	if (cause == HN_CAUSE_UNMANAGED)
		return HN_ADMISSION_UNMANAGED;
	if (cause == HN_CAUSE_JOINED || cause == HN_CAUSE_SOCKET)
		return HN_ADMISSION_RUNTIME;
	if (cause == HN_CAUSE_UNKNOWN)
		return HN_ADMISSION_UNKNOWN;
	return o->is_static ? HN_ADMISSION_STATIC : HN_ADMISSION_UNSEEN;
}

/* The agent's own rule, else one of the audit's. */
static const char *exception_of(const struct hn_audit *a, const struct hn_observed *o, enum hn_cause cause,
				enum hn_verdict verdict)
{
	struct hn_judgement ai = {.verdict = verdict};
	const struct hn_exception_facts facts = {
		.cause = cause,
		.ns = o->ns,
		.workload = {o->workload_api_version, o->workload_kind, o->workload_name},
		.ai = &ai,
		.catalogue = a->catalogue,
		.more_ports = true}; /* which, nobody said: a rule with ports does not cover it */
	const struct hn_exception *rule;

	if (strcmp(o->state, "excepted") == 0)
		return o->exception;
	hn_strcpy(ai.category, sizeof(ai.category), o->category);
	hn_strcpy(ai.product, sizeof(ai.product), o->product);
	rule = hn_exceptions_match(a->exceptions, &facts, a->now);
	return rule ? rule->name : NULL;
}

/* Is the audit's answer of the workload one of this pod too? Not where it says less of it; and that all of it is excepted says
 * nothing of another template of what made the pod. */
static bool answers(const struct hn_audit_workload *w, enum hn_verdict verdict, bool further)
{
	bool excepted = w->verdict == HN_NOT_AI;

	return w->verdict >= verdict || (excepted && !further);
}

/* A pod that is not known yet may be of any namespace; a container outside Kubernetes is of none. */
static bool is_asked_for(const struct hn_audit *a, const struct hn_observed *o)
{
	return !a->ns || (o->ns[0] ? strcmp(a->ns, o->ns) == 0 : o->uid[0] != '\0');
}

static void look_at(struct comparison *c, const struct hn_observed *o)
{
	enum hn_cause cause = cause_of(o);
	enum hn_verdict verdict = verdict_of(o);
	bool declared = cause == HN_CAUSE_DECLARED || cause == HN_CAUSE_UNKNOWN, further;
	const struct hn_audit_workload *found = find_workload(c, o, &further);
	const char *exception = exception_of(c->audit, o, cause, verdict);

	if (!is_asked_for(c->audit, o))
		return;
	if (declared && found && (exception || answers(found, verdict, further))) {
		struct hn_drift_workload *w = &c->drift->workloads[found - c->audit->workloads];

		if (!w->seen)
			w->seen = o;
		w->n_observed++;
		return;
	}
	/* That what is no AI declares the host network is not what the audit lists. */
	if (declared && verdict == HN_NOT_AI)
		return;
	c->drift->strays[c->drift->n_strays++] =
		(struct hn_drift_stray){.observed = o,
					.verdict = verdict,
					.workload = found,
					.exception = exception,
					.admission = admission_of_stray(o, cause)};
}

static void finish_workload(struct hn_drift_workload *w, const struct hn_audit_workload *of)
{
	w->admission = admission_of_entry(of->best, w->seen && w->seen->is_static);
	w->why_not = w->seen                   ? "" :
		     of->best->inactive[0]     ? of->best->inactive :
		     of->counts[HN_QUERY_PODS] ? "its pods are on no node that was looked at, or have ended" :
						 "no pod of it is there";
}

static int by_place(const void *a, const void *b)
{
	const struct hn_observed *l = ((const struct hn_drift_stray *)a)->observed;
	const struct hn_observed *r = ((const struct hn_drift_stray *)b)->observed;
	int order = strcmp(l->ns, r->ns);

	if (order == 0)
		order = strcmp(l->pod, r->pod);
	if (order == 0)
		order = strcmp(l->container_id, r->container_id);
	return order ? order : strcmp(l->way, r->way);
}

int hn_drift_compare(const struct hn_audit *a, const struct hn_observations *o, struct hn_drift *ret,
		     struct hn_reason *reason)
{
	_cleanup_(hn_map_cleanup) struct hn_map *uids = hn_map_new(HN_AUDIT_ENTRIES_MAX);
	_cleanup_(hn_map_cleanup) struct hn_map *names = hn_map_new(4 * HN_AUDIT_ENTRIES_MAX);
	struct hn_drift made = {.n_workloads = a->n_workloads};
	struct comparison c = {.audit = a, .uids = uids, .names = names, .drift = &made};
	size_t n = hn_observations_count(o);

	made.workloads = calloc(a->n_workloads + 1, sizeof(*made.workloads));
	made.strays = calloc(n + 1, sizeof(*made.strays));
	if (!uids || !names || !made.workloads || !made.strays || index_audit(&c) < 0) {
		hn_drift_done(&made);
		return hn_reason_set(reason, -ENOMEM, "no memory");
	}
	for (size_t i = 0; i < n; i++) {
		const struct hn_observed *one = hn_observations_at(o, i);

		if (one)
			look_at(&c, one);
	}
	for (size_t i = 0; i < made.n_workloads; i++)
		finish_workload(&made.workloads[i], &a->workloads[i]);
	qsort(made.strays, made.n_strays, sizeof(*made.strays), by_place);
	*ret = made;
	return 0;
}
