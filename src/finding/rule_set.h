/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a file that cover something but for the workload that they name, which is known only when all objects
 * are. Most objects share theirs with others: each set is kept once. Pure. */
#ifndef HN_FINDING_RULE_SET_H
#define HN_FINDING_RULE_SET_H

#include <stddef.h>
#include <stdint.h>

#include "hostnetd/exception.h"
#include "hostnetd/macro.h"

struct hn_rule_set {
	size_t n;
	uint16_t rules[]; /* indices, in the file's order; behind one that names no workload none is needed */
};
_Static_assert(HN_EXCEPTIONS_MAX <= UINT16_MAX, "an index fits");

struct hn_rule_sets;
struct hn_rule_sets *hn_rule_sets_new(void); /* NULL: no memory */
void hn_rule_sets_free(struct hn_rule_sets *s);
/* Those that hold at `now`; borrowed from `s`. NULL in `ret`: none. `x` may be NULL. -ENOMEM */
_must_check_ int hn_rule_sets_get(struct hn_rule_sets *s, const struct hn_exceptions *x,
				  const struct hn_exception_facts *facts, struct hn_wall now,
				  const struct hn_rule_set **ret);
/* The first that covers it as what one of these owners made; NULL: none. `set` may be NULL. */
const struct hn_exception *hn_rule_set_match(const struct hn_rule_set *set, const struct hn_exceptions *x,
					     const struct hn_owner *owners, size_t n_owners);

#endif
