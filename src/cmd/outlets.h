/* SPDX-License-Identifier: Apache-2.0 */
/* Where everything that the agent says goes, in order: the store first, so that nothing is printed that a kill could take
 * back, then standard output, then the API. */
#ifndef HOSTNETD_OUTLETS_H
#define HOSTNETD_OUTLETS_H

#include <stddef.h>
#include <stdint.h>

#include "hostnetd/report.h"

/* Does not block; borrows the event for the call. */
struct hn_outlet {
	void (*take)(void *self, const struct hn_event *event);
	void *self;
};

#define HN_OUTLETS_MAX 8
struct hn_outlets {
	struct hn_outlet list[HN_OUTLETS_MAX];
	size_t n;
	uint64_t seq; /* of the last event */
};

/* At the end of the order. */
void hn_outlets_add(struct hn_outlets *o, void (*take)(void *self, const struct hn_event *event), void *self);
/* Each gives the event its number and hands it to all. */
void hn_outlets_change(struct hn_outlets *o, const struct hn_change *change);
void hn_outlets_notice(struct hn_outlets *o, const struct hn_notice *notice);
void hn_outlets_happening(struct hn_outlets *o, const struct hn_happening *happening);

#endif
