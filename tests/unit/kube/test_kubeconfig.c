// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hostnetd/str.h"
#include "kube/kubeconfig.h"

#define WHOLE                                                                                           \
	"apiVersion: v1\n"                                                                              \
	"kind: Config\n"                                                                                \
	"preferences: {colors: true, deep: [[[{a: b}]]]}\n"                                             \
	"current-context: prod\n"                                                                       \
	"clusters:\n"                                                                                   \
	"- cluster:\n"                                                                                  \
	"    certificate-authority: pki/ca.crt\n"                                                       \
	"    server: https://[fd00::1]:6443/k8s/clusters/c-1\n"                                         \
	"    tls-server-name: api.example\n"                                                            \
	"    extensions: [{name: x, extension: {y: z}}]\n"                                              \
	"  name: one\n"                                                                                 \
	"- name: two\n"                                                                                 \
	"  cluster: {server: 'https://two', insecure-skip-tls-verify: true, proxy-url: 'socks5://p'}\n" \
	"contexts:\n"                                                                                   \
	"- {name: prod, context: {cluster: one, user: me, namespace: x}}\n"                             \
	"- {name: test, context: {cluster: two, user: ''}}\n"                                           \
	"- {name: no-cluster, context: {user: me}}\n"                                                   \
	"- {name: lost-cluster, context: {cluster: three}}\n"                                           \
	"- {name: lost-user, context: {cluster: one, user: nobody}}\n"                                  \
	"users:\n"                                                                                      \
	"- name: me\n"                                                                                  \
	"  user:\n"                                                                                     \
	"    client-certificate-data: Q0VSVA==\n"                                                       \
	"    client-key: /abs/key\n"                                                                    \
	"    token: null\n"                                                                             \
	"    tokenFile: token\n"                                                                        \
	"    exec:\n"                                                                                   \
	"      apiVersion: client.authentication.k8s.io/v1\n"                                           \
	"      command: aws\n"                                                                          \
	"      args: [eks, \"get token\", '']\n"                                                        \
	"      env: [{name: AWS_PROFILE, value: prod}, {name: EMPTY}]\n"                                \
	"      installHint: get it\n"                                                                   \
	"      interactiveMode: IfAvailable\n"                                                          \
	"      provideClusterInfo: true\n"

static void add(struct hn_kubeconfig *k, const char *path, const char *text)
{
	struct hn_reason reason = {""};

	if (hn_kubeconfig_add(k, path, text, strlen(text), &reason) < 0)
		fail_msg("%s", reason.text);
}

static void choose(const struct hn_kubeconfig *k, const char *context, struct hn_kubeconfig_choice *ret)
{
	struct hn_reason reason = {""};

	if (hn_kubeconfig_choose(k, context, ret, &reason) < 0)
		fail_msg("%s", reason.text);
}

static void refused(const struct hn_kubeconfig *k, const char *context, const char *says)
{
	struct hn_kubeconfig_choice choice;
	struct hn_reason reason = {""};

	assert_true(hn_kubeconfig_choose(k, context, &choice, &reason) < 0);
	if (strcmp(reason.text, says) != 0)
		fail_msg("\"%s\", not \"%s\"", reason.text, says);
}

static void every_key(void **state _unused_)
{
	_cleanup_(hn_kubeconfig_cleanup) struct hn_kubeconfig *k = hn_kubeconfig_new();
	struct hn_kubeconfig_choice c;
	const struct hn_kubeconfig_exec *exec;

	add(k, "/home/me/.kube/config", WHOLE);
	choose(k, NULL, &c);
	assert_string_equal(c.context, "prod");
	assert_string_equal(c.cluster_name, "one");
	assert_string_equal(c.user_name, "me");
	assert_string_equal(c.file, "/home/me/.kube/config");
	assert_string_equal(c.cluster->server, "https://[fd00::1]:6443/k8s/clusters/c-1");
	assert_string_equal(c.cluster->ca_file, "/home/me/.kube/pki/ca.crt");
	assert_string_equal(c.cluster->tls_server_name, "api.example");
	assert_null(c.cluster->ca_data);
	assert_false(c.cluster->insecure);
	assert_string_equal(c.user->client_cert_data, "Q0VSVA==");
	assert_string_equal(c.user->client_key, "/abs/key");
	assert_null(c.user->token);
	assert_string_equal(c.user->token_file, "/home/me/.kube/token");
	exec = c.user->exec;
	assert_string_equal(exec->command, "aws");
	assert_int_equal(exec->n_args, 3);
	assert_string_equal(exec->args[1], "get token");
	assert_string_equal(exec->args[2], "");
	assert_int_equal(exec->n_variables, 2);
	assert_string_equal(exec->names[0], "AWS_PROFILE");
	assert_string_equal(exec->values[0], "prod");
	assert_string_equal(exec->values[1], "");
	assert_string_equal(exec->install_hint, "get it");
	assert_string_equal(exec->interactive_mode, "IfAvailable");
	assert_true(exec->cluster_info);

	choose(k, "test", &c);
	assert_null(c.user);
	assert_true(c.cluster->insecure);
	assert_string_equal(c.cluster->proxy_url, "socks5://p");
}

