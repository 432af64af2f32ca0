/* SPDX-License-Identifier: Apache-2.0 */
/* State x input -> state and what is reported: one table. Pure. */
#ifndef HOSTNETD_LIFECYCLE_H
#define HOSTNETD_LIFECYCLE_H

#include "hostnetd/finding.h"

enum hn_input {
	HN_INPUT_SHARES_AI, /* it shares the host netns now, and is AI or likely */
	HN_INPUT_EXCEPTED,  /* the same, and a rule covers it */
	HN_INPUT_SHARES,    /* it shares, and is no AI workload as far as is known */
	HN_INPUT_AI_GONE,   /* it does not share any more; it turned out to be AI */
	HN_INPUT_GONE,
	HN_INPUT_MAX,
};

enum hn_step_report {
	HN_STEP_NOTHING,
	HN_STEP_OPENED,
	HN_STEP_REOPENED,  /* under the same id: occurrences + 1 */
	HN_STEP_UNCOVERED, /* no rule covers it any more: that is news */
	HN_STEP_CHANGED,   /* updated, if something did change */
	HN_STEP_RESOLVED,
	HN_STEP_PASSED, /* opened and resolved at once: known as AI only after it had gone */
};

struct hn_step {
	enum hn_state state;
	enum hn_step_report report;
};

struct hn_step hn_lifecycle(enum hn_state state, enum hn_input input);

#endif
