// SPDX-License-Identifier: Apache-2.0
#include "lifecycle.h"

#include <assert.h>

/* clang-format off */
static const struct hn_step steps[HN_STATE_MAX][HN_INPUT_MAX] = {
	[HN_STATE_SHARING] = {
		[HN_INPUT_SHARES_AI] = {HN_STATE_OPEN, HN_STEP_OPENED},
		[HN_INPUT_SHARES] = {HN_STATE_SHARING, HN_STEP_NOTHING},
		[HN_INPUT_AI_GONE] = {HN_STATE_RESOLVED, HN_STEP_PASSED},
		[HN_INPUT_GONE] = {HN_STATE_GONE, HN_STEP_NOTHING},
	},
	[HN_STATE_OPEN] = {
		[HN_INPUT_SHARES_AI] = {HN_STATE_OPEN, HN_STEP_CHANGED},
		/* Its spec says that what ran there only looked like AI. */
		[HN_INPUT_SHARES] = {HN_STATE_RESOLVED, HN_STEP_RESOLVED},
		[HN_INPUT_AI_GONE] = {HN_STATE_RESOLVED, HN_STEP_RESOLVED},
		[HN_INPUT_GONE] = {HN_STATE_RESOLVED, HN_STEP_RESOLVED},
	},
	[HN_STATE_RESOLVED] = {
		[HN_INPUT_SHARES_AI] = {HN_STATE_OPEN, HN_STEP_REOPENED},
		[HN_INPUT_SHARES] = {HN_STATE_RESOLVED, HN_STEP_NOTHING},
		[HN_INPUT_AI_GONE] = {HN_STATE_RESOLVED, HN_STEP_CHANGED},
		[HN_INPUT_GONE] = {HN_STATE_RESOLVED, HN_STEP_NOTHING},
	},
	[HN_STATE_GONE] = {
		[HN_INPUT_SHARES_AI] = {HN_STATE_OPEN, HN_STEP_OPENED},
		[HN_INPUT_SHARES] = {HN_STATE_SHARING, HN_STEP_NOTHING},
		[HN_INPUT_AI_GONE] = {HN_STATE_RESOLVED, HN_STEP_PASSED},
		[HN_INPUT_GONE] = {HN_STATE_GONE, HN_STEP_NOTHING},
	},
};
/* clang-format on */

struct hn_step hn_lifecycle(enum hn_state state, enum hn_input input)
{
	static_assert(HN_STATE_MAX == 4 && HN_INPUT_MAX == 4, "a step for every state and input");
	return steps[state][input];
}
