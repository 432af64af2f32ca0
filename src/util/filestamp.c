// SPDX-License-Identifier: Apache-2.0
#include "hostnetd/filestamp.h"

#include <string.h>

#include "hostnetd/time.h"

#define SETTLED_AFTER_NS (2 * HN_NSEC_PER_SEC)

void hn_filestamp_of(const struct stat *st, struct hn_filestamp *ret)
{
	int64_t age;

	*ret = (struct hn_filestamp){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.modified_ns = st->st_mtim.tv_sec * HN_NSEC_PER_SEC + st->st_mtim.tv_nsec,
		.changed_ns = st->st_ctim.tv_sec * HN_NSEC_PER_SEC + st->st_ctim.tv_nsec,
	};
	/* The change time cannot be set back by its writer. */
	age = hn_wall_now().ns - ret->changed_ns;
	ret->settled = age > SETTLED_AFTER_NS;
}

void hn_filestamp_take(const char *path, struct hn_filestamp *ret)
{
	struct stat st;

	memset(ret, 0, sizeof(*ret));
	if (stat(path, &st) == 0)
		hn_filestamp_of(&st, ret);
}

bool hn_filestamp_differs(const struct hn_filestamp *old, const struct hn_filestamp *now)
{
	return old->dev != now->dev || old->ino != now->ino || old->size != now->size ||
	       old->modified_ns != now->modified_ns || old->changed_ns != now->changed_ns;
}

bool hn_filestamp_same(const struct hn_filestamp *old, const struct hn_filestamp *now)
{
	return old->settled && !hn_filestamp_differs(old, now);
}
