// SPDX-License-Identifier: Apache-2.0
// The stored check over manifests: which of the six lists an object falls into, roll-up to workloads, exceptions, gaps.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hostnetd/audit.h"
#include "hostnetd/str.h"

#define HOST "\"hostNetwork\":true,"
#define CONTAINERS(image) "\"containers\":[{\"name\":\"c\",\"image\":\"" image "\"}]"
#define VLLM "{" HOST CONTAINERS("vllm/vllm-openai:v0.6.3") "}"
#define OLLAMA "{" HOST CONTAINERS("docker.io/ollama/ollama:0.3.12") "}"
#define VLLM_APART "{" CONTAINERS("vllm/vllm-openai:v0.6.3") "}"
#define NGINX "{" HOST CONTAINERS("nginx:1.27") "}"
#define LIKELY                                                                                                \
	"{" HOST "\"containers\":[{\"name\":\"c\",\"image\":\"python:3.12\",\"env\":[{\"name\":\"HF_TOKEN\"," \
	"\"value\":\"x\"}],\"resources\":{\"limits\":{\"nvidia.com/gpu\":\"1\"}}}]}"
#define META(ns, name, more) "\"metadata\":{\"namespace\":\"" ns "\",\"name\":\"" name "\"" more "}"
#define OBJECT(api, kind, meta, spec) \
	"{\"apiVersion\":\"" api "\",\"kind\":\"" kind "\"," meta ",\"spec\":" spec "}\n"
#define TEMPLATE(spec) "{\"template\":{\"spec\":" spec "}}"
#define JOB_TEMPLATE(spec) "{\"jobTemplate\":{\"spec\":" TEMPLATE(spec) "}}"
#define OWNER(api, kind, name)                                                                     \
	",\"ownerReferences\":[{\"apiVersion\":\"" api "\",\"kind\":\"" kind "\",\"name\":\"" name \
	"\",\"uid\":\"o\",\"controller\":true}]"
#define POD(name, more, spec) OBJECT("v1", "Pod", META("ml", name, more), spec)
#define APPS(kind, name, spec) OBJECT("apps/v1", kind, META("ml", name, ""), TEMPLATE(spec))
#define OWNED(api, kind, name, more) OBJECT(api, kind, META("ml", name, more), TEMPLATE(VLLM))
#define REPLICA_SET(more) OBJECT("apps/v1", "ReplicaSet", META("ml", "tgi-89df5769b", more), TEMPLATE(VLLM))
#define JOB(name, more) OBJECT("batch/v1", "Job", META("ml", name, more), TEMPLATE(VLLM))
#define APART(ns) OBJECT("batch/v1", "CronJob", META(ns, "nightly", ""), JOB_TEMPLATE(VLLM_APART))
#define FINISHED                                                                                                     \
	OBJECT("batch/v1", "Job", META("ml", "nightly-1", OWNER("batch/v1", "CronJob", "nightly")),                  \
	       TEMPLATE(                                                                                             \
		       VLLM) ",\"status\":{\"conditions\":[{\"type\":\"SuspendedX\",\"status\":\"True\"},{\"type\":" \
			     "\"Complete\",\"status\":\"True\"}]}")
#define CRON_JOB OBJECT("batch/v1", "CronJob", META("ml", "nightly", ""), JOB_TEMPLATE(VLLM))
#define RAY                                                                                    \
	OBJECT("ray.io/v1", "RayCluster", META("ml", "ray", ""),                               \
	       "{\"headGroupSpec\":{\"template\":{\"spec\":" NGINX "}},\"workerGroupSpecs\":[" \
	       "{\"template\":{\"spec\":" VLLM "}}]}")

#define LWS(name)                                                                      \
	OBJECT("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", META("ml", name, ""), \
	       "{\"leaderWorkerTemplate\":{\"workerTemplate\":{\"spec\":" VLLM "}}}")
#define LWS_WHOLE(name)                                                                                           \
	LWS(name)                                                                                                 \
	OWNED("apps/v1", "StatefulSet", name "-0", OWNER("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", name)) \
	POD(name "-0-1", OWNER("apps/v1", "StatefulSet", name "-0"), VLLM)
