/* SPDX-License-Identifier: Apache-2.0 */
/* The desk at which the sinks that write to the API server sit: report objects and Events have one connection, one login and one
 * pace, so that a node never asks twice at once. */
#ifndef HN_SINK_OBJECTS_SELF_H
#define HN_SINK_OBJECTS_SELF_H

#include "courier.h"
#include "hostnetd/apiaccess.h"
#include "hostnetd/finding.h"
#include "hostnetd/token.h"
#include "objects.h"
#include "report_object.h"

struct event;

#define HN_OBJECTS_NEVER INT64_MAX
#define HN_OBJECTS_EVENTS 256

/* What is asked; the order is that of the start. */
enum hn_objects_ask {
	HN_OBJECTS_ASK_NOTHING,
	HN_OBJECTS_ASK_KIND,   /* which group of reports is served */
	HN_OBJECTS_ASK_NODE,   /* the node's uid */
	HN_OBJECTS_ASK_RECALL, /* the node's own report: what a former run left */
	HN_OBJECTS_ASK_REPORT,
	HN_OBJECTS_ASK_DELETE,
	HN_OBJECTS_ASK_EVENT,
	HN_OBJECTS_ASK_MAX,
};

struct hn_objects_report {
	char ns[HN_REPORT_NAMESPACE_SIZE]; /* "": the node's own */
	int64_t due, written;              /* of the next and the last write; written 0: not in this run */
	int64_t empty_since;               /* seen to be so; 0: it holds findings, or the agent does not see all */
	bool bare;                         /* without findings, as rendered last */
	bool changed;                      /* since it was rendered last */
	bool refused;                      /* a person must mend that */
	unsigned failures;                 /* in a row */
	int64_t held; /* not before: what it was refused with is no sooner mended by a change */
};

struct hn_objects_event {
	char finding[HN_FINDING_ID_SIZE];
	int kind; /* enum hn_kube_event_kind */
	struct hn_wall time;
	int64_t due;
	bool again;  /* PATCH: the server has it already */
	bool turned; /* it has been the other way round */
	unsigned failures;
};

enum hn_objects_about {
	HN_OBJECTS_ABOUT_REPORTS, /* all of them */
	HN_OBJECTS_ABOUT_REPORT,  /* one of them */
	HN_OBJECTS_ABOUT_EVENTS,
	HN_OBJECTS_ABOUT_NODE,
	HN_OBJECTS_ABOUT_ACCESS,
	HN_OBJECTS_ABOUT_MAX
};

struct hn_objects {
	struct hn_sink_parts parts;
	bool reports_wanted, events_wanted; /* what is asked for */
	int64_t interval_ns, heartbeat_ns;
	const struct hn_report_kind *wanted_kind; /* NULL: whichever is served */
	struct hn_apiaccess *access;
	struct hn_courier *courier;
	struct event *timer;
	uint64_t random;
	enum hn_objects_ask stage; /* the next question of the start; REPORT: all are answered */
	const struct hn_report_kind *kind;
	char node_uid[HN_API_UID_SIZE];
	bool no_critical, complete;        /* as rendered last */
	bool hurried, event_last;          /* whose turn it was: reports and Events take turns */
	unsigned start_failures, own_gone; /* in a row */
	int64_t reports_held, events_held; /* not before: what is refused is tried again slowly */
	size_t n_reports, n_events;
	struct hn_objects_report reports[HN_REPORT_OBJECTS_MAX];
	struct hn_objects_event events[HN_OBJECTS_EVENTS];
	uint64_t reports_dropped, events_dropped;
	/* The request under way. */
	enum hn_objects_ask asked;
	char asked_ns[HN_REPORT_NAMESPACE_SIZE];
	struct hn_objects_event asked_event;
	struct hn_str path, content;
	char authorization[sizeof("Bearer ") + HN_TOKEN_SIZE];
	struct hn_https_header headers[2];
	char problems[HN_OBJECTS_ABOUT_MAX][480]; /* that a person must mend; "": none */
};

/* One that fails waits longer each time, and holds no other. */
int64_t hn_objects_backoff(struct hn_objects *o, unsigned failures);
int64_t hn_objects_jitter(struct hn_objects *o, int64_t max_ns);
struct hn_objects_report *hn_objects_find(struct hn_objects *o, const char *ns);
/* Finds or adds it, and wants it written at `due` at the latest. */
void hn_objects_mark(struct hn_objects *o, const char *ns, int64_t due);
void hn_objects_forget(struct hn_objects *o, const char *ns);
void hn_objects_queue(struct hn_objects *o, const struct hn_objects_event *event);
void hn_objects_arm(struct hn_objects *o);
/* All of it from what is known now; false: no memory. */
bool hn_objects_render(struct hn_objects *o, struct hn_objects_report *report, struct hn_str *out);
const struct hn_finding *hn_objects_finding(const struct hn_objects *o, const char *id);
void hn_objects_problem(struct hn_objects *o, enum hn_objects_about about, const char *text);

/* The request that was made has no answer since it was never sent: what is in it waits again. */
void hn_objects_unsent(struct hn_objects *o);

/* For the courier. */
int hn_objects_next(void *self, struct hn_parcel *ret, struct hn_reason *reason);
enum hn_delivery hn_objects_judge(void *self, const struct hn_https_answer *answer, const char *body,
				  struct hn_reason *reason);

#endif
