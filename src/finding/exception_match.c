/* SPDX-License-Identifier: Apache-2.0 */
/* Does a rule cover what was found? Each key that is given must match; what is not known does not. */
#include <string.h>

#include "hostnetd/exception.h"
#include "hostnetd/asset.h"
#include "hostnetd/glob.h"
#include "hostnetd/str.h"

static bool matches_any(const struct hn_exception_globs *globs, const char *text)
{
	if (!text || !*text)
		return false;
	for (size_t i = 0; i < globs->n; i++)
		if (hn_glob_match(globs->items[i], text))
			return true;
	return false;
}

static bool allows(const struct hn_exception_globs *globs, const char *text)
{
	return globs->n == 0 || matches_any(globs, text);
}

static bool is_of_group(const struct hn_exception *e, const struct hn_exception_workload *w,
			const struct hn_owner *workload)
{
	char text[HN_WORKLOAD_GROUP];
	size_t n;
	const char *group = hn_owner_group(workload->api_version, &n);

	if (!w->group)
		return hn_workload_kinds_believe(e->kinds, workload);
	return workload->api_version[0] && hn_strncpy(text, sizeof(text), group, n) &&
	       hn_glob_match(w->group, text);
}

bool hn_exception_names(const struct hn_exception *e, const struct hn_owner *workload)
{
	if (e->workloads.n == 0)
		return true;
	if (!workload->kind[0])
		return false;
	for (size_t i = 0; i < e->workloads.n; i++) {
		const struct hn_exception_workload *w = &e->workloads.items[i];

		if ((!w->kind || hn_glob_match(w->kind, workload->kind)) &&
		    (!w->name || hn_glob_match(w->name, workload->name)) && is_of_group(e, w, workload))
			return true;
	}
	return false;
}

static const char *label_of(const struct hn_pod *pod, const char *key)
{
	for (size_t i = 0; i < pod->n_labels; i++)
		if (strcmp(pod->labels[i].key, key) == 0)
			return pod->labels[i].value;
	return NULL;
}

static bool allows_labels(const struct hn_exception *e, const struct hn_pod *pod)
{
	const struct hn_exception_pair *p = e->labels.items;

	for (size_t i = 0; i < e->labels.n;) {
		const char *key = p[i].first, *value = label_of(pod, key);
		bool fits = false;

		for (; i < e->labels.n && strcmp(p[i].first, key) == 0; i++)
			fits |= value && hn_glob_match(p[i].second, value);
		if (!fits)
			return false;
	}
	return true;
}

/* Judged without the rest of its pod: labels and owners are of all containers alike. */
static bool is_ai_alone(const struct hn_exception_facts *facts, const struct hn_container *c)
{
	const char *none = "";
	struct hn_pod alone = {.uid = none,
			       .ns = none,
			       .name = none,
			       .runtime_class = none,
			       .phase = none,
			       .controller = {none, none, none},
			       .workload = {none, none, none},
			       .n_containers = 1,
			       .containers = c};
	struct hn_judgement judgement;

	hn_ai_judge(facts->catalogue, &alone, NULL, 0, &judgement);
	if (judgement.verdict != HN_NOT_AI)
		return true;
	for (size_t i = 0; i < facts->n_processes; i++) {
		const struct hn_exception_process *p = &facts->processes[i];

		if (!c->id[0] || strcmp(p->container_id, c->id) != 0)
			continue;
		hn_ai_judge(facts->catalogue, &alone, &p->view, 1, &judgement);
		if (judgement.verdict != HN_NOT_AI)
			return true;
	}
	return false;
}

/* A program that says AI, in a container that the kubelet does not list (yet): its image is not known. */
static bool any_elsewhere(const struct hn_exception_facts *facts)
{
	struct hn_judgement judgement;

	for (size_t i = 0; i < facts->n_processes; i++) {
		const struct hn_exception_process *p = &facts->processes[i];

		if (hn_pod_container(facts->pod, p->container_id))
			continue;
		hn_ai_judge(facts->catalogue, NULL, &p->view, 1, &judgement);
		if (judgement.verdict != HN_NOT_AI)
			return true;
	}
	return false;
}

