// SPDX-License-Identifier: Apache-2.0
// Which request is the next. Nothing is rendered before its turn: what is sent is what is known then.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kube_event.h"
#include "objects_self.h"

#define KEEP_NS (3600 * HN_NSEC_PER_SEC)     /* a report that passes, before it is deleted */
#define BLIND_NS (5 * HN_NSEC_PER_SEC)       /* how often a blind agent looks whether it sees */
#define NAMED_NS (15 * HN_NSEC_PER_SEC)      /* how long an Event waits for its pod's name */
#define APPLY "application/apply-patch+yaml" /* JSON is YAML */
#define MERGE "application/merge-patch+json"
/* A node's status lists images by the dozen; a report may be a MiB. */
#define METADATA_ONLY "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"

/* --- what it says -------------------------------------------------------------------------------------------------- */

struct gathered {
	const struct hn_finding **list;
	size_t n;
	struct hn_str claims;
	bool anywhere, failed;
};

static void count(struct hn_report_claim *claim, const struct hn_finding *f)
{
	claim->excepted += f->state == HN_STATE_EXCEPTED;
	claim->ai += f->state == HN_STATE_OPEN && f->ai.verdict == HN_AI;
	claim->likely += f->state == HN_STATE_OPEN && f->ai.verdict != HN_AI;
}

static bool gather(struct hn_objects *o, const char *ns, struct gathered *g)
{
	const struct hn_sink_source *source = &o->parts.source;
	const struct hn_finding *f;
	size_t cursor = 0, cap = 0;

	while ((f = source->next_finding(source->self, &cursor))) {
		if (!hn_report_has(f))
			continue;
		g->anywhere = true;
		if (strcmp(hn_report_place(f), ns) != 0)
			continue;
		if (g->n == cap) {
			const struct hn_finding **grown;

			cap = cap ? cap * 2 : 16;
			grown = reallocarray(g->list, cap, sizeof(const struct hn_finding *));
			if (!grown)
				return false;
			g->list = grown;
		}
		g->list[g->n++] = f;
	}
	return true;
}

/* One claim for each object that is there, also for what it holds beyond its bound. Findings in namespaces beyond the table's are
 * claimed as the node's own: no report has them, and a reader sees that some are missing. */
static void put_claims(struct hn_objects *o, struct hn_str *out)
{
	const struct hn_sink_source *source = &o->parts.source;
	struct hn_report_claim *claims = calloc(o->n_reports, sizeof(*claims));
	const struct hn_finding *f;
	size_t cursor = 0, own = 0;

	if (!claims) {
		out->failed = true;
		return;
	}
	for (size_t i = 0; i < o->n_reports; i++) {
		hn_strcpy(claims[i].ns, sizeof(claims[i].ns), o->reports[i].ns);
		own = o->reports[i].ns[0] ? own : i;
	}
	while ((f = source->next_finding(source->self, &cursor))) {
		const struct hn_objects_report *at =
			hn_report_has(f) ? hn_objects_find(o, hn_report_place(f)) : NULL;

		if (hn_report_has(f))
			count(&claims[at ? (size_t)(at - o->reports) : own], f);
	}
	for (size_t i = 0; i < o->n_reports; i++)
		hn_report_claim_put(&claims[i], out);
	free(claims);
}

bool hn_objects_render(struct hn_objects *o, struct hn_objects_report *report, struct hn_str *out)
{
	_cleanup_(hn_str_done) struct hn_str claims = {0};
	struct gathered g = {.n = 0};
	struct hn_health health;
	struct hn_report_page page = {
		.kind = o->kind,
		.who = o->parts.who,
		.node_uid = o->node_uid,
		.ns = report->ns,
		.now = hn_wall_now(),
		.heartbeat_ns = o->heartbeat_ns,
		.no_critical = o->no_critical,
	};
	bool good = gather(o, report->ns, &g);

	page.findings = g.list;
	page.n = g.n;
	page.anywhere = g.anywhere;
	o->parts.source.health(o->parts.source.self, &health);
	page.blind = !health.complete;
	if (!report->ns[0]) {
		put_claims(o, &claims);
		page.health = &health;
		page.claims = hn_str_get(&claims);
		o->complete = health.complete;
	}
	if (good)
		hn_report_object_json(&page, out);
	report->bare = g.n == 0;
	if (g.n || page.blind)
		report->empty_since = 0;
	else if (!report->empty_since)
		report->empty_since = hn_mono_now().ns;
	free(g.list);
	return good && !out->failed && !claims.failed;
}

