/* SPDX-License-Identifier: Apache-2.0 */
/* The line from end to end: the recorded node, a kubelet that is silent, forgets or comes to know, a pod's coming and
 * going. */
#include "rig.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#define UID "2f1d3c4b-5a69-4788-96a5-b4c3d2e1f001"
#define ID "a42d519714d616e9411dbceec4b52808bd6b1ee53e6f6497a281d655357d8b71"
#define OTHER_ID "33bf6fbd7cd8379785a21e233d8e09f824e7bab459168a96312c1c882c1d7e1f"
#define CONTAINER_ID "a42d519714d616e9411dbceec4b52808bd6b1ee53e6f6497a281d655357d8b71"
#define IN_POD "/kubepods/pod" UID "/"
#define VLLM(pid, id) PROCESS(pid, "\"vllm\",\"serve\",\"m\"", IN_POD id)
#define SLEEP(pid, id) PROCESS(pid, "\"sleep\",\"1\"", IN_POD id)

/* --- the recorded node ------------------------------------------------------------------------------------------------ */

static const struct {
	const char *ns, *pod, *kind, *workload, *container; /* a container outside Kubernetes has its id only */
	enum hn_cause cause;
	enum hn_verdict verdict;
	size_t processes;
	bool is_static;
} node[] = {
	{"monitoring", "node-exporter-kn89l", "DaemonSet", "node-exporter", "", HN_CAUSE_DECLARED, HN_NOT_AI, 2,
	 false},
	{"ml", "train-qhjsx", "Job", "train", "", HN_CAUSE_DECLARED, HN_AI, 2, false},
	{"ml", "vllm-0", "StatefulSet", "vllm", "", HN_CAUSE_DECLARED, HN_AI, 2, false},
	{"ml", "tgi-89df5769b-z8cnm", "Deployment", "tgi", "", HN_CAUSE_DECLARED, HN_AI, 2, false},
	{"ml", "tgi-89df5769b-zrddl", "Deployment", "tgi", "", HN_CAUSE_DECLARED, HN_AI, 2, false},
	{"kube-system", "static-tgi-rig-node", "Pod", "static-tgi-rig-node", "", HN_CAUSE_DECLARED, HN_AI, 2,
	 true},
	{"ml", "ollama-host", "Pod", "ollama-host", "", HN_CAUSE_DECLARED, HN_AI, 2, false},
	{"ml", "drifter", "Pod", "drifter", "", HN_CAUSE_JOINED, HN_AI, 1, false},
	{"", "", "", "", "rogue1", HN_CAUSE_UNMANAGED, HN_NOT_AI, 1, false},
};
#define NODE HN_ARRAY_SIZE(node)

static bool nothing_awaited(struct rig *rig)
{
	return hn_kubelet_state(rig->kubelet) == HN_KUBELET_OK && !hn_agent_waits(rig->agent);
}

/* Which row the finding is. Fails if it is none, or differs. */
static size_t row_of(const struct hn_entry *e)
{
	const struct hn_finding *f = &e->finding;

	for (size_t i = 0; i < NODE; i++) {
		if (strcmp(f->pod_name, node[i].pod) != 0 || strcmp(f->pod_namespace, node[i].ns) != 0)
			continue;
		if (f->cause != node[i].cause || f->ai.verdict != node[i].verdict)
			fail_msg("%s/%s: %s, %s", f->pod_namespace, f->pod_name, hn_cause_name(f->cause),
				 hn_verdict_name(f->ai.verdict));
		assert_string_equal(f->workload_kind, node[i].kind);
		assert_string_equal(f->workload_name, node[i].workload);
		if (node[i].container[0])
			assert_string_equal(f->containers[0].id, node[i].container);
		assert_int_equal(f->pod_known, node[i].pod[0] != '\0');
		assert_int_equal(f->pod_static, node[i].is_static);
		assert_int_equal(f->way, HN_WAY_NAMESPACE);
		assert_int_equal(f->state, node[i].verdict == HN_AI ? HN_STATE_OPEN : HN_STATE_SHARING);
		assert_int_equal(f->severity,
				 node[i].cause == HN_CAUSE_DECLARED ? HN_SEVERITY_HIGH : HN_SEVERITY_CRITICAL);
		assert_int_equal(f->n_processes, node[i].processes);
		assert_int_equal(f->processes_not_kept, 0);
		return i;
	}
	fail_msg("%s/%s is not to share", f->pod_namespace, f->pod_name);
	return NODE;
}

