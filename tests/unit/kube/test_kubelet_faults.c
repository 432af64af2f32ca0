// SPDX-License-Identifier: Apache-2.0
// Every way in which a kubelet fails, over TLS and plain: state and words, and the old list stays.
#include <fcntl.h>

#include "rig.h"

#define TIMEOUT_NS (400 * HN_NSEC_PER_MSEC)

static struct rig tls, plain;
static char tls_url[64], plain_url[64], ca[128], token[128];

static struct hn_kubelet_settings tls_settings(void)
{
	return (struct hn_kubelet_settings){.url = tls_url,
					    .ca_file = ca,
					    .token_file = token,
					    .timeout_ns = 60 * HN_NSEC_PER_SEC,
					    .interval_ns = 300 * HN_NSEC_PER_SEC};
}

static struct hn_kubelet_settings plain_settings(void)
{
	return (struct hn_kubelet_settings){
		.url = plain_url, .token_file = token, .timeout_ns = 60 * HN_NSEC_PER_SEC};
}

static void start(struct rig *rig, const char *san)
{
	rig_new(rig);
	assert_int_equal(symlink("/proc/self/cwd/" PODS_FILE, rig_path(rig, "pods.json")), 0);
	rig_write(rig, "server.token", "secret.token\n");
	rig_fault(rig, "none");
	rig_start(rig, san, false);
}

static int setup(void **state _unused_)
{
	start(&tls, "IP:127.0.0.1,DNS:localhost");
	start(&plain, NULL);
	snprintf(tls_url, sizeof(tls_url), "https://127.0.0.1:%u", tls.port);
	snprintf(plain_url, sizeof(plain_url), "http://127.0.0.1:%u/", plain.port);
	snprintf(ca, sizeof(ca), "%s", rig_path(&tls, "ca.crt"));
	rig_write(&tls, "client.token", "secret.token");
	snprintf(token, sizeof(token), "%s", rig_path(&tls, "client.token"));
	return 0;
}

static int teardown(void **state _unused_)
{
	rig_free(&tls);
	rig_free(&plain);
	return 0;
}

static const struct fault {
	const char *fault;
	enum hn_kubelet_state state;
	const char *says;
	bool hangs;
} faults[] = {
	{"none", HN_KUBELET_OK, "", false},
	{"chunked", HN_KUBELET_OK, "", false},
	{"eof", HN_KUBELET_OK, "", false},
	{"slow", HN_KUBELET_OK, "", false},
	{"401", HN_KUBELET_UNAUTHORIZED, "see --kubelet-token-file", false},
	{"403", HN_KUBELET_FORBIDDEN, "grant verb \"get\" on resource nodes/proxy", false},
	{"403-fine", HN_KUBELET_FORBIDDEN, "grant verb \"get\" on resource nodes/pods in", false},
	{"404", HN_KUBELET_BAD_ANSWER, "nothing at /pods", false},
	{"500", HN_KUBELET_BAD_ANSWER, "could not ask the API server", false},
	{"garbage", HN_KUBELET_BAD_ANSWER, "byte 0 is '<'", false},
	{"wrong-kind", HN_KUBELET_BAD_ANSWER, "its kind is \"Status\"", false},
	{"half", HN_KUBELET_BAD_ANSWER, "half an answer", false},
	{"huge", HN_KUBELET_BAD_ANSWER, "larger than 5", false},
	{"huge-declared", HN_KUBELET_BAD_ANSWER, "larger than 5", false},
	{"redirect", HN_KUBELET_BAD_ANSWER,
	 "a redirect to \"http://attacker.example/\\x1b[31m\", which is not followed", false},
	{"not-http", HN_KUBELET_BAD_ANSWER, "speaks no HTTP", false},
	{"reset", HN_KUBELET_UNREACHABLE, "without an answer", false},
	{"hang", HN_KUBELET_UNREACHABLE, "no answer within 0.4 s to the request: the kubelet hangs", true},
	{"stall", HN_KUBELET_BAD_ANSWER, "the answer stopped in the middle", true},
};

static void one_fault(struct rig *rig, struct hn_kubelet_settings settings, const struct fault *fault)
{
	_cleanup_(hn_kubelet_cleanup) struct hn_kubelet *kubelet = NULL;

	if (fault->hangs)
		settings.timeout_ns = TIMEOUT_NS;
	rig_fault(rig, fault->fault);
	kubelet = rig_kubelet(rig, &settings);
	expect(kubelet, HN_KUBELET_UNASKED, "");
	rig_ask(rig, kubelet);
	if (hn_kubelet_state(kubelet) != fault->state || !strstr(hn_kubelet_problem(kubelet), fault->says))
		fail_msg("%s: %s \"%s\"", fault->fault, hn_kubelet_state_name(hn_kubelet_state(kubelet)),
			 hn_kubelet_problem(kubelet));
	assert_null(strstr(hn_kubelet_problem(kubelet), "secret"));
	if (fault->state == HN_KUBELET_OK) {
		assert_int_equal(hn_podlist_count(hn_kubelet_pods(kubelet)), 15);
		assert_int_equal(hn_kubelet_answers(kubelet), 1);
	} else {
		assert_null(hn_kubelet_pods(kubelet));
		assert_int_equal(hn_kubelet_answers(kubelet), 0);
		assert_non_null(strstr(hn_kubelet_problem(kubelet), settings.url));
	}
}

