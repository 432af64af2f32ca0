/* SPDX-License-Identifier: Apache-2.0 */
/* Findings as a node could give them, one of each kind, and one whose every name is hostile. */
#ifndef HOSTNETD_TEST_SAMPLE_H
#define HOSTNETD_TEST_SAMPLE_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "hostnetd/report.h"
#include "hostnetd/str.h"

/* 2026-11-23T20:31:07.123456Z */
#define SAMPLE_NOW 1795465867123456789LL
#define SAMPLE_MINUTE (60 * HN_NSEC_PER_SEC)
/* What a pod could be called if the API server did not look: a colour, a forged line, invalid UTF-8. */
#define SAMPLE_HOSTILE "evil\033[31m\nhostnetd: passed\xff"

struct sample {
	struct hn_finding finding;
	struct hn_finding_process processes[HN_FINDING_PROCESSES];
	struct hn_finding_container containers[2];
};

static const struct hn_identity sample_who = {
	.agent_version = "0.1.0",
	.cluster = "prod-1",
	.node = "n1",
	.boot_id = "5a1b2c3d-0000-4000-8000-000000000001",
	.host_netns = 4026531833,
};

static inline void sample_listen(struct hn_finding *f, uint8_t family, const char *address, uint16_t port,
				 pid_t pid)
{
	struct hn_finding_listener *l = &f->listening[f->n_listening++];

	l->endpoint = (struct hn_endpoint){.protocol = IPPROTO_TCP, .family = family, .port = port};
	assert_int_equal(inet_pton(family, address, l->endpoint.address), 1);
	l->pid = pid;
}

static inline struct hn_finding_process *sample_process(struct sample *s, pid_t pid, const char *comm,
							const char *exe, const char *argv, size_t argv_len)
{
	struct hn_finding_process *p = &s->processes[s->finding.n_processes++];

	p->pid = pid;
	p->start_ns = 1000;
	p->started.ns = SAMPLE_NOW - 200 * SAMPLE_MINUTE;
	p->threads = 1;
	hn_strcpy(p->comm, sizeof(p->comm), comm);
	hn_strcpy(p->exe, sizeof(p->exe), exe);
	memcpy(p->argv, argv, argv_len);
	p->argv_len = argv_len;
	return p;
}

static inline void sample_evidence(struct hn_finding *f, const char *signal, bool observed, const char *path,
				   const char *value, double weight)
{
	struct hn_evidence *e = &f->ai.evidence[f->ai.n_evidence++];

	e->signal = signal;
	e->observed = observed;
	e->weight = weight;
	hn_strcpy(e->path, sizeof(e->path), path);
	hn_strcpy(e->value, sizeof(e->value), value);
	hn_strcpy(e->signature, sizeof(e->signature), f->ai.product);
}

static inline struct hn_finding_container *sample_container(struct hn_finding *f, const char *name,
							    const char *image)
{
	struct hn_finding_container *c = &f->containers[f->n_containers++];

	memset(c->id, 'a' + (int)f->n_containers - 1, 64);
	hn_strcpy(c->runtime, sizeof(c->runtime), "containerd");
	hn_strcpy(c->name, sizeof(c->name), name);
	hn_strcpy(c->image, sizeof(c->image), image);
	c->known = name[0] != '\0';
	c->present = true;
	return c;
}

static inline void sample_contact(struct hn_finding *f, enum hn_contact what, const char *address, uint16_t port)
{
	struct hn_finding_contact *c = &f->contacts[f->n_contacts++];

	c->what = what;
	c->endpoint = (struct hn_endpoint){.protocol = IPPROTO_TCP, .family = AF_INET, .port = port};
	inet_pton(AF_INET, address, c->endpoint.address);
	c->time.ns = SAMPLE_NOW - SAMPLE_MINUTE;
}

static inline void sample_init(struct sample *s, char id, const char *uid)
{
	memset(s, 0, sizeof(*s));
	s->finding.processes = s->processes;
	s->finding.containers = s->containers;
	memset(s->finding.id, id, HN_FINDING_ID_SIZE - 1);
	hn_strcpy(s->finding.pod_uid, sizeof(s->finding.pod_uid), uid);
	s->finding.state = HN_STATE_OPEN;
	s->finding.occurrences = 1;
	s->finding.first_seen.ns = SAMPLE_NOW - 200 * SAMPLE_MINUTE;
	s->finding.last_seen.ns = SAMPLE_NOW;
}

