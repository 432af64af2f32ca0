/* SPDX-License-Identifier: Apache-2.0 */
/* What podlist.c and podlist_reader.c share. */
#ifndef HN_KUBE_PODLIST_H
#define HN_KUBE_PODLIST_H

#include "arena.h"
#include "hostnetd/pod.h"

#define HN_PODLIST_BYTES (50UL << 20) /* of an answer or a file */
#define HN_PODLIST_PODS 16384
#define HN_PODLIST_MEMORY (32UL << 20)

struct hn_podlist {
	struct hn_arena arena;
	size_t n, cap;
	struct hn_pod **pods;         /* as listed */
	const struct hn_pod **by_uid; /* sorted; made by the reader at its end; pods without uid are left out */
	size_t n_by_uid;
};

#endif
