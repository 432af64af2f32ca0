// SPDX-License-Identifier: Apache-2.0
// The recorded node's pods, whole and in pieces; and what is hostile or broken.
#include <errno.h>
#include <unistd.h>

#include "pods.h"

#define POD(uid, name) \
	"{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"ns\",\"uid\":\"" uid "\"},\"spec\":{}}"
#define LIST(items) "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{},\"items\":[" items "]}"

static const struct expected {
	const char *ns, *name, *uid;
	bool host_network, is_static;
	const char *kind, *workload; /* of the workload */
} expected[] = {
	{"ml", "vllm-0", "44f38239-e0bf-46fd-85bb-76627501bd36", true, false, "StatefulSet", "vllm"},
	{"ml", "train-qhjsx", "be6f3f7f-7d5e-4529-9ff9-625018a434af", true, false, "Job", "train"},
	{"ml", "embed-nightly-1795468920-cq2cc", "5251acba-0d08-41c1-9e77-698d87944bde", true, false, "CronJob",
	 "embed-nightly"},
	{"ml", "embed-nightly-1795469040-kdpkk", "2931717f-3f4f-4c6f-b4a1-18745afe7825", true, false, "CronJob",
	 "embed-nightly"},
	{"ml", "tgi-89df5769b-zrddl", "1d8bad6a-22ea-43e0-82cc-6f7316559c29", true, false, "Deployment", "tgi"},
	{"default", "web-56bf46b648-tgzhm", "9aa15a9e-e412-4566-bc21-43860d3b2854", false, false, "Deployment",
	 "web"},
	{"monitoring", "node-exporter-kn89l", "6a84eb26-8937-42ec-b8d0-73a55cbeb0b5", true, false, "DaemonSet",
	 "node-exporter"},
	{"ml", "embed-nightly-1795468860-lm4pf", "8294d43b-f259-4acb-bd82-588d00bfe46b", true, false, "CronJob",
	 "embed-nightly"},
	{"ml", "ollama-host", "2b8d1852-5340-41a8-b647-8aa56e95d5d9", true, false, "Pod", "ollama-host"},
	{"ml", "tgi-89df5769b-z8cnm", "3ed328d9-adaa-4360-8534-7f8449caca18", true, false, "Deployment", "tgi"},
	{"kube-system", "static-tgi-rig-node", "f31b42641e16e98b88180901237269fe", true, true, "Pod",
	 "static-tgi-rig-node"},
	{"default", "web-plain", "9c20bb9b-385c-4032-8ba0-56ba27c85048", false, false, "Pod", "web-plain"},
	{"ml", "drifter", "76e7b691-fb19-497d-a146-9da04aaaaf33", false, false, "Pod", "drifter"},
	{"default", "qos-guaranteed", "e8bb5548-f90e-4dea-a8f7-0d472bf90f4c", false, false, "Pod",
	 "qos-guaranteed"},
	{"ml", "embed-nightly-1795468980-bhg4x", "09021ba7-4c82-413a-833f-8a540aa9055c", true, false, "CronJob",
	 "embed-nightly"},
};

static void check_recorded(const struct hn_podlist *list)
{
	assert_int_equal(hn_podlist_count(list), HN_ARRAY_SIZE(expected));
	assert_null(hn_podlist_at(list, HN_ARRAY_SIZE(expected)));
	for (size_t i = 0; i < HN_ARRAY_SIZE(expected); i++) {
		const struct hn_pod *pod = hn_podlist_at(list, i);

		assert_string_equal(pod->ns, expected[i].ns);
		assert_string_equal(pod->name, expected[i].name);
		assert_string_equal(pod->uid, expected[i].uid);
		assert_int_equal(pod->host_network, expected[i].host_network);
		assert_int_equal(pod->is_static, expected[i].is_static);
		assert_false(pod->is_mirror);
		assert_string_equal(pod->workload.kind, expected[i].kind);
		assert_string_equal(pod->workload.name, expected[i].workload);
		assert_true(pod->workload.api_version[0]);
		assert_ptr_equal(hn_podlist_find(list, expected[i].uid), pod);
	}
	assert_null(hn_podlist_find(list, "44f38239-e0bf-46fd-85bb-76627501bd37"));
	assert_null(hn_podlist_find(list, ""));
}

