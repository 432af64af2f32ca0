/* SPDX-License-Identifier: Apache-2.0 */
/* A JSON text as a tree of cJSON, whose strings end at the first NUL. */
#ifndef HN_KUBE_TREE_H
#define HN_KUBE_TREE_H

#include <stddef.h>

struct cJSON;

/* The value that `json` begins with; the caller deletes it. *ret_end, where wanted, is where it ends, or where it is wrong.
 * A NUL that a string or a key holds, as only the escape \u0000 may say, is U+FFFD in the tree: it cuts nothing off, and
 * no two names become one. NULL: no JSON, as a NUL that stands in the text itself is none, or no memory. */
struct cJSON *hn_tree_parse(const char *json, size_t n, const char **ret_end);

#endif
