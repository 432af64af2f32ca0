// SPDX-License-Identifier: Apache-2.0
// Lists over TLS: whole ones, and every way in which a server or the network spoils one.
#include "api_rig.h"

#include "hostnetd/time.h"

#define PODS "/api/v1/pods"
#define DEPLOYMENTS "/apis/apps/v1/deployments"

/* A list under valgrind takes its seconds; who waits for a silent server wants it short. */
#define PATIENT (30 * HN_NSEC_PER_SEC)
#define SHORT HN_NSEC_PER_SEC

static struct rig rig;
static struct hn_apiserver *api;
static struct api_seen seen;

static int start(void **state _unused_)
{
	struct hn_apiserver_settings settings = {.timeout_ns = PATIENT};

	api_new(&rig);
	api_start(&rig, false);
	settings.kubeconfig = api_kubeconfig(&rig, "certificate-authority: ca.crt", "tokenFile: client.token");
	api = api_open(&settings);
	return 0;
}

static int stop(void **state _unused_)
{
	hn_apiserver_free(api);
	rig_free(&rig);
	return 0;
}

/* A server that counts as dead stays so: each fault that buries it needs a new one. */
static void reopen(int64_t timeout_ns)
{
	const struct hn_apiserver_settings settings = {.kubeconfig = rig_path(&rig, "kubeconfig"),
						       .timeout_ns = timeout_ns};

	hn_apiserver_free(api);
	api = api_open(&settings);
}

static void pages(void **state _unused_)
{
	assert_null(hn_apiserver_warning(api));
	assert_non_null(strstr(hn_apiserver_name(api), "https://127.0.0.1:"));
	assert_non_null(strstr(hn_apiserver_name(api), "(context c)"));
	api_expect(api, PODS, NULL, &seen, HN_APISERVER_LISTED, "");
	assert_int_equal(seen.begins, 1);
	assert_int_equal(seen.pages, 3);
	assert_int_equal(seen.objects, 1203);
	assert_int_equal(rig_logged(&rig, "limit=500"), 3);
	assert_int_equal(rig_logged(&rig, "&continue="), 2);
	api_expect(api, DEPLOYMENTS, NULL, &seen, HN_APISERVER_LISTED, "");
	assert_int_equal(seen.objects, 2);
	rig_fault(&rig, "chunked");
	api_expect(api, PODS, NULL, &seen, HN_APISERVER_LISTED, "");
	assert_int_equal(seen.objects, 1203);
	rig_fault(&rig, "slow");
	api_expect(api, DEPLOYMENTS, NULL, &seen, HN_APISERVER_LISTED, "");
	assert_int_equal(seen.objects, 2);
}

static void selection(void **state _unused_)
{
	api_expect(api, "/api/v1/namespaces/ml/pods", NULL, &seen, HN_APISERVER_LISTED, "");
	assert_int_equal(seen.objects, 601);
	api_expect(api, PODS, "tier=gpu", &seen, HN_APISERVER_LISTED, "");
	assert_int_equal(seen.objects, 401);
	/* what would end the query, or begin another, is escaped */
	api_expect(api, PODS, "tier=back & front", &seen, HN_APISERVER_LISTED, "");
	assert_int_equal(seen.objects, 802);
	assert_int_equal(seen.pages, 2);
}

static void gone(void **state _unused_)
{
	rig_fault(&rig, "410-once");
	api_expect(api, PODS, NULL, &seen, HN_APISERVER_LISTED, "");
	assert_int_equal(seen.begins, 2);
	assert_int_equal(seen.objects, 1203);
	/* no list ever gets to its end: the answer's own token goes on, without loss and without doubles */
	rig_fault(&rig, "410-new");
	api_expect(api, PODS, NULL, &seen, HN_APISERVER_LISTED, "");
	assert_int_equal(seen.begins, 4);
	assert_int_equal(seen.objects, 1203);
	rig_fault(&rig, "410-always");
	api_expect(api, PODS, NULL, &seen, HN_APISERVER_FAILED, "410 Gone: the list changed faster");
	assert_int_equal(seen.begins, 4);
	/* one page needs no token */
	api_expect(api, DEPLOYMENTS, NULL, &seen, HN_APISERVER_LISTED, "");
}

