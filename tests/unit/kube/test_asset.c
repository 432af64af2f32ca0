// SPDX-License-Identifier: Apache-2.0
// Objects to assets: every form of input, at every cut; which templates of which kinds; what is refused, and how.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hostnetd/asset.h"
#include "hostnetd/str.h"

static struct hn_workload_kinds *kinds;

/* A line an asset: "deployments apps/v1 Deployment ml/x spec.template+host replicas: 0". */
static int note(void *arg, const struct hn_asset *a, struct hn_reason *reason _unused_)
{
	struct hn_str *out = arg;

	hn_str_printf(out, "%s %s %s %s/%s", hn_query_name(a->query), a->api_version, a->kind, a->ns, a->name);
	for (size_t i = 0; i < a->n_templates; i++)
		hn_str_printf(out, " %s%s%s", a->templates[i].path,
			      a->templates[i].pod.host_network ? "+host" : "",
			      a->templates[i].pod.n_containers ? "" : "-empty");
	hn_str_printf(out, "%s%s\n", a->inactive[0] ? " " : "", a->inactive);
	return 0;
}

static int read_from(const struct hn_asset_source *source, const char *text, size_t step, struct hn_reason *reason)
{
	_cleanup_(hn_asset_reader_cleanup) struct hn_asset_reader *r = hn_asset_reader_new(source);
	size_t n = strlen(text);
	int got = 0;

	for (size_t at = 0; got == 0 && at < n; at += step)
		got = hn_asset_reader_feed(r, text + at, n - at < step ? n - at : step, reason);
	return got < 0 ? got : hn_asset_reader_finish(r, reason);
}

static int read_text(const char *text, size_t step, const char *kind, struct hn_str *out, struct hn_reason *reason)
{
	const struct hn_asset_source source = {.name = "file",
					       .api_version = kind ? "v1" : NULL,
					       .kind = kind,
					       .kinds = kinds,
					       .found = note,
					       .arg = out};

	return read_from(&source, text, step, reason);
}

static void check(const char *text, const char *expected)
{
	static const size_t steps[] = {1, 3, 100000};

	for (size_t i = 0; i < HN_ARRAY_SIZE(steps); i++) {
		_cleanup_(hn_str_done) struct hn_str out = {0};
		struct hn_reason reason = {""};

		if (read_text(text, steps[i], NULL, &out, &reason) < 0)
			fail_msg("%s", reason.text);
		assert_string_equal(hn_str_get(&out), expected);
	}
}

#define SPEC(host) "{\"hostNetwork\":" host ",\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}"
#define JSON_DEPLOYMENT                                                                                           \
	"{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"d\",\"namespace\":\"ml\"}," \
	"\"spec\":{\"replicas\":0,\"template\":{\"spec\":" SPEC("true") "}}}"
#define DEPLOYMENT_LINE "deployments apps/v1 Deployment ml/d spec.template+host replicas: 0\n"

static void json(void **state _unused_)
{
	check(JSON_DEPLOYMENT, DEPLOYMENT_LINE);
	check(JSON_DEPLOYMENT "\n" JSON_DEPLOYMENT "---\n" JSON_DEPLOYMENT,
	      DEPLOYMENT_LINE DEPLOYMENT_LINE DEPLOYMENT_LINE);
	check("{\"apiVersion\":\"v1\",\"items\":[" JSON_DEPLOYMENT "],\"kind\":\"List\"}", DEPLOYMENT_LINE);
	check("{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[{\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"p\"},"
	      "\"status\":{\"phase\":\"Succeeded\"},\"spec\":" SPEC("false") "}]}",
	      "pods v1 Pod /p  phase: Succeeded\n");
	check("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"}}", "");
}

static void yaml(void **state _unused_)
{
	check("# nothing\n---\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
	      "spec: {hostNetwork: yes, containers: [{name: c, image: i, args: [-p, 80], env: [{name: A, value: on}]}]}\n"
	      "---\napiVersion: v1\nkind: Pod\nmetadata: {name: q}\nspec: {hostNetwork: off, containers: [{name: c}]}\n...\n",
	      "pods v1 Pod /p +host\npods v1 Pod /q \n");
	check("x: &b {hostNetwork: true, containers: [{name: c, image: i}]}\napiVersion: apps/v1\nkind: DaemonSet\n"
	      "metadata: {name: d}\nspec: {template: {spec: {<<: *b, hostPID: true}}}\n",
	      "daemonSets apps/v1 DaemonSet /d spec.template+host\n");
	/* What is written wins over what is merged. */
	check("x: &b {hostNetwork: true}\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
	      "spec: {containers: [{name: c}], hostNetwork: false, <<: *b}\n",
	      "pods v1 Pod /p \n");
	check("apiVersion: v1\nkind: List\nitems:\n- apiVersion: batch/v1\n  kind: CronJob\n  metadata: {name: c}\n"
	      "  spec: {suspend: true, jobTemplate: {spec: {template: {spec: {containers: [{name: c}]}}}}}\n",
	      "cronJobs batch/v1 CronJob /c spec.jobTemplate.spec.template suspend: true\n");
}

