/* SPDX-License-Identifier: Apache-2.0 */
/* What people and other systems get to see. Printers and sinks take changes of findings one by one; a scan renders one document.
 * Contracts: DESIGN.md and the JSON Schemas in include/hostnetd's sibling `schema` folder. */
#ifndef HOSTNETD_REPORT_H
#define HOSTNETD_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostnetd/ai.h"
#include "hostnetd/audit.h"
#include "hostnetd/exception.h"
#include "hostnetd/finding.h"
#include "hostnetd/happening.h"
#include "hostnetd/macro.h"
#include "hostnetd/pod.h"
#include "hostnetd/sighting.h"
#include "hostnetd/time.h"

struct hn_health;
struct hn_str;

/* Who speaks. Borrowed texts; "" where not known (the field is then absent). */
struct hn_identity {
	const char *agent_version;
	const char *cluster;
	const char *node;
	const char *boot_id;
	uint64_t host_netns;
};

struct hn_coverage {
	const char *hooks;           /* "tp_btf: exec, exit ...; netns: sys_exit" */
	const char *kubelet;         /* hn_kubelet_state_name() */
	const char *kubelet_problem; /* "" if none */
	uint64_t processes_seen;
	uint64_t lost;
};

#define HN_INCOMPLETE_MAX 16
struct hn_scan {
	struct hn_identity identity;
	struct hn_wall time;
	bool passed;
	bool complete;
	size_t n_incomplete;
	const char *incomplete[HN_INCOMPLETE_MAX];
	/* Everything that shares the host netns now, in any order: those in state OPEN or EXCEPTED are findings, all are in
	 * `sharing`. */
	size_t n_findings;
	const struct hn_finding *const *findings;
	struct hn_coverage coverage;
	const struct hn_audit *declared; /* by the API server, with its drift; NULL: not compared */
	bool likely_fails;               /* --fail-on likely */
};

/* The schema's document hostnetd.scan/v1, one line, newline at its end. Findings are sorted: severity, then pod. */
void hn_report_scan_json(const struct hn_scan *scan, struct hn_str *out);
/* For people: the answer first, then a table; `width` columns (0: not a terminal, unlimited), colours if `colour`. */
void hn_report_scan_table(const struct hn_scan *scan, unsigned width, bool colour, struct hn_str *out);

/* One line hostnetd.event/v1 with newline. */
void hn_report_change_json(const struct hn_identity *who, const struct hn_change *change, struct hn_str *out);
/* One line for a person who watches `run` on a terminal. */
void hn_report_change_text(const struct hn_identity *who, const struct hn_change *change, bool colour,
			   struct hn_str *out);

const char *hn_change_type_name(enum hn_change_type t); /* "finding.opened" ... */

/* Other events of `run`. */
enum hn_notice_type {
	HN_NOTICE_AGENT_STARTED,
	HN_NOTICE_AGENT_STOPPED,
	HN_NOTICE_AGENT_GAP,  /* `text` says what was not watched */
	HN_NOTICE_AGENT_LOST, /* `count` records were lost */
	HN_NOTICE_CONTAINER_JOINED,
	HN_NOTICE_CONTAINER_LEFT,
	HN_NOTICE_ATTEMPT_REFUSED,
	HN_NOTICE_EXCEPTION_EXPIRED,
	HN_NOTICE_EXCEPTION_UNUSED,
	HN_NOTICE_POD_DIFFERS, /* `text` says in what the API server and the kubelet do not agree */
	HN_NOTICE_TYPE_MAX,
};
const char *hn_notice_type_name(enum hn_notice_type t); /* "agent.started", "container.joined" ... */
struct hn_notice {
	enum hn_notice_type type;
	struct hn_wall time;
	const char *text;                             /* "" if none */
	uint64_t count;                               /* AGENT_LOST */
	struct hn_wall since, until;                  /* AGENT_GAP: when nobody watched */
	const struct hn_sighting *attempt;            /* ATTEMPT_REFUSED: who tried, and the errno; else NULL */
	const struct hn_finding *finding;             /* CONTAINER_*, ATTEMPT_*: the pod and */
	const struct hn_finding_container *container; /* the container in it; else NULL */
	bool change_follows;                          /* CONTAINER_JOINED: at once, of the same finding */
	const struct hn_exception *exception;         /* EXCEPTION_*: the rule; else NULL */
};
void hn_report_notice_json(const struct hn_identity *who, const struct hn_notice *notice, struct hn_str *out);
void hn_report_notice_text(const struct hn_identity *who, const struct hn_notice *notice, bool colour,
			   struct hn_str *out);

