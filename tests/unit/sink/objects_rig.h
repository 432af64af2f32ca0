/* SPDX-License-Identifier: Apache-2.0 */
/* The desk of report objects and Events without a server: the test asks for the next request and gives its answer. */
#ifndef HN_TESTS_SINK_OBJECTS_RIG_H
#define HN_TESTS_SINK_OBJECTS_RIG_H

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../report/sample.h"
#include "sink/kube_event.h"
#include "sink/objects_self.h"

#define HOUR_NS (3600 * HN_NSEC_PER_SEC)

struct rig {
	struct event_base *base;
	struct hn_sink_settings settings;
	struct hn_objects *o;
	char kubeconfig[64];
	size_t n;
	struct sample findings[300];
	bool complete;
	struct hn_parcel parcel;
};

static const struct hn_finding *next_finding(void *self, size_t *cursor)
{
	struct rig *rig = self;

	return *cursor < rig->n ? &rig->findings[(*cursor)++].finding : NULL;
}

static inline void health(void *self, struct hn_health *ret)
{
	*ret = (struct hn_health){.tier = "bpf", .complete = ((struct rig *)self)->complete};
}

/* `findings` NULL: as doctor opens it. */
static inline void rig_open(struct rig *rig, bool reports, bool events,
			    const struct hn_finding *(*findings)(void *, size_t *))
{
	static const char text[] =
		"{\"current-context\":\"x\",\"contexts\":[{\"name\":\"x\",\"context\":{\"cluster\":\"c\",\"user\":\"u\"}}],"
		"\"clusters\":[{\"name\":\"c\",\"cluster\":{\"server\":\"http://127.0.0.1:1\"}}],"
		"\"users\":[{\"name\":\"u\",\"user\":{\"token\":\"t0ken\"}}]}";
	struct hn_sink_parts parts = {
		.settings = &rig->settings, .who = &sample_who, .source = {findings, health, rig}, .seed = 7};
	struct hn_reason reason = {{0}};
	void *self;
	int fd;

	rig->complete = true;
	rig->base = parts.base = event_base_new();
	snprintf(rig->kubeconfig, sizeof(rig->kubeconfig), "/tmp/hn-objects-XXXXXX");
	fd = mkstemp(rig->kubeconfig);
	assert_true(fd >= 0 && write(fd, text, sizeof(text) - 1) == (ssize_t)sizeof(text) - 1);
	close(fd);
	rig->settings = (struct hn_sink_settings){.report_objects = reports,
						  .kubernetes_events = events,
						  .report_interval_ns = 30 * HN_NSEC_PER_SEC,
						  .report_heartbeat_ns = 600 * HN_NSEC_PER_SEC,
						  .apiserver = {.kubeconfig = rig->kubeconfig}};
	if (hn_objects_open(&parts, &self, &reason) < 0)
		fail_msg("%s", reason.text);
	rig->o = self;
	rig->o->reports_held = 0;
}

static inline void rig_close(struct rig *rig)
{
	hn_objects_free(rig->o);
	event_base_free(rig->base);
	unlink(rig->kubeconfig);
	free(rig);
}

static inline struct rig *rig_new(bool reports, bool events)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	rig_open(rig, reports, events, next_finding);
	return rig;
}

static inline void add(struct rig *rig, void (*maker)(struct sample *))
{
	maker(&rig->findings[rig->n++]);
}

/* As if all had waited long enough. */
static inline void all_due(struct rig *rig)
{
	int64_t now = hn_mono_now().ns;

	for (size_t i = 0; i < rig->o->n_reports; i++)
		if (rig->o->reports[i].due != HN_OBJECTS_NEVER)
			rig->o->reports[i].due = now;
	for (size_t i = 0; i < rig->o->n_events; i++)
		rig->o->events[i].due = now;
}

