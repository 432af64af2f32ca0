// SPDX-License-Identifier: Apache-2.0
#include "owner_links.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/map.h"

#define KIND_SIZE 340 /* a third of the key: names in Kubernetes have 253 bytes at most, kinds 63 */

/* The values are '+' or '-', whether it counts, and three texts, each with its NUL: apiVersion, kind, name. */
struct hn_owner_links {
	struct hn_map *map;
};

size_t hn_owner_key(char key[static HN_OWNER_KEY], const struct hn_owner *of, const char *ns)
{
	char kind[KIND_SIZE];
	size_t n;
	const char *group = hn_owner_group(of->api_version, &n);

	snprintf(kind, sizeof(kind), "%s.%.*s", of->kind, (int)n, group);
	return hn_map_key3(key, HN_OWNER_KEY, kind, ns, of->name);
}

struct hn_owner_links *hn_owner_links_new(void)
{
	struct hn_owner_links *l = calloc(1, sizeof(*l));

	if (l)
		l->map = hn_map_new(HN_OWNER_LINKS_MAX);
	if (l && l->map)
		return l;
	free(l);
	return NULL;
}

void hn_owner_links_free(struct hn_owner_links *l)
{
	size_t cursor = 0;
	char *value;

	if (!l)
		return;
	while ((value = hn_map_next(l->map, &cursor)))
		free(value);
	hn_map_free(l->map);
	free(l);
}

static char *pack(const struct hn_owner *o, bool counts)
{
	size_t api = strlen(o->api_version) + 1, kind = strlen(o->kind) + 1, name = strlen(o->name) + 1;
	char *packed = malloc(1 + api + kind + name);

	if (!packed)
		return NULL;
	packed[0] = counts ? '+' : '-';
	memcpy(packed + 1, o->api_version, api);
	memcpy(packed + 1 + api, o->kind, kind);
	memcpy(packed + 1 + api + kind, o->name, name);
	return packed;
}

int hn_owner_links_put(struct hn_owner_links *l, const struct hn_owner *of, const char *ns,
		       const struct hn_owner *controller, bool counts)
{
	char key[HN_OWNER_KEY], *packed = pack(controller, counts);
	size_t n = hn_owner_key(key, of, ns);
	char *old = hn_map_get(l->map, key, n);
	int r = packed ? hn_map_put(l->map, key, n, packed) : -ENOMEM;

	free(r < 0 ? packed : old);
	return r;
}

static const char *find(const struct hn_owner_links *l, const struct hn_owner *of, const char *ns)
{
	char key[HN_OWNER_KEY];
	size_t n = hn_owner_key(key, of, ns);

	return l ? hn_map_get(l->map, key, n) : NULL;
}

bool hn_owner_links_counts(const struct hn_owner_links *l, const struct hn_owner *of, const char *ns)
{
	const char *packed = find(l, of, ns);

	return packed && packed[0] == '+';
}

bool hn_owner_links_find(const struct hn_owner_links *l, const struct hn_owner *of, const char *ns,
			 struct hn_owner *ret)
{
	const char *packed = find(l, of, ns);

	if (!packed)
		return false;
	ret->api_version = packed + 1;
	ret->kind = ret->api_version + strlen(ret->api_version) + 1;
	ret->name = ret->kind + strlen(ret->kind) + 1;
	return true;
}
