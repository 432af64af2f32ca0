/* SPDX-License-Identifier: Apache-2.0 */
/* An API server stand-in over TLS on loopback, and a reader that counts. */
#ifndef HN_TESTS_KUBE_API_RIG_H
#define HN_TESTS_KUBE_API_RIG_H

#include <cjson/cJSON.h>
#include <errno.h>
#include <sys/stat.h>

#include "hostnetd/apiserver.h"
#include "hostnetd/str.h"
#include "rig.h"

#define API_STANDIN "tests/node/apiserver_standin.py"

/* A list of `n` objects with names of their own. */
static inline void api_objects(const struct rig *rig, const char *file, const char *kind, unsigned n)
{
	struct hn_str text = {0};

	hn_str_puts(&text, "{\"kind\":\"List\",\"items\":[");
	for (unsigned i = 0; i < n; i++)
		hn_str_printf(
			&text,
			"%s{\"apiVersion\":\"v1\",\"kind\":\"%s\",\"metadata\":{\"name\":\"x%u\",\"namespace\":\"%s\","
			"\"labels\":{\"tier\":\"%s\"}},\"spec\":{}}",
			i ? "," : "", kind, i, i % 2 ? "ml" : "web", i % 3 ? "back & front" : "gpu");
	hn_str_puts(&text, "]}");
	rig_write(rig, file, text.data);
	hn_str_done(&text);
}

static inline void api_start(struct rig *rig, bool client_cert)
{
	char *argv[24] = {(char *)"python3",        (char *)API_STANDIN,
			  (char *)"--objects",      (char *)rig_path(rig, "objects"),
			  (char *)"--control",      (char *)rig_path(rig, "control"),
			  (char *)"--log",          (char *)rig_path(rig, "log"),
			  (char *)"--tls-dir",      (char *)rig_path(rig, "tls"),
			  (char *)"--slow-seconds", (char *)"0.6"};
	int n = 12;

	rig_make_tls(rig, "IP:127.0.0.1,DNS:api.example");
	rig_copy(rig, "tls/ca.crt", "ca.crt");
	argv[n++] = (char *)"--token-file";
	argv[n++] = (char *)rig_path(rig, "server.token");
	if (client_cert) {
		argv[n++] = (char *)"--client-ca";
		argv[n++] = (char *)rig_path(rig, "tls/ca.crt");
	}
	rig_await(rig, argv);
}

/* A folder with objects: 1,203 pods in three pages, 2 deployments, 1 rayclusters in the middle one of three versions. */
static inline void api_new(struct rig *rig)
{
	static const char *const folders[] = {"objects",
					      "objects/apis",
					      "objects/apis/ray.io",
					      "objects/apis/ray.io/v1alpha1",
					      "objects/apis/ray.io/v1",
					      "objects/apis/ray.io/v2"};

	rig_new(rig);
	for (size_t i = 0; i < HN_ARRAY_SIZE(folders); i++)
		assert_int_equal(mkdir(rig_path(rig, folders[i]), 0700), 0);
	api_objects(rig, "objects/pods.json", "Pod", 1203);
	api_objects(rig, "objects/deployments.json", "Deployment", 2);
	api_objects(rig, "objects/apis/ray.io/v1alpha1/rayjobs.json", "RayJob", 1);
	api_objects(rig, "objects/apis/ray.io/v1/rayclusters.json", "RayCluster", 1);
	api_objects(rig, "objects/apis/ray.io/v2/rayjobs.json", "RayJob", 1);
	rig_write(rig, "server.token", "good-token");
	rig_write(rig, "client.token", "good-token\n");
}

/* A kubeconfig with what the cluster and the user say, as YAML in one line each. Returns its path. */
static inline const char *api_kubeconfig(const struct rig *rig, const char *cluster, const char *user)
{
	static char text[32768];

	assert_in_range(snprintf(text, sizeof(text),
				 "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
				 "clusters:\n- name: k\n  cluster: {server: \"https://127.0.0.1:%u\", %s}\n"
				 "contexts:\n- context: {cluster: k, user: u}\n  name: c\n"
				 "users:\n- name: u\n  user: {%s}\n",
				 rig->port, cluster, user),
			1, sizeof(text) - 1);
	rig_write(rig, "kubeconfig", text);
	return rig_path(rig, "kubeconfig");
}

/* --- a reader --------------------------------------------------------------------------------------------------- */

struct api_seen {
	unsigned begins, pages, objects;
	struct hn_str page;
	char token[4096];
	int refuse; /* errno that `bytes` returns */
};

static inline void api_begin(void *arg)
{
	struct api_seen *seen = arg;

	seen->begins++;
	seen->objects = 0;
	hn_str_clear(&seen->page);
}

static inline int api_bytes(void *arg, const char *bytes, size_t n, struct hn_reason *reason)
{
	struct api_seen *seen = arg;

	if (seen->refuse || seen->page.len + n > 4U << 20)
		return hn_reason_set(reason, seen->refuse ? seen->refuse : -E2BIG, "an object is too large");
	hn_str_append(&seen->page, bytes, n);
	return 0;
}

static inline int api_page(void *arg, const char **ret_continue, struct hn_reason *reason)
{
	struct api_seen *seen = arg;
	cJSON *tree = cJSON_ParseWithLength(hn_str_get(&seen->page), seen->page.len);
	const cJSON *items = cJSON_GetObjectItem(tree, "items"), *token;

	hn_str_clear(&seen->page);
	if (!cJSON_IsArray(items)) {
		cJSON_Delete(tree);
		return hn_reason_set(reason, -EBADMSG, "no list");
	}
	token = cJSON_GetObjectItem(cJSON_GetObjectItem(tree, "metadata"), "continue");
	seen->pages++;
	seen->objects += (unsigned)cJSON_GetArraySize(items);
	*ret_continue = NULL;
	if (token && strlen(token->valuestring) < sizeof(seen->token)) {
		strcpy(seen->token, token->valuestring);
		*ret_continue = seen->token;
	}
	cJSON_Delete(tree);
	return 0;
}

static inline struct hn_apiserver *api_open(const struct hn_apiserver_settings *settings)
{
	struct hn_apiserver *a = NULL;
	struct hn_reason reason = {""};

	if (hn_apiserver_open(settings, &a, &reason) < 0)
		fail_msg("%s", reason.text);
	return a;
}

/* Lists and compares the outcome, and a part of the reason. */
static inline void api_expect(struct hn_apiserver *a, const char *path, const char *selector,
			      struct api_seen *seen, enum hn_apiserver_outcome outcome, const char *says)
{
	const struct hn_apiserver_list list = {path, selector, api_begin, api_bytes, api_page, seen};
	struct hn_reason reason = {"untouched"};
	enum hn_apiserver_outcome got;

	hn_str_clear(&seen->page);
	seen->begins = seen->pages = seen->objects = 0;
	got = hn_apiserver_list(a, &list, &reason);
	hn_str_done(&seen->page);
	if (got != outcome || !strstr(reason.text, says))
		fail_msg("%d \"%s\", not %d \"%s\"", got, reason.text, outcome, says);
	assert_true((outcome == HN_APISERVER_LISTED) == (reason.text[0] == '\0'));
	for (const char *c = reason.text; *c; c++)
		assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
	assert_null(strstr(reason.text, "good-token"));
}

#endif
