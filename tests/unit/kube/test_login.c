// SPDX-License-Identifier: Apache-2.0
// Who we are for the API server: each way over real TLS, and each that is refused.
#include "api_rig.h"

#include "hostnetd/time.h"
#include "kube/base64.h"
#include "kube/exec_plugin.h"

#define DEPLOYMENTS "/apis/apps/v1/deployments"

static struct rig rig;
static struct api_seen seen;

static int start(void **state _unused_)
{
	api_new(&rig);
	api_start(&rig, false);
	return 0;
}

static int start_client_cert(void **state _unused_)
{
	api_new(&rig);
	api_start(&rig, true);
	return 0;
}

static int stop(void **state _unused_)
{
	rig_free(&rig);
	return 0;
}

/* The file's text in base64. */
static const char *data(const char *name)
{
	static char texts[4][8192];
	static unsigned next;
	char *ret = texts[next++ % 4], text[8192];
	struct hn_str out = {0};
	FILE *file = fopen(rig_path(&rig, name), "re");
	size_t n;

	assert_non_null(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	hn_base64_encode(text, &out);
	assert_true(hn_strcpy(ret, sizeof(texts[0]), out.data));
	hn_str_done(&out);
	return ret;
}

static struct hn_apiserver *login(const char *cluster, const char *user)
{
	const struct hn_apiserver_settings settings = {.kubeconfig = api_kubeconfig(&rig, cluster, user)};

	return api_open(&settings);
}

static void listed(const char *cluster, const char *user)
{
	_cleanup_(hn_apiserver_cleanup) struct hn_apiserver *a = login(cluster, user);

	assert_null(hn_apiserver_warning(a));
	api_expect(a, DEPLOYMENTS, NULL, &seen, HN_APISERVER_LISTED, "");
	assert_int_equal(seen.objects, 2);
}

static void not_listed(const char *cluster, const char *user, enum hn_apiserver_outcome outcome, const char *says)
{
	_cleanup_(hn_apiserver_cleanup) struct hn_apiserver *a = login(cluster, user);

	api_expect(a, DEPLOYMENTS, NULL, &seen, outcome, says);
}

static void refused(const char *cluster, const char *user, const char *says)
{
	const struct hn_apiserver_settings settings = {.kubeconfig = api_kubeconfig(&rig, cluster, user)};
	struct hn_reason reason = {""};
	struct hn_apiserver *a = NULL;

	if (hn_apiserver_open(&settings, &a, &reason) == 0 || !strstr(reason.text, says))
		fail_msg("\"%s\", not \"%s\"", reason.text, says);
	assert_null(a);
	assert_non_null(strstr(reason.text, rig_path(&rig, "kubeconfig")));
	assert_null(strstr(reason.text, "SECRET"));
}

static void tokens(void **state _unused_)
{
	char cluster[16384];

	listed("certificate-authority: ca.crt", "token: good-token");
	listed("certificate-authority: ca.crt", "tokenFile: client.token, token: not-used");
	/* data wins over a file */
	snprintf(cluster, sizeof(cluster), "certificate-authority: /none, certificate-authority-data: %s",
		 data("ca.crt"));
	listed(cluster, "token: good-token");
	listed("certificate-authority: ca.crt, tls-server-name: api.example", "token: good-token");
	not_listed("certificate-authority: ca.crt", "token: SECRET", HN_APISERVER_DENIED,
		   "does not accept these credentials");
	not_listed("certificate-authority: ca.crt", "", HN_APISERVER_DENIED, "the context has no credentials");
	not_listed("certificate-authority: ca.crt", "tokenFile: none", HN_APISERVER_FAILED,
		   "No such file or directory");
}

static void certificates(void **state _unused_)
{
	char user[32768];

	snprintf(user, sizeof(user), "client-certificate-data: %s, client-key-data: %s", data("tls/client.crt"),
		 data("tls/client.key"));
	listed("certificate-authority: ca.crt", user);
	listed("certificate-authority: ca.crt", "client-certificate: tls/client.crt, client-key: tls/client.key");
	snprintf(user, sizeof(user), "client-certificate: tls/client.crt, client-key-data: %s",
		 data("tls/client.key"));
	listed("certificate-authority: ca.crt", user);
	assert_int_equal(rig_logged(&rig, "\"clientCert\": \"hostnetd\""), 3);
	not_listed("certificate-authority: ca.crt", "token: good-token", HN_APISERVER_FAILED,
		   "client certificate");
	snprintf(user, sizeof(user), "client-certificate: tls/client.crt, client-key-data: %s",
		 data("tls/ca.key"));
	not_listed("certificate-authority: ca.crt", user, HN_APISERVER_FAILED,
		   "the key does not belong to the certificate");
	snprintf(user, sizeof(user), "client-certificate-data: %s, client-key-data: %s", data("tls/client.key"),
		 data("tls/client.key"));
	not_listed("certificate-authority: ca.crt", user, HN_APISERVER_FAILED,
		   "client-certificate-data: no usable client certificate in PEM form");
	snprintf(user, sizeof(user), "client-certificate-data: %s, client-key-data: %s", data("tls/client.crt"),
		 data("tls/client.crt"));
	not_listed("certificate-authority: ca.crt", user, HN_APISERVER_FAILED,
		   "client-key-data: no usable private key in PEM form");
}

static void wrong_server(void **state _unused_)
{
	char cluster[16384];

	not_listed("certificate-authority: tls/client.crt", "token: good-token", HN_APISERVER_FAILED,
		   "its certificate is not trusted");
	snprintf(cluster, sizeof(cluster), "certificate-authority-data: %s", data("tls/client.crt"));
	not_listed(cluster, "token: good-token", HN_APISERVER_FAILED, "its certificate is not trusted");
	not_listed("certificate-authority: ca.crt, tls-server-name: other.example", "token: good-token",
		   HN_APISERVER_FAILED, "does not carry other.example but ");
	snprintf(cluster, sizeof(cluster), "certificate-authority-data: %s", data("tls/ca.key"));
	not_listed(cluster, "token: good-token", HN_APISERVER_FAILED,
		   "certificate-authority-data: no usable CA certificate in PEM form");
	/* no answer of a server that is not trusted, and no token for it */
	assert_int_equal(rig_logged(&rig, "GET"), 0);
}

static void insecure(void **state _unused_)
{
	_cleanup_(hn_apiserver_cleanup) struct hn_apiserver *a =
		login("insecure-skip-tls-verify: true", "token: good-token");

	assert_non_null(strstr(hn_apiserver_warning(a), "is NOT verified (insecure-skip-tls-verify in "));
	api_expect(a, DEPLOYMENTS, NULL, &seen, HN_APISERVER_LISTED, "");
	refused("insecure-skip-tls-verify: true, certificate-authority: ca.crt", "", "leave one out");
}

static void not_supported(void **state _unused_)
{
	refused("server: '127.0.0.1:6443'", "", "k: server: 127.0.0.1:6443: only https:// and http://");
	refused("proxy-url: 'http://SECRET@p'", "", "k: proxy-url: a proxy is not supported");
	refused("certificate-authority-data: 'SECRET!'", "",
		"k: certificate-authority-data: it is no text in base64");
	refused("", "auth-provider: {name: gcp, config: {access-token: SECRET}}",
		"u: auth-provider: it was removed");
	refused("", "username: a, password: SECRET", "basic authentication was removed");
	refused("", "as: SECRET", "u: as: to act as somebody else is not supported");
	refused("", "client-certificate: a", "only one of the two is given");
	refused("", "client-key-data: SECRET", "only one of the two is given");
	refused("", "client-certificate: a, client-key-data: SECRE=", "client-key-data: it is no text in base64");
	refused("", "token: \"SECRET\\r\\nHost: x\"", "u: token: it holds a byte that belongs to no token");
	refused("", "exec: {command: a}", "u: exec: apiVersion must be");
	refused("", "exec: {command: a, apiVersion: client.authentication.k8s.io/v1alpha1}",
		"u: exec: apiVersion must be");
	refused("", "exec: {command: a, apiVersion: client.authentication.k8s.io/v1}", "v1 needs interactiveMode");
	refused("", "exec: {apiVersion: client.authentication.k8s.io/v1}", "u: exec: it has no command");
}

/* --- where it comes from ------------------------------------------------------------------------------------------ */

static void fails(const struct hn_apiserver_settings *settings, const char *says)
{
	struct hn_reason reason = {""};
	struct hn_apiserver *a = NULL;

	if (hn_apiserver_open(settings, &a, &reason) == 0 || !strstr(reason.text, says))
		fail_msg("\"%s\", not \"%s\"", reason.text, says);
}

static void sources(void **state _unused_)
{
	char list[512], home[256], port[16];
	struct hn_apiserver_settings settings = {.kubeconfig_list = list, .home = home};
	struct hn_apiserver *a;

	snprintf(home, sizeof(home), "%s", rig_path(&rig, "."));
	snprintf(port, sizeof(port), "%u", rig.port);
	snprintf(list, sizeof(list),
		 ":/none/at/all::%s:", api_kubeconfig(&rig, "certificate-authority: ca.crt", "token: good-token"));
	a = api_open(&settings);
	api_expect(a, DEPLOYMENTS, NULL, &seen, HN_APISERVER_LISTED, "");
	hn_apiserver_free(a);

	snprintf(list, sizeof(list), "/none:/nothing");
	fails(&settings, "KUBECONFIG: there is no such file: /none:/nothing");
	settings.kubeconfig = "/none";
	fails(&settings, "--kubeconfig: /none: No such file or directory");
	settings.kubeconfig = rig_path(&rig, "objects");
	fails(&settings, "not a regular file");
	settings.kubeconfig = NULL;
	list[0] = '\0';
	fails(&settings, "no API server is known");
	settings.context = "c";
	fails(&settings, "--context: there is no kubeconfig");
	settings.context = NULL;

	/* in a pod */
	settings.service_host = "127.0.0.1";
	settings.service_port = port;
	settings.service_account = rig.dir;
	rig_write(&rig, "token", "good-token");
	a = api_open(&settings);
	assert_non_null(strstr(hn_apiserver_name(a), "(this pod's service account)"));
	api_expect(a, DEPLOYMENTS, NULL, &seen, HN_APISERVER_LISTED, "");
	rig_write(&rig, "token", "rotated");
	rig_write(&rig, "server.token", "rotated");
	api_expect(a, DEPLOYMENTS, NULL, &seen, HN_APISERVER_LISTED, "");
	hn_apiserver_free(a);
	settings.service_host = "fd00::1";
	a = api_open(&settings);
	assert_non_null(strstr(hn_apiserver_name(a), "https://[fd00::1]:"));
	hn_apiserver_free(a);
	settings.service_host = "a b";
	fails(&settings, "KUBERNETES_SERVICE_HOST");

	rig_write(&rig, "kubeconfig", "clusters: [{name: k}]\ncontexts: [{name: c, context: {cluster: k}}]\n");
	settings.kubeconfig = rig_path(&rig, "kubeconfig");
	settings.context = "c";
	fails(&settings, "kubeconfig: k: server: it is not given");
	settings.kubeconfig = settings.context = NULL;

	/* a kubeconfig in the home wins over the pod's account */
	assert_int_equal(mkdir(rig_path(&rig, ".kube"), 0700), 0);
	rig_write(&rig, ".kube/config", "current-context: x\n");
	fails(&settings, "there is no context \"x\"");
}

/* --- exec plugins ------------------------------------------------------------------------------------------------- */

#define V1 "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":"

static void plugin(const char *script)
{
	char text[16384];

	snprintf(text, sizeof(text), "#!/bin/sh\ncd %s\necho run >>runs\n%s\n", rig.dir, script);
	rig_write(&rig, "plugin", text);
	assert_int_equal(chmod(rig_path(&rig, "plugin"), 0700), 0);
}

static unsigned runs(void)
{
	FILE *file = fopen(rig_path(&rig, "runs"), "re");
	unsigned n = 0;
	int c;

	while (file && (c = fgetc(file)) != EOF)
		n += c == '\n';
	if (file)
		fclose(file);
	return n;
}

static struct hn_apiserver *login_exec(const char *more)
{
	char user[1024];

	snprintf(user, sizeof(user),
		 "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never, "
		 "args: [one, 'two words'], env: [{name: FROM_CONFIG, value: it}], installHint: \"get it\\e\"%s}",
		 more);
	return login("certificate-authority: ca.crt", user);
}

static void exec_fails(const char *script, enum hn_apiserver_outcome outcome, const char *says)
{
	_cleanup_(hn_apiserver_cleanup) struct hn_apiserver *a = NULL;

	plugin(script);
	a = login_exec("");
	api_expect(a, DEPLOYMENTS, NULL, &seen, outcome, says);
}

static void exec_token(void **state _unused_)
{
	_cleanup_(hn_apiserver_cleanup) struct hn_apiserver *a = NULL;

	plugin("test \"$#$1$2\" = '2onetwo words' || exit 3\ntest \"$FROM_CONFIG\" = it || exit 4\n"
	       "test -n \"$PATH\" || exit 5\nread x && exit 6\necho \"$KUBERNETES_EXEC_INFO\" >info\n"
	       "echo '" V1
	       "{\"token\":\"good-token\",\"expirationTimestamp\":\"2999-01-01T00:00:00Z\"}}' | sed s/2999/2199/");
	a = login_exec("");
	assert_int_equal(runs(), 0);
	for (int i = 0; i < 3; i++)
		api_expect(a, DEPLOYMENTS, NULL, &seen, HN_APISERVER_LISTED, "");
	assert_int_equal(runs(), 1);
	rig_copy(&rig, "info", "info.copy");
	assert_string_equal(data("info"), ({
				    static char expected[512];
				    struct hn_str out = {0};

				    hn_base64_encode(
					    "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":"
					    "\"ExecCredential\",\"spec\":{\"interactive\":false}}\n",
					    &out);
				    hn_strcpy(expected, sizeof(expected), out.data);
				    hn_str_done(&out);
				    expected;
			    }));
}

/* What has expired is asked for again; what was revoked too, once. */
static void exec_again(void **state _unused_)
{
	_cleanup_(hn_apiserver_cleanup) struct hn_apiserver *a = NULL, *revoked = NULL;

	plugin("echo '" V1 "{\"token\":\"good-token\",\"expirationTimestamp\":\"2020-01-01T00:00:00+02:00\"}}'");
	a = login_exec("");
	api_expect(a, DEPLOYMENTS, NULL, &seen, HN_APISERVER_LISTED, "");
	api_expect(a, DEPLOYMENTS, NULL, &seen, HN_APISERVER_LISTED, "");
	assert_int_equal(runs(), 2);

	plugin("echo '" V1 "{\"token\":\"'$(cat next)'\"}}'");
	rig_write(&rig, "next", "good-token");
	revoked = login_exec("");
	api_expect(revoked, DEPLOYMENTS, NULL, &seen, HN_APISERVER_LISTED, "");
	rig_write(&rig, "next", "newer");
	rig_write(&rig, "server.token", "newer");
	api_expect(revoked, DEPLOYMENTS, NULL, &seen, HN_APISERVER_LISTED, "");
	assert_int_equal(runs(), 4);
	rig_write(&rig, "server.token", "unknown");
	api_expect(revoked, DEPLOYMENTS, NULL, &seen, HN_APISERVER_DENIED, "401 Unauthorized");
	assert_int_equal(runs(), 5);
}

static void exec_certificate(void **state _unused_)
{
	_cleanup_(hn_apiserver_cleanup) struct hn_apiserver *a = NULL;

	plugin("esc() { awk '{printf \"%s\\\\n\", $0}' \"$1\"; }\n"
	       "echo \"$KUBERNETES_EXEC_INFO\" | grep -q '\"certificate-authority-data\":\"LS0t' || exit 7\n"
	       "printf '" V1
	       "{\"clientCertificateData\":\"%s\",\"clientKeyData\":\"%s\"}}' \"$(esc tls/client.crt)\" \"$(esc "
	       "tls/client.key)\"");
	a = login_exec(", provideClusterInfo: true");
	api_expect(a, DEPLOYMENTS, NULL, &seen, HN_APISERVER_LISTED, "");
	assert_int_equal(rig_logged(&rig, "\"clientCert\": \"hostnetd\""), 1);
}

static void exec_failures(void **state _unused_)
{
	_cleanup_(hn_apiserver_cleanup) struct hn_apiserver *missing = NULL;

	exec_fails("exit 3", HN_APISERVER_FAILED, "failed with exit code 3. Its installHint: get it\\x1b");
	exec_fails("kill -9 $$", HN_APISERVER_FAILED, "ended by signal 9");
	exec_fails("echo SECRET", HN_APISERVER_FAILED, "what it printed is no JSON (7 bytes)");
	exec_fails("echo '{}'", HN_APISERVER_FAILED, "is no ExecCredential");
	exec_fails("echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1beta1\"}'",
		   HN_APISERVER_FAILED, "did not answer in client.authentication.k8s.io/v1");
	exec_fails("echo '" V1 "{}}'", HN_APISERVER_FAILED, "neither a token nor a client certificate");
	exec_fails("echo '" V1 "{\"clientKeyData\":\"SECRET\"}}'", HN_APISERVER_FAILED, "it gave only one");
	exec_fails("echo '" V1 "{\"token\":\"a\\nb\"}}'", HN_APISERVER_FAILED, "byte that belongs to no token");
	exec_fails("echo '" V1 "{\"token\":\"a\",\"expirationTimestamp\":\"soon\"}}'", HN_APISERVER_FAILED,
		   "RFC 3339");
	exec_fails("head -c 2000000 /dev/zero; sleep 100", HN_APISERVER_FAILED, "more than 1 MiB");
	rig_fault(&rig, "none");
	assert_int_equal(unlink(rig_path(&rig, "plugin")), 0);
	missing = login_exec("");
	api_expect(missing, DEPLOYMENTS, NULL, &seen, HN_APISERVER_FAILED,
		   "there is no such program. Its installHint: get it");
	assert_int_equal(rig_logged(&rig, "GET"), 0);
}

/* What hangs is ended, with what it has started. */
static void exec_hangs(void **state _unused_)
{
	static const char *const scripts[] = {"sleep 1000 & echo $! >pid; wait",
					      "exec >&-; sleep 1000 & echo $! >pid; wait"};

	for (size_t i = 0; i < HN_ARRAY_SIZE(scripts); i++) {
		struct hn_kubeconfig_exec exec = {.api_version = "client.authentication.k8s.io/v1",
						  .command = rig_path(&rig, "plugin"),
						  .interactive_mode = "Never"};
		const struct hn_kubeconfig_cluster cluster = {.server = "https://k"};
		struct hn_credential credential = {0};
		struct hn_reason reason = {""};
		struct hn_mono before = hn_mono_now();
		char path[64], state_of = 'R';
		FILE *file;
		int pid = 0;

		plugin(scripts[i]);
		assert_int_equal(
			hn_exec_plugin_run(&exec, &cluster, NULL, 2 * HN_NSEC_PER_SEC, &credential, &reason),
			-ETIMEDOUT);
		assert_non_null(strstr(reason.text, "it did not end in time, and was ended"));
		assert_true(hn_mono_now().ns - before.ns < 60 * HN_NSEC_PER_SEC);
		file = fopen(rig_path(&rig, "pid"), "re");
		assert_non_null(file);
		assert_int_equal(fscanf(file, "%d", &pid), 1);
		fclose(file);
		/* gone, or waiting for who adopted it to see that: a killed process takes its time */
		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		for (int tries = 0; tries < 500 && state_of != 'Z'; tries++) {
			state_of = 'Z';
			file = fopen(path, "re");
			if (file) {
				assert_int_equal(fscanf(file, "%*d (%*[^)]) %c", &state_of), 1);
				fclose(file);
			}
			usleep(state_of == 'Z' ? 0 : 10000);
		}
		assert_int_equal(state_of, 'Z');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tokens, start, stop),
		cmocka_unit_test_setup_teardown(certificates, start_client_cert, stop),
		cmocka_unit_test_setup_teardown(wrong_server, start, stop),
		cmocka_unit_test_setup_teardown(insecure, start, stop),
		cmocka_unit_test_setup_teardown(not_supported, start, stop),
		cmocka_unit_test_setup_teardown(sources, start, stop),
		cmocka_unit_test_setup_teardown(exec_token, start, stop),
		cmocka_unit_test_setup_teardown(exec_again, start, stop),
		cmocka_unit_test_setup_teardown(exec_certificate, start_client_cert, stop),
		cmocka_unit_test_setup_teardown(exec_failures, start, stop),
		cmocka_unit_test_setup_teardown(exec_hangs, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
