/* SPDX-License-Identifier: Apache-2.0 */
/* Why something failed and how to mend it, in words for a person. Owned by the caller, fixed size, never NULL. */
#ifndef HOSTNETD_REASON_H
#define HOSTNETD_REASON_H

#include "hostnetd/macro.h"

struct hn_reason {
	char text[512];
};

/* Formats the reason and returns `error` (a negative errno), so that a failing function ends in one line. */
int hn_reason_set(struct hn_reason *reason, int error, const char *fmt, ...) _printf_(3, 4);
/* Puts "context: " in front of what is there. Returns `error`. */
int hn_reason_wrap(struct hn_reason *reason, int error, const char *fmt, ...) _printf_(3, 4);

#endif
