/* SPDX-License-Identifier: Apache-2.0 */
/* What the desk asks the API server, in which order, and what it makes of each answer: without a server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

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

static void health(void *self, struct hn_health *ret)
{
	*ret = (struct hn_health){.tier = "bpf", .complete = ((struct rig *)self)->complete};
}

static void rig_open(struct rig *rig, bool reports, bool events)
{
	static const char text[] =
		"{\"current-context\":\"x\",\"contexts\":[{\"name\":\"x\",\"context\":{\"cluster\":\"c\",\"user\":\"u\"}}],"
		"\"clusters\":[{\"name\":\"c\",\"cluster\":{\"server\":\"http://127.0.0.1:1\"}}],"
		"\"users\":[{\"name\":\"u\",\"user\":{\"token\":\"t0ken\"}}]}";
	struct hn_sink_parts parts = {
		.settings = &rig->settings, .who = &sample_who, .source = {next_finding, health, rig}, .seed = 7};
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

static void rig_close(struct rig *rig)
{
	hn_objects_free(rig->o);
	event_base_free(rig->base);
	unlink(rig->kubeconfig);
	free(rig);
}

static struct rig *rig_new(bool reports, bool events)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	rig_open(rig, reports, events);
	return rig;
}

static void add(struct rig *rig, void (*maker)(struct sample *))
{
	maker(&rig->findings[rig->n++]);
}

/* As if all had waited long enough. */
static void all_due(struct rig *rig)
{
	for (size_t i = 0; i < rig->o->n_reports; i++)
		if (rig->o->reports[i].due != HN_OBJECTS_NEVER)
			rig->o->reports[i].due = 0;
	for (size_t i = 0; i < rig->o->n_events; i++)
		rig->o->events[i].due = 0;
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

static enum hn_delivery answered(struct rig *rig, int status, const char *body)
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

static void make_paths(void)
{
	char name[HN_REPORT_NAME_SIZE];

	hn_report_name("n1", "", name);
	snprintf(own_path, sizeof(own_path), GROUP "/clusterreports/%s", name);
	hn_report_name("n1", "ml", name);
	snprintf(ml_path, sizeof(ml_path), GROUP "/namespaces/ml/reports/%s", name);
}

static void expect(struct rig *rig, const char *method, const char *path, const char *query)
{
	char line[600];

	snprintf(line, sizeof(line), "%s %s%s", method, path, query);
	assert_string_equal(asked(rig), line);
}

/* Up to the first write. */
static void begin(struct rig *rig, const char *claims)
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

static void test_order(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);

	add(rig, sample_vllm);
	begin(rig, "");
	/* The node's own counts the others: it comes last. */
	expect(rig, "PATCH", ml_path, APPLY);
	assert_string_equal(rig->parcel.content_type, "application/apply-patch+yaml");
	assert_int_equal(rig->parcel.n_headers, 1);
	assert_int_equal(answered(rig, 201, "{}"), HN_DELIVERED);
	expect(rig, "PATCH", own_path, APPLY);
	assert_non_null(strstr(rig->parcel.content, "\"hostnetd.io/findings\":\"-=0.0.0,ml=1.0.0\""));
	assert_int_equal(answered(rig, 200, "{}"), HN_DELIVERED);
	assert_string_equal(asked(rig), "");
	/* The next is the heartbeat. */
	assert_true(rig->o->reports[0].due > hn_mono_now().ns + 500 * HN_NSEC_PER_SEC);
	rig_close(rig);
}

static struct hn_event event_of(struct hn_change *change, struct rig *rig, enum hn_change_type type,
				unsigned changed)
{
	*change = (struct hn_change){
		.type = type, .time = hn_wall_now(), .changed = changed, .finding = &rig->findings[0].finding};
	return (struct hn_event){.change = change};
}