static void recorded_in_pieces(void **state _unused_)
{
	static const size_t pieces[] = {1, 2, 3, 7, 64, 1000, 4096, 16384, 1 << 20};
	size_t n;
	char *text = read_whole(PODS_FILE, &n);

	for (size_t i = 0; i < HN_ARRAY_SIZE(pieces); i++) {
		_cleanup_(hn_podlist_cleanup) struct hn_podlist *list = NULL;
		struct hn_reason reason;

		assert_int_equal(read_pieces(text, n, pieces[i], n, &list, &reason), 0);
		check_recorded(list);
	}
	free(text);
}

static void recorded_file(void **state _unused_)
{
	_cleanup_(hn_podlist_cleanup) struct hn_podlist *list = NULL;
	const struct hn_container *container;
	const struct hn_pod *pod;
	struct hn_reason reason;

	assert_int_equal(hn_podlist_read_file(PODS_FILE, &list, &reason), 0);
	check_recorded(list);
	pod = hn_podlist_find(list, "44f38239-e0bf-46fd-85bb-76627501bd36");
	assert_string_equal(pod->phase, "Running");
	assert_string_equal(pod->controller.api_version, "apps/v1");
	assert_int_equal(pod->n_containers, 1);
	container = hn_pod_container(pod, "db7d87e1a5c3ea993c0020bbc8acaf054a2afcd0441d86d1a1caca1767da7e7f");
	assert_ptr_equal(container, &pod->containers[0]);
	assert_string_equal(container->name, "server");
	assert_string_equal(container->runtime, "containerd");
	assert_string_equal(container->image, "docker.io/vllm/vllm-openai:v0.6.3");
	assert_string_equal(container->image_id,
			    "sha256:81dc59eeac72e1cc8c4d36f8a62bec61adf529123f1440ef99b8e15c7f2a994a");
	assert_int_equal(container->n_command, 2);
	assert_string_equal(container->command[0], "/bin/sleep");
	assert_string_equal(container->command[1], "100000");
	assert_int_equal(container->n_mounts, 1);
	assert_string_equal(container->mounts[0], "/var/run/secrets/kubernetes.io/serviceaccount");
	assert_null(hn_pod_container(pod, "db7d87e1a5c3"));
	assert_null(hn_pod_container(pod, ""));
}

static const char full_pod[] = LIST(
	"{\"metadata\":{\"name\":\"p\",\"namespace\":\"n\",\"uid\":\"u\","
	"\"labels\":{\"app\":\"x\",\"empty\":null},"
	"\"annotations\":{\"kubernetes.io/config.mirror\":\"abc\",\"kubernetes.io/config.source\":\"file\","
	"\"kubectl.kubernetes.io/last-applied-configuration\":\"{SECRET}\"}},"
	"\"spec\":{\"hostNetwork\":false,\"hostPID\":true,\"runtimeClassName\":\"gvisor\","
	"\"resourceClaims\":[{\"name\":\"x\",\"resourceClaimTemplateName\":\"single-gpu\"},"
	"{\"name\":\"y\",\"resourceClaimName\":\"shared\"},{\"name\":\"z\"}],"
	"\"volumes\":[{\"name\":\"v\",\"hostPath\":{\"path\":\"/mnt/models\"}},{\"name\":\"t\",\"emptyDir\":{}},"
	"{\"name\":\"c\",\"persistentVolumeClaim\":{\"claimName\":\"weights\"}}],"
	"\"initContainers\":[{\"name\":\"i\",\"image\":\"init:1\"}],"
	"\"containers\":[{\"name\":\"a\",\"image\":\"img:1\",\"args\":[\"--x\"],"
	"\"env\":[{\"name\":\"TOKEN\",\"value\":\"SECRET\"},{\"name\":\"B\",\"valueFrom\":{}}],"
	"\"ports\":[{\"containerPort\":8000,\"name\":\"http\"},{\"containerPort\":53,\"protocol\":\"UDP\"}],"
	"\"resources\":{\"limits\":{\"nvidia.com/gpu\":\"1\",\"cpu\":2},"
	"\"requests\":{\"cpu\":\"1\",\"memory\":\"1Gi\"}},"
	"\"securityContext\":{\"privileged\":true}},{\"name\":\"b\",\"image\":\"img:2\"}],"
	"\"ephemeralContainers\":[{\"name\":\"a\",\"image\":\"dbg\"}]},"
	"\"status\":{\"phase\":\"Pending\",\"containerStatuses\":[{\"name\":\"b\"},"
	"{\"name\":\"a\",\"containerID\":\"cri-o://1234\",\"imageID\":\"sha256:1\"}],"
	"\"ephemeralContainerStatuses\":[{\"name\":\"a\",\"containerID\":\"cri-o://5678\"}]}}");