/* One event on its way to the outlets: exactly one of the three is given. */
struct hn_event {
	uint64_t seq; /* grows by one from event to event, over restarts where there is a store */
	struct hn_wall time;
	struct hn_mono mono;
	const struct hn_change *change;
	const struct hn_notice *notice;
	const struct hn_happening *happening;
};
const char *hn_event_type_name(const struct hn_event *e);
const struct hn_finding *hn_event_finding(const struct hn_event *e); /* NULL: it concerns none */
/* One object in the form that the history keeps and the API serves; no newline. */
void hn_report_event_json(const struct hn_event *e, struct hn_str *out);
/* The same with a change's finding in full, as `findingObject`: for those who hear of it from us alone. */
void hn_report_event_whole_json(const struct hn_identity *who, const struct hn_event *e, struct hn_str *out);
/* One FINDING; no newline. */
void hn_report_finding_json(const struct hn_identity *who, const struct hn_finding *f, struct hn_str *out);

/* The comparison of `run` with the API server, hostnetd.drift/v1. `declared` is NULL where there is none: then `problem` says why. */
void hn_report_drift_json(const struct hn_identity *who, struct hn_wall time, const struct hn_audit *declared,
			  const char *problem, struct hn_str *out);

/* classify: one line a pod, newline at its end. `explain` adds the member `explanation`. */
void hn_report_classify_json(const struct hn_pod *pod, const struct hn_judgement *ai, bool explain,
			     struct hn_str *out);
/* Why, for a person: every sign with its weight and its place, also those that speak against AI. */
void hn_report_classify_explain(const struct hn_pod *pod, const struct hn_judgement *ai, bool colour,
				struct hn_str *out);
/* A table: each row is measured first, then put; a line never breaks and is cut at `width` (0: never). */
struct hn_classify_columns {
	unsigned pod, what;
};
void hn_report_classify_measure(struct hn_classify_columns *columns, const struct hn_pod *pod,
				const struct hn_judgement *ai);
void hn_report_classify_head(const struct hn_classify_columns *columns, unsigned width, struct hn_str *out);
void hn_report_classify_row(const struct hn_classify_columns *columns, const struct hn_pod *pod,
			    const struct hn_judgement *ai, unsigned width, bool colour, struct hn_str *out);

/* The catalogue in force: one JSON object an entry and line, with its patterns; or a table. */
void hn_report_catalogue_json(const struct hn_catalogue *c, struct hn_str *out);
void hn_report_catalogue_table(const struct hn_catalogue *c, unsigned width, struct hn_str *out);

/* The audit after hn_audit_roll_up(), newline at its end. JUnit and SARIF 2.1.0 are for pipelines. */
struct hn_audit_page {
	const char *version;
	struct hn_wall time;
	bool likely_fails; /* --fail-on likely */
	unsigned width;    /* of the table; 0: unlimited */
	bool colour;
	const char *
		folder; /* that SARIF tells files from, where they are below it: the checkout of a pipeline; NULL: none */
};
void hn_report_audit_json(const struct hn_audit *a, const struct hn_audit_page *page, struct hn_str *out);
void hn_report_audit_table(const struct hn_audit *a, const struct hn_audit_page *page, struct hn_str *out);
void hn_report_audit_junit(const struct hn_audit *a, const struct hn_audit_page *page, struct hn_str *out);
void hn_report_audit_sarif(const struct hn_audit *a, const struct hn_audit_page *page, struct hn_str *out);

/* A form of standard output: the table (printers.c) has one row each. Unused functions are NULL. None may block. */
struct hn_printer_ops {
	const char *name;
	int (*open)(void **ret_self, int fd, bool colour, const struct hn_identity *who);
	void (*on_change)(void *self, const struct hn_change *change);
	void (*on_notice)(void *self, const struct hn_notice *notice);
	/* How the control stands: when that has changed, and from time to time. */
	void (*on_control)(void *self, const struct hn_health *health);
	bool (*flush)(void *self); /* writes what is queued without blocking; true if something is still queued */
	uint64_t (*dropped)(const void *self);
	void (*close)(void *self);
};
extern const struct hn_printer_ops *const hn_printers[]; /* NULL-terminated: "json", "table", "ocsf" */
const struct hn_printer_ops *hn_printer_find(const char *name);

#endif