static void one_kind(void **state _unused_)
{
	rig_fault(&rig, "403 pods");
	api_expect(api, PODS, NULL, &seen, HN_APISERVER_DENIED,
		   "grant verb \"list\" on it in a ClusterRole. The server said: pods is forbidden: User "
		   "\"system:serviceaccount:ml:auditor\"");
	api_expect(api, DEPLOYMENTS, NULL, &seen, HN_APISERVER_LISTED, "");
	rig_fault(&rig, "hostile pods");
	api_expect(api, PODS, NULL, &seen, HN_APISERVER_DENIED, "\\x1b[2J\\r\\nFAKE LINE");
	api_expect(api, "/apis/none.example/v1/things", NULL, &seen, HN_APISERVER_ABSENT, "404 Not Found");
	rig_fault(&rig, "redirect pods");
	api_expect(api, PODS, NULL, &seen, HN_APISERVER_FAILED,
		   "https://attacker.example/\\x1b[31m\", which is not followed");
	api_expect(api, DEPLOYMENTS, NULL, &seen, HN_APISERVER_LISTED, "");
}

static void wrong_bodies(void **state _unused_)
{
	static const struct {
		const char *fault, *says;
	} rows[] = {
		{"html", "the answer is \"text/html\", not application/json; is it an API server?"},
		{"gzip", "the answer is compressed"},
		{"garbage", "no list"},
		{"no-list", "no list"},
		{"deep", "no list"},
		{"big-item", "an object is too large"},
		{"huge", "an object is too large"},
		{"half", "half an answer: the connection ended after"},
		{"reset", "closed without an answer"},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		rig_fault(&rig, rows[i].fault);
		api_expect(api, PODS, NULL, &seen, HN_APISERVER_FAILED, rows[i].says);
	}
	rig_fault(&rig, "none");
	api_expect(api, PODS, NULL, &seen, HN_APISERVER_LISTED, "");
}

/* The second page breaks off once: what its first half gave must not count twice. */
static void broken_off(void **state _unused_)
{
	rig_fault(&rig, "half-once");
	api_expect(api, PODS, NULL, &seen, HN_APISERVER_LISTED, "");
	assert_int_equal(seen.begins, 2);
	assert_int_equal(seen.objects, 1203);
}

static void for_ever(void **state _unused_)
{
	rig_fault(&rig, "same-token");
	api_expect(api, PODS, NULL, &seen, HN_APISERVER_FAILED, "the same page for ever");
	assert_int_equal(seen.pages, 2);
	rig_fault(&rig, "long-token");
	api_expect(api, PODS, NULL, &seen, HN_APISERVER_LISTED, ""); /* our reader took it for none */
}

static void busy(void **state _unused_)
{
	struct hn_mono before = hn_mono_now();

	rig_fault(&rig, "429-twice");
	api_expect(api, DEPLOYMENTS, NULL, &seen, HN_APISERVER_LISTED, "");
	assert_true(hn_mono_now().ns - before.ns >= 2 * HN_NSEC_PER_SEC);
	/* an hour is not waited */
	before = hn_mono_now();
	rig_fault(&rig, "429-long pods");
	api_expect(api, PODS, NULL, &seen, HN_APISERVER_FAILED,
		   "status is 429, not 200. The server said: too many requests");
	rig_fault(&rig, "503 pods");
	api_expect(api, PODS, NULL, &seen, HN_APISERVER_FAILED, "apiserver is shutting down");
	assert_true(hn_mono_now().ns - before.ns < 2 * HN_NSEC_PER_SEC);
	api_expect(api, DEPLOYMENTS, NULL, &seen, HN_APISERVER_LISTED, "");
}

