// SPDX-License-Identifier: Apache-2.0
// What the API server's answers mean. What only a person can mend is said once, with how, and tried again slowly.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kube_event.h"
#include "objects_self.h"

#define SLOW_NS (600 * HN_NSEC_PER_SEC)
#define SAID 480
#define EVENT_TRIES 12 /* a quarter of an hour */

static const char absent[] =
	"no report objects are written: the API server serves neither openreports.io/v1alpha1 nor "
	"wgpolicyk8s.io/v1alpha2; install the CRDs of one, or run without --report-objects. Tried again every 10 minutes";

static bool is_gone(const struct hn_https_answer *a)
{
	return a->status == 404;
}

/* A namespace that ends takes nothing new, and says so with 403. */
static bool is_ending(const struct hn_https_answer *a)
{
	return a->status == 403 && strstr(a->text, "is being terminated") != NULL;
}

static void hold(struct hn_objects *o, bool events, const struct hn_https_answer *a, const char *what)
{
	_cleanup_(hn_str_done) struct hn_str message = {0};
	char text[SAID];

	hn_api_message(a->text, &message);
	snprintf(
		text, sizeof(text),
		"%s: the API server refuses %s (%d): %.220s. Grant it in the agent's ClusterRole; tried again every "
		"10 minutes",
		events ? "no Kubernetes Events are written" : "report objects are not written", what, a->status,
		hn_str_get(&message));
	hn_objects_problem(o, events ? HN_OBJECTS_ABOUT_EVENTS : HN_OBJECTS_ABOUT_REPORTS, text);
	if (events)
		o->events_held = hn_mono_now().ns + SLOW_NS + hn_objects_jitter(o, SLOW_NS / 10);
	else
		o->reports_held = hn_mono_now().ns + SLOW_NS + hn_objects_jitter(o, SLOW_NS / 10);
}

/* Anything that time or somebody else mends. */
static bool is_later(const struct hn_https_answer *a)
{
	return hn_delivery_of(a) == HN_DELIVER_AGAIN && a->status != 403 && a->status != 404;
}

/* --- the start ----------------------------------------------------------------------------------------------------- */

static bool next_kind(struct hn_objects *o)
{
	if (!o->wanted_kind && o->kind[1].word) {
		o->kind++;
		return true;
	}
	o->kind = o->wanted_kind ? o->wanted_kind : &hn_report_kinds[0];
	return false;
}

static enum hn_delivery judge_kind(struct hn_objects *o, const struct hn_https_answer *a, const char *body)
{
	char text[SAID];

	if (hn_https_is_good(a->status) && hn_api_has_resource(body, o->kind->plural) &&
	    hn_api_has_resource(body, o->kind->cluster_plural)) {
		o->stage = HN_OBJECTS_ASK_NODE;
		hn_objects_problem(o, HN_OBJECTS_ABOUT_REPORTS, "");
		return HN_DELIVER_OTHER;
	}
	if (next_kind(o))
		return HN_DELIVER_OTHER;
	if (a->status == 403) {
		hold(o, false, a, "its discovery");
		return HN_UNDELIVERABLE;
	}
	if (o->wanted_kind)
		snprintf(
			text, sizeof(text),
			"no report objects are written: the API server does not serve %s/%s; install its CRDs, or "
			"say --report-objects auto. Tried again every 10 minutes",
			o->kind->group, o->kind->version);
	hn_objects_problem(o, HN_OBJECTS_ABOUT_REPORTS, o->wanted_kind ? text : absent);
	o->reports_held = hn_mono_now().ns + SLOW_NS + hn_objects_jitter(o, SLOW_NS / 10);
	return HN_UNDELIVERABLE;
}

static enum hn_delivery judge_node(struct hn_objects *o, const struct hn_https_answer *a, const char *body)
{
	char text[SAID];

	o->stage = o->reports_wanted ? HN_OBJECTS_ASK_RECALL : HN_OBJECTS_ASK_REPORT;
	if (hn_https_is_good(a->status) && hn_api_uid(body, o->node_uid))
		return HN_DELIVER_OTHER;
	snprintf(text, sizeof(text),
		 "the node %.200s cannot be read (%d): report objects will stay when it goes%s",
		 o->parts.who->node, a->status,
		 is_gone(a)       ? "; is --node-name the Node's name?" :
		 a->status == 403 ? "; grant \"get\" on nodes in the agent's ClusterRole" :
				    "");
	hn_objects_problem(o, HN_OBJECTS_ABOUT_NODE, text);
	return HN_DELIVER_OTHER;
}

/* Whatever has findings now, and what the former run left. */
static void recall(struct hn_objects *o, const char *claims)
{
	const struct hn_sink_source *source = &o->parts.source;
	int64_t soon = hn_mono_now().ns + hn_objects_jitter(o, HN_NSEC_PER_SEC);
	struct hn_report_claim claim;
	const struct hn_finding *f;
	size_t cursor = 0;
	int error = 0;

	while ((f = source->next_finding(source->self, &cursor)))
		if (hn_report_has(f))
			hn_objects_mark(o, hn_report_place(f), soon);
	while (hn_report_claim_next(&claims, &claim, &error) && o->n_reports < HN_REPORT_OBJECTS_MAX)
		hn_objects_mark(o, claim.ns, soon);
}