static void the_recorded_node(void **state)
{
	unsigned seen[NODE] = {0};
	const struct hn_entry *e;
	size_t cursor = 0, open = 0;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	rig.kubelet_settings.pods_file = "tests/data/kubelet/pods.json";
	rig_start(&rig, "tests/data/proc/node-processes.json", HN_NSEC_PER_MSEC);
	rig_sweep(&rig);
	assert_true(hn_agent_waits(rig.agent));
	rig_until(&rig, nothing_awaited);
	while ((e = hn_agent_next(rig.agent, &cursor))) {
		assert_true(hn_entry_present(e));
		seen[row_of(e)]++;
	}
	for (size_t i = 0; i < NODE; i++) {
		if (seen[i] != 1)
			fail_msg("%s/%s%s: %u times", node[i].ns, node[i].pod, node[i].container, seen[i]);
		open += node[i].verdict == HN_AI;
	}
	assert_int_equal(hn_agent_dropped(rig.agent), 0);
	assert_int_equal(hn_agent_candidates(rig.agent), 0);
	/* Each finding was opened once, and nothing else was. */
	for (size_t i = 0; i < rig.n_changes; i++) {
		assert_true(rig.changes[i].type == HN_CHANGE_OPENED || rig.changes[i].type == HN_CHANGE_UPDATED);
		open -= rig.changes[i].type == HN_CHANGE_OPENED;
	}
	assert_int_equal(open, 0);
	/* A later look changes nothing. */
	rig.n_changes = 0;
	rig_sweep(&rig);
	assert_int_equal(rig.n_changes, 0);
	assert_int_equal(rig.left, 0);
	rig_free(&rig);
}

/* --- what the kubelet does not say --------------------------------------------------------------------------------- */

/* It accepts connections and says nothing. */
static int silent_server(char *url, size_t size)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	snprintf(url, size, "http://127.0.0.1:%u", ntohs(address.sin_port));
	return fd;
}

static void a_kubelet_that_never_answers(void **state)
{
	const struct hn_finding *f;
	struct rig rig;
	char url[64];
	int fd = silent_server(url, sizeof(url));

	(void)state;
	rig_new(&rig);
	rig.kubelet_settings = (struct hn_kubelet_settings){.url = url, .timeout_ns = 100 * HN_NSEC_PER_MSEC};
	rig_record(&rig, VLLM(5, ID));
	rig_start(&rig, rig.recording, HN_NSEC_PER_MSEC);
	rig_sweep(&rig);
	/* What runs there says enough to open it at once. */
	assert_int_equal(rig.n_changes, 1);
	assert_int_equal(rig.changes[0].type, HN_CHANGE_OPENED);
	rig_pass(&rig, 1500 * HN_NSEC_PER_MSEC);
	assert_int_equal(hn_kubelet_state(rig.kubelet), HN_KUBELET_UNREACHABLE);
	f = &rig_entry(&rig)->finding;
	assert_false(rig_entry(&rig)->unmanaged);
	assert_int_equal(f->cause, HN_CAUSE_UNKNOWN);
	assert_int_equal(f->severity, HN_SEVERITY_HIGH);
	assert_int_equal(f->state, HN_STATE_OPEN);
	assert_string_equal(f->pod_uid, UID);
	assert_true(hn_agent_waits(rig.agent));
	assert_int_equal(rig.n_changes, 1);
	rig_free(&rig);
	close(fd);
}

static bool is_unmanaged(struct rig *rig)
{
	return rig_entry(rig)->unmanaged;
}

static void unmanaged_needs_two_answers(void **state)
{
	const int64_t grace = 1500 * HN_NSEC_PER_MSEC;
	const struct hn_entry *e;
	struct hn_mono second;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	rig_start(&rig, rig.recording, grace);
	hn_kubelet_want(rig.kubelet, HN_KUBELET_NOW);
	rig_until_answers(&rig, 1);
	rig_record(&rig, PROCESS(5, "\"vllm\",\"serve\",\"m\"", "/rogue/rogue1"));
	rig_sweep(&rig);
	e = rig_entry(&rig);
	assert_int_equal(e->finding.state, HN_STATE_OPEN);
	assert_int_equal(e->finding.cause, HN_CAUSE_UNKNOWN);
	/* The answer that was asked for before says nothing, however often it is looked at. */
	for (int i = 0; i < 3; i++) {
		hn_agent_answered(rig.agent);
		hn_agent_settle(rig.agent);
	}
	assert_true(e->absent.ns == 0);
	rig_until_answers(&rig, 2);
	second = hn_kubelet_requested(rig.kubelet);
	assert_true(e->absent.ns == second.ns);
	assert_false(e->unmanaged);
	assert_true(hn_agent_waits(rig.agent));
	/* One that was asked for within the grace does not count either. */
	rig_until(&rig, is_unmanaged);
	assert_true(hn_kubelet_answers(rig.kubelet) >= 3);
	assert_true(hn_kubelet_requested(rig.kubelet).ns >= second.ns + grace);
	hn_agent_settle(rig.agent);
	assert_false(hn_agent_waits(rig.agent));
	assert_int_equal(e->finding.cause, HN_CAUSE_UNMANAGED);
	assert_int_equal(e->finding.severity, HN_SEVERITY_CRITICAL);
	assert_int_equal(rig.changes[rig.n_changes - 1].type, HN_CHANGE_UPDATED);
	assert_true(rig.changes[rig.n_changes - 1].changed & 1U << HN_CHANGED_CAUSE);
	rig_free(&rig);
}