#define KNATIVE "serving.knative.dev/v1"
#define OF_HASH ",\"labels\":{\"pod-template-hash\":\"abc\"}"
#define KNATIVE_WHOLE                                                                            \
	POD("r-1-abc-x", OF_HASH OWNER("apps/v1", "ReplicaSet", "r-1-abc"), VLLM)                \
	OWNED("apps/v1", "Deployment", "r-1", OWNER(KNATIVE, "Revision", "r"))                   \
	OBJECT(KNATIVE, "Revision", META("ml", "r", OWNER(KNATIVE, "Configuration", "k")), VLLM) \
	OWNED(KNATIVE, "Configuration", "k", OWNER(KNATIVE, "Service", "k"))                     \
	OBJECT(KNATIVE, "Service", META("ml", "k", ""), TEMPLATE(VLLM))
#define MANUAL(job, cron)                            \
	JOB(job, OWNER("batch/v1", "CronJob", cron)) \
	POD(job "-x", ",\"labels\":{\"job-name\":\"" job "\"}" OWNER("batch/v1", "Job", job), VLLM)
#define UID(uid) ",\"uid\":\"" uid "\""

/* Two templates of AI; the rule is about the first one's image. */
#define RAY_TWICE                                                                               \
	OBJECT("ray.io/v1", "RayCluster", META("ml", "two", ""),                                \
	       "{\"headGroupSpec\":{\"template\":{\"spec\":" OLLAMA "}},\"workerGroupSpecs\":[" \
	       "{\"template\":{\"spec\":" VLLM "}},{\"template\":{\"spec\":" OLLAMA "}}]}")
#define RAY_ONCE                                                 \
	OBJECT("ray.io/v1", "RayCluster", META("ml", "one", ""), \
	       "{\"headGroupSpec\":{\"template\":{\"spec\":" OLLAMA "}},\"workerGroupSpecs\":[]}")

static const char rules[] =
	"exceptions:\n"
	"- {name: image, reason: known, expires: 2099-01-01, match: {namespaces: [ml], images: ['*ollama*']}}\n"
	"- {name: ok, reason: NCCL, expires: 2099-01-01, match: {namespaces: [excepted]}}\n"
	"- {name: lws, reason: known, expires: 2099-01-01, match: {namespaces: [ml], workloads: [{kind: LeaderWorkerSet, "
	"name: waived}]}}\n"
	"- {name: cron, reason: known, expires: 2099-01-01, match: {namespaces: [ml], workloads: [{kind: CronJob, name: "
	"waived}]}}\n"
	"- {name: middle, reason: known, expires: 2099-01-01, match: {namespaces: [ml], workloads: [{kind: StatefulSet, "
	"name: half-0}]}}\n"
	"- {name: lone, reason: known, expires: 2099-01-01, match: {namespaces: [ml], workloads: [{kind: Pod, name: "
	"'lone*'}]}}\n"
	"- {name: old, reason: gone by, expires: 2020-01-01, match: {namespaces: [expired]}}\n";