static void all_fields(void **state _unused_)
{
	_cleanup_(hn_podlist_cleanup) struct hn_podlist *list = NULL;
	const struct hn_container *c;
	const struct hn_pod *pod;
	struct hn_reason reason;

	assert_int_equal(read_text(full_pod, &list, &reason), 0);
	pod = hn_podlist_find(list, "u");
	assert_non_null(pod);
	assert_true(pod->host_pid && pod->is_static && pod->is_mirror && !pod->host_network);
	assert_string_equal(pod->runtime_class, "gvisor");
	assert_int_equal(pod->n_claims, 3);
	assert_string_equal(pod->claims[0].value, "single-gpu");
	assert_string_equal(pod->claims[1].value, "shared");
	assert_string_equal(pod->claims[2].value, "");
	assert_int_equal(pod->n_volumes, 3);
	assert_string_equal(pod->volumes[0].value, "/mnt/models");
	assert_string_equal(pod->volumes[1].value, "");
	assert_string_equal(pod->volumes[2].value, "weights");
	assert_int_equal(pod->n_labels, 2);
	assert_string_equal(pod->labels[1].key, "empty");
	assert_string_equal(pod->labels[1].value, "");
	assert_int_equal(pod->n_annotations, 3);
	assert_string_equal(pod->annotations[2].value, "");
	assert_int_equal(pod->n_containers, 4);
	c = &pod->containers[0];
	assert_true(c->type == HN_CONTAINER_INIT && c->index == 0 && !c->privileged);
	c = hn_pod_container(pod, "1234");
	assert_ptr_equal(c, &pod->containers[1]);
	assert_true(c->type == HN_CONTAINER_REGULAR && c->index == 0 && c->privileged);
	assert_string_equal(c->runtime, "cri-o");
	assert_int_equal(c->n_env, 2);
	assert_string_equal(c->env[0], "TOKEN");
	assert_string_equal(c->env[1], "B");
	assert_int_equal(c->n_ports, 2);
	assert_int_equal(c->ports[0].number, 8000);
	assert_string_equal(c->ports[0].name, "http");
	assert_string_equal(c->ports[0].protocol, "TCP");
	assert_string_equal(c->ports[1].protocol, "UDP");
	assert_int_equal(c->n_resources, 3);
	assert_string_equal(c->resources[0].key, "nvidia.com/gpu");
	assert_string_equal(c->resources[0].value, "1");
	assert_string_equal(c->resources[1].value, "2");
	assert_string_equal(c->resources[2].key, "memory");
	c = &pod->containers[2];
	assert_true(c->index == 1 && c->id[0] == '\0' && c->runtime[0] == '\0');
	c = hn_pod_container(pod, "5678");
	assert_true(c->type == HN_CONTAINER_EPHEMERAL && c->index == 0);
}

/* Every cut is an error and never another list. */
static void cut_at_every_byte(void **state _unused_)
{
	size_t n = sizeof(full_pod) - 1;

	for (size_t length = 0; length < n; length++) {
		struct hn_podlist *list = NULL;
		struct hn_reason reason;

		assert_int_equal(read_pieces(full_pod, length, 5, n, &list, &reason), -EBADMSG);
		assert_null(list);
	}
}

static void every_piece_size(void **state _unused_)
{
	size_t n = sizeof(full_pod) - 1;

	for (size_t piece = 1; piece <= n; piece++) {
		_cleanup_(hn_podlist_cleanup) struct hn_podlist *list = NULL;
		struct hn_reason reason;

		assert_int_equal(read_pieces(full_pod, n, piece, n, &list, &reason), 0);
		assert_int_equal(hn_podlist_count(list), 1);
		assert_int_equal(hn_podlist_at(list, 0)->n_containers, 4);
	}
}