/* A pod that any answer has listed: its containers outlive its entry. */
static void a_pod_once_listed(void **state)
{
	const struct hn_entry *e;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	rig_list(&rig, POD(UID, "p", ID));
	rig_start(&rig, rig.recording, HN_NSEC_PER_MSEC);
	hn_kubelet_want(rig.kubelet, HN_KUBELET_NOW);
	rig_until_answers(&rig, 1);
	rig_list(&rig, "");
	hn_kubelet_want(rig.kubelet, HN_KUBELET_NOW);
	rig_until_answers(&rig, 2);
	rig_record(&rig, VLLM(5, ID));
	rig_sweep(&rig);
	hn_kubelet_want(rig.kubelet, HN_KUBELET_NOW);
	rig_until_answers(&rig, 3);
	hn_kubelet_want(rig.kubelet, HN_KUBELET_NOW);
	rig_until_answers(&rig, 4);
	e = rig_entry(&rig);
	assert_false(e->unmanaged);
	assert_true(e->absent.ns == 0);
	assert_int_equal(e->finding.cause, HN_CAUSE_UNKNOWN);
	assert_int_equal(e->finding.state, HN_STATE_OPEN);
	rig_free(&rig);
}

/* --- coming and going ---------------------------------------------------------------------------------------------- */

static void a_pod_leaves_and_comes_back(void **state)
{
	const struct hn_entry *e;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	rig_list(&rig, POD(UID, "p", ID));
	rig_record(&rig, VLLM(5, ID) "," SLEEP(6, ID) "," SLEEP(7, OTHER_ID));
	rig_start(&rig, rig.recording, HN_NSEC_PER_MSEC);
	rig_sweep(&rig);
	rig_until_answers(&rig, 1);
	e = rig_entry(&rig);
	assert_int_equal(e->finding.cause, HN_CAUSE_JOINED);
	assert_int_equal(e->finding.n_processes, 3);
	assert_int_equal(e->finding.n_containers, 2);
	assert_string_equal(e->finding.containers[0].name, "server");
	assert_int_equal(rig.joined, 2);
	/* One process and one container fewer. */
	rig_record(&rig, VLLM(5, ID));
	rig_sweep(&rig);
	assert_int_equal(e->finding.state, HN_STATE_OPEN);
	assert_int_equal(e->finding.n_processes, 1);
	assert_false(e->finding.containers[1].present);
	assert_int_equal(rig.left, 1);
	rig.n_changes = 0;
	rig_record(&rig, "");
	rig_sweep(&rig);
	assert_false(hn_entry_present(e));
	assert_int_equal(e->finding.state, HN_STATE_RESOLVED);
	assert_true(e->finding.resolved_at.ns > 0);
	assert_int_equal(rig.left, 2);
	assert_int_equal(rig.n_changes, 1);
	assert_int_equal(rig.changes[0].type, HN_CHANGE_RESOLVED);
	assert_int_equal(rig.changes[0].state, HN_STATE_RESOLVED);
	/* It comes back in another container: the same finding. */
	rig_record(&rig, VLLM(8, OTHER_ID));
	rig_sweep(&rig);
	assert_ptr_equal(rig_entry(&rig), e);
	assert_int_equal(e->finding.state, HN_STATE_OPEN);
	assert_int_equal(e->finding.occurrences, 2);
	assert_int_equal(rig.n_changes, 2);
	assert_int_equal(rig.changes[1].type, HN_CHANGE_OPENED);
	assert_int_equal(rig.joined, 3);
	rig_free(&rig);
}