/* Lists: "query:name*" with + for likely, = for excepted. Workloads: "kind/name verdict", in the order of their entries. */
static const struct {
	const char *what, *objects, *lists, *workloads;
	bool failed, failed_likely;
} cases[] = {
	{"nothing", POD("a", "", NGINX), "", "", false, false},
	{"AI without the host's network", POD("a", "", VLLM_APART), "", "", false, false},
	{"a pod", POD("a", "", VLLM), "pods:a ", "Pod/a ai ", true, true},
	{"a completed pod counts",
	 "{\"apiVersion\":\"v1\",\"kind\":\"Pod\"," META("ml", "a", "") ",\"spec\":" VLLM
									",\"status\":{\"phase\":\"Succeeded\"}}\n",
	 "pods:a ", "Pod/a ai ", true, true},
	{"a likely one", POD("a", "", LIKELY), "pods:a+ ", "Pod/a likely ", false, true},
	{"one of each kind",
	 APPS("Deployment", "d", VLLM) APPS("StatefulSet", "s", VLLM) APPS("DaemonSet", "e", VLLM) JOB("j", "")
		 CRON_JOB POD("p", "", VLLM),
	 "pods:p deployments:d statefulSets:s daemonSets:e jobs:j cronJobs:nightly ",
	 "Pod/p ai Deployment/d ai StatefulSet/s ai DaemonSet/e ai Job/j ai CronJob/nightly ai ", true, true},
	{"a Job of a CronJob is the CronJob's", JOB("nightly-1", OWNER("batch/v1", "CronJob", "nightly")) CRON_JOB,
	 "cronJobs:nightly ", "CronJob/nightly ai ", true, true},
	{"a Job that something else owns counts", JOB("j", OWNER("kueue.x-k8s.io/v1", "Workload", "w")), "jobs:j ",
	 "Workload/w ai ", true, true},
	{"whose own template says otherwise by now, and that runs no more", FINISHED APART("ml"), "", "", false,
	 false},
	{"one that is no AI, or has a network of its own, leaves nothing out",
	 OBJECT("batch/v1", "Job", META("ml", "a-1", OWNER("batch/v1", "CronJob", "a")), TEMPLATE(NGINX)) OBJECT(
		 "batch/v1", "Job", META("ml", "b-1", OWNER("batch/v1", "CronJob", "b")), TEMPLATE(VLLM_APART)),
	 "", "", false, false},
	{"nor one that a rule for its owner covers", JOB("w-1", OWNER("batch/v1", "CronJob", "waived")), "", "",
	 false, false},
	{"a ReplicaSet of a Deployment is the Deployment's",
	 REPLICA_SET(OWNER("apps/v1", "Deployment", "tgi")) APPS("Deployment", "tgi", VLLM), "deployments:tgi ",
	 "Deployment/tgi ai ", true, true},
	{"a ReplicaSet of nobody's is beyond the six", REPLICA_SET(""), "other:tgi-89df5769b ",
	 "ReplicaSet/tgi-89df5769b ai ", true, true},
	{"pods are listed, owned or not, and rolled up",
	 APPS("StatefulSet", "s", VLLM) POD("s-0", OWNER("apps/v1", "StatefulSet", "s"), VLLM)
		 POD("s-1", OWNER("apps/v1", "StatefulSet", "s"), VLLM),
	 "pods:s-0 pods:s-1 statefulSets:s ", "StatefulSet/s ai ", true, true},
	{"pods whose owner is not in the answer", POD("s-0", OWNER("apps/v1", "StatefulSet", "s"), VLLM),
	 "pods:s-0 ", "StatefulSet/s ai ", true, true},
	{"any template of a custom workload", RAY, "other:ray ", "RayCluster/ray ai ", true, true},
	{"a rule for one template accepts nothing of the next", RAY_TWICE, "other:two ", "RayCluster/two ai ",
	 true, true},
	{"and the one that it is for", RAY_ONCE, "other:one= ", "RayCluster/one not-ai ", false, false},
	{"owners in a circle end", JOB("a", OWNER("batch/v1", "Job", "b")) JOB("b", OWNER("batch/v1", "Job", "a")),
	 "jobs:a jobs:b ", NULL, true, true},
	{"a Job of another group's CronJob, which nobody looks at, counts",
	 JOB("j", OWNER("batch.tutorial.kubebuilder.io/v1", "CronJob", "x")), "jobs:j ", "CronJob/x ai ", true,
	 true},
	{"a ReplicaSet of what nobody looks at counts", REPLICA_SET(OWNER("foo.example/v1", "FooSet", "x")),
	 "other:tgi-89df5769b ", "FooSet/x ai ", true, true},
	{"a ReplicaSet whose Deployment was made in the old group is that one's",
	 REPLICA_SET(OWNER("extensions/v1beta1", "Deployment", "tgi")) APPS("Deployment", "tgi", VLLM),
	 "deployments:tgi ", "Deployment/tgi ai ", true, true},
	{"more than one owner up", LWS_WHOLE("big"), "pods:big-0-1 statefulSets:big-0 other:big ",
	 "LeaderWorkerSet/big ai ", true, true},
	{"Knative's chain, a ReplicaSet by its name", KNATIVE_WHOLE, "pods:r-1-abc-x deployments:r-1 other:k ",
	 "Service/k ai ", true, true},
	{"a Job that was made by hand from a CronJob", MANUAL("manual-1", "nightly") CRON_JOB,
	 "pods:manual-1-x cronJobs:nightly ", "CronJob/nightly ai ", true, true},
	{"a Job that only looks like a CronJob's",
	 JOB("train-29391020", "") POD("train-29391020-x", OWNER("batch/v1", "Job", "train-29391020"), VLLM),
	 "pods:train-29391020-x jobs:train-29391020 ", "Job/train-29391020 ai ", true, true},
	{"and where it is not among the objects",
	 POD("train-29391020-x", OWNER("batch/v1", "Job", "train-29391020"), VLLM), "pods:train-29391020-x ",
	 "CronJob/train ai ", true, true},
	{"an owner that declares nothing is a link all the same",
	 OBJECT("batch/v1", "Job", META("ml", "by-hand", OWNER("batch/v1", "CronJob", "nightly")), TEMPLATE(NGINX))
		 POD("by-hand-x", OWNER("batch/v1", "Job", "by-hand"), VLLM) CRON_JOB,
	 "pods:by-hand-x cronJobs:nightly ", "CronJob/nightly ai ", true, true},
	{"an executor is its driver's, and the driver its owner's",
	 POD("driver", OWNER("example.org/v1", "App", "app"), VLLM)
		 POD("exec-1", OWNER("v1", "Pod", "driver"), VLLM),
	 "pods:driver pods:exec-1 ", "App/app ai ", true, true},
	{"two groups' kinds of one name are two",
	 APPS("StatefulSet", "s", VLLM)
		 OBJECT("apps.kruise.io/v1beta1", "StatefulSet", META("ml", "s", ""), TEMPLATE(VLLM)),
	 "statefulSets:s other:s ", "StatefulSet/s ai StatefulSet/s ai ", true, true},
	{"a rule for what was deployed covers all that was made of it", LWS_WHOLE("waived"),
	 "pods:waived-0-1= statefulSets:waived-0= other:waived= ", "LeaderWorkerSet/waived not-ai ", false, false},
	{"and what was made by hand from it", MANUAL("manual-2", "waived"),
	 "pods:manual-2-x= ", "CronJob/waived not-ai ", false, false},
	{"a rule for a link covers it and what is below, not what is above", LWS_WHOLE("half"),
	 "pods:half-0-1= statefulSets:half-0= other:half ", "LeaderWorkerSet/half ai ", true, true},
	{"a rule for pods covers those that nothing owns",
	 POD("lone", "", VLLM) POD("lone-0", OWNER("apps/v1", "StatefulSet", "s"), VLLM),
	 "pods:lone= pods:lone-0 ", "Pod/lone not-ai StatefulSet/s ai ", true, true},
	{"not a pod that says it is such a one's directly, which no pod is",
	 POD("p", OWNER("batch/v1", "CronJob", "waived"), VLLM), "pods:p ", "Pod/p ai ", true, true},
	{"nor one of the same kind and name in another group",
	 POD("p", OWNER("evil.example.org/v1", "CronJob", "waived"), VLLM)
		 POD("q", OWNER("evil.example.org/v1", "StatefulSet", "half-0"), VLLM),
	 "pods:p pods:q ", "CronJob/waived ai StatefulSet/half-0 ai ", true, true},
	{"the same object twice is one", POD("a", UID("u"), VLLM) POD("a", UID("u"), VLLM), "pods:a ", "Pod/a ai ",
	 true, true},
	{"another of its name is not", POD("a", UID("u"), VLLM) POD("a", UID("v"), VLLM), "pods:a pods:a ",
	 "Pod/a ai ", true, true},
	{"nor another of its uid, as in hand-made files", POD("a", UID("u"), VLLM) POD("b", UID("u"), VLLM),
	 "pods:a pods:b ", "Pod/a ai Pod/b ai ", true, true},
	{"excepted", OBJECT("v1", "Pod", META("excepted", "a", ""), VLLM), "pods:a= ", "Pod/a not-ai ", false,
	 false},
	{"an expired rule excepts nothing", OBJECT("v1", "Pod", META("expired", "a", ""), VLLM), "pods:a ",
	 "Pod/a ai ", true, true},
	{"the same name elsewhere is another thing",
	 OBJECT("v1", "Pod", META("excepted", "a", ""), VLLM) OBJECT("v1", "Pod", META("ml", "a", ""), VLLM),
	 "pods:a= pods:a ", "Pod/a not-ai Pod/a ai ", true, true},
};

