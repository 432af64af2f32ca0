// SPDX-License-Identifier: Apache-2.0
// What was declared, read from manifests, beside what agents say, read as they write it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hostnetd/drift.h"

#define SPEC(image) "{\"hostNetwork\":true,\"containers\":[{\"name\":\"c\",\"image\":\"" image "\"}]}"
#define VLLM SPEC("vllm/vllm-openai:v0.6.3")
#define POD(name, uid, more)                                                                          \
	"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"ml\",\"name\":\"" name \
	"\",\"uid\":\"" uid "\"" more "},\"spec\":" VLLM "}\n"
#define DEPLOYMENT(name, more)                                                                                    \
	"{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"namespace\":\"ml\",\"name\":\"" name \
	"\"},\"spec\":{" more "\"template\":{\"spec\":" VLLM "}}}\n"
#define MIRROR ",\"annotations\":{\"kubernetes.io/config.mirror\":\"x\",\"kubernetes.io/config.source\":\"file\"}"

#define EVENT(what, finding) \
	"{\"schema\":\"hostnetd.event/v1\",\"type\":\"finding." what "\",\"finding\":" finding "}\n"
#define FINDING(id, state, cause, who, verdict)                                       \
	"{\"id\":\"" id "\",\"state\":\"" state "\",\"way\":\"namespace\"," cause who \
	",\"ai\":{\"verdict\":\"" verdict "\"}}"
#define CAUSE(cause) "\"cause\":\"" cause "\","
#define WHO_OF(api, uid, pod, kind, name)                                                            \
	"\"pod\":{\"namespace\":\"ml\",\"name\":\"" pod "\",\"uid\":\"" uid "\"},\"workload\":{" api \
	"\"kind\":\"" kind "\",\"name\":\"" name "\"}"
#define WHO(uid, pod, kind, name) WHO_OF("", uid, pod, kind, name)
#define APPS "\"apiVersion\":\"apps/v1\","
#define BOX(id) "\"containers\":[{\"id\":\"" id "\"}]"

struct world {
	struct hn_catalogue *catalogue;
	struct hn_workload_kinds *kinds;
	struct hn_admission_policy *policy;
	struct hn_audit audit;
	struct hn_observations *seen;
	struct hn_drift drift;
	struct hn_reason gap, reason;
};

static int on_asset(void *arg, const struct hn_asset *asset, struct hn_reason *reason)
{
	return hn_audit_add(arg, "objects", asset, reason);
}

static void compare(struct world *w, const char *objects, const char *lines,
		    const struct hn_exceptions *exceptions, const char *ns)
{
	struct hn_asset_source source = {.name = "objects", .found = on_asset, .arg = &w->audit};
	struct hn_asset_reader *reader;

	memset(w, 0, sizeof(*w));
	assert_int_equal(hn_catalogue_new(NULL, 0, &w->catalogue, &w->reason), 0);
	assert_int_equal(hn_workload_kinds_new(NULL, 0, &w->kinds, &w->reason), 0);
	assert_int_equal(
		hn_admission_policy_new(w->catalogue, exceptions, (struct hn_wall){0}, &w->policy, &w->reason), 0);
	w->audit = (struct hn_audit){
		.catalogue = w->catalogue, .exceptions = exceptions, .policy = w->policy, .ns = ns};
	source.kinds = w->kinds;
	reader = hn_asset_reader_new(&source);
	assert_non_null(reader);
	assert_int_equal(hn_asset_reader_feed(reader, objects, strlen(objects), &w->reason), 0);
	assert_int_equal(hn_asset_reader_finish(reader, &w->reason), 0);
	hn_asset_reader_free(reader);
	assert_int_equal(hn_audit_roll_up(&w->audit, &w->reason), 0);
	w->seen = hn_observations_new();
	assert_non_null(w->seen);
	if (hn_observations_read(w->seen, "lines", lines, strlen(lines), NULL, &w->gap, &w->reason) < 0)
		fail_msg("%s", w->reason.text);
	assert_int_equal(hn_drift_compare(&w->audit, w->seen, &w->drift, &w->reason), 0);
	w->audit.drift = &w->drift;
}

static void done(struct world *w)
{
	hn_drift_done(&w->drift);
	hn_observations_free(w->seen);
	hn_audit_done(&w->audit);
	hn_admission_policy_free(w->policy);
	hn_workload_kinds_free(w->kinds);
	hn_catalogue_free(w->catalogue);
}