static void test_at_most_once_an_interval(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);
	struct hn_change change;
	struct hn_event event;
	struct hn_objects_report *ml;

	add(rig, sample_vllm);
	event = event_of(&change, rig, HN_CHANGE_OPENED, 1U << HN_CHANGED_STATE);
	begin(rig, "");
	hn_objects_take(rig->o, &event);
	ml = hn_objects_find(rig->o, "ml");
	assert_true(ml->due < hn_mono_now().ns + 3 * HN_NSEC_PER_SEC);
	expect(rig, "PATCH", ml_path, APPLY);
	answered(rig, 200, "{}");
	event = event_of(&change, rig, HN_CHANGE_UPDATED, 1U << HN_CHANGED_PROCESSES | 1U << HN_CHANGED_NETWORK);
	hn_objects_take(rig->o, &event); /* nothing that it shows */
	assert_true(ml->due > hn_mono_now().ns + 500 * HN_NSEC_PER_SEC);
	event = event_of(&change, rig, HN_CHANGE_UPDATED, 1U << HN_CHANGED_AI);
	hn_objects_take(rig->o, &event);
	assert_true(ml->due > hn_mono_now().ns + 25 * HN_NSEC_PER_SEC);
	assert_true(ml->due < hn_mono_now().ns + 31 * HN_NSEC_PER_SEC);
	/* What changes while a write is under way is not in it. */
	ml->due = 0;
	expect(rig, "PATCH", ml_path, APPLY);
	hn_objects_take(rig->o, &event);
	answered(rig, 200, "{}");
	assert_true(ml->due < hn_mono_now().ns + 31 * HN_NSEC_PER_SEC);
	rig_close(rig);
}

/* What a former run left: a pass, an hour later it is taken away, and so is its claim. */
static void test_adopted_and_deleted(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);

	begin(rig, "-=0.0.0,ml=1.0.0,../x=1.0.0");
	assert_int_equal(rig->o->n_reports, 2);
	expect(rig, "PATCH", ml_path, APPLY);
	assert_non_null(strstr(rig->parcel.content, "\"result\":\"pass\""));
	answered(rig, 200, "{}");
	hn_objects_find(rig->o, "ml")->empty_since -= HOUR_NS;
	all_due(rig);
	expect(rig, "DELETE", ml_path, "");
	assert_null(rig->parcel.content);
	assert_int_equal(answered(rig, 200, "{}"), HN_DELIVERED);
	assert_null(hn_objects_find(rig->o, "ml"));
	all_due(rig);
	expect(rig, "PATCH", own_path, APPLY);
	assert_non_null(strstr(rig->parcel.content, "\"hostnetd.io/findings\":\"-=0.0.0\""));
	rig_close(rig);
}

static void test_a_finding_comes_while_it_is_deleted(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);
	struct hn_change change;
	struct hn_event event;

	begin(rig, "-=0.0.0,ml=1.0.0");
	expect(rig, "PATCH", ml_path, APPLY);
	answered(rig, 200, "{}");
	hn_objects_find(rig->o, "ml")->empty_since -= HOUR_NS;
	all_due(rig);
	expect(rig, "DELETE", ml_path, "");
	add(rig, sample_vllm);
	event = event_of(&change, rig, HN_CHANGE_OPENED, 1U << HN_CHANGED_STATE);
	hn_objects_take(rig->o, &event);
	answered(rig, 200, "{}");
	all_due(rig);
	expect(rig, "PATCH", ml_path, APPLY);
	assert_non_null(strstr(rig->parcel.content, "\"result\":\"fail\""));
	rig_close(rig);
}

static const char *problem(struct rig *rig)
{
	static struct hn_sink_health h;

	h = (struct hn_sink_health){.problem = ""};
	hn_objects_health(rig->o, &h);
	return h.problem;
}

