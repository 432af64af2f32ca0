// SPDX-License-Identifier: Apache-2.0
// Who is trusted, under which name, with which credentials; and that files are read again when they change.
#include <errno.h>
#include <sys/stat.h>

#include "rig.h"

static struct rig rig;
static char url[64], ca[128], token[128], cert[128], key[128];

static int start(const char *san, bool client_cert)
{
	rig_new(&rig);
	assert_int_equal(symlink("/proc/self/cwd/" PODS_FILE, rig_path(&rig, "pods.json")), 0);
	rig_write(&rig, "server.token", "first\n");
	rig_write(&rig, "client.token", "first\n");
	rig_start(&rig, san, client_cert);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u", rig.port);
	snprintf(ca, sizeof(ca), "%s", rig_path(&rig, "ca.crt"));
	snprintf(token, sizeof(token), "%s", rig_path(&rig, "client.token"));
	snprintf(cert, sizeof(cert), "%s", rig_path(&rig, "tls/client.crt"));
	snprintf(key, sizeof(key), "%s", rig_path(&rig, "tls/client.key"));
	return 0;
}

static int by_address(void **state _unused_)
{
	return start("IP:127.0.0.1", false);
}

/* As a kubelet signs its own certificate: with the host name only. */
static int by_name(void **state _unused_)
{
	return start("DNS:node-1.example.org,DNS:node-1", false);
}

static int mutual(void **state _unused_)
{
	return start("IP:127.0.0.1", true);
}

static int stop(void **state _unused_)
{
	rig_free(&rig);
	return 0;
}

static struct hn_kubelet_settings settings_of(const char *ca_file, const char *name)
{
	return (struct hn_kubelet_settings){.url = url,
					    .ca_file = ca_file,
					    .tls_server_name = name,
					    .token_file = token,
					    .timeout_ns = 60 * HN_NSEC_PER_SEC};
}

static void ask(const struct hn_kubelet_settings *settings, enum hn_kubelet_state state, const char *says)
{
	_cleanup_(hn_kubelet_cleanup) struct hn_kubelet *kubelet = rig_kubelet(&rig, settings);

	rig_ask(&rig, kubelet);
	expect(kubelet, state, says);
}

static void chain(void **state _unused_)
{
	struct hn_kubelet_settings settings = settings_of(ca, NULL);
	char leaf[128];

	ask(&settings, HN_KUBELET_OK, "");
	/* the server's own certificate as the anchor */
	snprintf(leaf, sizeof(leaf), "%s", rig_path(&rig, "tls/server.crt"));
	settings.ca_file = leaf;
	ask(&settings, HN_KUBELET_OK, "");
	/* another certificate, and the system's */
	settings.ca_file = cert;
	ask(&settings, HN_KUBELET_TLS, "is not trusted (");
	settings.ca_file = NULL;
	ask(&settings, HN_KUBELET_TLS, "with --kubelet-ca-file");
	assert_int_equal(rig_logged(&rig, "\"token\": \"good\""), 2);
	assert_int_equal(rig_logged(&rig, "\"token\""), 2); /* nobody else got a request */
	settings.insecure_tls = true;
	ask(&settings, HN_KUBELET_OK, "");
}

static void names(void **state _unused_)
{
	struct hn_kubelet_settings settings = settings_of(ca, NULL);
	char by_host[64];

	ask(&settings, HN_KUBELET_TLS,
	    "does not carry 127.0.0.1 but node-1.example.org, node-1; give the name that it carries with --kubelet-tls-server-name");
	settings.tls_server_name = "node-1";
	ask(&settings, HN_KUBELET_OK, "");
	settings.tls_server_name = "node-1.example.org";
	ask(&settings, HN_KUBELET_OK, "");
	settings.tls_server_name = "node-2";
	ask(&settings, HN_KUBELET_TLS, "does not carry node-2");
	/* both at once: not trusted, and a wrong name */
	settings.ca_file = NULL;
	ask(&settings, HN_KUBELET_TLS,
	    "It does not carry node-2 either (node-1.example.org, node-1): also give --kubelet-tls-server-name");
	settings.tls_server_name = "node-1";
	{
		_cleanup_(hn_kubelet_cleanup) struct hn_kubelet *kubelet = rig_kubelet(&rig, &settings);

		rig_ask(&rig, kubelet);
		expect(kubelet, HN_KUBELET_TLS, "--kubelet-ca-file");
		assert_null(strstr(hn_kubelet_problem(kubelet), "--kubelet-tls-server-name"));
	}
	/* a name that is looked up, in the hosts file */
	snprintf(by_host, sizeof(by_host), "https://localhost:%u", rig.port);
	settings = settings_of(ca, NULL);
	settings.url = by_host;
	ask(&settings, HN_KUBELET_TLS, "does not carry localhost");
	settings.tls_server_name = "node-1";
	ask(&settings, HN_KUBELET_OK, "");
}

