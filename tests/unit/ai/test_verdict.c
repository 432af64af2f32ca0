/* SPDX-License-Identifier: Apache-2.0 */
/* Weights, contrary signals, init containers and sidecars, where evidence stands and what it never shows. */
#include "rig.h"

static struct hn_catalogue *catalogue;

static int set_up(void **state)
{
	(void)state;
	catalogue = rig_catalogue(NULL, 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	hn_catalogue_free(catalogue);
	return 0;
}

static void assert_evidence(const struct hn_judgement *j, const char *signature, const char *signal, bool observed,
			    const char *path, const char *value)
{
	const struct hn_evidence *e = rig_evidence(j, signature);

	assert_non_null(e);
	assert_string_equal(e->signal, signal);
	assert_int_equal(e->observed, observed);
	assert_string_equal(e->path, path);
	assert_string_equal(e->value, value);
}

static void test_nothing(void **state)
{
	struct hn_judgement j;
	struct rig r;

	(void)state;
	rig_init(&r);
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_NOT_AI, "", "");
	assert_int_equal(j.n_evidence, 0);
	hn_ai_judge(catalogue, NULL, NULL, 0, &j);
	rig_assert_judged(&j, HN_NOT_AI, "", "");
}

static void test_image_alone(void **state)
{
	struct hn_judgement j;
	struct rig r;

	(void)state;
	rig_init(&r);
	r.container.image = "r.example/vllm/vllm-openai:v1";
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_AI, "inference", "vllm");
	assert_evidence(&j, "vllm", "image", false, "spec.containers[0].image", "r.example/vllm/vllm-openai:v1");
}

static void test_where_evidence_stands(void **state)
{
	struct hn_judgement j;
	struct rig r;

	(void)state;
	rig_init(&r);
	r.container.index = 2;
	rig_command(&r, "tini --");
	rig_args(&r, "ollama serve --tensor-parallel-size=2");
	rig_env(&r, "PATH QDRANT__SERVICE__HTTP_PORT");
	rig_resource(&r, "nvidia.com/gpu");
	rig_label(&r, "serving.kserve.io/inferenceservice", "x");
	r.pod.controller = (struct hn_owner){"kubeflow.org/v1", "Notebook", "n"};
	j = rig_judge(&r, catalogue);
	assert_evidence(&j, "ollama", "exe", false, "spec.containers[2].args[0]", "ollama");
	assert_evidence(&j, "model-server-flags", "argv", false, "spec.containers[2].args[2]",
			"--tensor-parallel-size");
	assert_evidence(&j, "qdrant", "env", false, "spec.containers[2].env[1]", "QDRANT__SERVICE__HTTP_PORT");
	assert_evidence(&j, "accelerators", "resource", false, "spec.containers[2].resources", "nvidia.com/gpu");
	assert_evidence(&j, "kserve", "label", false, "metadata.labels[serving.kserve.io/inferenceservice]",
			"serving.kserve.io/inferenceservice");
	assert_evidence(&j, "kubeflow-notebook", "owner", false, "metadata.ownerReferences", "Notebook");
	for (size_t i = 1; i < j.n_evidence; i++) /* the heaviest first */
		assert_true(j.evidence[i].weight <= j.evidence[i - 1].weight);
}

static void test_process(void **state)
{
	struct hn_judgement j;
	struct rig r;

	(void)state;
	rig_init(&r);
	rig_process(&r, "/usr/bin/python3.12", "python3 -m vllm.entrypoints.openai.api_server --max-model-len 1");
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_AI, "inference", "vllm");
	assert_evidence(&j, "vllm", "argv", true, "process 4711 argv[2]", "vllm.entrypoints.openai.api_server");
	assert_evidence(&j, "model-server-flags", "argv", true, "process 4711 argv[3]", "--max-model-len");
	rig_init(&r);
	rig_process(&r, "/usr/local/bin/ollama", "");
	hn_ai_judge(catalogue, NULL, &r.process, 1, &j); /* the pod is not known yet */
	rig_assert_judged(&j, HN_AI, "inference", "ollama");
	assert_evidence(&j, "ollama", "exe", true, "process 4711 exe", "ollama");
}

/* Weak signs add up; one alone is not enough, and all of one entry stop at its cap. */
static void test_weak_signs(void **state)
{
	struct hn_judgement j;
	struct rig r;

	(void)state;
	rig_init(&r);
	rig_resource(&r, "nvidia.com/gpu");
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_NOT_AI, "", "");
	rig_command(&r, "/srv/run --max-model-len 1");
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_LIKELY_AI, "inference", "");
	rig_command(&r, "/srv/run --max-model-len 1 --tensor-parallel-size 1");
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_AI, "inference", "");
	rig_init(&r);
	rig_env(&r, "OPENAI_API_KEY");
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_NOT_AI, "", "");
	rig_env(&r, "OPENAI_API_KEY ANTHROPIC_API_KEY GROQ_API_KEY MISTRAL_API_KEY COHERE_API_KEY");
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_LIKELY_AI, "agent", ""); /* a client, however many keys it has */
}

