// SPDX-License-Identifier: Apache-2.0
#include "twice.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FEW 32 /* so many need no memory of the heap */

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int hn_key_twice(const cJSON *object, const char **ret)
{
	const char *few[FEW], **keys = few;
	size_t n = cJSON_IsObject(object) ? (size_t)cJSON_GetArraySize(object) : 0, i = 0;

	*ret = NULL;
	if (n < 2)
		return 0;
	if (n > FEW && !(keys = calloc(n, sizeof(*keys))))
		return -ENOMEM;
	for (const cJSON *child = object->child; child && i < n; child = child->next)
		keys[i++] = child->string;
	qsort(keys, n, sizeof(*keys), compare);
	for (i = 1; i < n && !*ret; i++)
		if (strcmp(keys[i - 1], keys[i]) == 0)
			*ret = keys[i];
	if (keys != few)
		free(keys);
	return 0;
}

int hn_key_refuse_twice(const cJSON *node, struct hn_reason *reason)
{
	const char *twice;
	int r = hn_key_twice(node, &twice);

	if (r < 0)
		return hn_reason_set(reason, r, "no memory");
	if (twice)
		return hn_reason_set(reason, -EBADMSG, "the key '%.100s' is there twice", twice);
	if (cJSON_IsObject(node) && cJSON_GetArraySize(node) > HN_KEYS_MAX)
		return hn_reason_set(reason, -E2BIG, "more than %d keys in one object", HN_KEYS_MAX);
	for (const cJSON *child = node ? node->child : NULL; child && r == 0; child = child->next)
		r = hn_key_refuse_twice(child, reason);
	return r;
}
