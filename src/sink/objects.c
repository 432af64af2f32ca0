// SPDX-License-Identifier: Apache-2.0
#include "objects.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/macro.h"
#include "kube_event.h"
#include "objects_self.h"

#define SOON_NS HN_NSEC_PER_SEC
#define WAKE_MAX_NS (60 * HN_NSEC_PER_SEC)
#define FIRST_NS (5 * HN_NSEC_PER_SEC) /* the kubelet's first answer names the pods */
#define ANSWER_BYTES (256UL << 10)

/* --- when ---------------------------------------------------------------------------------------------------------- */

int64_t hn_objects_jitter(struct hn_objects *o, int64_t max_ns)
{
	/* xorshift: it spreads, it hides nothing. */
	o->random ^= o->random << 13;
	o->random ^= o->random >> 7;
	o->random ^= o->random << 17;
	return max_ns > 0 ? (int64_t)(o->random % (uint64_t)max_ns) : 0;
}

int64_t hn_objects_backoff(struct hn_objects *o, unsigned failures)
{
	int64_t ns = HN_NSEC_PER_SEC << (failures < 7 ? failures : 7);

	return ns + hn_objects_jitter(o, ns / 4);
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t next_due(const struct hn_objects *o)
{
	int64_t due = HN_OBJECTS_NEVER;

	if (o->stage < HN_OBJECTS_ASK_REPORT)
		due = o->reports_held;
	for (size_t i = 0; o->stage == HN_OBJECTS_ASK_REPORT && i < o->n_reports; i++)
		if (later(o->reports[i].due, o->reports_held) < due)
			due = later(o->reports[i].due, o->reports_held);
	for (size_t i = 0; i < o->n_events; i++)
		if (later(o->events[i].due, o->events_held) < due)
			due = later(o->events[i].due, o->events_held);
	return due;
}

void hn_objects_arm(struct hn_objects *o)
{
	int64_t due = next_due(o), now = hn_mono_now().ns;
	int64_t ns = due == HN_OBJECTS_NEVER ? WAKE_MAX_NS : due > now ? due - now : 0;
	struct timeval after;

	ns = ns < WAKE_MAX_NS ? ns : WAKE_MAX_NS;
	after = (struct timeval){ns / HN_NSEC_PER_SEC, ns % HN_NSEC_PER_SEC / 1000 + 1};
	if (o->timer)
		event_add(o->timer, &after);
}

static void on_timer(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct hn_objects *o = arg;

	if (next_due(o) <= hn_mono_now().ns)
		hn_courier_wake(o->courier);
	else
		hn_objects_arm(o);
}

/* --- the tables ---------------------------------------------------------------------------------------------------- */

struct hn_objects_report *hn_objects_find(struct hn_objects *o, const char *ns)
{
	for (size_t i = 0; i < o->n_reports; i++)
		if (strcmp(o->reports[i].ns, ns) == 0)
			return &o->reports[i];
	return NULL;
}

void hn_objects_mark(struct hn_objects *o, const char *ns, int64_t due)
{
	struct hn_objects_report *report = hn_objects_find(o, ns);

	if (!o->reports_wanted)
		return;
	if (!report && o->n_reports == HN_REPORT_OBJECTS_MAX) {
		o->reports_dropped++;
		return;
	}
	if (!report) {
		report = &o->reports[o->n_reports++];
		*report = (struct hn_objects_report){.due = HN_OBJECTS_NEVER};
		hn_strcpy(report->ns, sizeof(report->ns), ns);
	}
	report->changed = true;
	if (report->written)
		due = later(due, report->written + o->interval_ns);
	due = later(due, report->held);
	if (due < report->due)
		report->due = due;
}

void hn_objects_forget(struct hn_objects *o, const char *ns)
{
	struct hn_objects_report *report = hn_objects_find(o, ns);

	if (report)
		*report = o->reports[--o->n_reports];
}

/* The oldest goes where there is no room. */
void hn_objects_queue(struct hn_objects *o, const struct hn_objects_event *event)
{
	for (size_t i = 0; i < o->n_events; i++) {
		struct hn_objects_event *e = &o->events[i];

		if (e->kind == event->kind && strcmp(e->finding, event->finding) == 0) {
			/* One that comes back from a failed request is the older. */
			e->time.ns = later(e->time.ns, event->time.ns);
			e->failures = e->failures > event->failures ? e->failures : event->failures;
			return;
		}
	}
	if (o->n_events == HN_OBJECTS_EVENTS) {
		memmove(o->events, o->events + 1, sizeof(*o->events) * --o->n_events);
		o->events_dropped++;
	}
	o->events[o->n_events++] = *event;
}

const struct hn_finding *hn_objects_finding(const struct hn_objects *o, const char *id)
{
	const struct hn_finding *f;
	size_t cursor = 0;

	while ((f = o->parts.source.next_finding(o->parts.source.self, &cursor)))
		if (strcmp(f->id, id) == 0)
			return f;
	return NULL;
}

void hn_objects_problem(struct hn_objects *o, enum hn_objects_about about, const char *text)
{
	hn_strcpy(o->problems[about], sizeof(o->problems[about]), text);
}

/* --- what happens -------------------------------------------------------------------------------------------------- */

/* What no report shows is no reason to write one: processes come and go. */
#define SHOWN                                                                                                 \
	(1U << HN_CHANGED_STATE | 1U << HN_CHANGED_CAUSE | 1U << HN_CHANGED_SEVERITY | 1U << HN_CHANGED_POD | \
	 1U << HN_CHANGED_WORKLOAD | 1U << HN_CHANGED_CONTAINERS | 1U << HN_CHANGED_AI |                      \
	 1U << HN_CHANGED_EXCEPTION)

/* A finding that came or went lately, and comes and goes again, waits for its turn: its series counts. */
static void queue_event(struct hn_objects *o, const struct hn_change *change, int64_t now)
{
	const struct hn_finding *f = change->finding;
	bool repeated = f->occurrences > 1;
	struct hn_objects_event event = {
		.kind = change->type == HN_CHANGE_OPENED ? HN_KUBE_EVENT_OPENED : HN_KUBE_EVENT_RESOLVED,
		.time = change->time,
		.due = now + (repeated ? o->interval_ns : SOON_NS) + hn_objects_jitter(o, SOON_NS),
		.again = repeated,
	};

	/* Excepted from the start: nobody is to be woken. */
	if (change->type == HN_CHANGE_OPENED && f->state == HN_STATE_EXCEPTED)
		return;
	hn_strcpy(event.finding, sizeof(event.finding), f->id);
	hn_objects_queue(o, &event);
}

void hn_objects_take(void *self, const struct hn_event *event)
{
	struct hn_objects *o = self;
	const struct hn_change *change = event->change;
	int64_t now = hn_mono_now().ns, due;

	if (!change || (change->type == HN_CHANGE_UPDATED && !(change->changed & SHOWN)))
		return;
	due = now + SOON_NS + hn_objects_jitter(o, SOON_NS);
	hn_objects_mark(o, hn_report_place(change->finding), due);
	/* Its counts, a little later than what they count. */
	hn_objects_mark(o, "", due + SOON_NS);
	if (o->events_wanted && change->type != HN_CHANGE_UPDATED)
		queue_event(o, change, now);
	hn_objects_arm(o);
}

void hn_objects_control(void *self, const struct hn_health *health)
{
	struct hn_objects *o = self;
	const struct hn_objects_report *own = hn_objects_find(o, "");
	bool under_way = o->asked == HN_OBJECTS_ASK_REPORT && !o->asked_ns[0];
	int64_t due = hn_mono_now().ns + SOON_NS;

	/* The first write of all is still to come, and says how it is then. */
	if (!own || !(own->written || under_way) || health->complete == o->complete)
		return;
	/* Those without findings pass or do not, by that alone. */
	for (size_t i = 0; i < o->n_reports; i++)
		if (!o->reports[i].ns[0] || o->reports[i].bare || !o->reports[i].written)
			hn_objects_mark(o, o->reports[i].ns, due);
	hn_objects_arm(o);
}

void hn_objects_health(const void *self, struct hn_sink_health *ret)
{
	const struct hn_objects *o = self;

	hn_courier_health(o->courier, ret);
	ret->dropped += o->reports_dropped + o->events_dropped;
	ret->queued = o->n_events + (o->asked == HN_OBJECTS_ASK_EVENT);
	for (size_t i = 0; i < o->n_reports; i++)
		ret->queued += o->reports[i].changed;
	for (size_t i = 0; i < HN_OBJECTS_ABOUT_MAX; i++)
		if (o->problems[i][0]) {
			ret->problem = o->problems[i];
			break;
		}
}

void hn_objects_hurry(void *self)
{
	struct hn_objects *o = self;
	int64_t now = hn_mono_now().ns;

	for (size_t i = 0; i < o->n_reports; i++)
		o->reports[i].due = o->reports[i].changed ? now : HN_OBJECTS_NEVER;
	for (size_t i = 0; i < o->n_events; i++)
		o->events[i].due = now;
	o->hurried = true;
	hn_courier_hurry(o->courier);
}

bool hn_objects_is_idle(const void *self)
{
	return hn_courier_is_idle(((const struct hn_objects *)self)->courier);
}

/* --- begin and end ------------------------------------------------------------------------------------------------- */

static int open_access(struct hn_objects *o, struct hn_reason *reason)
{
	struct hn_courier_settings courier = {
		.base = o->parts.base,
		.answer_bytes = ANSWER_BYTES,
		.seed = o->parts.seed,
		.next = hn_objects_next,
		.judge = hn_objects_judge,
		.self = o,
	};
	int r = hn_apiaccess_open(&o->parts.settings->apiserver, &o->access, reason);

	if (r == -ENOENT)
		hn_reason_set(
			reason, r,
			"no API server is known: this is no pod with a service account, and there is no kubeconfig "
			"(--kubeconfig, $KUBECONFIG, ~/.kube/config)");
	if (r < 0)
		return hn_reason_wrap(reason, r, o->reports_wanted ? "--report-objects" : "--kubernetes-events");
	hn_objects_problem(o, HN_OBJECTS_ABOUT_ACCESS, o->access->warning ? o->access->warning : "");
	courier.url = o->access->url;
	courier.tls = o->access->tls;
	courier.server_name = o->access->server_name;
	courier.token_file = o->access->token_file;
	o->courier = hn_courier_new(&courier);
	/* Doctor asks one question of its own and has no findings: nothing else may begin in its loop. */
	if (o->parts.source.next_finding)
		o->timer = evtimer_new(o->parts.base, on_timer, o);
	return o->courier && (o->timer || !o->parts.source.next_finding) ?
		       0 :
		       hn_reason_set(reason, -ENOMEM, "no memory");
}

int hn_objects_open(const struct hn_sink_parts *parts, void **ret_self, struct hn_reason *reason)
{
	const struct hn_sink_settings *s = parts->settings;
	struct hn_objects *o = calloc(1, sizeof(*o));
	int r;

	if (!o)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	o->parts = *parts;
	o->random = parts->seed | 1;
	o->reports_wanted = s->report_objects;
	o->events_wanted = s->kubernetes_events;
	o->interval_ns = s->report_interval_ns;
	o->heartbeat_ns = s->report_heartbeat_ns;
	o->wanted_kind = s->report_kind;
	o->kind = s->report_kind ? s->report_kind : &hn_report_kinds[0];
	o->stage = o->reports_wanted ? HN_OBJECTS_ASK_KIND : HN_OBJECTS_ASK_NODE;
	r = open_access(o, reason);
	if (r == 0 && !hn_is_dns_subdomain(parts->who->node))
		r = hn_reason_set(reason, -EINVAL, "--node-name: no Node of Kubernetes can have that name");
	if (r < 0) {
		hn_objects_free(o);
		return r;
	}
	hn_objects_mark(o, "", hn_mono_now().ns + FIRST_NS);
	/* Many agents of a cluster start at once. */
	o->reports_held = hn_mono_now().ns + hn_objects_jitter(o, 2 * SOON_NS);
	hn_objects_arm(o);
	*ret_self = o;
	return 0;
}

void hn_objects_free(void *self)
{
	struct hn_objects *o = self;

	if (!o)
		return;
	hn_courier_free(o->courier);
	if (o->timer)
		event_free(o->timer);
	hn_apiaccess_free(o->access);
	hn_str_done(&o->path);
	hn_str_done(&o->content);
	explicit_bzero(o->authorization, sizeof(o->authorization));
	free(o);
}