/* GPU and model hub say AI and not which kind: training flags do, though they weigh less. */
static void test_vague_signs_do_not_name_the_category(void **state)
{
	struct hn_judgement j;
	struct rig r;

	(void)state;
	rig_init(&r);
	rig_resource(&r, "habana.ai/gaudi");
	rig_command(&r, "/srv/run --learning-rate 1");
	rig_env(&r, "HF_TOKEN");
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_AI, "training", "");
}

static void test_against(void **state)
{
	struct hn_judgement j;
	struct rig r;

	(void)state;
	rig_init(&r); /* a video program takes a GPU's weight away */
	rig_resource(&r, "nvidia.com/gpu");
	rig_command(&r, "ffmpeg -i x");
	rig_env(&r, "HF_TOKEN MODEL_ID");
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_NOT_AI, "", "");
	assert_true(rig_evidence(&j, "video")->weight < 0);
	rig_command(&r, "ffmpegs -i x"); /* near miss: the same without it */
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_LIKELY_AI, "inference", "");
	rig_init(&r); /* but never from a process that was seen */
	r.container.image = "nginx:1";
	rig_process(&r, "", "ollama serve");
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_AI, "inference", "ollama");
	rig_init(&r); /* nor from a program that is AI by itself */
	r.container.image = "nginx:1";
	rig_command(&r, "ollama serve");
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_AI, "inference", "ollama");
	rig_init(&r); /* what runs outweighs the image */
	r.container.image = "weaviate/weaviate:1";
	rig_process(&r, "", "haproxy -f x");
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_NOT_AI, "", "");
	rig_init(&r); /* grafana speaks against, mcp/grafana names more of the path */
	r.container.image = "r.example/mcp/grafana:1";
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_AI, "agent", "mcp-grafana");
	r.container.image = "r.example/mcq/grafana:1";
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_NOT_AI, "", "");
	rig_init(&r); /* what a data platform's own resource owns */
	rig_resource(&r, "nvidia.com/gpu");
	rig_env(&r, "HF_TOKEN");
	r.pod.controller = (struct hn_owner){"sparkoperator.k8s.io/v1beta2", "SparkApplication", "x"};
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_NOT_AI, "", "");
	r.pod.controller.kind = "SparklingApplication";
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_LIKELY_AI, "inference", "");
	rig_init(&r); /* a store beside an AI product carries the product's labels */
	r.container.image = "milvusdb/etcd:3";
	rig_label(&r, "app.kubernetes.io/name", "milvus");
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_NOT_AI, "", "");
}

/* Whoever writes a pod writes these too, at no cost. */
static void test_a_strong_image_is_not_talked_away(void **state)
{
	static const struct {
		const char *image, *variables, *label, *owner;
	} rows[] = {
		{"ollama/ollama:1", "AIRFLOW__X", NULL, NULL},
		{"ollama/ollama:1", NULL, "spark-role", NULL},
		{"vllm/vllm-openai:v0.6.0", NULL, "strimzi.io/cluster", "Kafka"},
		{"vllm/vllm-openai:v0.6.0", "SELKIES_X POOL_URL", NULL, "SparkApplication"},
	};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_judgement j;
		struct rig r;

		rig_init(&r);
		r.container.image = rows[i].image;
		if (rows[i].variables)
			rig_env(&r, rows[i].variables);
		if (rows[i].label)
			rig_label(&r, rows[i].label, "x");
		if (rows[i].owner)
			r.pod.controller = (struct hn_owner){"evil.example/v1", rows[i].owner, "x"};
		j = rig_judge(&r, catalogue);
		assert_int_equal(j.verdict, HN_AI);
		rig_command(&r, "airflow scheduler"); /* what it starts does speak against it */
		j = rig_judge(&r, catalogue);
		assert_int_equal(j.verdict, HN_NOT_AI);
	}
}