static inline void sample_pod(struct hn_finding *f, const char *ns, const char *name, const char *api,
			      const char *kind, const char *workload)
{
	f->pod_known = true;
	hn_strcpy(f->pod_namespace, sizeof(f->pod_namespace), ns);
	hn_strcpy(f->pod_name, sizeof(f->pod_name), name);
	hn_strcpy(f->workload_api_version, sizeof(f->workload_api_version), api);
	hn_strcpy(f->workload_kind, sizeof(f->workload_kind), kind);
	hn_strcpy(f->workload_name, sizeof(f->workload_name), workload);
}

static inline void sample_ai(struct hn_finding *f, enum hn_verdict verdict, const char *category,
			     const char *product, double score)
{
	f->ai.verdict = verdict;
	f->ai.score = score;
	hn_strcpy(f->ai.category, sizeof(f->ai.category), category);
	hn_strcpy(f->ai.product, sizeof(f->ai.product), product);
}

/* Everything is known: a StatefulSet with hostNetwork: true, two containers, ports twice. */
static inline void sample_vllm(struct sample *s)
{
	static const char argv[] =
		"python3\0-m\0vllm.entrypoints.openai.api_server\0--api-key\0[redacted]\0\0--port=8000";
	struct hn_finding *f = &s->finding;
	struct hn_finding_process *p;

	sample_init(s, 'a', "0f3d2b6e-1111-4222-8333-444455556666");
	f->cause = HN_CAUSE_DECLARED;
	f->severity = HN_SEVERITY_HIGH;
	f->pod_host_network = f->pod_privileged = f->pod_host_pid = true;
	sample_pod(f, "ml", "vllm-0", "apps/v1", "StatefulSet", "vllm");
	sample_ai(f, HN_AI, "inference", "vllm", 0.98);
	sample_evidence(f, "image", false, "spec.containers[0].image", "vllm/vllm-openai", 0.9);
	sample_evidence(f, "argv", true, "process 4711 argv[2]", "vllm.entrypoints", 0.8);
	hn_strcpy(sample_container(f, "server", "registry.example.org/platform/inference/vllm-openai:v0.6.3")
			  ->image_id,
		  sizeof(f->containers[0].image_id),
		  "registry.example.org/platform/inference/vllm-openai@sha256:0123456789abcdef0123456789abcdef");
	sample_container(f, "fetch", "busybox:1.36")->type = HN_CONTAINER_INIT;
	f->containers[1].present = false;
	p = sample_process(s, 4711, "python3", "/usr/bin/python3.11", argv, sizeof(argv)); /* no NUL is missing */
	p->uid = 1000;
	p->threads = 12;
	p = sample_process(s, 4800, "ray::worker", "/usr/bin/python3.11", "ray\0worker", 10);
	p->argv_truncated = true;
	p->parent = 4711; /* whose own parent, a shim, is not in the finding */
	s->processes[0].parent = 4600;
	sample_listen(f, AF_INET6, "::", 9000, 4711);
	sample_listen(f, AF_INET, "0.0.0.0", 8000, 4711);
	sample_listen(f, AF_INET, "0.0.0.0", 8000, 4800);
	sample_listen(f, AF_INET, "127.0.0.1", 8000, 4800);
	sample_contact(f, HN_CONTACT_METADATA, "169.254.169.254", 80);
	sample_contact(f, HN_CONTACT_CONTROL, "127.0.0.1", 10250);
}

/* Came back once, and its names try what they can. */
static inline void sample_drifter(struct sample *s)
{
	struct hn_finding *f = &s->finding;
	char argv[] = "sh\0-c\0echo \"\033]0;owned\007\\\n\xc3";

	sample_init(s, 'b', "0f3d2b6e-7777-4222-8333-444455556666");
	f->cause = HN_CAUSE_JOINED;
	f->severity = HN_SEVERITY_CRITICAL;
	f->occurrences = 2;
	sample_pod(f, "ml", SAMPLE_HOSTILE, "v1", "Pod", SAMPLE_HOSTILE);
	sample_ai(f, HN_AI, "agent", "open\"claw", 1);
	sample_evidence(f, "label", false, "metadata.labels[\033[2J]", "agent\r\n", 0.7);
	sample_container(f, "debug\ttab", "docker.io/evil:\xe2\x80\xaelatest")->type = HN_CONTAINER_EPHEMERAL;
	sample_process(s, 99, "\033[1mbold", "/proc/self/fd/7 (deleted)", argv, sizeof(argv) - 1);
	s->finding.processes_not_kept = 3;
}