struct world {
	struct hn_catalogue *catalogue;
	struct hn_workload_kinds *kinds;
	struct hn_exceptions *exceptions;
	struct hn_audit audit;
	struct hn_reason reason;
};

static int on_asset(void *arg, const struct hn_asset *asset, struct hn_reason *reason)
{
	return hn_audit_add(arg, "objects", asset, reason);
}

static int setup(void **state)
{
	static struct world w;

	memset(&w, 0, sizeof(w));
	if (hn_catalogue_new(NULL, 0, &w.catalogue, &w.reason) < 0 ||
	    hn_workload_kinds_new(NULL, 0, &w.kinds, &w.reason) < 0 ||
	    hn_exceptions_parse("rules", rules, strlen(rules), &w.exceptions, &w.reason) < 0)
		fail_msg("%s", w.reason.text);
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	hn_exceptions_free(w->exceptions);
	hn_workload_kinds_free(w->kinds);
	hn_catalogue_free(w->catalogue);
	return 0;
}

static void begin(struct world *w, const char *ns)
{
	w->audit = (struct hn_audit){
		.catalogue = w->catalogue, .exceptions = w->exceptions, .now = hn_wall_now(), .ns = ns};
}

static void read_objects(struct world *w, const char *objects)
{
	const struct hn_asset_source source = {
		.name = "objects", .kinds = w->kinds, .found = on_asset, .arg = &w->audit};
	struct hn_asset_reader *reader = hn_asset_reader_new(&source);

	assert_non_null(reader);
	if (hn_asset_reader_feed(reader, objects, strlen(objects), &w->reason) < 0 ||
	    hn_asset_reader_finish(reader, &w->reason) < 0)
		fail_msg("%s", w->reason.text);
	hn_asset_reader_free(reader);
}