/* One slow kind is one slow kind; the second in a row is a server that hangs. */
static void slow(void **state _unused_)
{
	struct hn_mono before;

	reopen(SHORT);
	rig_fault(&rig, "hang pods");
	api_expect(api, PODS, NULL, &seen, HN_APISERVER_FAILED, "no answer within 1 s to the request");
	api_expect(api, DEPLOYMENTS, NULL, &seen, HN_APISERVER_LISTED, "");
	rig_fault(&rig, "stall pods");
	api_expect(api, PODS, NULL, &seen, HN_APISERVER_FAILED, "it stopped in the middle");
	api_expect(api, PODS, NULL, &seen, HN_APISERVER_FAILED, "it stopped in the middle");
	before = hn_mono_now();
	api_expect(api, DEPLOYMENTS, NULL, &seen, HN_APISERVER_FAILED, "it stopped in the middle");
	assert_true(hn_mono_now().ns - before.ns < HN_NSEC_PER_SEC / 2);
	reopen(SHORT);
	rig_fault(&rig, "hang-tls");
	api_expect(api, PODS, NULL, &seen, HN_APISERVER_FAILED, "to the TLS handshake");
}

/* What is true of the server is not asked again for each kind. */
static void dead(void **state _unused_)
{
	unsigned asked;

	rig_write(&rig, "client.token", "bad");
	api_expect(api, PODS, NULL, &seen, HN_APISERVER_DENIED, "401 Unauthorized: https://127.0.0.1:");
	asked = rig_logged(&rig, "GET");
	assert_int_equal(asked, 1);
	rig_write(&rig, "client.token", "good-token");
	api_expect(api, DEPLOYMENTS, NULL, &seen, HN_APISERVER_DENIED, "401 Unauthorized");
	assert_int_equal(rig_logged(&rig, "GET"), asked);
	assert_int_equal(seen.begins, 0);
	reopen(PATIENT);
	api_expect(api, DEPLOYMENTS, NULL, &seen, HN_APISERVER_LISTED, "");
	rig_stop(&rig);
	api_expect(api, DEPLOYMENTS, NULL, &seen, HN_APISERVER_FAILED, "Connection refused; does it run");
}

/* The file is read at each request, so that a token that rotates during a long list does not end it. */
static void rotation(void **state _unused_)
{
	api_expect(api, DEPLOYMENTS, NULL, &seen, HN_APISERVER_LISTED, "");
	rig_write(&rig, "server.token", "another");
	rig_write(&rig, "client.token", "another\n");
	api_expect(api, PODS, NULL, &seen, HN_APISERVER_LISTED, "");
	assert_int_equal(rig_logged(&rig, "\"token\": \"good\""), 4);
}

static void find(const char *resource, const char *wanted, enum hn_apiserver_outcome outcome, const char *version)
{
	struct hn_apiserver_served got = {.version = ""};
	struct hn_reason reason = {"untouched"};

	assert_int_equal(hn_apiserver_find(api, "ray.io", resource, wanted, &got, &reason), outcome);
	assert_string_equal(got.version, version);
	assert_true((outcome == HN_APISERVER_LISTED) == (reason.text[0] == '\0'));
}

