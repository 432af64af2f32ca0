/* SPDX-License-Identifier: Apache-2.0 */
/* What the table and the lines of `run` say about a finding, in words. Everything is safe for a terminal. */
#ifndef HOSTNETD_REPORT_WORDS_H
#define HOSTNETD_REPORT_WORDS_H

#include <stdbool.h>

#include "hostnetd/finding.h"
#include "hostnetd/str.h"

enum hn_paint {
	HN_PAINT_NONE,
	HN_PAINT_GOOD,
	HN_PAINT_BAD,
	HN_PAINT_WORSE,
	HN_PAINT_DOUBTFUL,
	HN_PAINT_QUIET,
	HN_PAINT_MAX
};

/* The text in that colour, or plain. */
void hn_words_painted(struct hn_str *out, bool colour, enum hn_paint paint, const char *text);
enum hn_paint hn_words_severity_paint(enum hn_severity severity);
/* A name from outside. */
void hn_words_name(struct hn_str *out, const char *name);
/* A kind, as it came; with its group where that is not the one in which Kubernetes itself has that kind: "Job.batch.volcano.sh". */
void hn_words_kind(struct hn_str *out, const char *api_version, const char *kind);

/* "StatefulSet ml/vllm"; before the owner is known what is known: the pod's uid, or the container. */
void hn_words_workload(struct hn_str *out, const struct hn_finding *f);
/* "rule rdma-training until 2027-02-01 00:00 UTC: NCCL over RoCE"; nothing where no rule covers it. */
void hn_words_exception(struct hn_str *out, const struct hn_finding *f);
/* "ml/vllm-0 (uid ...)". */
void hn_words_pod(struct hn_str *out, const struct hn_finding *f);
/* "server (ephemeral container), image vllm/vllm-openai:v0.6.3". */
void hn_words_container(struct hn_str *out, const struct hn_finding_container *c);
/* "declared: hostNetwork: true in the pod's spec". */
void hn_words_cause(struct hn_str *out, const struct hn_finding *f);
/* "vllm, inference", with "likely " in front if it is not certain; "no sign of AI". */
void hn_words_product(struct hn_str *out, const struct hn_judgement *ai);
/* The catalogue's short name of a signal as a person would say it: "command line" for "argv". Borrowed. */
const char *hn_words_signal(const char *signal);
/* The heaviest thing that speaks for it: "image vllm/vllm-openai (spec.containers[0].image)". Nothing: "". */
void hn_words_evidence(struct hn_str *out, const struct hn_judgement *ai);
/* "tcp 0.0.0.0:8000, tcp [::]:9000"; "" if there is none. */
void hn_words_ports(struct hn_str *out, const struct hn_finding *f);
/* "metadata service 169.254.169.254, control port 127.0.0.1:10250"; "" if it called none. */
void hn_words_contacts(struct hn_str *out, const struct hn_finding *f);
/* "privileged, hostPID, static pod": what makes it worse or explains it; "" if nothing does. */
void hn_words_facts(struct hn_str *out, const struct hn_finding *f);
/* "4711 python3 (uid 0), 4712 ray (uid 1000) and 3 more". */
void hn_words_processes(struct hn_str *out, const struct hn_finding *f);

#endif