static void put_lists(const struct hn_audit *a, struct hn_str *out)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct hn_audit_entry *e = &a->entries[i];

		hn_str_printf(out, "%s:%s%s%s ", hn_query_name(e->query), e->name,
			      e->ai->verdict == HN_LIKELY_AI ? "+" : "", e->exception ? "=" : "");
	}
}

static void put_workloads(const struct hn_audit *a, struct hn_str *out)
{
	for (size_t i = 0; i < a->n_workloads; i++) {
		const struct hn_audit_workload *w = &a->workloads[i];

		assert_non_null(w->best);
		hn_str_printf(out, "%s/%s %s ", w->kind, w->name, hn_verdict_name(w->verdict));
	}
}

static void test_cases(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < HN_ARRAY_SIZE(cases); i++) {
		_cleanup_(hn_str_done) struct hn_str lists = {0}, workloads = {0};

		begin(w, NULL);
		read_objects(w, cases[i].objects);
		assert_int_equal(hn_audit_roll_up(&w->audit, &w->reason), 0);
		put_lists(&w->audit, &lists);
		put_workloads(&w->audit, &workloads);
		if (strcmp(hn_str_get(&lists), cases[i].lists) != 0)
			fail_msg("%s: %s", cases[i].what, hn_str_get(&lists));
		if (cases[i].workloads && strcmp(hn_str_get(&workloads), cases[i].workloads) != 0)
			fail_msg("%s: %s", cases[i].what, hn_str_get(&workloads));
		if (hn_audit_failed(&w->audit, false) != cases[i].failed ||
		    hn_audit_failed(&w->audit, true) != cases[i].failed_likely ||
		    hn_audit_passed(&w->audit, false) == cases[i].failed)
			fail_msg("%s: passed or failed", cases[i].what);
		hn_audit_done(&w->audit);
	}
}

#define UNREAD "what one that was not read counts for is in no list: "
#define OF_NIGHTLY JOB("nightly-1", OWNER("batch/v1", "CronJob", "nightly"))
#define OTHERWISE "what runs otherwise than its owner declares now is in no list: "
#define UNFINISHED                                                                                  \
	OBJECT("batch/v1", "Job", META("ml", "nightly-1", OWNER("batch/v1", "CronJob", "nightly")), \
	       TEMPLATE(VLLM) ",\"status\":{\"conditions\":[{\"type\":\"Failed\",\"status\":\"False\"}]}")
