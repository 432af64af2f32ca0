/* SPDX-License-Identifier: Apache-2.0 */
/* What a list says of itself and of its items: of which kind they are, and whether there is more of it. Pure. */
#ifndef HN_KUBE_ASSET_LIST_H
#define HN_KUBE_ASSET_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "hostnetd/asset.h"

struct cJSON;

bool hn_asset_list_is(const char *kind);      /* "PodList", "List" */
bool hn_asset_list_is_bare(const char *kind); /* "List": each item says its kind */

/* 0, or -EBADMSG with a reason where the list cannot be what was asked for: of `source`'s kind, or of objects at all. */
_must_check_ int hn_asset_list_check(const struct hn_asset_source *source, const char *api_version,
				     const char *kind, struct hn_reason *reason);
/* The same of an item that says its kind itself, where the source has one. */
_must_check_ int hn_asset_list_check_item(const struct hn_asset_source *source, const struct cJSON *item,
					  struct hn_reason *reason);
/* An item of a list whose kind did not come before it must have its own. */
_must_check_ int hn_asset_list_check_order(const struct cJSON *item, const char *list_version,
					   const char *list_kind, struct hn_reason *reason);
/* metadata.continue; "" if there is none. -EBADMSG, -E2BIG with a reason. */
_must_check_ int hn_asset_list_token(const struct cJSON *metadata, char *ret, size_t size,
				     struct hn_reason *reason);
/* Objects that tell of others, without what is in them. */
_must_check_ int hn_asset_list_refuse_meta(const char *api_version, const char *kind, struct hn_reason *reason);

#endif