static const struct hn_drift_workload *declared(const struct world *w, const char *name)
{
	for (size_t i = 0; i < w->audit.n_workloads; i++) {
		if (strcmp(w->audit.workloads[i].name, name) == 0)
			return &w->drift.workloads[i];
	}
	fail_msg("no workload %s", name);
	return NULL;
}

static void by_uid_then_by_workload(void **state _unused_)
{
	struct world w;

	/* The first has another owner in the agent's eyes: the uid decides. */
	compare(&w, POD("one", "u1", "") DEPLOYMENT("two", "") DEPLOYMENT("three", "\"replicas\":0,"),
		EVENT("opened",
		      FINDING("1", "open", CAUSE("declared"), WHO("u1", "one", "StatefulSet", "other"), "ai"))
			EVENT("opened", FINDING("2", "open", CAUSE("declared"),
						WHO("u2", "two-x", "Deployment", "two"), "ai"))
				EVENT("opened", FINDING("3", "open", CAUSE("declared"),
							WHO("u3", "two-y", "Deployment", "two"), "ai")),
		NULL, NULL);
	assert_string_equal(declared(&w, "one")->seen->finding, "1");
	assert_int_equal(declared(&w, "two")->n_observed, 2);
	assert_int_equal(declared(&w, "two")->admission, HN_ADMISSION_DENIES);
	assert_null(declared(&w, "three")->seen);
	assert_string_equal(declared(&w, "three")->why_not, "replicas: 0");
	assert_int_equal(w.drift.n_strays, 0);
	assert_false(hn_drift_failed(&w.drift, true));
	done(&w);
}

#define OF(api, kind, name)                                                                                      \
	"\"pod\":{\"namespace\":\"ml\",\"name\":\"x\",\"uid\":\"" name "\"},\"workload\":{\"apiVersion\":\"" api \
	"\","                                                                                                    \
	"\"kind\":\"" kind "\",\"name\":\"" name "\"}"
#define SET(api, more)                                                                                   \
	"{\"apiVersion\":\"" api                                                                         \
	"\",\"kind\":\"StatefulSet\",\"metadata\":{\"namespace\":\"ml\",\"name\":\"s\"},\"spec\":{" more \
	"\"template\":{\"spec\":" VLLM "}}}\n"

/* What an agent takes for the workload is what a pod's names tell: the objects know its group, and who made it. */
static void by_group_and_owner(void **state _unused_)
{
	static const char job[] =
		"{\"apiVersion\":\"batch/v1\",\"kind\":\"Job\",\"metadata\":{\"namespace\":\"ml\",\"name\":\"manual\","
		"\"ownerReferences\":[{\"apiVersion\":\"batch/v1\",\"kind\":\"CronJob\",\"name\":\"nightly\",\"controller\":true}]},"
		"\"spec\":{\"template\":{\"spec\":" VLLM "}}}\n"
		"{\"apiVersion\":\"batch/v1\",\"kind\":\"CronJob\",\"metadata\":{\"namespace\":\"ml\",\"name\":\"nightly\"},"
		"\"spec\":{\"jobTemplate\":{\"spec\":{\"template\":{\"spec\":" VLLM "}}}}}\n";
	struct world w;

	compare(&w, job,
		EVENT("opened", FINDING("1", "open", CAUSE("declared"), OF("batch/v1", "Job", "manual"), "ai")),
		NULL, NULL);
	assert_string_equal(declared(&w, "nightly")->seen->finding, "1");
	assert_int_equal(w.drift.n_strays, 0);
	done(&w);
	compare(&w, SET("apps/v1", "") SET("apps.kruise.io/v1beta1", "\"replicas\":0,"),
		EVENT("opened", FINDING("1", "open", CAUSE("declared"), OF("apps/v1", "StatefulSet", "s"), "ai")),
		NULL, NULL);
	assert_int_equal(w.audit.n_workloads, 2);
	assert_string_equal(w.audit.workloads[0].api_version, "apps/v1");
	assert_int_equal(w.drift.workloads[0].n_observed, 1);
	assert_string_equal(w.drift.workloads[1].why_not, "replicas: 0");
	done(&w);
}

