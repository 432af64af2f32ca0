// SPDX-License-Identifier: Apache-2.0
#include "hostnetd/apiaccess.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "apiserver_answer.h"
#include "field.h"
#include "login.h"
#include "tree.h"

#define MESSAGE_SHOWN 240

int hn_apiaccess_open(const struct hn_apiserver_settings *settings, struct hn_apiaccess **ret,
		      struct hn_reason *reason)
{
	_cleanup_(hn_apiaccess_cleanup) struct hn_apiaccess *a = calloc(1, sizeof(*a));
	const struct hn_login *l;
	int r;

	if (!a)
		return hn_reason_set(reason, -ENOMEM, "no memory for the API server");
	r = hn_login_open(settings, &a->login, reason);
	if (r < 0)
		return r;
	l = a->login;
	if (l->choice.user && l->choice.user->exec && !l->token && !l->token_file)
		return hn_reason_set(
			reason, -ENOTSUP,
			"%.200s: its user's credentials come from a program (exec), which the agent does "
			"not run; use a service account, a token or a client certificate",
			l->choice.file);
	if (l->url.tls) {
		r = hn_tls_new(&l->tls, &a->tls, reason);
		if (r < 0)
			return hn_reason_wrap(reason, r, "API server %.200s", l->name);
	}
	a->url = &l->url;
	a->server_name = l->server_name;
	a->token_file = l->token_file;
	a->token = l->token;
	a->name = l->name;
	a->warning = l->warning[0] ? l->warning : NULL;
	*ret = TAKE_PTR(a);
	return 0;
}

void hn_apiaccess_free(struct hn_apiaccess *a)
{
	if (!a)
		return;
	hn_tls_free(a->tls);
	hn_login_free(a->login);
	free(a);
}

/* --- answers ------------------------------------------------------------------------------------------------------- */

bool hn_api_uid(const char *json, char ret[static HN_API_UID_SIZE])
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	cJSON *tree = hn_tree_parse(json, strlen(json), NULL);
	const cJSON *uid = hn_field_find(hn_field_find(tree, "metadata"), "uid");
	bool good = cJSON_IsString(uid) && uid->valuestring[0] &&
		    uid->valuestring[strspn(uid->valuestring, plain)] == '\0' &&
		    strlen(uid->valuestring) < HN_API_UID_SIZE;

	if (good)
		hn_strcpy(ret, HN_API_UID_SIZE, uid->valuestring);
	cJSON_Delete(tree);
	return good;
}

bool hn_api_annotation(const char *json, const char *key, struct hn_str *ret)
{
	cJSON *tree = hn_tree_parse(json, strlen(json), NULL);
	const cJSON *value = hn_field_find(hn_field_find(hn_field_find(tree, "metadata"), "annotations"), key);
	bool good = cJSON_IsString(value);

	if (good)
		hn_str_puts(ret, value->valuestring);
	cJSON_Delete(tree);
	return good && !ret->failed;
}

bool hn_api_has_resource(const char *json, const char *plural)
{
	cJSON *tree = hn_tree_parse(json, strlen(json), NULL);
	const cJSON *resources = hn_field_find(tree, "resources"), *one;
	bool found = false;

	cJSON_ArrayForEach(one, resources) {
		const cJSON *name = hn_field_find(one, "name");

		found = found || (cJSON_IsString(name) && strcmp(name->valuestring, plural) == 0);
	}
	cJSON_Delete(tree);
	return found;
}

void hn_api_message(const char *json, struct hn_str *ret)
{
	struct hn_apiserver_status status;

	hn_apiserver_status_read(json, &status);
	hn_str_excerpt(ret, status.message, MESSAGE_SHOWN);
}
