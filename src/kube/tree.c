// SPDX-License-Identifier: Apache-2.0
#include "tree.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char escape[] = "\\u0000", instead[] = "\\ufffd";

/* The next escape of a NUL: a backslash before it may be one that is meant itself. */
static char *next_nul(const char *from, const char *begin, const char *end)
{
	char *at;

	while ((at = memmem(from, (size_t)(end - from), escape, sizeof(escape) - 1))) {
		const char *first = at;

		while (first > begin && first[-1] == '\\')
			first--;
		if ((at - first) % 2 == 0)
			return at;
		from = at + 1;
	}
	return NULL;
}

/* `json` has been found to be one value. */
static cJSON *parse_without_nul(const char *json, size_t n)
{
	char *copy = malloc(n), *at = copy;
	cJSON *tree;

	if (!copy)
		return NULL;
	memcpy(copy, json, n);
	while ((at = next_nul(at, copy, copy + n)))
		memcpy(at, instead, sizeof(instead) - 1);
	tree = cJSON_ParseWithLength(copy, n);
	free(copy);
	return tree;
}

cJSON *hn_tree_parse(const char *json, size_t n, const char **ret_end)
{
	const char *end = json;
	cJSON *tree = cJSON_ParseWithLengthOpts(json, n, &end, false);
	bool raw;

	if (ret_end)
		*ret_end = end;
	/* Only what was read is looked at: more values may follow, each to be read by a call of its own. */
	raw = tree && memchr(json, '\0', (size_t)(end - json));
	if (!tree || (!raw && !next_nul(json, json, end)))
		return tree;
	cJSON_Delete(tree);
	return raw ? NULL : parse_without_nul(json, (size_t)(end - json));
}