static bool allows_kind(const struct hn_exception *e, const struct hn_exception_facts *facts)
{
	const struct hn_exception_kind *known = facts->covered_by == e->digest ? NULL : facts->known;

	return allows(&e->categories, facts->ai->category) && allows(&e->products, facts->ai->product) &&
	       (!known || (allows(&e->categories, known->category) && allows(&e->products, known->product)));
}

/* The network is the pod's: each AI container must have an image that the rule names. Where none is AI alone (a label
 * says it of the pod), or not all programs are known, it is each container. */
static bool allows_images(const struct hn_exception *e, const struct hn_exception_facts *facts)
{
	const struct hn_pod *pod = facts->pod;
	bool any = false, all = pod->n_containers > 0;

	if (any_elsewhere(facts))
		return false;
	for (size_t i = 0; i < pod->n_containers; i++) {
		bool fits = matches_any(&e->images, pod->containers[i].image);

		all &= fits;
		if (!is_ai_alone(facts, &pod->containers[i]))
			continue;
		any = true;
		if (!fits)
			return false;
	}
	return all || (any && !facts->more_processes && (!facts->remembers || facts->covered_by == e->digest));
}

static bool allows_pod(const struct hn_exception *e, const struct hn_exception_facts *facts)
{
	if (e->labels.n == 0 && e->images.n == 0)
		return true;
	if (!facts->pod)
		return facts->covered_by == e->digest;
	return allows_labels(e, facts->pod) && (e->images.n == 0 || allows_images(e, facts));
}

static bool allows_port(const struct hn_exception *e, uint16_t port)
{
	for (size_t i = 0; i < e->n_ports; i++)
		if (port >= e->ports[i].first && port <= e->ports[i].last)
			return true;
	return false;
}

static bool allows_ports(const struct hn_exception *e, const struct hn_exception_facts *facts)
{
	if (e->n_ports == 0)
		return true;
	if (facts->ports_unseen && facts->covered_by != e->digest)
		return false;
	for (size_t i = 0; i < facts->n_ports; i++)
		if (!allows_port(e, facts->ports[i]))
			return false;
	return !facts->more_ports;
}

bool hn_exception_covers_any(const struct hn_exception *e, const struct hn_exception_facts *facts)
{
	/* The cheap ones first: of 10,000 rules few get as far as the images. */
	return facts->cause != HN_CAUSE_UNKNOWN && e->causes & 1U << facts->cause &&
	       allows(&e->namespaces, facts->ns) && allows_kind(e, facts) && allows_ports(e, facts) &&
	       allows_pod(e, facts);
}

bool hn_exception_covers(const struct hn_exception *e, const struct hn_exception_facts *facts)
{
	return hn_exception_names(e, &facts->workload) && hn_exception_covers_any(e, facts);
}

const struct hn_exception *hn_exceptions_match(const struct hn_exceptions *x,
					       const struct hn_exception_facts *facts, struct hn_wall now)
{
	for (size_t i = 0; i < hn_exceptions_count(x); i++) {
		const struct hn_exception *e = hn_exceptions_at(x, i);

		if (!hn_exception_expired(e, now) && hn_exception_covers(e, facts))
			return e;
	}
	return NULL;
}

void hn_exception_facts_of_pod(const struct hn_pod *pod, const struct hn_judgement *ai,
			       const struct hn_catalogue *catalogue, uint16_t ports[static HN_EXCEPTION_PORTS],
			       struct hn_exception_facts *ret)
{
	*ret = (struct hn_exception_facts){.cause = HN_CAUSE_DECLARED,
					   .ns = pod->ns,
					   .workload = pod->workload,
					   .pod = pod,
					   .ai = ai,
					   .catalogue = catalogue,
					   .ports = ports};
	for (size_t i = 0; i < pod->n_containers; i++)
		for (size_t k = 0; k < pod->containers[i].n_ports; k++) {
			if (ret->n_ports == HN_EXCEPTION_PORTS)
				ret->more_ports = true;
			else
				ports[ret->n_ports++] = pod->containers[i].ports[k].number;
		}
}