#define OTHER_JOB                                                                                                \
	OTHERWISE                                                                                                \
		"1 AI object on the host network that names such a one as owner, the first Job ml/nightly-1 of " \
		"nightly: are they its own? If so, let it make them anew"

/* What an owner counts for is neither a finding nor a pass where the owner itself was not looked at, or is none. */
static void test_unread_owners(void **state)
{
	static const struct {
		const char *objects, *selector, *what, *why; /* NULL: no gap */
	} rows[] = {
		{FINISHED APART("ml"), NULL, NULL, NULL},
		{OF_NIGHTLY APART("ml"), NULL, "CronJob.batch", OTHER_JOB},
		{APART("ml") OF_NIGHTLY, NULL, "CronJob.batch", OTHER_JOB},
		{UNFINISHED APART("ml"), NULL, "CronJob.batch", OTHER_JOB},
		{OF_NIGHTLY JOB("nightly-2", OWNER("batch/v1", "CronJob", "nightly")), NULL, "CronJob.batch",
		 UNREAD
		 "2 AI objects on the host network that name such a one as owner, the first Job ml/nightly-1 of "
		 "nightly: read these too"},
		{OF_NIGHTLY APART("web"), NULL, "CronJob.batch",
		 UNREAD
		 "1 AI object on the host network that names such a one as owner, the first Job ml/nightly-1 of "
		 "nightly: read these too"},
		/* The owner is there, and not among what was asked for. */
		{JOB("j", ",\"labels\":{\"team\":\"a\"}" OWNER("batch/v1", "CronJob", "nightly")) APART("ml"),
		 "team=a", "CronJob.batch",
		 UNREAD
		 "1 AI object on the host network that names such a one as owner, the first Job ml/j of nightly: "
		 "read these too"},
		{REPLICA_SET(OWNER("apps/v1", "Deployment", "tgi")) APPS("Deployment", "other", VLLM_APART), NULL,
		 "Deployment.apps",
		 UNREAD "1 AI object on the host network that names such a one as owner, the first ReplicaSet "
			"ml/tgi-89df5769b of tgi: read these too"},
		{OWNED("apps/v1", "ReplicaSet", "a", OWNER("apps/v1", "ReplicaSet", "b"))
			 OWNED("apps/v1", "ReplicaSet", "b", OWNER("apps/v1", "ReplicaSet", "a"))
				 OWNED("apps/v1", "ReplicaSet", "c", OWNER("apps/v1", "ReplicaSet", "c")),
		 NULL, "ReplicaSet.apps",
		 UNREAD
		 "3 AI objects on the host network that name such a one as owner, the first ReplicaSet ml/a of b: "
		 "read these too"},
		{OWNED("apps/v1", "ReplicaSet", "a", OWNER("v1", "ReplicationController", "b")), NULL,
		 "ReplicationController",
		 UNREAD
		 "1 AI object on the host network that names such a one as owner, the first ReplicaSet ml/a of b: "
		 "read these too"},
	};
	struct world *w = *state;

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		_cleanup_(hn_selector_cleanup) struct hn_selector *selector = NULL;

		begin(w, NULL);
		if (rows[i].selector)
			assert_int_equal(hn_selector_parse(rows[i].selector, &selector, &w->reason), 0);
		w->audit.selector = selector;
		read_objects(w, rows[i].objects);
		assert_int_equal(hn_audit_roll_up(&w->audit, &w->reason), 0);
		assert_int_equal(w->audit.n, 0);
		assert_int_equal(w->audit.n_workloads, 0);
		assert_int_equal(w->audit.seen[HN_QUERY_JOBS], 0);
		assert_false(hn_audit_failed(&w->audit, true));
		assert_int_equal(hn_audit_passed(&w->audit, true), !rows[i].what);
		assert_int_equal(w->audit.n_gaps, rows[i].what ? 1 : 0);
		if (rows[i].what) {
			assert_string_equal(w->audit.gaps[0].what, rows[i].what);
			assert_string_equal(w->audit.gaps[0].why, rows[i].why);
		}
		hn_audit_done(&w->audit);
	}
}