static void wrong_choices(void **state _unused_)
{
	_cleanup_(hn_kubeconfig_cleanup) struct hn_kubeconfig *k = hn_kubeconfig_new();
	_cleanup_(hn_kubeconfig_cleanup) struct hn_kubeconfig *empty = hn_kubeconfig_new();

	add(k, "/f", WHOLE);
	refused(k, "nope\n", "/f: there is no context \"nope\\n\", which --context names");
	refused(k, "no-cluster", "/f: there is no cluster \"\": the context names none");
	refused(k, "lost-cluster", "/f: there is no cluster \"three\", which the context names");
	refused(k, "lost-user", "/f: there is no user \"nobody\", which the context names");
	add(empty, "/e", "");
	refused(empty, NULL, "/e: it has no current-context; name one with --context");
	add(empty, "/g", "current-context: gone\nclusters: null\nusers:\n");
	refused(empty, NULL, "/e: there is no context \"gone\", its current-context");
}

/* The first file to name something wins, whole; what only a later one names is there too. */
static void merged(void **state _unused_)
{
	_cleanup_(hn_kubeconfig_cleanup) struct hn_kubeconfig *k = hn_kubeconfig_new();
	struct hn_kubeconfig_choice c;

	add(k, "a/first",
	    "users: [{name: red, user: {token: from-first}}]\n"
	    "contexts: [{name: both, context: {cluster: late, user: red}}]\n");
	add(k, "b/second",
	    "current-context: both\n"
	    "users: [{name: red, user: {tokenFile: other}}, {name: blue, user: {tokenFile: t}}]\n"
	    "clusters: [{name: late, cluster: {server: 'https://s', certificate-authority: ca}}]\n"
	    "contexts: [{name: both, context: {cluster: none}}, {name: blue, context: {cluster: late, user: blue}}]\n");
	add(k, "third",
	    "current-context: blue\nusers: [{name: green, user: {tokenFile: t, client-key: k}}]\n"
	    "contexts: [{name: green, context: {cluster: late, user: green}}]\n");
	choose(k, NULL, &c);
	assert_string_equal(c.context, "both");
	assert_string_equal(c.file, "a/first");
	assert_string_equal(c.user->token, "from-first");
	assert_null(c.user->token_file);
	assert_string_equal(c.cluster->ca_file, "b/ca");
	choose(k, "blue", &c);
	assert_string_equal(c.user->token_file, "b/t");
	choose(k, "green", &c);
	assert_string_equal(c.user->token_file, "t");
}

static void json(void **state _unused_)
{
	_cleanup_(hn_kubeconfig_cleanup) struct hn_kubeconfig *k = hn_kubeconfig_new();
	struct hn_kubeconfig_choice c;

	add(k, "/f",
	    "{\"apiVersion\": \"v1\", \"current-context\": \"c\", \"clusters\": [{\"name\": \"k\", \"cluster\": {\n"
	    "\t\"server\": \"https:\\/\\/k\", \"insecure-skip-tls-verify\": false}}], \"users\": [],\n"
	    "\"contexts\": [{\"name\": \"c\", \"context\": {\"cluster\": \"k\", \"user\": \"\"}}]}\n");
	choose(k, NULL, &c);
	assert_string_equal(c.cluster->server, "https://k");
}

static void refused_keys(void **state _unused_)
{
	static const struct {
		const char *user, *impersonate, *provider, *username;
	} rows[] = {
		{"auth-provider: {name: gcp, config: {a: b}}", NULL, "auth-provider", NULL},
		{"username: admin", NULL, NULL, "username"},
		{"password: x", NULL, NULL, "password"},
		{"as: root", "as", NULL, NULL},
		{"as-groups: ['system:masters']", "as-groups", NULL, NULL},
		{"as: '', username: null, auth-provider: ~", NULL, NULL, NULL},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		_cleanup_(hn_kubeconfig_cleanup) struct hn_kubeconfig *k = hn_kubeconfig_new();
		struct hn_kubeconfig_choice c;
		char text[512];

		snprintf(
			text, sizeof(text),
			"current-context: c\nclusters: [{name: k}]\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n"
			"users: [{name: u, user: {%s}}]\n",
			rows[i].user);
		add(k, "/f", text);
		choose(k, NULL, &c);
		assert_true(hn_streq(c.user->impersonate, rows[i].impersonate));
		assert_true(hn_streq(c.user->auth_provider, rows[i].provider));
		assert_true(hn_streq(c.user->username, rows[i].username));
	}
}