static const struct good {
	const char *text;
	size_t count;
} good[] = {
	{LIST(""), 0},
	{" \n{ \"kind\" : \"PodList\" , \"items\" : [ ] } \r\n\t", 0},
	{"{\"items\":null,\"kind\":\"PodList\"}", 0},
	{"{\"apiVersion\":\"v1\",\"items\":[" POD("1", "a") "," POD("2", "b") "],\"kind\":\"List\"}", 2},
	{"{\"kind\":\"List\",\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"},\"spec\":{}}]}", 1},
	/* pods of a file may lack uids; nobody finds them by one */
	{LIST("{\"metadata\":{\"name\":\"a\"},\"spec\":{}},{\"metadata\":{\"name\":\"b\"},\"spec\":{}}"), 2},
	{"{\"metadata\":{\"a\":[1,{\"items\":[{}]}],\"b\":\"]}\"},\"n\":-1.5e3,\"t\":true,\"kind\":\"PodList\",\"items\":[]}",
	 0},
	{LIST("{\"metadata\":{\"name\":\"a}]\\\"{[\",\"uid\":null},\"spec\":{\"containers\":null}}"), 1},
};

static void good_lists(void **state _unused_)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(good); i++) {
		_cleanup_(hn_podlist_cleanup) struct hn_podlist *list = NULL;
		struct hn_reason reason;

		if (read_text(good[i].text, &list, &reason) < 0)
			fail_msg("%s: %s", good[i].text, reason.text);
		assert_int_equal(hn_podlist_count(list), good[i].count);
	}
}

static const struct bad {
	const char *text;
	const char *says;
} bad[] = {
	{"", "cut off"},
	{"<html>", "byte 0 is '<'"},
	{"\x01", "\\x01"},
	{"[]", "an object was expected"},
	{"{}", "kind is \"\""},
	{"{\"kind\":\"PodList\"}", "no \"items\""},
	{"{\"kind\":\"Status\",\"items\":[]}", "kind is \"Status\""},
	{"{\"kind\":\"PodLists\",\"items\":[]}", "PodLists"},
	{"{\"kind\":\"PodList\",\"items\":{}}", "\"items\" is not a list"},
	{"{\"kind\":\"PodList\",\"items\":\"x\"}", "\"items\" is not a list"},
	{"{\"kind\":\"PodList\",\"items\":3}", "\"items\" is not a list"},
	{"{\"kind\":\"PodList\",\"items\":[],\"items\":[]}", "twice"},
	{"{\"kind\":nonsense,\"items\":[]}", "not JSON"},
	{"{\"kind\":\"PodList\",\"items\":[],}", "a key was expected"},
	{"{,\"kind\":\"PodList\",\"items\":[]}", "a key was expected"},
	{"{\"kind\" \"PodList\",\"items\":[]}", "':' was expected"},
	{"{\"a\":[1},\"kind\":\"PodList\",\"items\":[]}", "byte 7 is '}'"},
	{LIST("") "x", "the end was expected"},
	{LIST("") "{", "the end was expected"},
	{LIST("1"), "an item was expected"},
	{LIST("null"), "an item was expected"},
	{LIST(POD("1", "a") ","), "an item was expected"},
	{LIST(POD("1", "a") " " POD("2", "b")), "',' or ']'"},
	{LIST("{\"a\":tru}"), "pod 0 of the list: not JSON"},
	{LIST("{\"a\" 1}"), "not JSON"},
	{LIST("{}"), "metadata is not there"},
	{LIST("{\"metadata\":{\"name\":\"a\"}}"), "spec is not there"},
	{LIST("{\"metadata\":{},\"spec\":{}}"), "metadata.name is not there"},
	{LIST("{\"metadata\":[],\"spec\":{}}"), "metadata is not an object"},
	{LIST("{\"kind\":\"Deployment\",\"metadata\":{\"name\":\"a\"},\"spec\":{}}"), "kind is not Pod"},
	{LIST("{\"metadata\":{\"name\":7},\"spec\":{}}"), "metadata.name is not a string"},
	{LIST("{\"metadata\":{\"name\":\"a\",\"labels\":{\"x\":1}},\"spec\":{}}"),
	 "metadata.labels is not an object of strings"},
	{LIST("{\"metadata\":{\"name\":\"a\",\"ownerReferences\":[{\"controller\":true}]},\"spec\":{}}"),
	 "owners with kind"},
	{LIST("{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\"},\"spec\":{\"hostNetwork\":\"true\"}}"),
	 "pod 0 of the list: n/a: spec.hostNetwork is not true or false"},
	{LIST("{\"metadata\":{\"name\":\"a\"},\"spec\":{\"containers\":[1]}}"),
	 "spec.containers is not a list of objects"},
	{LIST("{\"metadata\":{\"name\":\"a\"},\"spec\":{\"containers\":[{}]}}"),
	 "name of a container is not there"},
	{LIST("{\"metadata\":{\"name\":\"a\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"ports\":[{\"containerPort\":65536}]}]}}"),
	 "containerPort is not a port"},
	{LIST("{\"metadata\":{\"name\":\"a\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"args\":[1]}]}}"),
	 "args of a container"},
	{LIST(POD("1", "a") "," POD("2", "b") "," POD("1", "c")), "the uid 1 is listed twice: ns/a and ns/c"},
	{LIST("{\"metadata\":{\"name\":\"a\nb\"},\"spec\":{}}"), "control character"},
};