/* --- which --------------------------------------------------------------------------------------------------------- */

static int get(struct hn_objects *o, enum hn_objects_ask ask, struct hn_parcel *ret)
{
	o->asked = ask;
	ret->method = HN_HTTPS_GET;
	return 1;
}

static void put_report_path(struct hn_objects *o, const char *ns)
{
	char name[HN_REPORT_NAME_SIZE];

	hn_report_name(o->parts.who->node, ns, name);
	hn_str_printf(&o->path, "/apis/%s/%s/", o->kind->group, o->kind->version);
	if (ns[0])
		hn_str_printf(&o->path, "namespaces/%s/%s/%s", ns, o->kind->plural, name);
	else
		hn_str_printf(&o->path, "%s/%s", o->kind->cluster_plural, name);
}

static void want_metadata(struct hn_objects *o, struct hn_parcel *ret)
{
	o->headers[1] = (struct hn_https_header){"Accept", METADATA_ONLY, false};
	ret->n_headers = 2;
}

static int begin(struct hn_objects *o, struct hn_parcel *ret)
{
	switch (o->stage) {
	case HN_OBJECTS_ASK_KIND:
		hn_str_printf(&o->path, "/apis/%s/%s", o->kind->group, o->kind->version);
		break;
	case HN_OBJECTS_ASK_NODE:
		hn_str_printf(&o->path, "/api/v1/nodes/%s", o->parts.who->node);
		want_metadata(o, ret);
		break;
	case HN_OBJECTS_ASK_RECALL:
		put_report_path(o, "");
		want_metadata(o, ret);
		break;
	case HN_OBJECTS_ASK_NOTHING:
	case HN_OBJECTS_ASK_REPORT:
	case HN_OBJECTS_ASK_DELETE:
	case HN_OBJECTS_ASK_EVENT:
	case HN_OBJECTS_ASK_MAX:
		return 0;
	}
	return get(o, o->stage, ret);
}

/* What a former run left stands until it is known better: before the kubelet's first answer no finding has a namespace. */
static bool must_see(struct hn_objects *o, struct hn_objects_report *report, int64_t now)
{
	struct gathered g = {.n = 0};
	struct hn_health health;
	bool bare;

	if (!report->ns[0] || report->written)
		return false;
	o->parts.source.health(o->parts.source.self, &health);
	bare = gather(o, report->ns, &g) && g.n == 0;
	free(g.list);
	if (!bare || health.complete)
		return false;
	report->due = now + BLIND_NS;
	return true;
}

/* The earliest that is due; the node's own after all others, since it counts what they hold, but not for ever: it is the sign of
 * life. */
static struct hn_objects_report *due_report(struct hn_objects *o, int64_t now)
{
	struct hn_objects_report *best = NULL;

	if (!o->reports_wanted || now < o->reports_held)
		return NULL;
	for (size_t i = 0; i < o->n_reports; i++) {
		struct hn_objects_report *r = &o->reports[i];

		if (!r->ns[0] && r->due < now - o->interval_ns)
			return r;
		if (r->due <= now && (!best || !best->ns[0] || (r->ns[0] && r->due < best->due)))
			best = r;
	}
	return best;
}

static struct hn_objects_report *next_report(struct hn_objects *o, int64_t now)
{
	struct hn_objects_report *report;

	do
		report = due_report(o, now);
	while (report && must_see(o, report, now));
	return report;
}

static int write_report(struct hn_objects *o, struct hn_objects_report *report, struct hn_parcel *ret)
{
	bool drop;

	if (!hn_objects_render(o, report, &o->content))
		return -ENOMEM;
	drop = report->ns[0] && report->empty_since && hn_mono_now().ns - report->empty_since >= KEEP_NS;
	put_report_path(o, report->ns);
	hn_strcpy(o->asked_ns, sizeof(o->asked_ns), report->ns);
	o->asked = drop ? HN_OBJECTS_ASK_DELETE : HN_OBJECTS_ASK_REPORT;
	ret->method = drop ? HN_HTTPS_DELETE : HN_HTTPS_PATCH;
	ret->records = 1;
	report->changed = false;
	report->due = HN_OBJECTS_NEVER; /* what marks it from now on is not in it */
	if (drop)
		return 1;
	hn_str_puts(&o->path, "?fieldManager=" HN_REPORT_MANAGER "&force=true");
	ret->content = hn_str_get(&o->content);
	ret->content_len = o->content.len;
	ret->content_type = APPLY;
	return 1;
}

