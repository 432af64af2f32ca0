/* SPDX-License-Identifier: Apache-2.0 */
/* Destinations whose callers in the host netns are reported: clouds' metadata services, control ports of this node. */
#ifndef HOSTNETD_WATCHES_H
#define HOSTNETD_WATCHES_H

#include <stddef.h>
#include <stdint.h>

#include "hostnetd/abi.h"
#include "hostnetd/macro.h"

struct hn_watches {
	size_t n;
	struct hn_watch watch[HN_WATCHES_MAX];
	uint32_t flag[HN_WATCHES_MAX]; /* HN_RECORD_METADATA or HN_RECORD_CONTROL */
};

/* The known ones, and the addresses given besides; those that are no address, or do not fit, are left out. */
void hn_watches_collect(const char *const more[], size_t n_more, struct hn_watches *ret);

#endif
