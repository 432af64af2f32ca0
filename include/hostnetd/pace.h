/* SPDX-License-Identifier: Apache-2.0 */
/* When the next request may start: never side by side, at most one a second, routine ones every interval, and after
 * failures a back-off from 1 s to 60 s that holds for all. Pure: time is an argument. */
#ifndef HOSTNETD_PACE_H
#define HOSTNETD_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "hostnetd/time.h"

#define HN_PACE_NEVER INT64_MAX

struct hn_pace {
	int64_t interval_ns; /* 0: no routine requests */
	uint64_t random;
	bool running;
	unsigned failures; /* in a row */
	int64_t started;
	int64_t due; /* when somebody wants the next one; NEVER */
	int64_t not_before;
};

void hn_pace_init(struct hn_pace *p, int64_t interval_ns, uint64_t seed);
/* Somebody wants an answer whose request starts at or after now + delay. */
void hn_pace_want(struct hn_pace *p, struct hn_mono now, int64_t delay_ns);
void hn_pace_started(struct hn_pace *p, struct hn_mono now);
void hn_pace_finished(struct hn_pace *p, struct hn_mono now, bool ok);
/* The other side asks to be left alone for so long: the next one starts no earlier, and not all at the same moment. */
void hn_pace_hold(struct hn_pace *p, struct hn_mono now, int64_t ns);
/* The source has changed: what it failed with before does not count. */
void hn_pace_forgive(struct hn_pace *p);
/* Start of the next request in nanoseconds from now (0: at once), or HN_PACE_NEVER (none wanted, or one runs). */
int64_t hn_pace_next(const struct hn_pace *p, struct hn_mono now);

#endif