/* Its pod may not be named yet: a little patience puts the Event where people look for it. */
static bool must_wait(const struct hn_objects *o, const struct hn_finding *f, struct hn_objects_event *e,
		      int64_t now)
{
	if (o->hurried || !f->pod_uid[0] || f->pod_known || hn_wall_now().ns - e->time.ns > NAMED_NS)
		return false;
	e->due = now + HN_NSEC_PER_SEC;
	return true;
}

static int write_event(struct hn_objects *o, struct hn_objects_event *e, const struct hn_finding *f,
		       struct hn_parcel *ret)
{
	const struct hn_kube_event event = {.kind = (enum hn_kube_event_kind)e->kind,
					    .finding = f,
					    .who = o->parts.who,
					    .node_uid = o->node_uid,
					    .time = e->time};
	char name[HN_KUBE_EVENT_NAME_SIZE];

	o->asked = HN_OBJECTS_ASK_EVENT;
	o->asked_event = *e;
	hn_str_printf(&o->path, "/apis/events.k8s.io/v1/namespaces/%s/events", hn_kube_event_namespace(f));
	if (e->again) {
		hn_kube_event_name(event.kind, f->id, name);
		hn_str_printf(&o->path, "/%s", name);
		hn_kube_event_again_json(&event, &o->content);
	} else {
		hn_kube_event_json(&event, &o->content);
	}
	ret->method = e->again ? HN_HTTPS_PATCH : HN_HTTPS_POST;
	ret->content = hn_str_get(&o->content);
	ret->content_len = o->content.len;
	ret->content_type = e->again ? MERGE : "application/json";
	ret->records = 1;
	return o->content.failed ? -ENOMEM : 1;
}

static int next_event(struct hn_objects *o, int64_t now, struct hn_parcel *ret)
{
	if (now < o->events_held)
		return 0;
	for (size_t i = 0; i < o->n_events; i++) {
		struct hn_objects_event e = o->events[i];
		const struct hn_finding *f = e.due <= now ? hn_objects_finding(o, e.finding) : NULL;

		if (e.due > now || (f && must_wait(o, f, &o->events[i], now)))
			continue;
		memmove(o->events + i, o->events + i + 1, sizeof(e) * (--o->n_events - i));
		if (f)
			return write_event(o, &e, f, ret);
		o->events_dropped++; /* so long held that the finding is forgotten */
		i--;
	}
	return 0;
}

static int next_item(struct hn_objects *o, int64_t now, struct hn_parcel *ret)
{
	struct hn_objects_report *report = o->stage == HN_OBJECTS_ASK_REPORT ? next_report(o, now) : NULL;
	int r = report && o->event_last ? 0 : next_event(o, now, ret);

	o->event_last = r != 0;
	return r == 0 && report ? write_report(o, report, ret) : r;
}

/* A token of a kubeconfig; one in a file is the courier's. */
static void put_headers(struct hn_objects *o, struct hn_parcel *ret)
{
	snprintf(o->authorization, sizeof(o->authorization), "Bearer %s",
		 o->access->token ? o->access->token : "");
	o->headers[0] = (struct hn_https_header){"Authorization", o->authorization, true};
	if (!o->access->token && ret->n_headers == 2)
		o->headers[0] = o->headers[1];
	ret->headers = o->headers;
	ret->n_headers = (o->access->token ? 1 : 0) + (ret->n_headers == 2 ? 1 : 0);
}

int hn_objects_next(void *self, struct hn_parcel *ret, struct hn_reason *reason)
{
	struct hn_objects *o = self;
	int64_t now = hn_mono_now().ns;
	int r;

	hn_objects_unsent(o); /* no memory, the last time */
	hn_str_clear(&o->path);
	hn_str_clear(&o->content);
	/* Where reports are refused, Events still go. */
	if (o->stage < HN_OBJECTS_ASK_REPORT && now >= o->reports_held)
		r = begin(o, ret);
	else
		r = next_item(o, now, ret);
	if (r == 0) {
		o->asked = HN_OBJECTS_ASK_NOTHING;
		hn_objects_arm(o);
		return 0;
	}
	if (r < 0 || o->path.failed)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	put_headers(o, ret);
	ret->path = hn_str_get(&o->path);
	return 1;
}
