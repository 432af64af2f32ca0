// SPDX-License-Identifier: Apache-2.0
#include "pod_patch.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "field.h"
#include "tree.h"

#define DEPTH_MAX 64 /* as deep as src/kube/asset.c looks for pod specs */

/* YAML, or JSON that is whole only with its parameters: any value but a plain false may become true. */
static bool text_sets(const char *text)
{
	static const char key[] = "hostNetwork";

	for (const char *at = text; (at = strstr(at, key)); at++) {
		const char *value = at + strlen(key);

		value += strspn(value, " \t\r\n\"'");
		if (*value != ':')
			continue;
		value += 1 + strspn(value + 1, " \t\r\n");
		if (strncmp(value, "false", strlen("false")) != 0)
			return true;
	}
	return false;
}

static bool patch_sets(const char *text)
{
	cJSON *tree = hn_tree_parse(text, strlen(text), NULL);
	bool sets = cJSON_IsObject(tree) ? cJSON_IsTrue(hn_field_find(tree, "hostNetwork")) : text_sets(text);

	cJSON_Delete(tree);
	return sets;
}

static bool look(const cJSON *node, unsigned depth)
{
	const cJSON *child;

	if (depth > DEPTH_MAX)
		return false;
	cJSON_ArrayForEach(child, node) {
		if (cJSON_IsString(child) && child->string && strcmp(child->string, "podSpecPatch") == 0 &&
		    patch_sets(child->valuestring))
			return true;
		if ((cJSON_IsObject(child) || cJSON_IsArray(child)) && look(child, depth + 1))
			return true;
	}
	return false;
}

bool hn_pod_patch_shares_network(const cJSON *object)
{
	return look(object, 0);
}
