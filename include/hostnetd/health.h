/* SPDX-License-Identifier: Apache-2.0 */
/* How the agent is, at one moment, for its API and its metrics. */
#ifndef HOSTNETD_HEALTH_H
#define HOSTNETD_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostnetd/finding.h"
#include "hostnetd/podcheck.h"
#include "hostnetd/probe.h"
#include "hostnetd/report.h"

#define HN_HEALTH_HOOKS 8
#define HN_HEALTH_CATEGORIES 8 /* the known ones, and "other" */
extern const char *const hn_health_categories[HN_HEALTH_CATEGORIES];
unsigned hn_health_category(const char *category); /* index of it, or of "other" */

/* One that pushes to another system. Counts are of records: events, or objects that are written. */
struct hn_sink_health {
	const char *name;
	uint64_t sent,
		dropped; /* accepted by the receiver; given up: the queue was full, or the receiver refused them */
	uint64_t failed; /* requests */
	uint64_t queued; /* records that wait, those under way included */
	struct hn_wall last_sent; /* when the receiver last took something; 0: never */
	const char *problem;      /* what is wrong now; "" if nothing */
};
#define HN_HEALTH_SINKS 8
#define HN_HEALTH_LISTED 200 /* findings that have series of their own */

struct hn_health {
	struct hn_identity identity;
	struct hn_wall time, started;
	bool complete; /* nothing stands against believing that all is seen */
	size_t n_incomplete;
	const char *incomplete[HN_INCOMPLETE_MAX];
	/* Findings that are kept now; the control is about the open ones whose verdict is AI. */
	uint64_t findings[HN_STATE_MAX][HN_CAUSE_MAX][HN_SEVERITY_MAX][HN_HEALTH_CATEGORIES];
	uint64_t open, open_by_severity[HN_SEVERITY_MAX];
	/* The open and excepted ones, the worst first; borrowed from the agent, until it does anything again. */
	size_t n_listed;
	const struct hn_finding *listed[HN_HEALTH_LISTED];
	uint64_t not_listed;            /* beyond that */
	uint64_t sharing[HN_CAUSE_MAX]; /* containers, AI or not */
	const char *tier;               /* "bpf", "procfs" */
	size_t n_hooks;
	struct hn_probe_hook hooks[HN_HEALTH_HOOKS];
	struct hn_probe_stats probe;
	uint64_t dropped;    /* what a full table could not keep */
	const char *kubelet; /* hn_kubelet_state_name() */
	bool kubelet_ok;
	const char *kubelet_problem; /* "" if none */
	uint64_t pods, kubelet_answers, kubelet_failures;
	bool compares; /* with the API server: */
	struct hn_podcheck_stats compared;
	uint64_t sweeps, sweeps_failed;
	bool sweeps_fail; /* the last one did */
	int64_t sweep_last_ns, sweep_sum_ns;
	struct hn_wall swept; /* 0: not yet */
	/* The history. "" in store: none is kept. */
	const char *store; /* the file in use, or the one that was asked for */
	bool store_works;
	const char *store_problem; /* "" if none */
	uint64_t store_bytes, store_stored, store_not_stored;
	struct hn_wall last_run_end; /* 0: no run before this one is known */
	bool last_run_clean;
	uint64_t http_requests, http_refused, http_connections, http_streams;
	size_t n_sinks;
	struct hn_sink_health sinks[HN_HEALTH_SINKS];
	bool passed;
};

/* GET /api/v1/status. */
void hn_report_status_json(const struct hn_health *health, struct hn_str *out);
/* How the control stands, in an event's form: "control.state"; no newline. */
void hn_report_control_json(const struct hn_health *health, struct hn_str *out);
/* GET /metrics: Prometheus' text format 0.0.4, or OpenMetrics 1.0. */
void hn_report_metrics(const struct hn_health *health, bool openmetrics, struct hn_str *out);

/* A container that shares (NULL: not known which), with its finding's id and times; no newline. */
void hn_report_sharing_json(const struct hn_finding *f, const struct hn_finding_container *c, struct hn_str *out);

#endif
