/* SPDX-License-Identifier: Apache-2.0 */
/* What of a YAML stream must not reach the composer of documents. */
#ifndef HN_KUBE_MANIFEST_BOUNDS_H
#define HN_KUBE_MANIFEST_BOUNDS_H

#include <stddef.h>

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"

/* Of one document: a List of many objects in YAML is one. */
#define HN_MANIFEST_VALUES 4000000
#define HN_MANIFEST_ALIASED 200000 /* values that aliases add to those that are written */
#define HN_MANIFEST_ANCHORS 2000

/* 0, also where it is no YAML: whoever reads it next tells. -EBADMSG, -E2BIG or -ENOMEM with a reason. */
_must_check_ int hn_manifest_bounds(const char *bytes, size_t n, struct hn_reason *reason);

#endif
