// SPDX-License-Identifier: Apache-2.0
/* What an entry is: the kubelet's words put in, the verdict, the cause. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/entry.h"
#include "hostnetd/str.h"

#include "cause.h"

#define KEPT_PRECISION 0.001 /* of a score in the history */
#define VIEWS_MAX (HN_ENTRY_TELLING + 2 + HN_ENTRY_PORTS)

/* Runtime classes whose sandbox processes (a VMM, a shim) stay in the pod's cgroup and in the host netns. */
static const char *const helper_classes[] = {"kata", "gvisor", "runsc", "firecracker", "cloud-hypervisor",
					     "qemu", "peerpod"};

static bool keeps_helpers(const char *runtime_class)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(helper_classes); i++)
		if (strstr(runtime_class, helper_classes[i]))
			return true;
	return false;
}

/* Copies if it differs, and then says so in `bit` of `changed`. */
static void assign(char *dst, size_t size, const char *src, unsigned *changed, enum hn_change_field bit)
{
	if (strncmp(dst, src, size - 1) == 0)
		return;
	hn_strcpy(dst, size, src);
	*changed |= 1U << bit;
}

static void know_container(struct hn_entry *e, size_t i, const struct hn_pod *pod)
{
	struct hn_finding_container *c = &e->finding.containers[i];
	const struct hn_container *from = c->id[0] ? hn_pod_container(pod, c->id) : NULL;

	if (!from)
		return;
	c->known = true;
	c->type = from->type;
	assign(c->name, sizeof(c->name), from->name, &e->changed, HN_CHANGED_CONTAINERS);
	assign(c->image, sizeof(c->image), from->image, &e->changed, HN_CHANGED_CONTAINERS);
	assign(c->image_id, sizeof(c->image_id), from->image_id, &e->changed, HN_CHANGED_CONTAINERS);
	if (from->runtime[0])
		hn_strcpy(c->runtime, sizeof(c->runtime), from->runtime);
}

void hn_entry_know(struct hn_entry *e, const struct hn_pod *pod)
{
	struct hn_finding *f = &e->finding;

	if (!f->pod_known)
		e->changed |= 1U << HN_CHANGED_POD;
	f->pod_known = true;
	e->unmanaged = false;
	e->absent.ns = 0;
	f->pod_static = pod->is_static;
	f->pod_mirror = pod->is_mirror;
	f->pod_host_network = pod->host_network;
	f->pod_host_pid = pod->host_pid;
	f->pod_privileged = false;
	for (size_t i = 0; i < pod->n_containers; i++)
		f->pod_privileged |= pod->containers[i].privileged;
	assign(f->pod_uid, sizeof(f->pod_uid), pod->uid, &e->changed, HN_CHANGED_POD);
	assign(f->pod_namespace, sizeof(f->pod_namespace), pod->ns, &e->changed, HN_CHANGED_POD);
	assign(f->pod_name, sizeof(f->pod_name), pod->name, &e->changed, HN_CHANGED_POD);
	assign(f->workload_api_version, sizeof(f->workload_api_version), pod->workload.api_version, &e->changed,
	       HN_CHANGED_WORKLOAD);
	assign(f->workload_kind, sizeof(f->workload_kind), pod->workload.kind, &e->changed, HN_CHANGED_WORKLOAD);
	assign(f->workload_name, sizeof(f->workload_name), pod->workload.name, &e->changed, HN_CHANGED_WORKLOAD);
	for (size_t i = 0; i < f->n_containers; i++)
		know_container(e, i, pod);
	e->runtime_owned = keeps_helpers(pod->runtime_class);
}

static void forget(struct hn_entry *e)
{
	free(e->remembered);
	e->remembered = NULL;
	e->n_remembered = 0;
}

/* With what a former run observed: a program that ended before the restart says what it said. `views` has room for one
 * more. */
static void judge_views(struct hn_entry *e, const struct hn_catalogue *catalogue, const struct hn_pod *pod,
			struct hn_process_view *views, size_t n, struct hn_judgement *ret)
{
	struct hn_judgement more;

	hn_ai_judge(catalogue, pod, views, n, ret);
	if (!e->n_remembered)
		return;
	views[n++] =
		(struct hn_process_view){.exe = "", .remembered = e->remembered, .n_remembered = e->n_remembered};
	hn_ai_judge(catalogue, pod, views, n, &more);
	/* All of it was seen again. */
	if (more.n_evidence == ret->n_evidence && fabs(more.score - ret->score) < KEPT_PRECISION) {
		forget(e);
	} else {
		memcpy(e->known.category, ret->category, sizeof(e->known.category));
		memcpy(e->known.product, ret->product, sizeof(e->known.product));
		*ret = more;
	}
}

void hn_entry_judge(struct hn_entry *e, const struct hn_catalogue *catalogue, const struct hn_pod *pod)
{
	struct hn_finding *f = &e->finding;
	struct hn_process_view views[VIEWS_MAX];
	struct hn_held held[HN_ENTRY_HOLDINGS];
	size_t n = 0;
	struct hn_judgement new;
	struct hn_cause_facts facts = {f->way, f->pod_known, f->pod_host_network, e->unmanaged};
	enum hn_cause cause = hn_cause_of(&facts);
	enum hn_severity severity;
	bool ended = f->state == HN_STATE_RESOLVED && !hn_entry_present(e);

	for (size_t i = 0; i < e->n_telling; i++)
		views[n++] = (struct hn_process_view){.pid = e->telling[i].pid,
						      .exe = e->telling[i].exe,
						      .argv = e->telling[i].argv,
						      .argv_len = e->telling[i].argv_len};
	for (size_t i = 0; i < e->n_holdings; i++)
		held[i] = e->holdings[i].held;
	if (e->n_holdings)
		views[n++] = (struct hn_process_view){.exe = "", .held = held, .n_held = e->n_holdings};
	for (size_t i = 0; i < e->n_heard; i++)
		views[n++] = (struct hn_process_view){
			.pid = e->heard[i].pid, .exe = "", .ports = &e->heard[i].port, .n_ports = 1};
	judge_views(e, catalogue, pod, views, n, &new);
	/* A pod that the kubelet has dropped from its list stays what it was: its spec is not at hand any more. Nor is that
	 * of a former run's, whose programs alone must not take its place for a rounded number. */
	if ((!ended && (pod || !f->pod_known)) || new.score > f->ai.score + KEPT_PRECISION) {
		if (new.verdict != f->ai.verdict || strcmp(new.product, f->ai.product) != 0 ||
		    strcmp(new.category, f->ai.category) != 0)
			e->changed |= 1U << HN_CHANGED_AI;
		e->more_evidence |= new.n_evidence != f->ai.n_evidence;
		f->ai = new;
	}
	severity = hn_severity_of(cause, f->ai.verdict);
	if (cause != f->cause)
		e->changed |= 1U << HN_CHANGED_CAUSE;
	if (severity != f->severity)
		e->changed |= 1U << HN_CHANGED_SEVERITY;
	f->cause = cause;
	f->severity = severity;
}

bool hn_entry_absent(struct hn_entry *e, struct hn_mono requested, int64_t grace_ns)
{
	if (e->finding.pod_known || e->unmanaged || !e->first.ns || requested.ns <= e->first.ns)
		return false;
	if (!e->absent.ns)
		e->absent = requested;
	if (requested.ns == e->absent.ns || requested.ns - e->absent.ns < grace_ns)
		return true;
	e->unmanaged = true;
	e->dirty = true;
	return false;
}
