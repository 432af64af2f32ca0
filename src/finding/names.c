// SPDX-License-Identifier: Apache-2.0
/* The words of a finding: enums as they are written, its title, its remedy. */
#include <assert.h>

#include "hostnetd/finding.h"
#include "hostnetd/happening.h"
#include "hostnetd/str.h"

static const char *const ways[] = {[HN_WAY_NAMESPACE] = "namespace", [HN_WAY_SOCKET] = "socket"};
static const char *const causes[] = {
	[HN_CAUSE_UNKNOWN] = "",      [HN_CAUSE_DECLARED] = "declared",   [HN_CAUSE_JOINED] = "joined",
	[HN_CAUSE_SOCKET] = "socket", [HN_CAUSE_UNMANAGED] = "unmanaged",
};
static const char *const severities[] = {
	[HN_SEVERITY_MEDIUM] = "medium", [HN_SEVERITY_HIGH] = "high", [HN_SEVERITY_CRITICAL] = "critical"};
static const char *const states[] = {[HN_STATE_SHARING] = "sharing",
				     [HN_STATE_OPEN] = "open",
				     [HN_STATE_EXCEPTED] = "excepted",
				     [HN_STATE_RESOLVED] = "resolved",
				     [HN_STATE_GONE] = "gone"};
static const char *const changes[] = {
	[HN_CHANGED_STATE] = "state",
	[HN_CHANGED_CAUSE] = "cause",
	[HN_CHANGED_SEVERITY] = "severity",
	[HN_CHANGED_POD] = "pod",
	[HN_CHANGED_WORKLOAD] = "workload",
	[HN_CHANGED_CONTAINERS] = "containers",
	[HN_CHANGED_AI] = "ai",
	[HN_CHANGED_PROCESSES] = "processes",
	[HN_CHANGED_NETWORK] = "network",
	[HN_CHANGED_EXCEPTION] = "exception",
	[HN_CHANGED_FIRST_SEEN] = "firstSeen",
};
static const char *const happenings[] = {
	[HN_HAPPENING_ENTERED] = "process.entered",     [HN_HAPPENING_EXEC] = "process.exec",
	[HN_HAPPENING_LEFT] = "process.left",           [HN_HAPPENING_EXITED] = "process.exited",
	[HN_HAPPENING_LISTENING] = "network.listening", [HN_HAPPENING_CONTACT] = "network.contact",
	[HN_HAPPENING_OMITTED] = "happening.omitted",
};
static_assert(HN_ARRAY_SIZE(happenings) == HN_HAPPENING_TYPE_MAX, "a name for every happening");
static_assert(HN_ARRAY_SIZE(ways) == HN_WAY_MAX, "a name for every way");
static_assert(HN_ARRAY_SIZE(causes) == HN_CAUSE_MAX, "a name for every cause");
static_assert(HN_ARRAY_SIZE(severities) == HN_SEVERITY_MAX, "a name for every severity");
static_assert(HN_ARRAY_SIZE(states) == HN_STATE_MAX, "a name for every state");
static_assert(HN_ARRAY_SIZE(changes) == HN_CHANGED_MAX, "a name for every change");

const char *hn_way_name(enum hn_way v)
{
	return ways[v];
}

const char *hn_cause_name(enum hn_cause v)
{
	return causes[v];
}

const char *hn_severity_name(enum hn_severity v)
{
	return severities[v];
}

const char *hn_state_name(enum hn_state v)
{
	return states[v];
}

const char *hn_change_field_name(enum hn_change_field f)
{
	return changes[f];
}

const char *hn_happening_type_name(enum hn_happening_type t)
{
	return happenings[t];
}

const char *const hn_remediation[] = {
	"Review why host networking is on: most AI workloads do not need it.",
	"Move the traffic to normal pod networking, or to a gateway.",
	"Expose only the required ports, through a Service, an Ingress or a private gateway.",
	"Add network policies and endpoint authentication.",
	NULL,
};

void hn_finding_title(const struct hn_finding *f, struct hn_str *out)
{
	const char *how[] = {
		[HN_CAUSE_UNKNOWN] = "shares the host network",
		[HN_CAUSE_DECLARED] = "shares the host network by hostNetwork: true",
		[HN_CAUSE_JOINED] = "joined the host network behind its spec",
		[HN_CAUSE_SOCKET] = "uses a socket of the host network from its own",
		[HN_CAUSE_UNMANAGED] = "shares the host network and is unknown to the kubelet",
	};

	static_assert(HN_ARRAY_SIZE(how) == HN_CAUSE_MAX, "words for every cause");
	if (f->ai.verdict == HN_NOT_AI && (f->state == HN_STATE_SHARING || f->state == HN_STATE_GONE))
		hn_str_puts(out, "Workload");
	else
		hn_str_puts(out, f->ai.verdict == HN_LIKELY_AI ? "Likely AI workload" : "AI workload");
	if (f->pod_known)
		hn_str_printf(out, " %s %s/%s", f->workload_kind, f->pod_namespace, f->workload_name);
	else if (f->pod_uid[0])
		hn_str_printf(out, " in pod %s", f->pod_uid);
	else if (f->n_containers)
		hn_str_printf(out, " in container %.64s", f->containers[0].id);
	hn_str_printf(out, " %s", how[f->cause]);
}