static void client_certificate(void **state _unused_)
{
	struct hn_kubelet_settings settings = settings_of(ca, NULL);

	{
		_cleanup_(hn_kubelet_cleanup) struct hn_kubelet *kubelet = rig_kubelet(&rig, &settings);

		rig_ask(&rig, kubelet);
		/* With TLS 1.3 the reset may overtake the alert. */
		assert_true(hn_kubelet_state(kubelet) == HN_KUBELET_TLS ||
			    hn_kubelet_state(kubelet) == HN_KUBELET_UNREACHABLE);
		assert_non_null(
			strstr(hn_kubelet_problem(kubelet), "see --kubelet-client-cert and --kubelet-client-key"));
	}
	settings.client_cert = cert;
	settings.client_key = key;
	ask(&settings, HN_KUBELET_OK, "");
	assert_int_equal(rig_logged(&rig, "\"clientCert\": \"hostnetd\""), 1);
}

/* A projected volume: the name is a link through ..data, and ..data is swapped. */
static void token_rotates(void **state _unused_)
{
	_cleanup_(hn_kubelet_cleanup) struct hn_kubelet *kubelet = NULL;
	struct hn_kubelet_settings settings = settings_of(ca, NULL);

	assert_int_equal(mkdir(rig_path(&rig, "..1"), 0700), 0);
	assert_int_equal(mkdir(rig_path(&rig, "..2"), 0700), 0);
	rig_write(&rig, "..1/token", "first");
	rig_write(&rig, "..2/token", "second\n\n");
	assert_int_equal(symlink("..1", rig_path(&rig, "..data")), 0);
	assert_int_equal(symlink("..data/token", rig_path(&rig, "token")), 0);
	snprintf(token, sizeof(token), "%s", rig_path(&rig, "token"));
	kubelet = rig_kubelet(&rig, &settings);
	rig_ask(&rig, kubelet);
	expect(kubelet, HN_KUBELET_OK, "");
	rig_write(&rig, "server.token", "second");
	rig_ask(&rig, kubelet);
	expect(kubelet, HN_KUBELET_UNAUTHORIZED, token);
	assert_int_equal(symlink("..2", rig_path(&rig, "..data.new")), 0);
	assert_int_equal(rename(rig_path(&rig, "..data.new"), rig_path(&rig, "..data")), 0);
	rig_wait(&rig, 1);
	expect(kubelet, HN_KUBELET_OK, "");
	/* gone, or not a token: said, and the request is not sent without it */
	assert_int_equal(unlink(rig_path(&rig, "..2/token")), 0);
	rig_ask(&rig, kubelet);
	expect(kubelet, HN_KUBELET_UNAUTHORIZED, "nothing was asked: token file");
	assert_int_equal(rig_logged(&rig, "\"token\""), 3);
	unlink(rig_path(&rig, "..1/token"));
	rmdir(rig_path(&rig, "..1"));
	rmdir(rig_path(&rig, "..2"));
	unlink(rig_path(&rig, "..data"));
}

