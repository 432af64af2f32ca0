// SPDX-License-Identifier: Apache-2.0
// A list of another kind than was asked for has none of the objects that were: that it is empty would mean nothing.
#include "asset_list.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "field.h"
#include "hostnetd/str.h"

#define LIST "List"

bool hn_asset_list_is(const char *kind)
{
	return hn_ends_with(kind, LIST);
}

bool hn_asset_list_is_bare(const char *kind)
{
	return strcmp(kind, LIST) == 0;
}

int hn_asset_list_refuse_meta(const char *api_version, const char *kind, struct hn_reason *reason)
{
	if (!hn_owner_in_group(api_version, "meta.k8s.io"))
		return 0;
	return hn_reason_set(reason, -EBADMSG, "a %.64s, which has no objects in it: ask for -o json or yaml",
			     kind);
}

int hn_asset_list_check(const struct hn_asset_source *source, const char *api_version, const char *kind,
			struct hn_reason *reason)
{
	size_t n = source->kind ? strlen(source->kind) : 0;

	if (!source->kind)
		return hn_asset_list_refuse_meta(api_version, kind, reason);
	if (hn_asset_list_is_bare(kind))
		return 0;
	if (strncmp(kind, source->kind, n) == 0 && strcmp(kind + n, LIST) == 0 &&
	    (!api_version[0] || !source->api_version || hn_owner_same_group(api_version, source->api_version)))
		return 0;
	return hn_reason_set(reason, -EBADMSG, "no %.64sList: its kind is '%.64s' of '%.64s'", source->kind, kind,
			     api_version);
}

int hn_asset_list_check_item(const struct hn_asset_source *source, const cJSON *item, struct hn_reason *reason)
{
	const cJSON *kind = hn_field_find(item, "kind");
	const cJSON *version = hn_field_find(item, "apiVersion");

	if (!source->kind)
		return 0;
	if (cJSON_IsString(kind) && strcmp(kind->valuestring, source->kind) != 0)
		return hn_reason_set(reason, -EBADMSG, "a %.64s in a list of %.64ss", kind->valuestring,
				     source->kind);
	if (cJSON_IsString(version) && source->api_version &&
	    !hn_owner_same_group(version->valuestring, source->api_version))
		return hn_reason_set(reason, -EBADMSG, "an object of '%.128s' in a list of '%.128s'",
				     version->valuestring, source->api_version);
	return 0;
}

int hn_asset_list_check_order(const cJSON *item, const char *list_version, const char *list_kind,
			      struct hn_reason *reason)
{
	const char *missing = !list_kind[0] && !hn_field_find(item, "kind")          ? "kind" :
			      !list_version[0] && !hn_field_find(item, "apiVersion") ? "apiVersion" :
										       NULL;

	if (!missing)
		return 0;
	return hn_reason_set(
		reason, -EBADMSG,
		"it has no %s, nor has the list before its items: put kind and apiVersion before items", missing);
}

int hn_asset_list_token(const cJSON *metadata, char *ret, size_t size, struct hn_reason *reason)
{
	const cJSON *token = hn_field_find(metadata, "continue");

	if (token && !cJSON_IsString(token))
		return hn_reason_set(reason, -EBADMSG, "metadata.continue is no text");
	if (!hn_strcpy(ret, size, token ? token->valuestring : ""))
		return hn_reason_set(reason, -E2BIG, "metadata.continue is longer than %zu bytes", size - 1);
	return 0;
}
