/* SPDX-License-Identifier: Apache-2.0 */
/* One node's pods as the API server has them (GET /api/v1/pods by spec.nodeName), listed in the agent's own loop: at once, then
 * every interval with jitter, after failures with a back-off. */
#ifndef HOSTNETD_NODEPODS_H
#define HOSTNETD_NODEPODS_H

#include <stdint.h>

#include "hostnetd/apiserver.h"
#include "hostnetd/asset.h"
#include "hostnetd/macro.h"
#include "hostnetd/reason.h"

struct event_base;
struct hn_nodepods;

/* Texts and kinds are borrowed until it is freed. */
struct hn_nodepods_settings {
	struct hn_apiserver_settings apiserver;
	const char *node;
	const struct hn_workload_kinds *kinds;
	int64_t interval_ns; /* 0: one list, tried again only after failures */
	/* A list begins, perhaps anew: what it gave so far must be forgotten. */
	void (*begin)(void *arg);
	hn_asset_found *found;
	/* The list is whole (problem ""), or cannot be had: in words. It may be freed in it. */
	void (*done)(void *arg, const char *problem);
	void *arg;
};

/* Finds out whom to ask and as whom, as hn_apiaccess_open() does, with its errors. None of its callbacks is called before it returns. */
_must_check_ int hn_nodepods_new(const struct hn_nodepods_settings *settings, struct event_base *base,
				 struct hn_nodepods **ret, struct hn_reason *reason);
void hn_nodepods_free(struct hn_nodepods *n);
HN_DEFINE_CLEANUP(struct hn_nodepods, hn_nodepods_free, hn_nodepods_cleanup)
/* What was given is of no use any more: asks again soon, and gives up a list that is on its way. */
void hn_nodepods_again(struct hn_nodepods *n);
/* What a person must be told before an answer is believed; NULL: nothing. */
const char *hn_nodepods_warning(const struct hn_nodepods *n);

#endif