static void test_refused(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);

	begin(rig, "-=0.0.0,ml=1.0.0");
	expect(rig, "PATCH", ml_path, APPLY);
	assert_int_equal(answered(rig, 403, "{\"kind\":\"Status\",\"message\":\"no \\u001b[2J right\"}"),
			 HN_UNDELIVERABLE);
	assert_non_null(strstr(problem(rig), "Grant it in the agent's ClusterRole"));
	assert_non_null(strstr(problem(rig), "no \\x1b[2J right"));
	all_due(rig);
	assert_string_equal(asked(rig), ""); /* for ten minutes */
	assert_true(rig->o->reports_held > hn_mono_now().ns + 590 * HN_NSEC_PER_SEC);
	rig->o->reports_held = 0;
	expect(rig, "PATCH", ml_path, APPLY);
	assert_int_equal(answered(rig, 200, "{}"), HN_DELIVERED);
	assert_string_equal(problem(rig), "");
	rig_close(rig);
}

static void test_answers_to_a_report(void **state _unused_)
{
	static const struct {
		int status;
		const char *text;
		enum hn_delivery delivery;
		bool at_once; /* it is tried again as soon as the courier may */
	} rows[] = {
		{0, "", HN_DELIVER_AGAIN, true},
		{401, "", HN_DELIVER_AGAIN, true},
		{409, "", HN_DELIVER_AGAIN, true},
		{429, "", HN_DELIVER_AGAIN, true},
		{500, "", HN_DELIVER_AGAIN, true},
		{503, "", HN_DELIVER_AGAIN, true},
		{403, "namespace ml is being terminated", HN_UNDELIVERABLE, false},
		{404, "", HN_UNDELIVERABLE, false},
		{400, "", HN_UNDELIVERABLE, false},
		{413, "", HN_UNDELIVERABLE, false},
		{422, "", HN_UNDELIVERABLE, false},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct rig *rig = rig_new(true, false);

		begin(rig, "-=0.0.0,ml=1.0.0");
		expect(rig, "PATCH", ml_path, APPLY);
		assert_int_equal(answered(rig, rows[i].status, rows[i].text), rows[i].delivery);
		assert_int_equal(hn_objects_find(rig->o, "ml")->due <= hn_mono_now().ns, rows[i].at_once);
		/* The others are not held by it. */
		if (!rows[i].at_once)
			expect(rig, "PATCH", own_path, APPLY);
		rig_close(rig);
	}
}

static void test_which_group(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);

	make_paths();
	assert_string_equal(asked(rig), "GET " GROUP);
	answered(rig, 404, "");
	assert_string_equal(asked(rig), "GET /apis/wgpolicyk8s.io/v1alpha2");
	assert_int_equal(answered(rig, 404, ""), HN_UNDELIVERABLE);
	assert_non_null(strstr(problem(rig), "install the CRDs"));
	assert_string_equal(asked(rig), "");
	rig->o->reports_held = 0;
	assert_string_equal(asked(rig), "GET " GROUP);
	assert_int_equal(answered(rig, 503, ""), HN_DELIVER_AGAIN); /* that says nothing of it */
	assert_string_equal(asked(rig), "GET " GROUP);
	answered(rig, 404, "");
	assert_string_equal(asked(rig), "GET /apis/wgpolicyk8s.io/v1alpha2");
	assert_int_equal(
		answered(rig, 200,
			 "{\"resources\":[{\"name\":\"policyreports\"},{\"name\":\"clusterpolicyreports\"}]}"),
		HN_DELIVER_OTHER);
	assert_string_equal(problem(rig), "");
	assert_string_equal(asked(rig), "GET /api/v1/nodes/n1");
	assert_int_equal(answered(rig, 403, ""), HN_DELIVER_OTHER); /* without an owner, then */
	assert_non_null(strstr(problem(rig), "will stay"));
	assert_non_null(strstr(asked(rig), "GET /apis/wgpolicyk8s.io/v1alpha2/clusterpolicyreports/"));
	answered(rig, 404, "");
	all_due(rig);
	asked(rig);
	assert_null(strstr(rig->parcel.content, "ownerReferences"));
	/* The group has gone. */
	answered(rig, 404, "");
	assert_string_equal(asked(rig), "GET /apis/wgpolicyk8s.io/v1alpha2");
	rig_close(rig);
}