static void test_counts(void **state)
{
	struct world *w = *state;

	begin(w, NULL);
	read_objects(w, APPS("StatefulSet", "s", VLLM) POD("s-0", OWNER("apps/v1", "StatefulSet", "s"), VLLM)
				POD("s-1", OWNER("apps/v1", "StatefulSet", "s"), VLLM) POD("l", "", LIKELY)
					POD("n", "", NGINX));
	assert_int_equal(hn_audit_roll_up(&w->audit, &w->reason), 0);
	assert_int_equal(w->audit.seen[HN_QUERY_PODS], 4);
	assert_int_equal(w->audit.seen[HN_QUERY_STATEFUL_SETS], 1);
	assert_int_equal(hn_audit_count(&w->audit, HN_AI), 3);
	assert_int_equal(hn_audit_count(&w->audit, HN_LIKELY_AI), 1);
	assert_int_equal(hn_audit_count_workloads(&w->audit, HN_AI), 1);
	assert_int_equal(hn_audit_count_workloads(&w->audit, HN_LIKELY_AI), 1);
	for (size_t i = 0; i < w->audit.n_workloads; i++) {
		const struct hn_audit_workload *one = &w->audit.workloads[i];

		if (strcmp(one->name, "s") != 0)
			continue;
		assert_int_equal(one->counts[HN_QUERY_PODS], 2);
		assert_int_equal(one->counts[HN_QUERY_STATEFUL_SETS], 1);
		assert_string_equal(one->best->kind, "StatefulSet");
	}
	hn_audit_done(&w->audit);
}

/* What could not be looked at is no pass, and no failure either. */
static void test_gaps(void **state)
{
	struct world *w = *state;
	char what[32];

	begin(w, NULL);
	assert_true(hn_audit_passed(&w->audit, true));
	for (int i = 0; i < HN_AUDIT_NOT_COVERED_MAX + 5; i++) {
		snprintf(what, sizeof(what), "kind%d", i);
		assert_int_equal(hn_audit_gap(&w->audit, what, "403", &w->reason), 0);
	}
	assert_int_equal(w->audit.n_gaps, HN_AUDIT_NOT_COVERED_MAX);
	assert_false(hn_audit_passed(&w->audit, false));
	assert_false(hn_audit_failed(&w->audit, true));
	hn_audit_done(&w->audit);
}

/* A list that begins anew forgets what it gave; --namespace takes what has none, too. */
static void test_truncate_and_namespace(void **state)
{
	struct world *w = *state;

	begin(w, "ml");
	read_objects(w, POD("a", "", VLLM) OBJECT("v1", "Pod", META("web", "b", ""), VLLM)
				OBJECT("v1", "Pod", "\"metadata\":{\"name\":\"c\"}", VLLM));
	assert_int_equal(w->audit.n, 2);
	hn_audit_truncate(&w->audit, 1);
	read_objects(w, POD("d", "", VLLM));
	assert_int_equal(hn_audit_roll_up(&w->audit, &w->reason), 0);
	assert_int_equal(w->audit.n, 2);
	assert_string_equal(w->audit.entries[0].name, "a");
	assert_string_equal(w->audit.entries[1].name, "d");
	hn_audit_done(&w->audit);
}

/* Also one that only says whose mirror it is. */
static void test_static(void **state)
{
	struct world *w = *state;

	begin(w, NULL);
	read_objects(w, POD("a", ",\"annotations\":{\"kubernetes.io/config.mirror\":\"x\"}",
			    VLLM) POD("b", ",\"annotations\":{\"kubernetes.io/config.source\":\"file\"}", VLLM)
				POD("c", ",\"annotations\":{\"kubernetes.io/config.source\":\"api\"}", VLLM));
	assert_int_equal(hn_audit_roll_up(&w->audit, &w->reason), 0);
	assert_int_equal(w->audit.n, 3);
	assert_true(w->audit.entries[0].is_static);
	assert_true(w->audit.entries[1].is_static);
	assert_false(w->audit.entries[2].is_static);
	hn_audit_done(&w->audit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_static),        cmocka_unit_test(test_cases),
		cmocka_unit_test(test_unread_owners), cmocka_unit_test(test_counts),
		cmocka_unit_test(test_gaps),          cmocka_unit_test(test_truncate_and_namespace),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