static void ca_rotates(void **state _unused_)
{
	_cleanup_(hn_kubelet_cleanup) struct hn_kubelet *kubelet = NULL;
	struct hn_kubelet_settings settings = settings_of(ca, NULL);

	kubelet = rig_kubelet(&rig, &settings);
	rig_ask(&rig, kubelet);
	expect(kubelet, HN_KUBELET_OK, "");
	rig_make_tls(&rig, "IP:127.0.0.1");
	rig_ask(&rig, kubelet);
	expect(kubelet, HN_KUBELET_TLS, "is not trusted");
	rig_write(&rig, "ca.crt", "-----BEGIN CERTIFICATE-----\nhalf");
	rig_wait(&rig, 1);
	expect(kubelet, HN_KUBELET_TLS, "ca.crt: no usable CA certificate");
	rig_copy(&rig, "tls/ca.crt", "ca.crt");
	rig_wait(&rig, 1);
	expect(kubelet, HN_KUBELET_OK, "");
	assert_int_equal(hn_kubelet_answers(kubelet), 2);
}

static void unusable_settings(void **state _unused_)
{
	static const struct {
		struct hn_kubelet_settings settings;
		const char *says;
	} rows[] = {
		{{.url = "ftp://127.0.0.1"}, "--kubelet-url: ftp://127.0.0.1: only https:// and http://"},
		{{.url = "https://127.0.0.1", .ca_file = "/nonexistent/ca"},
		 "--kubelet-ca-file /nonexistent/ca: No such file"},
		{{.url = "https://127.0.0.1", .ca_file = PODS_FILE}, PODS_FILE ": no usable CA certificate"},
		{{.url = "https://127.0.0.1", .token_file = "/nonexistent/t"},
		 "--kubelet-token-file: token file /nonexistent/t: No such"},
		{{.url = "https://127.0.0.1", .token_file = "/dev/null"}, "token file /dev/null is empty"},
		{{.url = "https://127.0.0.1", .token_file = "/dev/zero"}, "larger than a token"},
		{{.url = "https://127.0.0.1", .token_file = "tests/data/kubelet/403.txt"}, "belongs to no token"},
		{{.url = "https://127.0.0.1", .client_key = "x"},
		 "--kubelet-client-key needs --kubelet-client-cert"},
		{{.url = "https://127.0.0.1", .client_cert = PODS_FILE}, "no usable client certificate"},
		{{.pods_file = "/nonexistent/pods"}, "--pods-file /nonexistent/pods: No such file"},
	};
	struct hn_reason reason;

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_kubelet *kubelet = NULL;
		int r = hn_kubelet_new(&rows[i].settings, rig.base, rig_callback, &rig, &kubelet, &reason);

		if (r != -EINVAL || !strstr(reason.text, rows[i].says))
			fail_msg("row %zu: %d %s", i, r, reason.text);
		assert_null(kubelet);
	}
}

/* 0.0.0.0 leads to this machine, but nothing says so: it stands for another one here. */
static void token_stays_here(void **state _unused_)
{
	_cleanup_(hn_kubelet_cleanup) struct hn_kubelet *near = NULL, *far = NULL;
	struct hn_kubelet_settings settings = settings_of(NULL, NULL);
	char plain[64];

	rig_stop(&rig);
	rig_start(&rig, NULL, false);
	snprintf(plain, sizeof(plain), "http://127.0.0.1:%u", rig.port);
	settings.url = plain;
	near = rig_kubelet(&rig, &settings);
	rig_ask(&rig, near);
	expect(near, HN_KUBELET_OK, "");
	assert_int_equal(rig_logged(&rig, "\"token\": \"good\""), 1);
	snprintf(plain, sizeof(plain), "http://0.0.0.0:%u", rig.port);
	far = rig_kubelet(&rig, &settings);
	rig_ask(&rig, far);
	expect(far, HN_KUBELET_UNAUTHORIZED, "the token was not sent, because plain http://");
	assert_int_equal(rig_logged(&rig, "\"token\": \"none\""), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(chain, by_address, stop),
		cmocka_unit_test_setup_teardown(names, by_name, stop),
		cmocka_unit_test_setup_teardown(client_certificate, mutual, stop),
		cmocka_unit_test_setup_teardown(token_rotates, by_address, stop),
		cmocka_unit_test_setup_teardown(ca_rotates, by_address, stop),
		cmocka_unit_test_setup_teardown(unusable_settings, by_address, stop),
		cmocka_unit_test_setup_teardown(token_stays_here, by_address, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