/* The first releases of wgpolicyk8s.io know three severities. */
static void test_no_critical(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);

	begin(rig, "");
	rig->o->kind = hn_report_kind_find("wgpolicyk8s");
	add(rig, sample_drifter);
	hn_objects_mark(rig->o, "ml", 0);
	asked(rig);
	assert_non_null(strstr(rig->parcel.content, "\"scored\":true,\"severity\":\"critical\""));
	assert_int_equal(answered(rig, 422, ""), HN_DELIVER_OTHER);
	asked(rig);
	assert_non_null(strstr(rig->parcel.content, "\"scored\":true,\"severity\":\"high\""));
	assert_non_null(strstr(rig->parcel.content, "\"state\":\"open\",\"severity\":\"critical\""));
	assert_int_equal(answered(rig, 422, ""), HN_UNDELIVERABLE);
	rig_close(rig);
}

static void test_many_namespaces(void **state _unused_)
{
	struct rig *rig = rig_new(true, false);
	char body[1 << 14];

	for (unsigned i = 0; i < 300; i++) {
		add(rig, sample_vllm);
		snprintf(rig->findings[i].finding.pod_namespace, 64, "ns-%u", i);
	}
	begin(rig, "");
	assert_int_equal(rig->o->n_reports, HN_REPORT_OBJECTS_MAX);
	for (size_t i = 0; i < rig->o->n_reports; i++)
		if (rig->o->reports[i].ns[0])
			rig->o->reports[i].due = HN_OBJECTS_NEVER;
	expect(rig, "PATCH", own_path, APPLY);
	/* What no object can hold is claimed all the same: whoever reads misses it. */
	hn_strcpy(body, sizeof(body), strstr(rig->parcel.content, "hostnetd.io/findings"));
	assert_non_null(strstr(body, "\"-=45.0.0,"));
	rig_close(rig);
}

/* --- Events -------------------------------------------------------------------------------------------------------- */

#define EVENTS "/apis/events.k8s.io/v1/namespaces/ml/events"
#define EVENT_NAME "hostnetd-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.opened"

static struct rig *events_rig(void)
{
	struct rig *rig = rig_new(false, true);

	assert_string_equal(asked(rig), "GET /api/v1/nodes/n1");
	answered(rig, 200, "{\"metadata\":{\"uid\":\"u-1\"}}");
	assert_string_equal(asked(rig), "");
	add(rig, sample_vllm);
	return rig;
}

static void take(struct rig *rig, enum hn_change_type type)
{
	struct hn_change change;
	struct hn_event event = event_of(&change, rig, type, 1U << HN_CHANGED_STATE);

	hn_objects_take(rig->o, &event);
}

static void test_event(void **state _unused_)
{
	struct rig *rig = events_rig();

	take(rig, HN_CHANGE_OPENED);
	take(rig, HN_CHANGE_UPDATED);
	all_due(rig);
	assert_string_equal(asked(rig), "POST " EVENTS);
	assert_non_null(strstr(rig->parcel.content, "\"uid\":\"u-1\""));
	answered(rig, 201, "{}");
	assert_string_equal(asked(rig), "");
	/* Again: the series counts; the server has forgotten it: a new one. */
	rig->findings[0].finding.occurrences = 2;
	take(rig, HN_CHANGE_OPENED);
	assert_true(rig->o->events[0].due > hn_mono_now().ns + 25 * HN_NSEC_PER_SEC);
	take(rig, HN_CHANGE_OPENED);
	assert_int_equal(rig->o->n_events, 1);
	all_due(rig);
	assert_string_equal(asked(rig), "PATCH " EVENTS "/" EVENT_NAME);
	assert_string_equal(rig->parcel.content_type, "application/merge-patch+json");
	assert_int_equal(answered(rig, 404, ""), HN_DELIVER_OTHER);
	assert_string_equal(asked(rig), "POST " EVENTS);
	/* And that one is there: no circle. */
	answered(rig, 409, "");
	assert_string_equal(asked(rig), "");
	rig_close(rig);
}

