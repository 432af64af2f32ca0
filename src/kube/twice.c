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
