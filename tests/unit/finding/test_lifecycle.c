/* SPDX-License-Identifier: Apache-2.0 */
/* Every state with every input, and what must hold whatever the table says. */
#include "../../../src/finding/lifecycle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void test_every_step(void **state)
{
	/* clang-format off */
	static const struct {
		enum hn_state from;
		enum hn_input input;
		enum hn_state to;
		enum hn_step_report report;
	} rows[] = {
		{HN_STATE_SHARING,  HN_INPUT_SHARES_AI, HN_STATE_OPEN,     HN_STEP_OPENED},
		{HN_STATE_SHARING, HN_INPUT_EXCEPTED, HN_STATE_EXCEPTED, HN_STEP_OPENED},
		{HN_STATE_SHARING,  HN_INPUT_SHARES,    HN_STATE_SHARING,  HN_STEP_NOTHING},
		{HN_STATE_SHARING,  HN_INPUT_AI_GONE,   HN_STATE_RESOLVED, HN_STEP_PASSED},
		{HN_STATE_SHARING,  HN_INPUT_GONE,      HN_STATE_GONE,     HN_STEP_NOTHING},
		{HN_STATE_OPEN,     HN_INPUT_SHARES_AI, HN_STATE_OPEN,     HN_STEP_CHANGED},
		{HN_STATE_OPEN, HN_INPUT_EXCEPTED, HN_STATE_EXCEPTED, HN_STEP_CHANGED},
		{HN_STATE_OPEN,     HN_INPUT_SHARES,    HN_STATE_RESOLVED, HN_STEP_RESOLVED},
		{HN_STATE_OPEN,     HN_INPUT_AI_GONE,   HN_STATE_RESOLVED, HN_STEP_RESOLVED},
		{HN_STATE_OPEN,     HN_INPUT_GONE,      HN_STATE_RESOLVED, HN_STEP_RESOLVED},
		{HN_STATE_EXCEPTED, HN_INPUT_SHARES_AI, HN_STATE_OPEN,     HN_STEP_UNCOVERED},
		{HN_STATE_EXCEPTED, HN_INPUT_EXCEPTED,  HN_STATE_EXCEPTED, HN_STEP_CHANGED},
		{HN_STATE_EXCEPTED, HN_INPUT_SHARES,    HN_STATE_RESOLVED, HN_STEP_RESOLVED},
		{HN_STATE_EXCEPTED, HN_INPUT_AI_GONE,   HN_STATE_RESOLVED, HN_STEP_RESOLVED},
		{HN_STATE_EXCEPTED, HN_INPUT_GONE,      HN_STATE_RESOLVED, HN_STEP_RESOLVED},
		{HN_STATE_RESOLVED, HN_INPUT_SHARES_AI, HN_STATE_OPEN,     HN_STEP_REOPENED},
		{HN_STATE_RESOLVED, HN_INPUT_EXCEPTED, HN_STATE_EXCEPTED, HN_STEP_REOPENED},
		{HN_STATE_RESOLVED, HN_INPUT_SHARES,    HN_STATE_RESOLVED, HN_STEP_NOTHING},
		{HN_STATE_RESOLVED, HN_INPUT_AI_GONE,   HN_STATE_RESOLVED, HN_STEP_CHANGED},
		{HN_STATE_RESOLVED, HN_INPUT_GONE,      HN_STATE_RESOLVED, HN_STEP_NOTHING},
		{HN_STATE_GONE,     HN_INPUT_SHARES_AI, HN_STATE_OPEN,     HN_STEP_OPENED},
		{HN_STATE_GONE, HN_INPUT_EXCEPTED, HN_STATE_EXCEPTED, HN_STEP_OPENED},
		{HN_STATE_GONE,     HN_INPUT_SHARES,    HN_STATE_SHARING,  HN_STEP_NOTHING},
		{HN_STATE_GONE,     HN_INPUT_AI_GONE,   HN_STATE_RESOLVED, HN_STEP_PASSED},
		{HN_STATE_GONE,     HN_INPUT_GONE,      HN_STATE_GONE,     HN_STEP_NOTHING},
	};
	/* clang-format on */

	(void)state;
	assert_int_equal(sizeof(rows) / sizeof(rows[0]), HN_STATE_MAX * HN_INPUT_MAX);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hn_step step = hn_lifecycle(rows[i].from, rows[i].input);

		if (step.state != rows[i].to || step.report != rows[i].report)
			fail_msg("row %zu: state %d report %d", i, step.state, step.report);
	}
}

/* Whoever adds up what was reported knows what is open. */
static void test_reports_add_up(void **state)
{
	(void)state;
	for (int from = 0; from < HN_STATE_MAX; from++)
		for (int input = 0; input < HN_INPUT_MAX; input++) {
			struct hn_step step = hn_lifecycle((enum hn_state)from, (enum hn_input)input);
			bool was = from == HN_STATE_OPEN || from == HN_STATE_EXCEPTED;
			bool is = step.state == HN_STATE_OPEN || step.state == HN_STATE_EXCEPTED;
			bool opened = step.report == HN_STEP_OPENED || step.report == HN_STEP_REOPENED;

			assert_int_equal(!was && is, opened);
			assert_int_equal(was && !is, step.report == HN_STEP_RESOLVED);
			/* AI that shares now is open or excepted, AI that shared is told of. */
			assert_int_equal(step.state == HN_STATE_OPEN, input == HN_INPUT_SHARES_AI);
			assert_int_equal(step.state == HN_STATE_EXCEPTED, input == HN_INPUT_EXCEPTED);
			/* That a rule covers it no more is told as loudly as that it came. */
			assert_int_equal(from == HN_STATE_EXCEPTED && step.state == HN_STATE_OPEN,
					 step.report == HN_STEP_UNCOVERED);
			if (input == HN_INPUT_AI_GONE)
				assert_int_equal(step.state, HN_STATE_RESOLVED);
			/* The same input again brings nothing new. */
			step = hn_lifecycle(step.state, (enum hn_input)input);
			assert_true(step.report == HN_STEP_NOTHING || step.report == HN_STEP_CHANGED);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_step),
		cmocka_unit_test(test_reports_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