/* The kubelet drops the pod (deleted by force), its process stays: the finding stays what it was. */
static void a_pod_that_the_kubelet_forgets(void **state)
{
	const struct hn_entry *e;
	struct rig rig;

	(void)state;
	rig_new(&rig);
	rig_list(&rig, POD(UID, "p", ID));
	rig_record(&rig, VLLM(5, ID));
	rig_start(&rig, rig.recording, HN_NSEC_PER_MSEC);
	rig_sweep(&rig);
	rig_until_answers(&rig, 1);
	rig.n_changes = 0;
	rig_list(&rig, "");
	for (unsigned answers = 2; answers <= 3; answers++) {
		hn_kubelet_want(rig.kubelet, HN_KUBELET_NOW);
		rig_until_answers(&rig, answers);
	}
	rig_sweep(&rig);
	e = rig_entry(&rig);
	assert_true(e->finding.pod_known);
	assert_false(e->unmanaged);
	assert_int_equal(e->finding.cause, HN_CAUSE_JOINED);
	assert_int_equal(e->finding.state, HN_STATE_OPEN);
	assert_int_equal(rig.n_changes, 0);
	rig_free(&rig);
}

/* It was gone before the kubelet said what it was. */
static void a_pod_that_has_passed(void **state)
{
	struct rig rig;

	(void)state;
	rig_new(&rig);
	rig_record(&rig, PROCESS(5, "\"sh\"", IN_POD ID));
	rig_write(rig.pods, PODS,
		  "{\"metadata\":{\"namespace\":\"ml\",\"name\":\"p\",\"uid\":\"" UID
		  "\"},\"spec\":{\"hostNetwork\":true,"
		  "\"containers\":[{\"name\":\"s\",\"image\":\"ollama/ollama:1\"}]}}");
	rig_start(&rig, rig.recording, HN_NSEC_PER_MSEC);
	rig_sweep(&rig);
	rig_record(&rig, "");
	rig_sweep(&rig);
	assert_int_equal(rig.n_changes, 0);
	rig_until_answers(&rig, 1);
	assert_int_equal(rig.n_changes, 2);
	assert_int_equal(rig.changes[0].type, HN_CHANGE_OPENED);
	assert_int_equal(rig.changes[0].state, HN_STATE_OPEN);
	assert_int_equal(rig.changes[1].type, HN_CHANGE_RESOLVED);
	assert_int_equal(rig.changes[1].state, HN_STATE_RESOLVED);
	assert_int_equal(rig_entry(&rig)->finding.cause, HN_CAUSE_DECLARED);
	rig_free(&rig);
}

static void threads_are_counted_anew(void **state)
{
	struct rig rig;

	(void)state;
	rig_new(&rig);
	rig_record(&rig, VLLM(5, ID) "," VLLM(5, ID) "," VLLM(5, ID));
	rig_start(&rig, rig.recording, HN_NSEC_PER_MSEC);
	rig_sweep(&rig);
	assert_int_equal(rig_entry(&rig)->finding.n_processes, 1);
	assert_int_equal(rig_entry(&rig)->finding.processes[0].threads, 3);
	rig_record(&rig, VLLM(5, ID) "," VLLM(5, ID));
	rig_sweep(&rig);
	assert_int_equal(rig_entry(&rig)->finding.processes[0].threads, 2);
	rig_free(&rig);
}

/* podman's conmon in a mount namespace that no process of the host has: it looks like a container's, but nobody's. */
static void whose_name_is_not_known_is_nobody(void **state)
{
	static const char form[] =
		"{\"pid\":5,\"comm\":\"c\",\"argv\":[\"conmon\",\"1\"],\"status\":[\"PPid:\\t1\","
		"\"Uid:\\t0\\t0\\t0\\t0\"],\"netns\":\"net:[1]\",\"inHostNetns\":true,\"mntns\":\"mnt:[7]\","
		"\"cgroup\":[\"0::%s\"]}";
	static const struct {
		const char *cgroup;
		size_t entries;
	} rows[] = {{"/libpod_parent/conmon", 0}, {"/libpod_parent/libpod-" CONTAINER_ID, 1}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[1024];
		struct rig rig;

		snprintf(text, sizeof(text), form, rows[i].cgroup);
		rig_new(&rig);
		rig_record(&rig, text);
		rig_start(&rig, rig.recording, HN_NSEC_PER_SEC);
		rig_sweep(&rig);
		assert_int_equal(rig_count(&rig), rows[i].entries);
		rig_free(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_recorded_node),
		cmocka_unit_test(a_kubelet_that_never_answers),
		cmocka_unit_test(unmanaged_needs_two_answers),
		cmocka_unit_test(a_pod_once_listed),
		cmocka_unit_test(a_pod_leaves_and_comes_back),
		cmocka_unit_test(a_pod_that_the_kubelet_forgets),
		cmocka_unit_test(a_pod_that_has_passed),
		cmocka_unit_test(threads_are_counted_anew),
		cmocka_unit_test(whose_name_is_not_known_is_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
