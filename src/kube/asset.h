/* SPDX-License-Identifier: Apache-2.0 */
/* One object's tree to an asset. */
#ifndef HN_KUBE_ASSET_H
#define HN_KUBE_ASSET_H

#include "field.h"
#include "hostnetd/asset.h"

/* 1: `ret` is an asset, all of it in the fields' arena or the tree; 0: an object that declares no pods; -EBADMSG (no
 * Kubernetes object, a field of a wrong type), -ENOMEM with a reason. May change the tree, which must outlast `ret`. */
_must_check_ int hn_asset_read(struct hn_fields *f, struct cJSON *root, const char *api_version, const char *kind,
			       const struct hn_workload_kinds *kinds, struct hn_asset *ret);

#endif
