/* SPDX-License-Identifier: Apache-2.0 */
/* What was last logged of something that is well or not. What comes and goes again and again (a disk that is full, and is
 * full again after each pruning) would fill the log: the first two changes are said at once, a further one of the next ten
 * minutes when it has stood for one. */
#ifndef HOSTNETD_SAID_H
#define HOSTNETD_SAID_H

#include <stdbool.h>

#include "hostnetd/reason.h"
#include "hostnetd/time.h"

struct hn_said {
	char text[sizeof(((struct hn_reason *)0)->text)]; /* "": all is well */
	struct hn_mono differs;                           /* since when it is not what was said; 0: it is */
	struct hn_mono begin;                             /* of the ten minutes */
	unsigned changes;                                 /* said in them */
};

/* True if `text` is to be said now; it counts as said then. */
_must_check_ bool hn_said_changes(struct hn_said *said, const char *text, struct hn_mono now);

#endif