/* A start script has some hundred lines, and ends in what it is for. */
static void test_a_long_script(void **state)
{
	static const struct {
		unsigned lines;
		enum hn_verdict verdict;
	} rows[] = {{1, HN_AI}, {64, HN_AI}, {1000, HN_AI}, {1100, HN_NOT_AI}};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_str script = {0};
		const char *command[] = {"bash", "-c", NULL};
		struct hn_judgement j;
		struct rig r;

		for (unsigned n = 0; n < rows[i].lines; n++)
			hn_str_printf(&script, "mkdir -p /a/very/long/path/of/a/folder/%u\n", n);
		hn_str_puts(&script, "ollama serve\n");
		command[2] = hn_str_get(&script);
		rig_init(&r);
		r.container.command = command;
		r.container.n_command = 3;
		j = rig_judge(&r, catalogue);
		if (j.verdict != rows[i].verdict)
			fail_msg("%u lines", rows[i].lines);
		hn_str_done(&script);
	}
}

/* A program of weight 0 silences its arguments and nothing else. */
static void test_silent_programs(void **state)
{
	struct hn_judgement j;
	struct rig r;

	(void)state;
	rig_init(&r);
	rig_command(&r, "sh -c 'curl --max-model-len 1 https://api.openai.com/x.gguf'");
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_NOT_AI, "", "");
	rig_command(&r, "sh -c 'curl http://x && exec ollama serve'");
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_AI, "inference", "ollama");
	rig_init(&r);
	rig_process(&r, "/usr/bin/rclone", "rclone sync /models/x.safetensors b:");
	j = rig_judge(&r, catalogue);
	rig_assert_judged(&j, HN_NOT_AI, "", "");
}

static void test_several_containers(void **state)
{
	struct hn_container k[3];
	struct hn_judgement j;
	struct rig r;

	(void)state;
	rig_init(&r);
	for (size_t i = 0; i < 3; i++)
		k[i] = r.container;
	r.pod.containers = k;
	r.pod.n_containers = 3;
	k[0].type = HN_CONTAINER_INIT;
	k[0].image = "vllm/vllm-openai:1";
	k[1].image = "registry.k8s.io/pause:3";
	k[1].index = 0;
	k[2].image = "docker.io/istio/proxyv2:1";
	k[2].index = 1;
	j = rig_judge(&r, catalogue); /* an init container alone is no workload */
	rig_assert_judged(&j, HN_NOT_AI, "", "");
	k[1].image = "vllm/vllm-openai:1";
	j = rig_judge(&r, catalogue); /* and a sidecar hides nothing */
	rig_assert_judged(&j, HN_AI, "inference", "vllm");
	assert_evidence(&j, "vllm", "image", false, "spec.containers[0].image", "vllm/vllm-openai:1");
	k[1].image = "registry.k8s.io/pause:3";
	k[2].image = "ollama/ollama:1";
	j = rig_judge(&r, catalogue); /* the most telling container counts, wherever it stands */
	rig_assert_judged(&j, HN_AI, "inference", "ollama");
	assert_evidence(&j, "ollama", "image", false, "spec.containers[1].image", "ollama/ollama:1");
	k[0].type = HN_CONTAINER_EPHEMERAL;
	k[2].image = "nginx";
	j = rig_judge(&r, catalogue);
	assert_evidence(&j, "vllm", "image", false, "spec.ephemeralContainers[0].image", "vllm/vllm-openai:1");
	k[0].type = HN_CONTAINER_INIT;
	k[1].image = "x/llm:1";
	j = rig_judge(&r, catalogue); /* what was prepared says a little of what runs */
	assert_evidence(&j, "vllm", "image", false, "spec.initContainers[0].image", "vllm/vllm-openai:1");
	rig_assert_judged(&j, HN_LIKELY_AI, "inference", "");
	k[0].is_sidecar = true;
	j = rig_judge(&r, catalogue); /* one that restarts always runs on beside the others */
	assert_evidence(&j, "vllm", "image", false, "spec.initContainers[0].image", "vllm/vllm-openai:1");
	rig_assert_judged(&j, HN_AI, "inference", "vllm");
}

/* An accelerator that is asked for, its open device and its vendor's libraries are one fact, and no AI: exporters, games
 * and transcoders have all of them. What models run on is another one. */
