// SPDX-License-Identifier: Apache-2.0
// What is given and not supported is refused with its name: to ignore it would be to ask as somebody else.
#include "login.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "exec_plugin.h"
#include "hostnetd/file.h"
#include "hostnetd/str.h"
#include "hostnetd/token.h"

#define SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"
#define EARLY_NS (10 * HN_NSEC_PER_SEC) /* a credential that is about to expire has */

static void wipe(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

void hn_login_free(struct hn_login *l)
{
	if (!l)
		return;
	hn_kubeconfig_free(l->config);
	hn_credential_done(&l->credential);
	free(l->ca_pem);
	wipe(l->client_cert_pem);
	wipe(l->client_key_pem);
	free(l->ca_path);
	free(l->token_path);
	free(l);
}

/* --- files ------------------------------------------------------------------------------------------------------- */

/* 1: read; 0: it is not there. */
static int add_file(struct hn_login *l, const char *path, struct hn_reason *reason)
{
	_cleanup_(hn_file_done) struct hn_file file = {0};
	int r = hn_file_read(path, &file, reason);

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r == 0)
		r = hn_kubeconfig_add(l->config, path, file.bytes, file.n, reason);
	return r < 0 ? r : 1;
}

/* The number of files that were there. */
static int add_list(struct hn_login *l, const char *list, struct hn_reason *reason)
{
	_cleanup_(hn_str_done) struct hn_str path = {0};
	int files = 0, r;

	for (const char *at = list; *at; at += strspn(at, ":")) {
		size_t n = strcspn(at, ":");

		hn_str_clear(&path);
		hn_str_append(&path, at, n);
		at += n;
		if (path.failed)
			return hn_reason_set(reason, -ENOMEM, "no memory");
		if (path.len == 0)
			continue;
		r = add_file(l, path.data, reason);
		if (r < 0)
			return r;
		files += r;
	}
	return files;
}

/* 1: a kubeconfig is there; 0: none. */
static int read_kubeconfigs(struct hn_login *l, const struct hn_apiserver_settings *s, struct hn_reason *reason)
{
	_cleanup_(hn_str_done) struct hn_str path = {0};
	int r;

	l->config = hn_kubeconfig_new();
	if (!l->config)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	if (s->kubeconfig) {
		r = add_file(l, s->kubeconfig, reason);
		/* A file that was named must be there. */
		return r == 0 ? hn_reason_wrap(reason, -EINVAL, "--kubeconfig") : r;
	}
	if (s->kubeconfig_list && s->kubeconfig_list[0]) {
		r = add_list(l, s->kubeconfig_list, reason);
		return r == 0 ? hn_reason_set(reason, -EINVAL, "KUBECONFIG: there is no such file: %.300s",
					      s->kubeconfig_list) :
				r;
	}
	if (!s->home || !s->home[0])
		return 0;
	hn_str_printf(&path, "%s/.kube/config", s->home);
	return path.failed ? hn_reason_set(reason, -ENOMEM, "no memory") : add_file(l, path.data, reason);
}

/* --- a context --------------------------------------------------------------------------------------------------- */

static int decode(const char *data, const char *key, char **ret, struct hn_reason *reason)
{
	struct hn_str text = {0};
	int r;

	if (!data)
		return 0;
	r = hn_base64_decode(data, &text);
	if (r < 0 || !text.data) {
		wipe(text.data);
		return hn_reason_set(reason, -EINVAL, "%s: it is no text in base64", key);
	}
	*ret = text.data;
	return 0;
}

static int take_cluster(struct hn_login *l, struct hn_reason *reason)
{
	const struct hn_kubeconfig_cluster *c = l->choice.cluster;
	int r;

	if (!c->server)
		return hn_reason_set(reason, -EINVAL, "server: it is not given");
	r = hn_url_parse(c->server, &l->url, reason);
	if (r < 0)
		return hn_reason_wrap(reason, r, "server");
	if (c->proxy_url)
		return hn_reason_set(
			reason, -EINVAL,
			"proxy-url: a proxy is not supported; use a network that reaches the API server, "
			"or kubectl get ... -o json and --file");
	if (c->insecure && (c->ca_file || c->ca_data))
		return hn_reason_set(
			reason, -EINVAL,
			"insecure-skip-tls-verify: a certificate-authority is given too; leave one out");
	r = decode(c->ca_data, "certificate-authority-data", &l->ca_pem, reason);
	if (r < 0)
		return r;
	l->server_name = c->tls_server_name;
	l->tls.ca_file = c->ca_file;
	l->tls.ca_pem = l->ca_pem;
	l->tls.insecure = c->insecure;
	return 0;
}