static void kinds_beyond(void **state _unused_)
{
	check("apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: r}\nspec:\n"
	      "  headGroupSpec: {template: {spec: {containers: [{name: h}]}}}\n"
	      "  workerGroupSpecs: [{template: {spec: {hostNetwork: true, containers: [{name: w}]}}}]\n",
	      "other ray.io/v1 RayCluster /r spec.headGroupSpec.template spec.workerGroupSpecs[0].template+host\n");
	check("apiVersion: kubeflow.org/v1\nkind: PyTorchJob\nmetadata: {name: t}\n"
	      "spec: {pytorchReplicaSpecs: {Worker: {template: {spec: {hostNetwork: true, containers: [{name: w}]}}}}}\n",
	      "other kubeflow.org/v1 PyTorchJob /t spec.pytorchReplicaSpecs.Worker.template+host\n");
	check("apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: i}\n"
	      "spec: {predictor: {hostNetwork: true, model: {image: x}}}\n",
	      "other serving.kserve.io/v1beta1 InferenceService /i spec.predictor+host\n");
	check("apiVersion: apps.kruise.io/v1\nkind: StatefulSet\nmetadata: {name: s}\n"
	      "spec: {template: {spec: {containers: [{name: w}]}}}\n",
	      "other apps.kruise.io/v1 StatefulSet /s spec.template\n");
	check("apiVersion: kubeflow.org/v1\nkind: PyTorchJob\nmetadata: {name: t}\n"
	      "spec: {runPolicy: {suspend: true}, pytorchReplicaSpecs: {Worker: {template: {spec: {containers: [{name: w}]}}}}}\n",
	      "other kubeflow.org/v1 PyTorchJob /t spec.pytorchReplicaSpecs.Worker.template suspend: true\n");
	/* Nobody told us of this kind. */
	check("apiVersion: example.org/v1\nkind: Thing\nmetadata: {name: t}\n"
	      "spec: {a: [{hostNetwork: true, containers: [{name: c}]}, {hostNetwork: true}]}\n",
	      "other example.org/v1 Thing /t spec.a[0]+host\n");
}

static void mistakes(void **state _unused_)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"{\"kind\":\"Pod\"", "cut off"},
		{"{\"kind\":\"Pod\"}", "no apiVersion"},
		{"{\"apiVersion\":\"v1\"}", "no kind"},
		{"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"spec\":{\"hostNetwork\":\"true\"}}",
		 "spec.hostNetwork is not true or false"},
		{"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"spec\":{\"hostNetwork\":false,"
		 "\"hostNetwork\":true}}",
		 "'hostNetwork' is there twice"},
		{JSON_DEPLOYMENT "x", "an object was expected"},
		{"a: [", "file: document 1, line 2"},
		{"--- 1\n", "document 1, line 1: no Kubernetes object"},
		{"kind: Pod\n---\nkind: Pod\n", "document 1, line 1: no Kubernetes object: it has no apiVersion"},
		{"a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
		 "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
		 "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"
		 "g: [*f,*f,*f,*f,*f,*f,*f,*f,*f,*f]\n",
		 "too many values"},
		{"a: &a [*a]\n", "nested too deeply"},
		{"a: 1\na: 2\n", "line 2: a key that is there twice"},
		{"a: 1\nb: &b {c: 1, d: 2, c: 3}\n", "line 2: a key that is there twice"},
		{"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"message\":\"pods is forbidden\"}",
		 "instead of objects: pods is forbidden"},
		{"kind: Status\napiVersion: v1\n", "without a message"},
		{"kind: List\napiVersion: v1\n", "a List without items"},
		{"{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"d\"},\"items\":[],\"spec\":"
		 "{\"template\":{\"spec\":" SPEC("true") "}}}",
		 "'items' in an object that is no list"},
		{"{\"kind\":\"PodList\",\"apiVersion\":\"v1\"}", "a PodList without items"},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		_cleanup_(hn_str_done) struct hn_str out = {0};
		struct hn_reason reason = {""};

		assert_true(read_text(rows[i].text, 7, NULL, &out, &reason) < 0);
		if (!strstr(reason.text, rows[i].why))
			fail_msg("'%s' is not in: %s", rows[i].why, reason.text);
		assert_true(hn_starts_with(reason.text, "file: "));
	}
}

