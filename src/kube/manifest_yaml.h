/* SPDX-License-Identifier: Apache-2.0 */
/* YAML manifests as the trees that the JSON path reads. Scalars are what kubectl takes them for (YAML 1.1: yes and on
 * are true); numbers and booleans carry their text too, so that a version 1.10 stays one where text is wanted. */
#ifndef HN_KUBE_MANIFEST_YAML_H
#define HN_KUBE_MANIFEST_YAML_H

#include <stddef.h>

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"

struct cJSON;

/* One document's tree, which the callee owns now. Empty documents are not handed over. */
typedef int hn_manifest_document(void *arg, struct cJSON *root, unsigned document, unsigned line,
				 struct hn_reason *reason);
/* -EBADMSG, -E2BIG or -ENOMEM with a reason that names document and line, or what `found` returned. Aliases are
 * expanded as far as an item may have values. */
_must_check_ int hn_manifest_yaml(const char *bytes, size_t n, hn_manifest_document *found, void *arg,
				  struct hn_reason *reason);

#endif