static void over_tls(void **state _unused_)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(faults); i++)
		one_fault(&tls, tls_settings(), &faults[i]);
	one_fault(&tls, tls_settings(),
		  &(struct fault){"hang-tls", HN_KUBELET_UNREACHABLE, "to the TLS handshake", true});
}

static void over_plain_http(void **state _unused_)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(faults); i++)
		one_fault(&plain, plain_settings(), &faults[i]);
}

static void nobody_there(void **state _unused_)
{
	struct rig rig;
	char url[64];

	rig_new(&rig);
	for (int with_tls = 0; with_tls < 2; with_tls++) {
		static const char *const hosts[] = {"127.0.0.1:1", "[::1]:1", "255.255.255.255:10250"};

		for (size_t i = 0; i < HN_ARRAY_SIZE(hosts); i++) {
			_cleanup_(hn_kubelet_cleanup) struct hn_kubelet *kubelet = NULL;
			struct hn_kubelet_settings settings = with_tls ? tls_settings() : plain_settings();

			snprintf(url, sizeof(url), "%s://%s", with_tls ? "https" : "http", hosts[i]);
			settings.url = url;
			kubelet = rig_kubelet(&rig, &settings);
			rig_ask(&rig, kubelet);
			expect(kubelet, HN_KUBELET_UNREACHABLE, "--kubelet-url");
			if (i == 0)
				expect(kubelet, HN_KUBELET_UNREACHABLE,
				       "Connection refused; is the kubelet running");
		}
	}
	rig_free(&rig);
}

static void wrong_protocol(void **state _unused_)
{
	_cleanup_(hn_kubelet_cleanup) struct hn_kubelet *to_plain = NULL, *to_tls = NULL;
	struct hn_kubelet_settings settings = tls_settings();
	char url[64];

	rig_fault(&tls, "none");
	rig_fault(&plain, "none");
	snprintf(url, sizeof(url), "https://127.0.0.1:%u", plain.port);
	settings.url = url;
	settings.timeout_ns = 2 * HN_NSEC_PER_SEC;
	to_plain = rig_kubelet(&plain, &settings);
	rig_ask(&plain, to_plain);
	/* The stand-in closes; Go's server would say it in plain HTTP. */
	assert_true(hn_kubelet_state(to_plain) == HN_KUBELET_UNREACHABLE ||
		    hn_kubelet_state(to_plain) == HN_KUBELET_TLS);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", tls.port);
	to_tls = rig_kubelet(&tls, &settings);
	rig_ask(&tls, to_tls);
	expect(to_tls, HN_KUBELET_UNREACHABLE, "https:// instead of http://");
}

/* The old list stays while the kubelet fails, and a new one takes its place when it is back. */
static void old_list_stays(void **state _unused_)
{
	_cleanup_(hn_kubelet_cleanup) struct hn_kubelet *kubelet = NULL;
	struct hn_kubelet_settings settings = plain_settings();
	const struct hn_podlist *old;
	struct hn_mono requested;

	rig_fault(&plain, "none");
	kubelet = rig_kubelet(&plain, &settings);
	rig_ask(&plain, kubelet);
	expect(kubelet, HN_KUBELET_OK, "");
	old = hn_kubelet_pods(kubelet);
	requested = hn_kubelet_requested(kubelet);
	rig_fault(&plain, "half");
	rig_ask(&plain, kubelet);
	expect(kubelet, HN_KUBELET_BAD_ANSWER, "half an answer");
	assert_ptr_equal(hn_kubelet_pods(kubelet), old);
	assert_non_null(hn_podlist_find(old, VLLM_UID));
	assert_true(hn_kubelet_requested(kubelet).ns == requested.ns);
	assert_int_equal(hn_kubelet_answers(kubelet), 1);
	rig_fault(&plain, "none");
	rig_wait(&plain, 1); /* by itself, after the back-off */
	expect(kubelet, HN_KUBELET_OK, "");
	assert_true(hn_kubelet_requested(kubelet).ns > requested.ns);
	assert_int_equal(hn_kubelet_answers(kubelet), 2);
}

static void freed_while_it_runs(void **state _unused_)
{
	static const char *const hanging[] = {"hang", "hang-tls", "stall"};

	for (size_t i = 0; i < HN_ARRAY_SIZE(hanging); i++) {
		struct hn_kubelet_settings settings = tls_settings();
		struct hn_kubelet *kubelet = rig_kubelet(&tls, &settings);
		unsigned calls = tls.calls;

		rig_fault(&tls, hanging[i]);
		hn_kubelet_want(kubelet, HN_KUBELET_NOW);
		rig_run(&tls, 150);
		hn_kubelet_free(kubelet);
		rig_run(&tls, 50);
		assert_int_equal(tls.calls, calls);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(over_tls),       cmocka_unit_test(over_plain_http),
		cmocka_unit_test(nobody_there),   cmocka_unit_test(wrong_protocol),
		cmocka_unit_test(old_list_stays), cmocka_unit_test(freed_while_it_runs),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
