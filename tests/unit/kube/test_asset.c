// SPDX-License-Identifier: Apache-2.0
// Objects to assets: every form of input, at every cut; which templates of which kinds; what is refused, and how.
#include "asset_rig.h"

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
	/* A pod spec in a pod spec. */
	check("apiVersion: example.org/v1\nkind: Thing\nmetadata: {name: t}\n"
	      "spec: {hostNetwork: true, containers: [{name: c}], workers: [{hostNetwork: true, containers: [{name: w}]}]}\n",
	      "other example.org/v1 Thing /t spec+host spec.workers[0]+host\n");
	check("apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: i}\n"
	      "spec: {predictor: {hostNetwork: true, containers: [{name: c}], x: {hostNetwork: true, containers: [{name: w}]}}}\n",
	      "other serving.kserve.io/v1beta1 InferenceService /i spec.predictor+host spec.predictor.x+host\n");
}

/* A workflow's patch of its pods may be JSON, YAML, or hold what is put in later. */
static void patched_into_the_host_network(void **state _unused_)
{
	static const struct {
		const char *patch; /* as YAML has it in double quotes */
		bool host;
	} rows[] = {
		{"{\\\"hostNetwork\\\": true}", true},
		{"{\\\"hostNetwork\\\": false, \\\"containers\\\": [{\\\"tty\\\": true}]}", false},
		{"{\\\"hostNetwor\\\\u006b\\\":true}", true},
		{"hostNetwork: true\\ncontainers: []", true},
		{"'hostNetwork' : yes", true},
		{"hostNetwork: false", false},
		{"{\\\"hostNetwork\\\": {{inputs.parameters.host}}}", true},
		{"{{inputs.parameters.pod-spec-patch}}", false},
		{"{\\\"metadata\\\": {\\\"hostNetwork\\\": true}}", false},
		{"# hostNetwork", false},
	};
	static const char *const places[][2] = {
		{"podSpecPatch: ", "\n  templates: [{container: {image: x}}]"},
		{"templateDefaults: {container: {image: x}, podSpecPatch: ", "}"},
		{"templates: [{container: {image: x}, podSpecPatch: ", "}]"},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++)
		for (size_t k = 0; k < HN_ARRAY_SIZE(places); k++) {
			_cleanup_(hn_str_done) struct hn_str text = {0}, line = {0};

			hn_str_puts(&text,
				    "apiVersion: argoproj.io/v1\nkind: Workflow\nmetadata: {name: w}\nspec:\n");
			hn_str_printf(&text, "  %s\"%s\"%s\n", places[k][0], rows[i].patch, places[k][1]);
			hn_str_printf(&line, "other argoproj.io/v1 Workflow /w spec%s\n",
				      rows[i].host ? "+host" : "");
			check(hn_str_get(&text), hn_str_get(&line));
		}
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
		{"apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {name: t}\nobjects:\n"
		 "- {spec: {template: {spec: {hostNetwork: '${{HOST}}', containers: [{name: c}]}}}}\n",
		 "objects[0].spec.template.spec.hostNetwork is not true or false"},
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

/* It declares pods, and none are in it: neither passed nor looked at. */
static void without_content(void **state _unused_)
{
#define OF(version, kind, spec) "apiVersion: " version "\nkind: " kind "\nmetadata: {name: x}\n" spec "\n"
	static const char *const pod_spec = "it has no pod spec: is it cut off?";
	static const char *const containers = "it has no containers: is it cut off?";
	const struct {
		const char *text, *why;
	} rows[] = {
		{OF("apps/v1", "Deployment", ""), pod_spec},
		{OF("apps/v1", "Deployment", "spec:"), pod_spec},
		{OF("apps/v1", "Deployment", "spec: {}"), pod_spec},
		{OF("apps/v1", "StatefulSet", "spec: {template: {}}"), pod_spec},
		{OF("apps/v1", "DaemonSet", "spec: {template: {metadata: {labels: {a: b}}}}"), pod_spec},
		{OF("apps/v1", "DaemonSet", "spec: {template: {spec: }}"), pod_spec},
		{OF("batch/v1", "Job", "spec: {suspend: true}"), pod_spec},
		{OF("batch/v1", "CronJob", "spec: {jobTemplate: {spec: {}}}"), pod_spec},
		{OF("apps/v1", "Deployment", "spec: {template: {spec: {hostNetwork: true}}}"), containers},
		{OF("v1", "Pod", "spec: {hostNetwork: true, containers: }"), containers},
		{OF("v1", "Pod", ""), "spec is not there"},
		{OF("meta.k8s.io/v1", "Table", "rows: []"), "a Table, which has no objects in it"},
		{OF("meta.k8s.io/v1beta1", "PartialObjectMetadata", ""), "a PartialObjectMetadata, which"},
		{OF("meta.k8s.io/v1", "PartialObjectMetadataList", "items: []"),
		 "a PartialObjectMetadataList, which"},
		{"{\"kind\":\"PartialObjectMetadataList\",\"apiVersion\":\"meta.k8s.io/v1\",\"items\":[]}",
		 "a PartialObjectMetadataList, which"},
		{"{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"rows\":[]}", "a Table, which"},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++)
		check_refused(rows[i].text, rows[i].why);
	check(OF("ray.io/v1", "RayCluster", "spec: {}"), "");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json),
		cmocka_unit_test(kinds_beyond),
		cmocka_unit_test(patched_into_the_host_network),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(without_names),
		cmocka_unit_test(without_content),
		cmocka_unit_test(elsewhere),
		cmocka_unit_test(sidecars),
		cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