static void test_event_that_is_there(void **state _unused_)
{
	struct rig *rig = events_rig();

	take(rig, HN_CHANGE_OPENED);
	all_due(rig);
	assert_string_equal(asked(rig), "POST " EVENTS);
	assert_int_equal(answered(rig, 409, ""), HN_DELIVER_OTHER);
	assert_string_equal(asked(rig), "PATCH " EVENTS "/" EVENT_NAME);
	assert_int_equal(answered(rig, 200, ""), HN_DELIVERED);
	rig_close(rig);
}

static void test_event_waits_for_its_pod(void **state _unused_)
{
	struct rig *rig = events_rig();

	rig->findings[0].finding.pod_known = false;
	take(rig, HN_CHANGE_OPENED);
	all_due(rig);
	assert_string_equal(asked(rig), "");
	rig->findings[0].finding.pod_known = true;
	all_due(rig);
	assert_string_equal(asked(rig), "POST " EVENTS);
	answered(rig, 503, "");
	rig->findings[0].finding.pod_known = false;
	rig->o->events[0].time.ns -= 60 * HN_NSEC_PER_SEC; /* it will not come */
	all_due(rig);
	assert_string_equal(asked(rig), "POST /apis/events.k8s.io/v1/namespaces/default/events");
	rig_close(rig);
}

static void test_events_that_are_not_sent(void **state _unused_)
{
	struct rig *rig = events_rig();

	rig->findings[0].finding.state = HN_STATE_EXCEPTED;
	take(rig, HN_CHANGE_OPENED);
	assert_int_equal(rig->o->n_events, 0);
	rig->findings[0].finding.state = HN_STATE_OPEN;
	for (unsigned i = 0; i < HN_OBJECTS_EVENTS + 5; i++) {
		snprintf(rig->findings[0].finding.id, HN_FINDING_ID_SIZE, "%032x", i);
		take(rig, HN_CHANGE_OPENED);
	}
	assert_int_equal(rig->o->n_events, HN_OBJECTS_EVENTS);
	assert_int_equal(rig->o->events_dropped, 5);
	all_due(rig);
	/* All but the last are forgotten by the agent. */
	assert_string_equal(asked(rig), "POST " EVENTS);
	assert_int_equal(rig->o->n_events, 0);
	assert_int_equal(answered(rig, 403, ""), HN_DELIVER_OTHER);
	assert_non_null(strstr(problem(rig), "no Kubernetes Events are written"));
	all_due(rig);
	assert_string_equal(asked(rig), "");
	rig_close(rig);
}

/* The end: what waits goes at once, a pod without a name too. */
static void test_hurry(void **state _unused_)
{
	struct rig *rig = rig_new(true, true);

	begin(rig, "");
	expect(rig, "PATCH", own_path, APPLY);
	answered(rig, 200, "{}");
	add(rig, sample_vllm);
	rig->findings[0].finding.pod_known = false;
	take(rig, HN_CHANGE_OPENED);
	hn_objects_hurry(rig->o);
	assert_string_equal(asked(rig), "POST /apis/events.k8s.io/v1/namespaces/default/events");
	answered(rig, 201, "");
	expect(rig, "PATCH", own_path, APPLY);
	answered(rig, 200, "");
	assert_string_equal(asked(rig), "");
	rig_close(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_at_most_once_an_interval),
		cmocka_unit_test(test_adopted_and_deleted),
		cmocka_unit_test(test_a_finding_comes_while_it_is_deleted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_answers_to_a_report),
		cmocka_unit_test(test_which_group),
		cmocka_unit_test(test_no_critical),
		cmocka_unit_test(test_many_namespaces),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_event_that_is_there),
		cmocka_unit_test(test_event_waits_for_its_pod),
		cmocka_unit_test(test_events_that_are_not_sent),
		cmocka_unit_test(test_hurry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
