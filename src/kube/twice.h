/* SPDX-License-Identifier: Apache-2.0 */
/* A key that is there twice: of two values a reader here would take one, the API server the other. */
#ifndef HN_KUBE_TWICE_H
#define HN_KUBE_TWICE_H

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"

#define HN_KEYS_MAX 10000 /* of one object: what looks at all pairs of keys must end */

struct cJSON;

/* 0, and *ret is the key, which lives with the object, or NULL; -ENOMEM. Of this object alone, not of what is in it; no object: none. */
_must_check_ int hn_key_twice(const struct cJSON *object, const char **ret);
/* In all that it holds, as deep as its parser lets it be. 0; -EBADMSG, or -E2BIG for too many keys, -ENOMEM, with a reason. */
_must_check_ int hn_key_refuse_twice(const struct cJSON *node, struct hn_reason *reason);

#endif