static int refuse(const struct hn_kubeconfig_user *u, struct hn_reason *reason)
{
	if (u->auth_provider)
		return hn_reason_set(
			reason, -EINVAL,
			"auth-provider: it was removed from Kubernetes in 1.26; use the exec plugin that "
			"your provider offers instead");
	if (u->username)
		return hn_reason_set(
			reason, -EINVAL,
			"%s: basic authentication was removed from Kubernetes in 1.19; use a token, a "
			"client certificate or an exec plugin",
			u->username);
	if (u->impersonate)
		return hn_reason_set(reason, -EINVAL,
				     "%s: to act as somebody else is not supported; give a context that may list",
				     u->impersonate);
	return 0;
}

static int take_user(struct hn_login *l, const struct hn_kubeconfig_user *u, struct hn_reason *reason)
{
	bool cert = u->client_cert || u->client_cert_data, key = u->client_key || u->client_key_data;
	int r = refuse(u, reason);

	if (r == 0 && cert != key)
		r = hn_reason_set(reason, -EINVAL,
				  "client-certificate and client-key: only one of the two is given");
	if (r == 0)
		r = decode(u->client_cert_data, "client-certificate-data", &l->client_cert_pem, reason);
	if (r == 0)
		r = decode(u->client_key_data, "client-key-data", &l->client_key_pem, reason);
	if (r == 0 && u->token && !hn_token_is_good(u->token, strlen(u->token)))
		r = hn_reason_set(reason, -EINVAL, "token: it holds a byte that belongs to no token");
	if (r == 0 && u->exec)
		r = hn_exec_plugin_check(u->exec, reason);
	if (r < 0)
		return r;
	l->tls.client_cert = u->client_cert;
	l->tls.client_key = u->client_key;
	l->tls.client_cert_pem = l->client_cert_pem;
	l->tls.client_key_pem = l->client_key_pem;
	l->token_file = u->token_file;
	l->token = u->token_file ? NULL : u->token;
	return 0;
}

static void make_words(struct hn_login *l)
{
	_cleanup_(hn_str_done) struct hn_str context = {0};

	if (l->config) {
		hn_str_puts(&context, "context ");
		hn_str_visible(&context, l->choice.context, strnlen(l->choice.context, 100));
	} else {
		hn_str_puts(&context, "this pod's service account");
	}
	snprintf(l->name, sizeof(l->name), "%s://%s%.100s (%.120s)", l->url.tls ? "https" : "http",
		 l->url.authority, l->url.path, hn_str_get(&context));
	if (!l->url.tls && !l->url.is_loopback)
		snprintf(
			l->warning, sizeof(l->warning),
			"%.200s is not encrypted: anyone on the path can read and change what it answers; no token is "
			"sent",
			l->name);
	else if (l->url.tls && l->tls.insecure)
		snprintf(
			l->warning, sizeof(l->warning),
			"the certificate of %.200s is NOT verified (insecure-skip-tls-verify in %.150s): anyone on the "
			"path can take the credentials and lie about what runs",
			l->name, l->choice.file);
}

static int take_context(struct hn_login *l, const char *context, struct hn_reason *reason)
{
	_cleanup_(hn_str_done) struct hn_str shown = {0};
	const char *name = NULL;
	int r = hn_kubeconfig_choose(l->config, context, &l->choice, reason);

	if (r < 0)
		return r;
	r = take_cluster(l, reason);
	if (r < 0)
		name = l->choice.cluster_name;
	else if (l->choice.user) {
		r = take_user(l, l->choice.user, reason);
		name = l->choice.user_name;
	}
	if (r < 0) {
		hn_str_visible(&shown, name, strnlen(name, 100));
		return hn_reason_wrap(reason, r, "%s: %s", l->choice.file, hn_str_get(&shown));
	}
	return 0;
}