static enum hn_delivery judge_recall(struct hn_objects *o, const struct hn_https_answer *a, const char *body)
{
	_cleanup_(hn_str_done) struct hn_str claims = {0};

	if (a->status == 403) {
		hold(o, false, a, "to read the node's own report");
		return HN_UNDELIVERABLE;
	}
	if (hn_https_is_good(a->status))
		hn_api_annotation(body, HN_REPORT_CLAIMS, &claims);
	o->stage = HN_OBJECTS_ASK_REPORT;
	recall(o, hn_str_get(&claims));
	return HN_DELIVER_OTHER;
}

/* --- reports ------------------------------------------------------------------------------------------------------- */

static void again_later(struct hn_objects *o, int64_t ns)
{
	struct hn_objects_report *report = hn_objects_find(o, o->asked_ns);

	if (report) {
		report->due = report->held = hn_mono_now().ns + ns;
		report->changed = true;
	}
}

static enum hn_delivery again_after_failure(struct hn_objects *o)
{
	struct hn_objects_report *report = hn_objects_find(o, o->asked_ns);

	if (report)
		again_later(o, hn_objects_backoff(o, ++report->failures));
	return HN_DELIVER_AGAIN;
}

/* What is said of one stands until that one is mended. */
static void clear_refusal(struct hn_objects *o, struct hn_objects_report *report)
{
	hn_objects_problem(o, HN_OBJECTS_ABOUT_REPORTS, "");
	if (report)
		report->refused = false;
	for (size_t i = 0; i < o->n_reports; i++)
		if (o->reports[i].refused)
			return;
	hn_objects_problem(o, HN_OBJECTS_ABOUT_REPORT, "");
}

static enum hn_delivery written(struct hn_objects *o)
{
	struct hn_objects_report *report = hn_objects_find(o, o->asked_ns);
	int64_t now = hn_mono_now().ns, beat = o->heartbeat_ns;

	clear_refusal(o, report);
	if (!report)
		return HN_DELIVERED;
	if (!report->ns[0])
		o->own_gone = 0;
	report->failures = 0;
	report->written = now;
	if (report->due == HN_OBJECTS_NEVER)
		report->due = now + beat - beat / 10 + hn_objects_jitter(o, beat / 10);
	else if (report->due < now + o->interval_ns)
		report->due = now + o->interval_ns;
	return HN_DELIVERED;
}

/* The first releases of wgpolicyk8s.io/v1alpha2 do not know the severity "critical". */
static bool can_lower(const struct hn_objects *o, const struct hn_https_answer *a)
{
	return a->status == 422 && o->kind->doubts_critical && !o->no_critical;
}

static enum hn_delivery refused(struct hn_objects *o, const struct hn_https_answer *a)
{
	_cleanup_(hn_str_done) struct hn_str message = {0};
	struct hn_objects_report *report = hn_objects_find(o, o->asked_ns);
	char text[SAID];

	hn_api_message(a->text, &message);
	snprintf(text, sizeof(text), "a report object (namespace \"%s\") is refused (%d): %.220s%s", o->asked_ns,
		 a->status, hn_str_get(&message),
		 a->status == 403 ?
			 ". A quota, a webhook, or the agent's ClusterRole; tried again every 10 minutes" :
			 "");
	hn_objects_problem(o, HN_OBJECTS_ABOUT_REPORT, text);
	if (report)
		report->refused = true;
	again_later(o, a->status == 403 ? SLOW_NS + hn_objects_jitter(o, SLOW_NS / 10) : o->heartbeat_ns);
	return HN_UNDELIVERABLE;
}

/* Which is served is asked anew, at once; slowly where discovery lists what is not there. */
static enum hn_delivery group_gone(struct hn_objects *o)
{
	o->stage = HN_OBJECTS_ASK_KIND;
	again_later(o, 0);
	if (++o->own_gone > 1) {
		hn_objects_problem(
			o, HN_OBJECTS_ABOUT_REPORTS,
			"no report objects are written: the API server lists their group, but does not know "
			"the node's own (404). Tried again every 10 minutes");
		o->reports_held = hn_mono_now().ns + SLOW_NS + hn_objects_jitter(o, SLOW_NS / 10);
	}
	return HN_UNDELIVERABLE;
}

static enum hn_delivery judge_report(struct hn_objects *o, const struct hn_https_answer *a)
{
	if (hn_https_is_good(a->status))
		return written(o);
	if (can_lower(o, a)) {
		o->no_critical = true;
		again_later(o, 0);
		return HN_DELIVER_OTHER;
	}
	if (o->asked_ns[0] && (is_gone(a) || is_ending(a))) {
		/* The namespace ends, and its pods with it. Where it is the group that has gone, the node's own says so. */
		again_later(o, SLOW_NS);
		return HN_UNDELIVERABLE;
	}
	if (is_gone(a))
		return group_gone(o);
	/* One namespace's quota or webhook says nothing of the others; the node's own is in none. */
	if (a->status == 403 && !o->asked_ns[0]) {
		hold(o, false, a, "to write them");
		again_later(o, 0);
		return HN_UNDELIVERABLE;
	}
	if (a->status == 409 || is_later(a))
		return again_after_failure(o);
	return refused(o, a);
}