/* What takes libyaml minutes is refused at once; one that is as deep as allowed is not. */
static void brackets(void **state _unused_)
{
	static char deep[200000];
	char fine[160] = "a: ";

	memset(deep, '[', sizeof(deep) - 1);
	memset(fine + 3, '[', 60);
	memset(fine + 63, ']', 60);
	for (int i = 0; i < 2; i++) {
		_cleanup_(hn_str_done) struct hn_str out = {0};
		struct hn_reason reason = {""};

		assert_int_equal(read_text(i ? fine : deep, 4096, NULL, &out, &reason), -EBADMSG);
		assert_non_null(strstr(reason.text, i ? "no kind" : "nested too deeply"));
	}
}

static void pages(void **state _unused_)
{
	_cleanup_(hn_str_done) struct hn_str out = {0};
	struct hn_reason reason = {""};

	assert_int_equal(
		read_text(
			"{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"continue\":\"x\"},\"items\":["
			"{\"metadata\":{\"name\":\"p\"},\"spec\":" SPEC("true") "}]}",
			5, "Pod", &out, &reason),
		0);
	assert_string_equal(hn_str_get(&out), "pods v1 Pod /p +host\n");
	assert_int_equal(read_text("{\"kind\":\"Status\"}", 5, "Pod", &out, &reason), -EBADMSG);
	assert_int_equal(read_text(" ", 5, "Pod", &out, &reason), -EBADMSG);
}

static int note_broken(void *arg, const char *why, struct hn_reason *reason _unused_)
{
	hn_str_printf(arg, "broken: %s\n", why);
	return 0;
}

/* Whoever may make one object of a kind does not hide the others: it is told by its name, and the list goes on. */
static void broken(void **state _unused_)
{
	struct hn_str text = {0};

	hn_str_puts(&text,
		    "{\"kind\":\"WorkflowList\",\"apiVersion\":\"argoproj.io/v1alpha1\",\"items\":["
		    "{\"metadata\":{\"name\":\"aaa\",\"namespace\":\"evil\"},\"spec\":{\"hostNetwork\":\"x\"}},"
		    "{\"metadata\":7},{\"metadata\":{\"name\":\"many\"},\"spec\":{\"volumes\":[");
	for (int i = 0; i < 100; i++)
		hn_str_puts(&text, "[");
	for (int i = 0; i < 100; i++)
		hn_str_puts(&text, "]");
	hn_str_puts(&text, "]}},{\"metadata\":{\"name\":\"good\",\"namespace\":\"ml\"},\"spec\":" SPEC(
				   "true") "},{tru}]}");
	for (size_t step = 1; step < 5000; step *= 70) {
		_cleanup_(hn_str_done) struct hn_str out = {0};
		struct hn_asset_source source = {.name = "list",
						 .api_version = "argoproj.io/v1alpha1",
						 .kind = "Workflow",
						 .kinds = kinds,
						 .found = note,
						 .broken = note_broken,
						 .arg = &out};
		struct hn_reason reason = {""};

		assert_int_equal(read_from(&source, hn_str_get(&text), step, &reason), 0);
		assert_string_equal(hn_str_get(&out),
				    "broken: item 0: Workflow evil/aaa: spec.hostNetwork is not true or false\n"
				    "broken: item 1: metadata is not an object\n"
				    "broken: item 2: nested too deeply\n"
				    "other argoproj.io/v1alpha1 Workflow ml/good spec+host\n"
				    "broken: item 4: not JSON\n");
		source.broken = NULL;
		assert_true(read_from(&source, hn_str_get(&text), step, &reason) < 0);
	}
	hn_str_done(&text);
}

struct flags {
	bool empty, partial;
};

static struct flags flags_of(const char *text)
{
	_cleanup_(hn_str_done) struct hn_str out = {0};
	const struct hn_asset_source source = {.name = "file", .kinds = kinds, .found = note, .arg = &out};
	_cleanup_(hn_asset_reader_cleanup) struct hn_asset_reader *r = hn_asset_reader_new(&source);
	struct hn_reason reason = {""};

