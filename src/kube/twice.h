/* SPDX-License-Identifier: Apache-2.0 */
/* A key that is there twice: of two values a reader here would take one, the API server the other. */
#ifndef HN_KUBE_TWICE_H
#define HN_KUBE_TWICE_H

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"

struct cJSON;

/* 0, and *ret is the key, which lives with the object, or NULL; -ENOMEM. Of this object alone, not of what is in it; no object: none. */
_must_check_ int hn_key_twice(const struct cJSON *object, const char **ret);
/* No object in all that `node` holds has a key twice, or more than 10,000 keys: 0, or -errno with a reason. As deep as cJSON parses. */
_must_check_ int hn_keys_check(const struct cJSON *node, struct hn_reason *reason);

#endif
