/* SPDX-License-Identifier: Apache-2.0 */
/* Each coming and going is told once; a flood is counted. */
#include "rig.h"

#define UID "2f1d3c4b-5a69-4788-96a5-b4c3d2e1f001"
#define ID "a42d519714d616e9411dbceec4b52808bd6b1ee53e6f6497a281d655357d8b71"
#define SLEEP(pid) PROCESS(pid, "\"sleep\",\"1\"", "/kubepods/pod" UID "/" ID)
#define TEN(d)                                                                                     \
	SLEEP(d##0)                                                                                \
	"," SLEEP(d##1) "," SLEEP(d##2) "," SLEEP(d##3) "," SLEEP(d##4) "," SLEEP(d##5) "," SLEEP( \
		d##6) "," SLEEP(d##7) "," SLEEP(d##8) "," SLEEP(d##9)

static void once_each(void **state)
{
	struct rig rig;

	(void)state;
	rig_new(&rig);
	rig_record(&rig, SLEEP(5));
	rig_start(&rig, rig.recording, HN_NSEC_PER_MSEC);
	rig_sweep(&rig);
	rig_sweep(&rig);
	assert_int_equal(rig.happenings[HN_HAPPENING_ENTERED], 1);
	assert_string_equal(rig.text, "a sweep found it in the host network");
	assert_int_equal(rig.happenings[HN_HAPPENING_LEFT], 0);
	rig_record(&rig, "");
	rig_sweep(&rig);
	rig_sweep(&rig);
	assert_int_equal(rig.happenings[HN_HAPPENING_LEFT], 1);
	assert_int_equal(rig.happenings[HN_HAPPENING_ENTERED], 1);
	assert_int_equal(rig.happenings[HN_HAPPENING_OMITTED], 0);
	rig_free(&rig);
}

static void a_flood_is_counted(void **state)
{
	struct rig rig;

	(void)state;
	rig_new(&rig);
	rig_record(&rig, TEN(1) "," TEN(2) "," TEN(3) "," TEN(4) "," TEN(5) "," TEN(6));
	rig_start(&rig, rig.recording, HN_NSEC_PER_MSEC);
	rig_sweep(&rig);
	assert_int_equal(rig.happenings[HN_HAPPENING_ENTERED], 50);
	hn_agent_tick(rig.agent);
	assert_int_equal(rig.happenings[HN_HAPPENING_OMITTED], 1);
	assert_int_equal(rig.omitted, 10);
	rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(once_each),
		cmocka_unit_test(a_flood_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