static void versions(void **state _unused_)
{
	struct hn_apiserver_served got = {.version = ""};
	struct hn_reason reason;

	find("rayclusters", "v1alpha1", HN_APISERVER_LISTED, "v1");
	find("rayclusters", NULL, HN_APISERVER_LISTED, "v1");
	find("rayjobs", NULL, HN_APISERVER_LISTED, "v2"); /* the preferred one */
	find("rayjobs", "v1alpha1", HN_APISERVER_LISTED, "v1alpha1");
	find("rayjobs", "v9", HN_APISERVER_LISTED, "v2");
	find("rayservices", "v1", HN_APISERVER_ABSENT, "");
	assert_int_equal(hn_apiserver_find(api, "kubeflow.org", "pytorchjobs", "v1", &got, &reason),
			 HN_APISERVER_ABSENT);
	/* /apis and three versions */
	assert_int_equal(rig_logged(&rig, "GET"), 4);
	assert_int_equal(hn_apiserver_find(api, "", "podtemplates", "v2", &got, &reason), HN_APISERVER_ABSENT);
	assert_int_equal(hn_apiserver_find(api, "", "pods", NULL, &got, &reason), HN_APISERVER_LISTED);
	assert_string_equal(got.version, "v1");
	assert_false(got.cluster_wide);
	assert_int_equal(rig_logged(&rig, "GET"), 5);
}

/* An answer without content is none: not "the server has no such kind". */
static void versions_hollow(void **state _unused_)
{
	static const char *const faults[] = {
		"json:{} apis",
		"no-list apis",
		"json:{\"kind\":\"APIGroupList\"} apis",
		"json:{\"kind\":\"APIGroupList\",\"groups\":null} apis",
		"json:{\"kind\":\"APIGroup\",\"groups\":[]} apis",
		"json:[] apis",
		"json:{\"kind\":\"APIGroupList\",\"groups\":[{\"name\":\"ray.io\"}]} apis",
		"json:{} v1",
		"no-list v1",
		"json:{\"resources\":5} v1",
		"json:{\"kind\":\"APIResourceList\",\"resources\":5} v1",
		"json:{\"kind\":\"Status\",\"resources\":[]} v1",
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(faults); i++) {
		reopen(PATIENT);
		rig_fault(&rig, faults[i]);
		find("rayclusters", NULL, HN_APISERVER_FAILED, "");
	}
	reopen(PATIENT);
	rig_fault(&rig, "json:{\"kind\":\"APIGroupList\",\"groups\":[]} apis");
	find("rayclusters", NULL, HN_APISERVER_ABSENT, "");
}

static void versions_denied(void **state _unused_)
{
	rig_fault(&rig, "403 v1");
	find("rayjobs", NULL, HN_APISERVER_LISTED, "v2");
	/* it may be in the version that we may not see */
	find("rayclusters", NULL, HN_APISERVER_DENIED, "");
	reopen(PATIENT);
	rig_fault(&rig, "404 apis");
	find("rayclusters", NULL, HN_APISERVER_FAILED, "");
	reopen(PATIENT);
	rig_fault(&rig, "404 v1"); /* of which /apis says that it is there */
	find("rayclusters", NULL, HN_APISERVER_FAILED, "");
	reopen(PATIENT);
	rig_fault(&rig, "deep apis");
	find("rayclusters", NULL, HN_APISERVER_FAILED, "");
	reopen(PATIENT);
	rig_fault(&rig, "huge apis");
	find("rayclusters", NULL, HN_APISERVER_FAILED, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pages, start, stop),
		cmocka_unit_test_setup_teardown(selection, start, stop),
		cmocka_unit_test_setup_teardown(gone, start, stop),
		cmocka_unit_test_setup_teardown(one_kind, start, stop),
		cmocka_unit_test_setup_teardown(wrong_bodies, start, stop),
		cmocka_unit_test_setup_teardown(broken_off, start, stop),
		cmocka_unit_test_setup_teardown(for_ever, start, stop),
		cmocka_unit_test_setup_teardown(busy, start, stop),
		cmocka_unit_test_setup_teardown(slow, start, stop),
		cmocka_unit_test_setup_teardown(dead, start, stop),
		cmocka_unit_test_setup_teardown(rotation, start, stop),
		cmocka_unit_test_setup_teardown(versions, start, stop),
		cmocka_unit_test_setup_teardown(versions_denied, start, stop),
		cmocka_unit_test_setup_teardown(versions_hollow, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
