/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a finding. */
#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hostnetd/finding.h"
#include "hostnetd/happening.h"
#include "hostnetd/macro.h"
#include "hostnetd/str.h"

static void assert_title(const struct hn_finding *f, const char *want)
{
	_cleanup_(hn_str_done) struct hn_str title = {0};

	hn_finding_title(f, &title);
	assert_string_equal(hn_str_get(&title), want);
}

static void test_title_of_a_known_pod(void **state)
{
	struct hn_finding f = {.pod_uid = "u1",
			       .pod_known = true,
			       .pod_namespace = "ml",
			       .pod_name = "vllm-0",
			       .workload_kind = "StatefulSet",
			       .workload_name = "vllm",
			       .ai = {.verdict = HN_AI},
			       .cause = HN_CAUSE_DECLARED};

	(void)state;
	assert_title(&f, "AI workload StatefulSet ml/vllm shares the host network by hostNetwork: true");
	f.cause = HN_CAUSE_JOINED;
	assert_title(&f, "AI workload StatefulSet ml/vllm joined the host network behind its spec");
	f.cause = HN_CAUSE_SOCKET;
	f.ai.verdict = HN_LIKELY_AI;
	assert_title(&f, "Likely AI workload StatefulSet ml/vllm uses a socket of the host network from its own");
	/* The store and the API tell of what was never a finding too. */
	f.ai.verdict = HN_NOT_AI;
	f.state = HN_STATE_GONE;
	assert_title(&f, "Workload StatefulSet ml/vllm uses a socket of the host network from its own");
}

static void test_title_without_the_kubelet(void **state)
{
	struct hn_finding_container c = {.id = "c1"};
	struct hn_finding f = {.pod_uid = "u1", .ai = {.verdict = HN_AI}, .n_containers = 1, .containers = &c};

	(void)state;
	assert_title(&f, "AI workload in pod u1 shares the host network");
	f.cause = HN_CAUSE_UNMANAGED;
	assert_title(&f, "AI workload in pod u1 shares the host network and is unknown to the kubelet");
	f.pod_uid[0] = '\0';
	assert_title(&f, "AI workload in container c1 shares the host network and is unknown to the kubelet");
	f.n_containers = 0;
	f.cause = HN_CAUSE_UNKNOWN;
	assert_title(&f, "AI workload shares the host network");
}

/* The names are part of the contract. */
static void test_names(void **state)
{
	static const char *const causes[] = {"", "declared", "joined", "socket", "unmanaged"};
	static const char *const severities[] = {"medium", "high", "critical"};
	static const char *const states[] = {"sharing", "open", "excepted", "resolved", "gone"};
	static const char *const fields[] = {"state",    "cause",      "severity", "pod",
					     "workload", "containers", "ai",       "processes",
					     "network",  "exception",  "firstSeen"};
	static const char *const happenings[] = {"process.entered",  "process.exec",      "process.left",
						 "process.exited",   "network.listening", "network.contact",
						 "happening.omitted"};

	static_assert(HN_ARRAY_SIZE(causes) == HN_CAUSE_MAX, "each cause");
	static_assert(HN_ARRAY_SIZE(severities) == HN_SEVERITY_MAX, "each severity");
	static_assert(HN_ARRAY_SIZE(states) == HN_STATE_MAX, "each state");
	static_assert(HN_ARRAY_SIZE(fields) == HN_CHANGED_MAX, "each field");
	static_assert(HN_ARRAY_SIZE(happenings) == HN_HAPPENING_TYPE_MAX, "each happening");
	(void)state;
	assert_string_equal(hn_way_name(HN_WAY_NAMESPACE), "namespace");
	assert_string_equal(hn_way_name(HN_WAY_SOCKET), "socket");
	for (int i = 0; i < HN_CAUSE_MAX; i++)
		assert_string_equal(hn_cause_name((enum hn_cause)i), causes[i]);
	for (int i = 0; i < HN_SEVERITY_MAX; i++)
		assert_string_equal(hn_severity_name((enum hn_severity)i), severities[i]);
	for (int i = 0; i < HN_STATE_MAX; i++)
		assert_string_equal(hn_state_name((enum hn_state)i), states[i]);
	for (int i = 0; i < HN_CHANGED_MAX; i++)
		assert_string_equal(hn_change_field_name((enum hn_change_field)i), fields[i]);
	for (int i = 0; i < HN_HAPPENING_TYPE_MAX; i++)
		assert_string_equal(hn_happening_type_name((enum hn_happening_type)i), happenings[i]);
}

/* The control's remedy: review, move, expose only what is needed, policies and authentication. */
static void test_remediation(void **state)
{
	static const char *const about[] = {"Review why host networking is on", "normal pod networking", "Ingress",
					    "network policies and endpoint authentication"};
	size_t n = 0;

	(void)state;
	for (; hn_remediation[n]; n++) {
		assert_true(n < sizeof(about) / sizeof(about[0]));
		assert_non_null(strstr(hn_remediation[n], about[n]));
	}
	assert_int_equal(n, sizeof(about) / sizeof(about[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_title_of_a_known_pod),
		cmocka_unit_test(test_title_without_the_kubelet),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_remediation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