static void what_is_drift(void **state _unused_)
{
	static const struct {
		const char *finding;
		size_t strays;
		enum hn_admission admission;
		bool fails, likely_fails;
	} rows[] = {
		{FINDING("1", "open", CAUSE("joined"), WHO("u1", "p", "Deployment", "d"), "ai"), 1,
		 HN_ADMISSION_RUNTIME, true, true},
		{FINDING("1", "open", CAUSE("socket"), WHO("u1", "p", "Deployment", "d"), "likely"), 1,
		 HN_ADMISSION_RUNTIME, false, true},
		{FINDING("1", "open", CAUSE("unmanaged"), BOX("c1"), "ai"), 1, HN_ADMISSION_UNMANAGED, true, true},
		{FINDING("1", "open", "", WHO("u1", "p", "", ""), "ai"), 1, HN_ADMISSION_UNKNOWN, true, true},
		{FINDING("1", "open", CAUSE("declared"), WHO("u1", "p", "Deployment", "d"), "ai"), 1,
		 HN_ADMISSION_UNSEEN, true, true},
		{FINDING("1", "open", CAUSE("declared"), WHO("u1", "p", "Deployment", "d"), "not-ai"), 0, 0, false,
		 false},
		{FINDING("1", "open", CAUSE("joined"), WHO("u1", "p", "Deployment", "d"), "not-ai"), 1,
		 HN_ADMISSION_RUNTIME, false, false},
		/* A verdict of a newer agent's: no pass by a word that we do not know. */
		{FINDING("1", "open", CAUSE("joined"), WHO("u1", "p", "Deployment", "d"), "surely"), 1,
		 HN_ADMISSION_RUNTIME, true, true},
		{FINDING("1", "excepted", CAUSE("joined"), WHO("u1", "p", "Deployment", "d"), "ai"), 1,
		 HN_ADMISSION_RUNTIME, false, false},
		{FINDING("1", "resolved", CAUSE("joined"), WHO("u1", "p", "Deployment", "d"), "ai"), 0, 0, false,
		 false},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		char lines[1024];
		struct world w;

		snprintf(lines, sizeof(lines),
			 "{\"schema\":\"hostnetd.event/v1\",\"type\":\"finding.opened\",\"finding\":%s}",
			 rows[i].finding);
		compare(&w, "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[]}", lines, NULL, NULL);
		if (w.drift.n_strays != rows[i].strays || hn_drift_failed(&w.drift, false) != rows[i].fails ||
		    hn_drift_failed(&w.drift, true) != rows[i].likely_fails ||
		    hn_audit_failed(&w.audit, false) != rows[i].fails ||
		    (rows[i].strays && w.drift.strays[0].admission != rows[i].admission))
			fail_msg("row %zu: %zu strays, admission %d", i, w.drift.n_strays,
				 w.drift.n_strays ? (int)w.drift.strays[0].admission : -1);
		done(&w);
	}
}

/* A joined container of a workload that declares the host network elsewhere is drift all the same. */
static void joined_is_never_declared(void **state _unused_)
{
	struct world w;

	compare(&w, DEPLOYMENT("d", ""),
		EVENT("opened", FINDING("1", "open", CAUSE("joined"), WHO("u1", "p", "Deployment", "d"), "ai")),
		NULL, NULL);
	assert_null(declared(&w, "d")->seen);
	assert_int_equal(w.drift.n_strays, 1);
	assert_string_equal(w.drift.strays[0].workload->name, "d");
	done(&w);
}

static void static_pods_pass_admission_by(void **state _unused_)
{
	struct world w;

	compare(&w, POD("s", "u1", MIRROR) POD("t", "u2", ""), "", NULL, NULL);
	assert_int_equal(declared(&w, "s")->admission, HN_ADMISSION_STATIC);
	assert_int_equal(declared(&w, "t")->admission, HN_ADMISSION_DENIES);
	assert_string_not_equal(w.gap.text, "");
	done(&w);
}