static void bad_lists(void **state _unused_)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(bad); i++) {
		struct hn_podlist *list = NULL;
		struct hn_reason reason;
		int r = read_text(bad[i].text, &list, &reason);

		if (r != -EBADMSG || !strstr(reason.text, bad[i].says))
			fail_msg("%s: %d \"%s\", not \"%s\"", bad[i].text, r, reason.text, bad[i].says);
		assert_null(list);
	}
}

static char *repeat(const char *before, const char *middle, size_t count, const char *after)
{
	size_t n = strlen(middle);
	char *text = malloc(strlen(before) + count * n + strlen(after) + 1);
	char *end;

	assert_non_null(text);
	end = stpcpy(text, before);
	for (size_t i = 0; i < count; i++)
		end = stpcpy(end, middle);
	strcpy(end, after);
	return text;
}

static void limit(const char *before, const char *middle, size_t count, const char *after, size_t max, int error,
		  const char *says)
{
	_cleanup_(hn_podlist_cleanup) struct hn_podlist *list = NULL;
	char *text = repeat(before, middle, count, after);
	struct hn_reason reason;
	int r = read_pieces(text, strlen(text), 16384, max, &list, &reason);

	free(text);
	if (r != error || !strstr(reason.text, says))
		fail_msg("%d \"%s\", not %d \"%s\"", r, reason.text, error, says);
}

static void limits(void **state _unused_)
{
	const char *head = "{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":\"a\"},\"spec\":{},\"x\":";
	size_t all = 64UL << 20;

	/* nesting: the pod itself is one level */
	limit(head, "[", 63, "", all, -EBADMSG, "cut off");
	limit(head, "[", 64, "", all, -EBADMSG, "nested deeper than 64");
	limit("{\"x\":", "[", 64, "", all, -EBADMSG, "cut off");
	limit("{\"x\":", "[", 65, "", all, -EBADMSG, "nested deeper than 64");
	/* one pod: values, bytes, containers, resources */
	limit(head, "[", 1, "1]}]}", all, 0, "");
	limit("{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":\"a\"},\"spec\":{},\"x\":[1", ",1", 199000,
	      "]}]}", all, 0, "");
	limit("{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":\"a\"},\"spec\":{},\"x\":[1", ",1", 200001,
	      "]}]}", all, -E2BIG, "200000 values");
	limit(head, " ", 4 << 20, "1}]}", all, -E2BIG, "larger than 4 MiB");
	limit("{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":\"a\"},\"spec\":{\"containers\":[{\"name\":\"c\"}",
	      ",{\"name\":\"c\"}", 1023, "]}}]}", all, 0, "");
	limit("{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":\"a\"},\"spec\":{\"containers\":[{\"name\":\"c\"}",
	      ",{\"name\":\"c\"}", 1024, "]}}]}", all, -EBADMSG, "at most 1024 containers");
	/* the whole */
	limit("{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":\"a\"},\"spec\":{}}",
	      ",{\"metadata\":{\"name\":\"a\"},\"spec\":{}}", 16383, "]}", all, 0, "");
	limit("{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":\"a\"},\"spec\":{}}",
	      ",{\"metadata\":{\"name\":\"a\"},\"spec\":{}}", 16384, "]}", all, -E2BIG, "more than 16384 pods");
	limit("", " ", 1024, LIST(""), 1024, -E2BIG, "larger than 1024 bytes");
	limit("", " ", 0, LIST(""), sizeof(LIST("")) - 1, 0, "");
	limit("", " ", 0, LIST(""), sizeof(LIST("")) - 2, -E2BIG, "larger than");
}

/* A long text is cut, and not in the middle of a character. */
static void long_texts(void **state _unused_)
{
	_cleanup_(hn_podlist_cleanup) struct hn_podlist *list = NULL;
	char *text = repeat(
		"{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"annotations\":{\"k\":\"x",
		"\xc3\xa4", 3000, "\"}},\"spec\":{}}]}");
	struct hn_reason reason;
	const char *value;

	assert_int_equal(read_text(text, &list, &reason), 0);
	free(text);
	value = hn_podlist_find(list, "u")->annotations[0].value;
	assert_int_equal(strlen(value), 255);
	assert_memory_equal(value + 253, "\xc3\xa4", 2);
}

