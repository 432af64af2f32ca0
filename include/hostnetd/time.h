/* SPDX-License-Identifier: Apache-2.0 */
/* Wall and monotonic time as different types, so that they cannot be mixed. Only the edges read a clock: the
 * core takes its times as arguments. */
#ifndef HOSTNETD_TIME_H
#define HOSTNETD_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HN_NSEC_PER_SEC 1000000000LL
#define HN_NSEC_PER_MSEC 1000000LL

struct hn_wall {
	int64_t ns; /* since the epoch, UTC; 0: not known */
};

/* CLOCK_BOOTTIME: it counts suspend, and it is what the kernel's start_boottime and /proc/PID/stat use. */
struct hn_mono {
	int64_t ns;
};

#define HN_TIME_TEXT 40
struct hn_wall hn_wall_now(void);
struct hn_mono hn_mono_now(void);
bool hn_wall_known(struct hn_wall t);
/* RFC 3339 in UTC with six decimals and Z, as in every document. buf needs HN_TIME_TEXT bytes. Returns buf. */
const char *hn_wall_format(struct hn_wall t, char buf[static HN_TIME_TEXT]);
/* RFC 3339 with any offset and fraction. 0 or -EINVAL; years 1970 to 2199. What was said is known: the
 * epoch becomes the nanosecond after it. */
int hn_wall_parse(const char *text, struct hn_wall *ret);
/* "12s", "5m", "3h20m", "4d": how long ago, for a table. buf needs HN_TIME_TEXT bytes. Returns buf. */
const char *hn_age_format(int64_t ns, char buf[static HN_TIME_TEXT]);
/* "30s", "5m", "250ms", "1h30m", "90" (seconds). 0 or -EINVAL (also negative and over 10 years). */
int hn_duration_parse(const char *text, int64_t *ret_ns);

#endif
