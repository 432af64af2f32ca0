/* SPDX-License-Identifier: Apache-2.0 */
/* A finding: one pod (or one container outside Kubernetes) that shares the host netns in one way. The agent keeps
 * one for each that shares, AI or not; only those that are AI or likely become open and are reported as findings. */
#ifndef HOSTNETD_FINDING_H
#define HOSTNETD_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "hostnetd/ai.h"
#include "hostnetd/cgroup.h"
#include "hostnetd/macro.h"
#include "hostnetd/sighting.h"
#include "hostnetd/time.h"

enum hn_way { HN_WAY_NAMESPACE, HN_WAY_SOCKET, HN_WAY_MAX };
enum hn_cause {
	HN_CAUSE_UNKNOWN, /* the pod is not known yet: absent in the output */
	HN_CAUSE_DECLARED,
	HN_CAUSE_JOINED,
	HN_CAUSE_SOCKET,
	HN_CAUSE_UNMANAGED,
	HN_CAUSE_MAX,
};
enum hn_severity { HN_SEVERITY_MEDIUM, HN_SEVERITY_HIGH, HN_SEVERITY_CRITICAL, HN_SEVERITY_MAX };
enum hn_state {
	HN_STATE_SHARING, /* shares, but no AI workload (yet): listed in `sharing`, no finding */
	HN_STATE_OPEN,
	HN_STATE_EXCEPTED, /* as open, but a rule of the operator's accepts it */
	HN_STATE_RESOLVED, /* was open; kept for a while, to be reopened under its id */
	HN_STATE_GONE,     /* shared, was never open, and left */
	HN_STATE_MAX,
};
const char *hn_way_name(enum hn_way v);
const char *hn_cause_name(enum hn_cause v); /* "" for unknown */
const char *hn_severity_name(enum hn_severity v);
const char *hn_state_name(enum hn_state v);

#define HN_FINDING_ID_SIZE 33   /* 32 hex digits and the NUL */
#define HN_FINDING_PROCESSES 32 /* kept with a finding; more are counted */
#define HN_FINDING_CONTAINERS 32
#define HN_FINDING_LISTENING 32
#define HN_FINDING_ARGV 1024
#define HN_FINDING_CONTACTS 16

struct hn_finding_process {
	pid_t pid;
	uint64_t start_ns;      /* CLOCK_BOOTTIME */
	struct hn_wall started; /* the same as wall time */
	pid_t parent;           /* 0: not known. Of the last sight: who is adopted has another */
	uint32_t uid;
	unsigned threads;   /* in the host netns; 0 for a borrower */
	unsigned container; /* index into `containers` */
	char comm[16];
	char exe[256];
	char argv[HN_FINDING_ARGV]; /* NUL-separated; secrets are redacted */
	size_t argv_len;
	bool argv_truncated;
};

struct hn_finding_container {
	char id[HN_CONTAINER_ID_SIZE]; /* "" where only the pod is known */
	char runtime[16];
	char name[64]; /* "" while the kubelet has not said */
	char image[256];
	char image_id[256];
	enum hn_container_type type;
	bool known;   /* name, image and type are from the kubelet */
	bool present; /* has a process now */
};

struct hn_finding_listener {
	struct hn_endpoint endpoint;
	pid_t pid; /* who listens; ends with that process */
	uint64_t start_ns;
};

/* A call from the host netns to something that a workload has no business with. */
struct hn_finding_contact {
	enum hn_contact what;
	struct hn_endpoint endpoint;  /* the remote one; none of an abstract socket */
	char name[HN_UNIX_NAME_SIZE]; /* of an abstract socket: "@name" */
	struct hn_wall time;          /* of the last call that was reported: at most one a minute is */
};

/* The rule that covers it, or covered it when it was resolved. A copy: rules change while findings last. */
struct hn_finding_exception {
	char name[128]; /* "": none */
	char reason[512];
	char approved_by[256], ticket[128]; /* "" if absent */
	struct hn_wall expires;
	uint64_t digest; /* of what the rule matches */
};

struct hn_finding {
	char id[HN_FINDING_ID_SIZE];
	enum hn_state state;
	enum hn_way way;
	enum hn_cause cause;
	enum hn_severity severity;
	unsigned occurrences;
	/* pod; uid "" outside Kubernetes. The rest is "" or false until `pod_known` */
	char pod_uid[HN_POD_UID_SIZE];
	bool pod_known, pod_static, pod_mirror, pod_host_network, pod_host_pid, pod_privileged;
	char pod_namespace[64];
	char pod_name[256];
	char workload_api_version[128];
	char workload_kind[64];
	char workload_name[256];
	struct hn_judgement ai;
	struct hn_finding_exception exception;
	size_t n_containers, n_processes, n_listening, n_contacts;
	size_t processes_not_kept;               /* beyond HN_FINDING_PROCESSES */
	struct hn_finding_container *containers; /* owned; HN_FINDING_CONTAINERS at most */
	struct hn_finding_process *processes;    /* owned; HN_FINDING_PROCESSES at most */
	struct hn_finding_listener listening[HN_FINDING_LISTENING];
	struct hn_finding_contact contacts[HN_FINDING_CONTACTS]; /* they stay when the caller has ended */
	struct hn_wall first_seen, last_seen, resolved_at;
};

/* One more container, blank. NULL: no memory, or there are HN_FINDING_CONTAINERS. */
struct hn_finding_container *hn_finding_add_container(struct hn_finding *f);
/* Frees what it owns, not the finding. */
void hn_finding_done(struct hn_finding *f);

#define HN_FINDINGS_MAX 3072 /* that an agent keeps at once, and takes up again after a restart */

/* Texts that go with every finding. */
#define HN_CONTROL_ID "ai-workload-host-network"
extern const char *const hn_remediation[]; /* NULL-terminated */
/* One line for a person: "AI workload StatefulSet ml/vllm shares the host network by hostNetwork: true". */
struct hn_str;
void hn_finding_title(const struct hn_finding *f, struct hn_str *out);

/* What changed; each has a name for the event's `changed` list. */
enum hn_change_field {
	HN_CHANGED_STATE,
	HN_CHANGED_CAUSE,
	HN_CHANGED_SEVERITY,
	HN_CHANGED_POD,
	HN_CHANGED_WORKLOAD,
	HN_CHANGED_CONTAINERS,
	HN_CHANGED_AI,
	HN_CHANGED_PROCESSES,
	HN_CHANGED_NETWORK,
	HN_CHANGED_EXCEPTION,
	HN_CHANGED_FIRST_SEEN, /* and occurrences: a former run knew it already */
	HN_CHANGED_MAX,
};
const char *hn_change_field_name(enum hn_change_field f); /* as the JSON key: "cause", "ai", "network" ... */

enum hn_change_type {
	HN_CHANGE_NONE,
	HN_CHANGE_OPENED,
	HN_CHANGE_UPDATED,
	HN_CHANGE_RESOLVED,
	HN_CHANGE_TYPE_MAX,
};

struct hn_change {
	enum hn_change_type type;
	struct hn_wall time;
	unsigned changed; /* bits of enum hn_change_field */
	const struct hn_finding *finding;
};

#endif