/* The next request; "" if there is none. */
static const char *asked(struct rig *rig)
{
	static char line[1024];
	static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
	struct hn_reason reason = {{0}};
	int r;

	rig->parcel = (struct hn_parcel){.path = ""};
	r = hn_objects_next(rig->o, &rig->parcel, &reason);
	assert_true(r >= 0);
	snprintf(line, sizeof(line), "%s %s", r ? methods[rig->parcel.method] : "", r ? rig->parcel.path : "");
	return r ? line : "";
}

/* Only a part of it arrives. */
static inline enum hn_delivery answered_in_part(struct rig *rig, const char *body, struct hn_reason *reason)
{
	const struct hn_https_answer answer = {.status = 200, .failure = HN_HTTPS_TOO_LARGE};

	*reason = (struct hn_reason){{0}};
	return hn_objects_judge(rig->o, &answer, body, reason);
}

static inline enum hn_delivery answered(struct rig *rig, int status, const char *body)
{
	struct hn_https_answer answer = {.status = status};
	struct hn_reason reason = {{0}};

	hn_strcpy(answer.text, sizeof(answer.text), body);
	return hn_objects_judge(rig->o, &answer, body, &reason);
}

#define RESOURCES "{\"resources\":[{\"name\":\"reports\"},{\"name\":\"clusterreports\"}]}"
#define GROUP "/apis/openreports.io/v1alpha1"
#define APPLY "?fieldManager=hostnetd&force=true"

static char own_path[256], ml_path[256];

static inline void make_paths(void)
{
	char name[HN_REPORT_NAME_SIZE];

	hn_report_name("n1", "", name);
	snprintf(own_path, sizeof(own_path), GROUP "/clusterreports/%s", name);
	hn_report_name("n1", "ml", name);
	snprintf(ml_path, sizeof(ml_path), GROUP "/namespaces/ml/reports/%s", name);
}

static inline void expect(struct rig *rig, const char *method, const char *path, const char *query)
{
	char line[600];

	snprintf(line, sizeof(line), "%s %s%s", method, path, query);
	assert_string_equal(asked(rig), line);
}

/* Up to the first write. */
static inline void begin(struct rig *rig, const char *claims)
{
	char body[512];

	make_paths();
	assert_string_equal(asked(rig), "GET " GROUP);
	assert_int_equal(answered(rig, 200, RESOURCES), HN_DELIVER_OTHER);
	assert_string_equal(asked(rig), "GET /api/v1/nodes/n1");
	assert_string_equal(rig->parcel.headers[0].value, "Bearer t0ken");
	assert_true(rig->parcel.headers[0].secret);
	assert_string_equal(rig->parcel.headers[1].name, "Accept");
	assert_int_equal(answered(rig, 200, "{\"metadata\":{\"uid\":\"u-1\"}}"), HN_DELIVER_OTHER);
	expect(rig, "GET", own_path, "");
	snprintf(body, sizeof(body), "{\"metadata\":{\"annotations\":{\"hostnetd.io/findings\":\"%s\"}}}", claims);
	assert_int_equal(answered(rig, claims[0] ? 200 : 404, claims[0] ? body : ""), HN_DELIVER_OTHER);
	all_due(rig);
}

static inline struct hn_event event_of(struct hn_change *change, struct rig *rig, enum hn_change_type type,
				       unsigned changed)
{
	*change = (struct hn_change){
		.type = type, .time = hn_wall_now(), .changed = changed, .finding = &rig->findings[0].finding};
	return (struct hn_event){.change = change};
}

static inline void take(struct rig *rig, enum hn_change_type type)
{
	struct hn_change change;
	struct hn_event event = event_of(&change, rig, type, 1U << HN_CHANGED_STATE);

	hn_objects_take(rig->o, &event);
}

static inline const char *problem(struct rig *rig)
{
	static struct hn_sink_health h;

	h = (struct hn_sink_health){.problem = ""};
	hn_objects_health(rig->o, &h);
	return h.problem;
}

#endif
