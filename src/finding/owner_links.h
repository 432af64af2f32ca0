/* SPDX-License-Identifier: Apache-2.0 */
/* Who controls whom among the objects that were read, found or not. Pure. */
#ifndef HN_FINDING_OWNER_LINKS_H
#define HN_FINDING_OWNER_LINKS_H

#include <stdbool.h>
#include <stddef.h>

#include "hostnetd/macro.h"
#include "hostnetd/pod.h"

#define HN_OWNER_LINKS_MAX 500000

struct hn_owner_links;

struct hn_owner_links *hn_owner_links_new(void); /* NULL: no memory */
void hn_owner_links_free(struct hn_owner_links *l);
/* `controller`: kind "" if there is none. `counts`: the object itself was looked at, for what it makes. The last word on an
 * object holds. -ENOMEM; -ENOSPC: there are too many. */
_must_check_ int hn_owner_links_put(struct hn_owner_links *l, const struct hn_owner *of, const char *ns,
				    const struct hn_owner *controller, bool counts);
/* False: no such object was read. True: its controller, borrowed; kind "" if it has none. `l` may be NULL. */
bool hn_owner_links_find(const struct hn_owner_links *l, const struct hn_owner *of, const char *ns,
			 struct hn_owner *ret);

/* False also where no such object was read. `l` may be NULL. */
bool hn_owner_links_counts(const struct hn_owner_links *l, const struct hn_owner *of, const char *ns);

/* Kind with its group, namespace and name as one key: versions of a group are the same object. */
#define HN_OWNER_KEY 1024
size_t hn_owner_key(char key[static HN_OWNER_KEY], const struct hn_owner *of, const char *ns);

#endif