static void namespaces_and_exceptions(void **state _unused_)
{
	static const char rules[] =
		"exceptions:\n- {name: ok, reason: known, expires: 2099-01-01, match: {causes: "
		"[joined], workloads: [{kind: Deployment, name: d}]}}\n"
		"- {name: by-port, reason: known, expires: 2099-01-01, match: {causes: [joined, socket], ports: [29500], "
		"workloads: [{kind: Deployment, name: d}]}}\n"; /* of which ports a stray has opened nobody said */
	/* One says no group, one another group: of neither it is known that it is the rule's. */
	static const char lines[] = EVENT(
		"opened", FINDING("1", "open", CAUSE("joined"), WHO_OF(APPS, "u1", "p", "Deployment", "d"), "ai"))
		EVENT("opened",
		      FINDING("2", "open", CAUSE("socket"), WHO_OF(APPS, "u2", "q", "Deployment", "d"), "ai"))
			EVENT("opened",
			      FINDING("3", "open", CAUSE("joined"), WHO("u3", "r", "Deployment", "d"), "ai"))
				EVENT("opened", FINDING("4", "open", CAUSE("joined"),
							WHO_OF("\"apiVersion\":\"evil.example.org/v1\",", "u4",
							       "s", "Deployment", "d"),
							"ai"));
	struct hn_exceptions *x = NULL;
	struct hn_reason reason;
	struct world w;

	assert_int_equal(hn_exceptions_parse("rules", rules, strlen(rules), &x, &reason), 0);
	compare(&w, DEPLOYMENT("d", ""), lines, x, NULL);
	assert_int_equal(w.drift.n_strays, 4);
	assert_string_equal(w.drift.strays[0].exception, "ok");
	for (size_t i = 1; i < w.drift.n_strays; i++)
		assert_null(w.drift.strays[i].exception);
	done(&w);
	compare(&w, DEPLOYMENT("d", ""), lines, NULL, "other");
	assert_int_equal(w.drift.n_strays, 0);
	done(&w);
	hn_exceptions_free(x);
}

/* Less than what runs, or an exception of another template of the same maker, is no answer for it. */
static void a_weaker_answer_is_none(void **state _unused_)
{
	static const char likely[] =
		"{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"namespace\":\"ml\",\"name\":\"d\"},\"spec\":{"
		"\"template\":{\"spec\":{\"hostNetwork\":true,\"containers\":[{\"name\":\"c\",\"image\":\"python:3.12\",\"env\":[{\"name\":"
		"\"HF_TOKEN\",\"value\":\"x\"}],\"resources\":{\"limits\":{\"nvidia.com/gpu\":\"1\"}}}]}}}}\n";
	static const char set[] =
		"{\"apiVersion\":\"jobset.x-k8s.io/v1alpha2\",\"kind\":\"JobSet\",\"metadata\":{\"namespace\":\"ml\",\"name\":\"train\"},"
		"\"spec\":{\"replicatedJobs\":[{\"template\":{\"spec\":{\"template\":{\"spec\":" VLLM "}}}}]}}\n"
		"{\"apiVersion\":\"batch/v1\",\"kind\":\"Job\",\"metadata\":{\"namespace\":\"ml\",\"name\":\"train-worker\","
		"\"ownerReferences\":[{\"apiVersion\":\"jobset.x-k8s.io/v1alpha2\",\"kind\":\"JobSet\",\"name\":\"train\","
		"\"controller\":true}]},\"spec\":{\"template\":{\"spec\":" SPEC("alpine") "}}}\n";
	static const char rule[] = "exceptions:\n- {name: leader, reason: known, expires: 2099-01-01, match: "
				   "{images: [vllm/*]}}\n";
	struct hn_exceptions *x = NULL;
	struct hn_reason reason;
	struct world w;

	compare(&w, likely,
		EVENT("opened",
		      FINDING("1", "open", CAUSE("declared"), WHO("u", "d-x", "Deployment", "d"), "likely")),
		NULL, NULL);
	assert_int_equal(w.drift.n_strays, 0);
	done(&w);
	compare(&w, likely,
		EVENT("opened", FINDING("1", "open", CAUSE("declared"), WHO("u", "d-x", "Deployment", "d"), "ai")),
		NULL, NULL);
	assert_int_equal(w.drift.n_strays, 1);
	assert_true(hn_drift_failed(&w.drift, false));
	done(&w);
	assert_int_equal(hn_exceptions_parse("rules", rule, strlen(rule), &x, &reason), 0);
	compare(&w, set,
		EVENT("opened",
		      FINDING("1", "open", CAUSE("declared"), OF("batch/v1", "Job", "train-worker"), "ai")),
		x, NULL);
	assert_int_equal(w.drift.n_strays, 1);
	assert_true(hn_drift_failed(&w.drift, false));
	done(&w);
	/* Its own rule at the agent. */
	compare(&w, set,
		EVENT("opened",
		      FINDING("1", "excepted", CAUSE("declared"), OF("batch/v1", "Job", "train-worker"), "ai")),
		x, NULL);
	assert_false(hn_drift_failed(&w.drift, false));
	done(&w);
	hn_exceptions_free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_uid_then_by_workload),
		cmocka_unit_test(by_group_and_owner),
		cmocka_unit_test(what_is_drift),
		cmocka_unit_test(joined_is_never_declared),
		cmocka_unit_test(static_pods_pass_admission_by),
		cmocka_unit_test(namespaces_and_exceptions),
		cmocka_unit_test(a_weaker_answer_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