/* Each names file, line and key, and never shows a value: it may be a secret. */
static void mistakes(void **state _unused_)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"- a\n", "/f:1: kubeconfig: must be a map with clusters, users and contexts"},
		{"a: b\n---\nc: d\n", "/f:3: kubeconfig: a second document is one too many"},
		{"clusters: SECRET\n", "/f:1: clusters: must be a list"},
		{"clusters:\n- SECRET\n", "/f:2: clusters: must be a list of maps"},
		{"clusters:\n- cluster: {}\n", "/f:3: clusters: an entry has no name"},
		{"clusters:\n- name: x\n- name: x\n", "/f:4: clusters: a name is there twice"},
		{"clusters:\n- name: x\n  cluster: SECRET\n", "/f:3: cluster: must be a map"},
		{"clusters:\n- cluster:\n    server: [SECRET]\n",
		 "/f:3: server: must be one text of a sane length"},
		{"clusters:\n- cluster: {insecure-skip-tls-verify: SECRET}\n",
		 "/f:2: insecure-skip-tls-verify: must be true or false"},
		{"users:\n- user: {token: \"a\\0SECRET\"}\n", "/f:2: token: must be one text of a sane length"},
		{"users:\n- user:\n    exec: {args: SECRET}\n", "/f:3: args: must be a list"},
		{"users:\n- user:\n    exec: {args: [{SECRET: a}]}\n", "/f:3: args: must be a list of texts"},
		{"users:\n- user:\n    exec: {env: [{value: SECRET}]}\n",
		 "/f:3: env: a variable needs a name without ="},
		{"users:\n- user:\n    exec: {env: [{name: 'A=SECRET'}]}\n",
		 "/f:3: env: a variable needs a name without ="},
		{"users: &a [{name: x}]\ncontexts: *a\n", "/f:2: YAML: aliases are not allowed"},
		{"users:\n\t- SECRET\n", "/f:2: YAML: found character that cannot start any token"},
		{"{[a]: SECRET}\n", "/f:1: kubeconfig: has a key that is no text"},
		{"users: [{[a]: SECRET}]\n", "/f:1: users: has a key that is no text"},
		{"users: [{user: {[a]: SECRET}}]\n", "/f:1: user: has a key that is no text"},
		{"extra: {", "/f:2: YAML: "},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		_cleanup_(hn_kubeconfig_cleanup) struct hn_kubeconfig *k = hn_kubeconfig_new();
		struct hn_reason reason = {""};
		int r = hn_kubeconfig_add(k, "/f", rows[i].text, strlen(rows[i].text), &reason);

		if (r == 0 || strncmp(reason.text, rows[i].says, strlen(rows[i].says)) != 0 ||
		    strstr(reason.text, "SECRET"))
			fail_msg("row %zu: %d \"%s\", not \"%s\"", i, r, reason.text, rows[i].says);
	}
}

static void bounds(void **state _unused_)
{
	_cleanup_(hn_kubeconfig_cleanup) struct hn_kubeconfig *k = hn_kubeconfig_new();
	_cleanup_(hn_str_done) struct hn_str text = {0};
	struct hn_reason reason = {""};
	struct hn_kubeconfig_choice c;

	/* a bundle of CAs is longer than other texts */
	hn_str_puts(&text, "clusters: [{name: k, cluster: {certificate-authority-data: ");
	for (int i = 0; i < 10000; i++)
		hn_str_puts(&text, "QUFBQUFB");
	hn_str_puts(&text, "}}]\ncontexts: [{name: c, context: {cluster: k}}]\n");
	add(k, "/f", text.data);
	choose(k, "c", &c);
	assert_int_equal(strlen(c.cluster->ca_data), 80000);

	hn_str_clear(&text);
	hn_str_puts(&text, "users: [{user: {exec: {args: [");
	for (int i = 0; i < 65; i++)
		hn_str_puts(&text, "a, ");
	hn_str_puts(&text, "]}}}]\n");
	assert_true(hn_kubeconfig_add(k, "/g", text.data, text.len, &reason) < 0);
	assert_string_equal(reason.text, "/g:1: args: has more than 64 entries");

	hn_str_clear(&text);
	hn_str_puts(&text, "extra: ");
	for (int i = 0; i < 100; i++)
		hn_str_puts(&text, "[");
	assert_true(hn_kubeconfig_add(k, "/h", text.data, text.len, &reason) < 0);
	assert_string_equal(reason.text, "/h:1: YAML: is nested too deeply");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key), cmocka_unit_test(wrong_choices), cmocka_unit_test(merged),
		cmocka_unit_test(json),      cmocka_unit_test(refused_keys),  cmocka_unit_test(mistakes),
		cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