/* --- a pod ------------------------------------------------------------------------------------------------------- */

static int take_service_account(struct hn_login *l, const struct hn_apiserver_settings *s,
				struct hn_reason *reason)
{
	const char *folder = s->service_account ? s->service_account : SERVICE_ACCOUNT, *host = s->service_host;
	char url[320];
	int r;

	snprintf(url, sizeof(url), strchr(host, ':') ? "https://[%.250s]:%.10s" : "https://%.250s:%.10s", host,
		 s->service_port);
	r = hn_url_parse(url, &l->url, reason);
	if (r < 0)
		return hn_reason_wrap(reason, r, "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT");
	if (asprintf(&l->ca_path, "%s/ca.crt", folder) < 0)
		l->ca_path = NULL;
	if (asprintf(&l->token_path, "%s/token", folder) < 0)
		l->token_path = NULL;
	if (!l->ca_path || !l->token_path)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	l->tls.ca_file = l->ca_path;
	l->token_file = l->token_path;
	return 0;
}

/* --- all --------------------------------------------------------------------------------------------------------- */

static int open_login(struct hn_login *l, const struct hn_apiserver_settings *s, struct hn_reason *reason)
{
	int r = read_kubeconfigs(l, s, reason);

	if (r > 0)
		return take_context(l, s->context, reason);
	if (r < 0)
		return r;
	hn_kubeconfig_free(l->config);
	l->config = NULL;
	if (s->context)
		return hn_reason_set(reason, -EINVAL, "--context: there is no kubeconfig");
	if (s->service_host && s->service_host[0] && s->service_port && s->service_port[0])
		return take_service_account(l, s, reason);
	return hn_reason_set(reason, -ENOENT,
			     "no API server is known: there is no kubeconfig (--kubeconfig, $KUBECONFIG, "
			     "~/.kube/config), and this is no pod with a service account; or give --file");
}

int hn_login_open(const struct hn_apiserver_settings *settings, struct hn_login **ret, struct hn_reason *reason)
{
	_cleanup_(hn_login_cleanup) struct hn_login *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	r = open_login(l, settings, reason);
	if (r < 0)
		return r;
	make_words(l);
	*ret = TAKE_PTR(l);
	return 0;
}

/* A plugin that wants to know the cluster gets its CA as data, wherever it stands. */
static int load_ca(struct hn_login *l, struct hn_reason *reason)
{
	_cleanup_(hn_file_done) struct hn_file file = {0};
	int r;

	if (l->ca_pem || !l->tls.ca_file)
		return 0;
	r = hn_file_read(l->tls.ca_file, &file, reason);
	if (r < 0)
		return r;
	l->ca_pem = strndup(file.bytes, file.n);
	if (!l->ca_pem)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	return 0;
}

int hn_login_refresh(struct hn_login *l, struct hn_wall now, bool refused, struct hn_reason *reason)
{
	const struct hn_kubeconfig_user *user = l->choice.user;
	struct hn_credential fresh = {0};
	int r = 0;

	/* A token in the kubeconfig wins over the plugin, as for kubectl. */
	if (!user || !user->exec || user->token || user->token_file)
		return 0;
	if (!refused && (l->credential.client_cert || l->credential.token) &&
	    (!hn_wall_known(l->credential.expires) || l->credential.expires.ns - EARLY_NS > now.ns))
		return 0;
	if (user->exec->cluster_info)
		r = load_ca(l, reason);
	if (r == 0)
		r = hn_exec_plugin_run(user->exec, l->choice.cluster, l->ca_pem, 0, &fresh, reason);
	if (r < 0)
		return hn_reason_wrap(reason, r, "%s", l->choice.file);
	hn_credential_done(&l->credential);
	l->credential = fresh;
	l->token = fresh.token;
	l->tls.client_cert_pem = fresh.client_cert ? fresh.client_cert : l->client_cert_pem;
	l->tls.client_key_pem = fresh.client_cert ? fresh.client_key : l->client_key_pem;
	return 1;
}