	if (hn_asset_reader_feed(r, text, strlen(text), &reason) < 0 || hn_asset_reader_finish(r, &reason) < 0)
		fail_msg("%s: %s", text, reason.text);
	return (struct flags){hn_asset_reader_is_empty(r), hn_asset_reader_is_partial(r)};
}

/* An empty list was looked at; one that goes on was not, whichever of its documents says so. */
static void lists(void **state _unused_)
{
#define POD "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"p\"},\"spec\":" SPEC("false") "}"
	static const struct {
		const char *text;
		struct flags flags;
	} rows[] = {
		{" ", {true, false}},
		{"# nothing\n---\n", {true, false}},
		{POD, {false, false}},
		{"{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[]}", {false, false}},
		{"{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":null}", {false, false}},
		{"{\"items\":[]}", {true, false}},
		{"kind: List\napiVersion: v1\nitems: []\n", {false, false}},
		{"kind: PodList\napiVersion: v1\nitems:\n", {false, false}},
		{"{\"kind\":\"List\",\"apiVersion\":\"v1\",\"metadata\":{\"continue\":\"\"},\"items\":[" POD "]}",
		 {false, false}},
		{"{\"kind\":\"List\",\"apiVersion\":\"v1\",\"metadata\":{\"continue\":\"x\"},\"items\":[" POD "]}",
		 {false, true}},
		{"{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[" POD
		 "],\"metadata\":{\"continue\":\"x\"}}\n" POD,
		 {false, true}},
		{"kind: List\napiVersion: v1\nmetadata: {continue: x}\nitems: []\n---\nkind: List\napiVersion: v1\nitems: []\n",
		 {false, true}},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct flags got = flags_of(rows[i].text);

		if (got.empty != rows[i].flags.empty || got.partial != rows[i].flags.partial)
			fail_msg("%s: empty %d, partial %d", rows[i].text, got.empty, got.partial);
	}
	/* As an API server sends it: the items say nothing of themselves. */
	check("{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{},\"items\":[{\"metadata\":{\"name\":\"p\"},"
	      "\"spec\":" SPEC(
		      "true") "}]}\n{\"kind\":\"DeploymentList\",\"apiVersion\":\"apps/v1\",\"items\":[{\"metadata\":"
			      "{\"name\":\"d\"},\"spec\":{\"template\":{\"spec\":" SPEC("true") "}}}]}",
	      "pods v1 Pod /p +host\ndeployments apps/v1 Deployment /d spec.template+host\n");
	/* Items do not make a list of what is none. */
	check("kind: DaemonSet\napiVersion: apps/v1\nmetadata: {name: d}\nitems: []\n"
	      "spec: {template: {spec: {hostNetwork: true, containers: [{name: c}]}}}\n",
	      "daemonSets apps/v1 DaemonSet /d spec.template+host\n");
	check("kind: PodList\napiVersion: v1\nitems:\n- metadata: {name: p}\n  spec: {containers: [{name: c}]}\n",
	      "pods v1 Pod /p \n");
}

static void check_refused(const char *text, const char *why)
{
	_cleanup_(hn_str_done) struct hn_str out = {0};
	struct hn_reason reason = {""};

	if (read_text(text, 100000, NULL, &out, &reason) == 0)
		fail_msg("taken, and not '%s'", why);
	if (!strstr(reason.text, why))
		fail_msg("'%s' is not in: %s", why, reason.text);
}

