/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded set of pod uids that forgets the one that was not added for the longest time. */
#ifndef HN_KUBE_UIDSET_H
#define HN_KUBE_UIDSET_H

#include <stdbool.h>
#include <stddef.h>

#include "hostnetd/macro.h"

struct hn_uidset;

struct hn_uidset *hn_uidset_new(size_t limit); /* NULL: no memory */
void hn_uidset_free(struct hn_uidset *s);
HN_DEFINE_CLEANUP(struct hn_uidset, hn_uidset_free, hn_uidset_cleanup)
/* Adds, or makes it the youngest. -ENOMEM. An empty uid is nobody's and is not kept. */
_must_check_ int hn_uidset_add(struct hn_uidset *s, const char *uid);
bool hn_uidset_has(const struct hn_uidset *s, const char *uid);
size_t hn_uidset_count(const struct hn_uidset *s);

#endif