static enum hn_delivery judge_delete(struct hn_objects *o, const struct hn_https_answer *a)
{
	struct hn_objects_report *report = hn_objects_find(o, o->asked_ns);

	if (hn_https_is_good(a->status) || is_gone(a) || is_ending(a)) {
		/* A finding may have come while it went. */
		clear_refusal(o, report);
		if (report && !report->changed) {
			hn_objects_forget(o, o->asked_ns);
			hn_objects_mark(o, "", hn_mono_now().ns);
		}
		return HN_DELIVERED;
	}
	return a->status == 403 ? refused(o, a) : again_after_failure(o);
}

/* --- events -------------------------------------------------------------------------------------------------------- */

static enum hn_delivery turn_event(struct hn_objects *o, bool again)
{
	struct hn_objects_event e = o->asked_event;

	if (e.turned) {
		o->events_dropped++;
		return HN_DELIVER_OTHER;
	}
	e.turned = true;
	e.again = again;
	e.due = 0;
	hn_objects_queue(o, &e);
	return HN_DELIVER_OTHER;
}

/* Where nobody answers it is not the Event's fault. The courier need not count it: it is tried to the end. */
static enum hn_delivery event_again(struct hn_objects *o, const struct hn_https_answer *a)
{
	struct hn_objects_event e = o->asked_event;

	if (a->status && a->status != 401 && ++e.failures >= EVENT_TRIES) {
		o->events_dropped++;
		return HN_DELIVER_AGAIN;
	}
	e.due = hn_mono_now().ns + hn_objects_backoff(o, e.failures);
	hn_objects_queue(o, &e);
	return HN_DELIVER_AGAIN;
}

static enum hn_delivery judge_event(struct hn_objects *o, const struct hn_https_answer *a)
{
	const struct hn_objects_event *e = &o->asked_event;

	if (hn_https_is_good(a->status)) {
		hn_objects_problem(o, HN_OBJECTS_ABOUT_EVENTS, "");
		return HN_DELIVERED;
	}
	if (a->status == 409 && !e->again)
		return turn_event(o, true);
	if (is_gone(a) && e->again)
		return turn_event(o, false);
	if (is_gone(a) || is_ending(a))
		return HN_UNDELIVERABLE;
	if (a->status == 403) {
		hold(o, true, a, "them");
		hn_objects_queue(o, e);
		return HN_DELIVER_OTHER;
	}
	return a->status == 409 || is_later(a) ? event_again(o, a) : HN_UNDELIVERABLE;
}

void hn_objects_unsent(struct hn_objects *o)
{
	const struct hn_https_answer none = {.failure = HN_HTTPS_MEMORY};

	if (o->asked == HN_OBJECTS_ASK_REPORT || o->asked == HN_OBJECTS_ASK_DELETE)
		again_after_failure(o);
	if (o->asked == HN_OBJECTS_ASK_EVENT)
		event_again(o, &none);
	o->asked = HN_OBJECTS_ASK_NOTHING;
}

/* --- all ----------------------------------------------------------------------------------------------------------- */

static bool starts(enum hn_objects_ask ask)
{
	return ask == HN_OBJECTS_ASK_KIND || ask == HN_OBJECTS_ASK_NODE || ask == HN_OBJECTS_ASK_RECALL;
}

enum hn_delivery hn_objects_judge(void *self, const struct hn_https_answer *a, const char *body,
				  struct hn_reason *reason)
{
	struct hn_objects *o = self;
	enum hn_delivery delivery = HN_DELIVER_AGAIN;

	/* A part of an answer would be read as one that has less. */
	if (starts(o->asked) && (is_later(a) || a->failure != HN_HTTPS_FINE))
		o->reports_held = hn_mono_now().ns + hn_objects_backoff(o, ++o->start_failures);
	else if (o->asked == HN_OBJECTS_ASK_KIND)
		delivery = judge_kind(o, a, body);
	else if (o->asked == HN_OBJECTS_ASK_NODE)
		delivery = judge_node(o, a, body);
	else if (o->asked == HN_OBJECTS_ASK_RECALL)
		delivery = judge_recall(o, a, body);
	else if (o->asked == HN_OBJECTS_ASK_REPORT)
		delivery = judge_report(o, a);
	else if (o->asked == HN_OBJECTS_ASK_DELETE)
		delivery = judge_delete(o, a);
	else if (o->asked == HN_OBJECTS_ASK_EVENT)
		delivery = judge_event(o, a);
	if (delivery != HN_DELIVER_AGAIN)
		o->start_failures = 0;
	if (delivery == HN_DELIVER_AGAIN || delivery == HN_UNDELIVERABLE) {
		hn_delivery_why(a, reason);
		hn_reason_wrap(reason, 0, "API server %.200s", o->access->name);
	}
	o->asked = HN_OBJECTS_ASK_NOTHING;
	hn_objects_arm(o);
	return delivery;
}