static void test_an_accelerator_is_one_fact(void **state)
{
	struct hn_held held[] = {
		{.pid = 5, .fd = 12, .name = "nvidia-uvm"},
		{.pid = 5, .fd = 13, .name = "nvidia0"},
		{.pid = 5, .library = true, .name = "libcuda.so.1"},
		{.pid = 5, .library = true, .name = "libcudart.so.12"},
	};
	struct hn_held torch = {.pid = 5, .library = true, .name = "libtorch_cuda.so"};
	const struct hn_pair claims[] = {{"resourceClaimTemplateName", "single-gpu"}};
	struct hn_judgement j;
	struct rig r;

	(void)state;
	rig_init(&r);
	r.container.image = "example/app";
	rig_resource(&r, "nvidia.com/gpu");
	r.pod.claims = claims;
	r.pod.n_claims = 1;
	r.process.held = held;
	r.process.n_held = HN_ARRAY_SIZE(held);
	hn_ai_judge(catalogue, &r.pod, &r.process, 1, &j);
	rig_assert_judged(&j, HN_NOT_AI, "", "");
	assert_true(j.score > 0.39 && j.score < 0.41);
	held[3] = torch;
	hn_ai_judge(catalogue, &r.pod, &r.process, 1, &j);
	rig_assert_judged(&j, HN_AI, "inference", "");
	assert_evidence(&j, "ml-libraries", "library", true, "process 5 map", "libtorch_cuda.so");
	/* An exporter's image takes nothing from what was seen, and adds nothing. */
	r.container.image = "nvcr.io/nvidia/k8s/dcgm-exporter:3";
	r.process.n_held = 3;
	hn_ai_judge(catalogue, &r.pod, &r.process, 1, &j);
	rig_assert_judged(&j, HN_NOT_AI, "", "");
}

static void test_ports_are_weak(void **state)
{
	static const uint16_t ports[] = {11434, 8000, 7860, 19530, 6333, 8265, 29500};
	struct hn_judgement j;
	struct rig r;

	(void)state;
	rig_init(&r);
	r.process.ports = ports;
	r.process.n_ports = HN_ARRAY_SIZE(ports);
	hn_ai_judge(catalogue, &r.pod, &r.process, 1, &j);
	rig_assert_judged(&j, HN_NOT_AI, "", "");
	assert_evidence(&j, "server-ports", "port", true, "process 4711 listens", "11434");
}

static void test_host_network_says_nothing(void **state)
{
	struct hn_judgement a, b;
	struct rig r;

	(void)state;
	rig_init(&r);
	rig_command(&r, "/srv/run --max-model-len 1");
	a = rig_judge(&r, catalogue);
	r.pod.host_network = r.pod.host_pid = r.container.privileged = true;
	b = rig_judge(&r, catalogue);
	assert_true(a.score == b.score && a.verdict == b.verdict);
}

/* Secrets of every form that a command line holds them in. */
static void test_no_secret_in_evidence(void **state)
{
	static const char *const lines[] = {
		"vllm serve --api-key S3CRET.gguf --hf-token=S3CRET.gguf --model acme",
		"vllm serve https://user:S3CRET@huggingface.co/x.gguf",
		"vllm serve https://huggingface.co/x.gguf?token=S3CRET",
		"env HF_TOKEN=S3CRET OPENAI_API_KEY=S3CRET vllm serve",
		"sh -c 'HF_TOKEN=S3CRET vllm serve --password S3CRET.onnx --served-model-name S3CRET'",
		"vllm serve token=S3CRET.gguf",
		"vllm serve --bearer-token S3CRET/x",
		"vllm serve --passwd=qwen/S3CRET",
		"vllm serve --max-model-len=S3CRET",
		"python3 -m vllm --api_key qwen/S3CRET",
	};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(lines); i++) {
		struct hn_judgement j[2];
		struct rig r;

		rig_init(&r);
		rig_command(&r, lines[i]);
		j[0] = rig_judge(&r, catalogue);
		rig_init(&r);
		rig_process(&r, "", lines[i]);
		j[1] = rig_judge(&r, catalogue);
		for (size_t k = 0; k < 2; k++) {
			assert_true(j[k].n_evidence > 0);
			for (size_t e = 0; e < j[k].n_evidence; e++)
				if (strcasestr(j[k].evidence[e].value, "S3CRET") ||
				    strcasestr(j[k].evidence[e].path, "S3CRET"))
					fail_msg("%s: %s = %s", lines[i], j[k].evidence[e].path,
						 j[k].evidence[e].value);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_image_alone),
		cmocka_unit_test(test_where_evidence_stands),
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_weak_signs),
		cmocka_unit_test(test_vague_signs_do_not_name_the_category),
		cmocka_unit_test(test_against),
		cmocka_unit_test(test_a_strong_image_is_not_talked_away),
		cmocka_unit_test(test_a_long_script),
		cmocka_unit_test(test_silent_programs),
		cmocka_unit_test(test_several_containers),
		cmocka_unit_test(test_an_accelerator_is_one_fact),
		cmocka_unit_test(test_ports_are_weak),
		cmocka_unit_test(test_host_network_says_nothing),
		cmocka_unit_test(test_no_secret_in_evidence),
	};

	return cmocka_run_group_tests_name("verdict", tests, set_up, tear_down);
}