/* A list in a list is no object of its own, and what its items are does not go on behind it. */
static void nested(void **state _unused_)
{
	check("{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":["
	      "{\"kind\":\"DeploymentList\",\"apiVersion\":\"apps/v1\",\"items\":[{\"metadata\":{\"name\":\"d\"},\"spec\":"
	      "{\"template\":{\"spec\":" SPEC("true") "}}}]}," POD "]}," POD "]}",
	      "deployments apps/v1 Deployment /d spec.template+host\npods v1 Pod /p \npods v1 Pod /p \n");
	check("kind: List\napiVersion: v1\nitems:\n- {kind: PodList, apiVersion: v1, items: [{metadata: {name: p}, spec: "
	      "{containers: [{name: c}]}}]}\n",
	      "pods v1 Pod /p \n");
	check_refused(
		"{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[],"
		"\"items\":[" POD "]}]}",
		"'items' is there twice");
}

/* What no API server has completed. */
static void without_names(void **state _unused_)
{
	check("apiVersion: v1\nkind: Pod\nmetadata: {generateName: p-}\nspec: {hostNetwork: true, containers: [{image: i}]}\n",
	      "pods v1 Pod /p- +host\n");
	check("apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: s}\n"
	      "spec: {template: {spec: {containers: [{image: i}]}}}\n",
	      "other serving.knative.dev/v1 Service /s spec.template\n");
}

/* Another version of a kind of the table; what the table reaches is there once. */
static void elsewhere(void **state _unused_)
{
	check("apiVersion: kubeflow.org/v1alpha1\nkind: MPIJob\nmetadata: {name: m}\n"
	      "spec: {template: {spec: {hostNetwork: true, containers: [{name: c}]}},"
	      " mpiReplicaSpecs: {W: {template: {spec: {hostNetwork: true, containers: [{name: w}]}}}}}\n",
	      "other kubeflow.org/v1alpha1 MPIJob /m spec.mpiReplicaSpecs.W.template+host spec.template.spec+host\n");
}

static int note_sidecars(void *arg, const struct hn_asset *a, struct hn_reason *reason _unused_)
{
	for (size_t i = 0; i < a->templates[0].pod.n_containers; i++)
		if (a->templates[0].pod.containers[i].is_sidecar)
			hn_str_printf(arg, "%s ", a->templates[0].pod.containers[i].name);
	return 0;
}

static void sidecars(void **state _unused_)
{
	static const char text[] =
		"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
		"  containers: [{name: c, restartPolicy: Always}]\n"
		"  initContainers: [{name: i}, {name: s, restartPolicy: Always}, {name: o, restartPolicy: OnFailure}]\n";
	_cleanup_(hn_str_done) struct hn_str out = {0};
	const struct hn_asset_source source = {
		.name = "file", .kinds = kinds, .found = note_sidecars, .arg = &out};
	_cleanup_(hn_asset_reader_cleanup) struct hn_asset_reader *r = hn_asset_reader_new(&source);
	struct hn_reason reason = {""};

	assert_int_equal(hn_asset_reader_feed(r, text, strlen(text), &reason), 0);
	assert_int_equal(hn_asset_reader_finish(r, &reason), 0);
	assert_string_equal(hn_str_get(&out), "s ");
}

/* None of what is too much is left out in silence. */
static void too_many(void **state _unused_)
{
	_cleanup_(hn_str_done) struct hn_str merges = {0}, templates = {0}, containers = {0}, keys = {0};

	hn_str_puts(&merges, "a: &a {x: 1}\nb:\n");
	for (int i = 0; i < 65; i++)
		hn_str_puts(&merges, "  <<: *a\n");
	check_refused(hn_str_get(&merges), "more than 64 merges");
	hn_str_puts(&templates,
		    "apiVersion: batch.volcano.sh/v1\nkind: Job\nmetadata: {name: j}\nspec:\n  tasks:\n");
	hn_str_puts(&containers,
		    "apiVersion: argoproj.io/v1\nkind: Workflow\nmetadata: {name: w}\nspec:\n  templates:\n");
	for (int i = 0; i < 257; i++) {
		hn_str_puts(&templates, "  - template: {spec: {containers: [{name: c}]}}\n");
		hn_str_puts(&containers, "  - container: {image: i}\n");
		hn_str_printf(&keys, "k%d: 1\n", i);
	}
	check_refused(hn_str_get(&templates), "more than 256 pod templates");
	check_refused(hn_str_get(&containers), "more than 256 containers");
	hn_str_puts(&keys, "k77: 2\n");
	check_refused(hn_str_get(&keys), "line 258: a key that is there twice");
}

static int set_up(void **state _unused_)
{
	struct hn_reason reason = {""};

	return hn_workload_kinds_new(NULL, 0, &kinds, &reason);
}

static int tear_down(void **state _unused_)
{
	hn_workload_kinds_free(kinds);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json),     cmocka_unit_test(yaml),          cmocka_unit_test(kinds_beyond),
		cmocka_unit_test(mistakes), cmocka_unit_test(brackets),      cmocka_unit_test(pages),
		cmocka_unit_test(lists),    cmocka_unit_test(without_names), cmocka_unit_test(elsewhere),
		cmocka_unit_test(sidecars), cmocka_unit_test(too_many),      cmocka_unit_test(broken),
		cmocka_unit_test(nested),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
