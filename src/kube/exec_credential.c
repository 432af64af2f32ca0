// SPDX-License-Identifier: Apache-2.0
#include "exec_credential.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "hostnetd/json.h"
#include "hostnetd/token.h"
#include "tree.h"

#define KIND "ExecCredential"

static void wipe(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

void hn_credential_done(struct hn_credential *c)
{
	wipe(c->token);
	wipe(c->client_cert);
	wipe(c->client_key);
	*c = (struct hn_credential){0};
}

static void wipe_tree(cJSON *value)
{
	for (; value; value = value->next) {
		wipe_tree(value->child);
		if (value->valuestring)
			explicit_bzero(value->valuestring, strlen(value->valuestring));
	}
}

static void tree_cleanup(cJSON **tree)
{
	wipe_tree(*tree);
	cJSON_Delete(*tree);
}

/* NULL: absent, null or "". */
static int take_text(const cJSON *status, const char *key, char **ret, struct hn_reason *reason)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(status, key);

	if (!value || cJSON_IsNull(value))
		return 0;
	if (!cJSON_IsString(value))
		return hn_reason_set(reason, -EINVAL, "its status.%s is no text", key);
	if (!value->valuestring[0])
		return 0;
	*ret = strdup(value->valuestring);
	return *ret ? 0 : hn_reason_set(reason, -ENOMEM, "no memory");
}

static int take_status(const cJSON *status, struct hn_credential *c, struct hn_reason *reason)
{
	_cleanup_(hn_credential_done) struct hn_credential time = {0};
	int r = take_text(status, "token", &c->token, reason);

	if (r == 0)
		r = take_text(status, "clientCertificateData", &c->client_cert, reason);
	if (r == 0)
		r = take_text(status, "clientKeyData", &c->client_key, reason);
	if (r == 0)
		r = take_text(status, "expirationTimestamp", &time.token, reason);
	if (r < 0)
		return r;
	if (time.token && hn_wall_parse(time.token, &c->expires) < 0)
		return hn_reason_set(reason, -EINVAL, "its status.expirationTimestamp is no time as in RFC 3339");
	if (c->token && !hn_token_is_good(c->token, strlen(c->token)))
		return hn_reason_set(reason, -EINVAL, "its status.token holds a byte that belongs to no token");
	if (!c->client_cert != !c->client_key)
		return hn_reason_set(reason, -EINVAL,
				     "of clientCertificateData and clientKeyData it gave only one");
	if (!c->token && !c->client_cert)
		return hn_reason_set(reason, -EINVAL, "it gave neither a token nor a client certificate");
	return 0;
}

static bool is_text(const cJSON *object, const char *key, const char *text)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsString(value) && strcmp(value->valuestring, text) == 0;
}

int hn_credential_parse(const char *json, size_t n, const char *api_version, struct hn_credential *ret,
			struct hn_reason *reason)
{
	_cleanup_(hn_credential_done) struct hn_credential c = {0};
	_cleanup_(tree_cleanup) cJSON *tree = hn_tree_parse(json, n, NULL);
	const cJSON *status = cJSON_GetObjectItemCaseSensitive(tree, "status");
	int r;

	if (!tree)
		return hn_reason_set(reason, -EINVAL, "what it printed is no JSON (%zu bytes)", n);
	if (!is_text(tree, "kind", KIND))
		return hn_reason_set(reason, -EINVAL, "what it printed is no " KIND);
	if (!is_text(tree, "apiVersion", api_version))
		return hn_reason_set(reason, -EINVAL, "it did not answer in %.64s, which the kubeconfig asks for",
				     api_version);
	if (!cJSON_IsObject(status))
		return hn_reason_set(reason, -EINVAL, "its answer has no status");
	r = take_status(status, &c, reason);
	if (r < 0)
		return r;
	*ret = c;
	c = (struct hn_credential){0};
	return 0;
}

void hn_credential_request(const struct hn_kubeconfig_exec *exec, const struct hn_kubeconfig_cluster *cluster,
			   const char *ca_pem, bool interactive, struct hn_str *ret)
{
	_cleanup_(hn_str_done) struct hn_str ca = {0};
	struct hn_json j;

	hn_json_init(&j, ret);
	hn_json_object(&j);
	hn_json_kv_string(&j, "apiVersion", exec->api_version);
	hn_json_kv_string(&j, "kind", KIND);
	hn_json_key(&j, "spec");
	hn_json_object(&j);
	if (exec->cluster_info) {
		if (ca_pem)
			hn_base64_encode(ca_pem, &ca);
		hn_json_key(&j, "cluster");
		hn_json_object(&j);
		hn_json_kv_string(&j, "server", cluster->server);
		hn_json_kv_opt(&j, "tls-server-name", cluster->tls_server_name);
		if (cluster->insecure)
			hn_json_kv_bool(&j, "insecure-skip-tls-verify", true);
		hn_json_kv_opt(&j, "certificate-authority-data", ca.data);
		hn_json_object_end(&j);
	}
	hn_json_kv_bool(&j, "interactive", interactive);
	hn_json_object_end(&j);
	hn_json_object_end(&j);
}
