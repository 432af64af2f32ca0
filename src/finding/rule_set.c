// SPDX-License-Identifier: Apache-2.0
#include "rule_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/map.h"

#define SETS_MAX 200000

struct hn_rule_sets {
	struct hn_map *map; /* by their rules */
};

struct hn_rule_sets *hn_rule_sets_new(void)
{
	struct hn_rule_sets *s = calloc(1, sizeof(*s));

	if (s)
		s->map = hn_map_new(SETS_MAX);
	if (s && s->map)
		return s;
	free(s);
	return NULL;
}

void hn_rule_sets_free(struct hn_rule_sets *s)
{
	struct hn_rule_set *set;
	size_t cursor = 0;

	if (!s)
		return;
	while ((set = hn_map_next(s->map, &cursor)))
		free(set);
	hn_map_free(s->map);
	free(s);
}

int hn_rule_sets_get(struct hn_rule_sets *s, const struct hn_exceptions *x, const struct hn_exception_facts *facts,
		     struct hn_wall now, const struct hn_rule_set **ret)
{
	size_t count = hn_exceptions_count(x), bytes;
	struct hn_rule_set *set = malloc(sizeof(*set) + count * sizeof(set->rules[0])), *known;
	int r;

	if (!set)
		return -ENOMEM;
	set->n = 0;
	for (size_t i = 0; i < count; i++) {
		const struct hn_exception *e = hn_exceptions_at(x, i);

		if (hn_exception_expired(e, now) || !hn_exception_covers_any(e, facts))
			continue;
		set->rules[set->n++] = (uint16_t)i;
		if (e->workloads.n == 0)
			break;
	}
	bytes = set->n * sizeof(set->rules[0]);
	known = set->n ? hn_map_get(s->map, set->rules, bytes) : NULL;
	if (known || set->n == 0) {
		*ret = known;
		free(set);
		return 0;
	}
	r = hn_map_put(s->map, set->rules, bytes, set);
	if (r < 0)
		free(set);
	else
		*ret = set;
	return r < 0 ? -ENOMEM : 0;
}

const struct hn_exception *hn_rule_set_match(const struct hn_rule_set *set, const struct hn_exceptions *x,
					     const struct hn_owner *owners, size_t n_owners)
{
	for (size_t i = 0; set && i < set->n; i++) {
		const struct hn_exception *e = hn_exceptions_at(x, set->rules[i]);

		for (size_t k = 0; k < n_owners; k++)
			if (hn_exception_names(e, &owners[k]))
				return e;
	}
	return NULL;
}