/* 250 pods of 25 KB each, as a node has them: most of it is managedFields. */
static void memory_of_a_node(void **state _unused_)
{
	_cleanup_(hn_podlist_reader_cleanup) struct hn_podlist_reader *reader = hn_podlist_reader_new(50 << 20);
	_cleanup_(hn_podlist_cleanup) struct hn_podlist *list = NULL;
	char *filler = repeat("", "{\"f:containers\":1},", 1100, "1");
	struct hn_reason reason;
	char *pod = malloc(64 << 10);

	assert_non_null(pod);
	assert_int_equal(hn_podlist_reader_feed(reader, "{\"kind\":\"PodList\",\"items\":[", 27, &reason), 0);
	for (int i = 0; i < 250; i++) {
		int n = snprintf(
			pod, 64 << 10,
			"%s{\"metadata\":{\"name\":\"server-%d\",\"namespace\":\"team-%d\",\"uid\":\"44f38239-e0bf-46fd-85bb-%012d\","
			"\"labels\":{\"app.kubernetes.io/name\":\"server\",\"pod-template-hash\":\"89df5769b\",\"number\":\"%d\"},"
			"\"annotations\":{\"kubernetes.io/config.seen\":\"2026-11-23T21:19:49.0592%05dZ\",\"kubernetes.io/config.source\":\"api\"},"
			"\"managedFields\":[%s]},\"spec\":{\"containers\":["
			"{\"name\":\"server\",\"image\":\"registry.example.org/team/server:v1.%d\",\"command\":[\"/bin/server\",\"--listen\"],"
			"\"env\":[{\"name\":\"A\"},{\"name\":\"B\"},{\"name\":\"C\"},{\"name\":\"D\"},{\"name\":\"E\"}],"
			"\"ports\":[{\"containerPort\":80}],\"resources\":{\"limits\":{\"cpu\":\"1\",\"memory\":\"1Gi\"}}},"
			"{\"name\":\"proxy\",\"image\":\"registry.example.org/mesh/proxy:v1\"}]},\"status\":{\"phase\":\"Running\",\"containerStatuses\":["
			"{\"name\":\"server\",\"imageID\":\"sha256:%064d\",\"containerID\":\"containerd://%064d\"},"
			"{\"name\":\"proxy\",\"imageID\":\"sha256:%064d\",\"containerID\":\"containerd://%064d\"}]}}",
			i ? "," : "", i, i % 10, i, i, i, filler, i, i, i, 7, i + 1000);

		assert_in_range(n, 20 << 10, 30 << 10);
		assert_int_equal(hn_podlist_reader_feed(reader, pod, (size_t)n, &reason), 0);
	}
	assert_int_equal(hn_podlist_reader_feed(reader, "]}", 2, &reason), 0);
	assert_int_equal(hn_podlist_reader_finish(reader, &list, &reason), 0);
	assert_int_equal(hn_podlist_count(list), 250);
	print_message("250 pods: %zu bytes kept\n", hn_podlist_memory(list));
	assert_in_range(hn_podlist_memory(list), 100 << 10, 512 << 10);
	free(filler);
	free(pod);
}

static void file_errors(void **state _unused_)
{
	struct hn_podlist *list = NULL;
	struct hn_reason reason;

	assert_int_equal(hn_podlist_read_file("tests/data/kubelet/none.json", &list, &reason), -ENOENT);
	assert_non_null(strstr(reason.text, "none.json: No such file"));
	assert_int_equal(hn_podlist_read_file("tests/data/kubelet/401.txt", &list, &reason), -EBADMSG);
	assert_non_null(strstr(reason.text, "401.txt: no pod list: byte 0 is 'H'"));
	assert_int_equal(hn_podlist_read_file("tests/data", &list, &reason), -EISDIR);
	assert_null(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_in_pieces), cmocka_unit_test(recorded_file),
		cmocka_unit_test(all_fields),         cmocka_unit_test(cut_at_every_byte),
		cmocka_unit_test(every_piece_size),   cmocka_unit_test(good_lists),
		cmocka_unit_test(bad_lists),          cmocka_unit_test(limits),
		cmocka_unit_test(long_texts),         cmocka_unit_test(memory_of_a_node),
		cmocka_unit_test(file_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