/* The first moment of a finding: the cgroup's uid and what runs, nothing else. */
static inline void sample_early(struct sample *s)
{
	struct hn_finding *f = &s->finding;

	sample_init(s, 'c', "11112222333344445555666677778888");
	f->severity = HN_SEVERITY_HIGH;
	f->first_seen.ns = SAMPLE_NOW;
	sample_ai(f, HN_AI, "inference", "ollama", 0.9);
	sample_evidence(f, "exe", true, "process 5 exe", "/usr/bin/ollama", 0.9);
	sample_container(f, "", "");
	sample_process(s, 5, "ollama", "/usr/bin/ollama", "ollama\0serve", 13);
}

/* Outside Kubernetes; only likely. */
static inline void sample_rogue(struct sample *s)
{
	struct hn_finding *f = &s->finding;

	sample_init(s, 'd', "");
	f->cause = HN_CAUSE_UNMANAGED;
	f->severity = HN_SEVERITY_HIGH;
	sample_ai(f, HN_LIKELY_AI, "notebook", "", 0.6);
	sample_container(f, "", "");
	hn_strcpy(f->containers[0].runtime, sizeof(f->containers[0].runtime), "docker");
	sample_process(s, 6, "jupyter-lab", "", "", 0);
	sample_listen(f, AF_INET, "0.0.0.0", 8888, 6);
}

/* A rule of the operator's covers it; what the rule says is as hostile as any name. */
static inline void sample_excepted(struct sample *s)
{
	struct hn_finding *f = &s->finding;

	sample_init(s, 'f', "0f3d2b6e-8888-4222-8333-444455556666");
	f->state = HN_STATE_EXCEPTED;
	f->cause = HN_CAUSE_DECLARED;
	f->severity = HN_SEVERITY_HIGH;
	f->pod_host_network = true;
	sample_pod(f, "train", "llm-worker-0", "kubeflow.org/v1", "PyTorchJob", "llm");
	sample_ai(f, HN_AI, "training", "pytorch", 0.9);
	sample_container(f, "pytorch", "registry.example.org/train/llm:v3");
	sample_process(s, 12, "python3", "/usr/bin/python3.11", "torchrun\0train.py", 17);
	hn_strcpy(f->exception.name, sizeof(f->exception.name), "rdma-training");
	hn_strcpy(f->exception.reason, sizeof(f->exception.reason),
		  "NCCL over RoCE \xe2\x80\xae\033[31m needs it");
	hn_strcpy(f->exception.approved_by, sizeof(f->exception.approved_by), "platform@example.org");
	hn_strcpy(f->exception.ticket, sizeof(f->exception.ticket), "SEC-1234");
	f->exception.expires.ns = 1801440000LL * HN_NSEC_PER_SEC;
	f->exception.digest = 1;
}

/* Shares the host network and is no AI. */
static inline void sample_exporter(struct sample *s)
{
	struct hn_finding *f = &s->finding;

	sample_init(s, 'e', "0f3d2b6e-9999-4222-8333-444455556666");
	f->state = HN_STATE_SHARING;
	f->cause = HN_CAUSE_DECLARED;
	f->severity = HN_SEVERITY_HIGH;
	f->pod_host_network = true;
	sample_pod(f, "monitoring", "node-exporter-x7x2l", "apps/v1", "DaemonSet", "node-exporter");
	sample_container(f, "node-exporter", "quay.io/prometheus/node-exporter:v1.8.2");
	sample_container(f, "kube-rbac-proxy", "quay.io/brancz/kube-rbac-proxy:v0.18.1");
	sample_process(s, 7, "node_exporter", "/bin/node_exporter", "/bin/node_exporter", 19);
	sample_process(s, 8, "node_exporter", "/bin/node_exporter", "/bin/node_exporter", 19);
	sample_process(s, 9, "kube-rbac-proxy", "/kube-rbac-proxy", "/kube-rbac-proxy", 17)->container = 1;
	sample_listen(f, AF_INET, "0.0.0.0", 9100, 7);
}

#endif
