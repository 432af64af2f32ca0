/* SPDX-License-Identifier: Apache-2.0 */
/* More containers than the agent keeps. */
#include "rig.h"

#define UID "2f1d3c4b-5a69-4788-96a5-b4c3d2e1f001"
#define ID "a42d519714d616e9411dbceec4b52808bd6b1ee53e6f6497a281d655357d8b71"

static char *crowd(unsigned n)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	for (unsigned i = 0; i < n; i++)
		fprintf(file,
			"%s{\"pid\":%u,\"comm\":\"c\",\"argv\":[\"sleep\",\"1\"],\"status\":[\"PPid:\\t1\","
			"\"Uid:\\t0\\t0\\t0\\t0\"],\"netns\":\"net:[1]\",\"inHostNetns\":true,\"mntns\":\"mnt:[7]\","
			"\"cgroup\":[\"0::/kubepods/pod2f1d3c4b-5a69-4788-96a5-%012x/%064x\"]}",
			i ? "," : "", i + 5, i, i);
	assert_int_equal(fclose(file), 0);
	return text;
}

static void begin(struct rig *rig, const char *processes)
{
	rig_new(rig);
	rig_record(rig, processes);
	rig_start(rig, rig->recording, HN_NSEC_PER_SEC);
	rig_sweep(rig);
}

static void what_has_no_place_is_told(void **state)
{
	char *some = crowd(HN_FINDINGS_MAX), *more = crowd(HN_FINDINGS_MAX + 3);
	struct rig rig;

	(void)state;
	begin(&rig, some);
	rig_pass(&rig, 1200 * HN_NSEC_PER_MSEC);
	assert_int_equal(rig.lost, 0);
	assert_false(rig_says(&rig, "findings may be missing"));
	rig_record(&rig, more);
	rig_sweep(&rig);
	rig_pass(&rig, 2400 * HN_NSEC_PER_MSEC);
	assert_true(rig.lost >= 3); /* again by each sweep */
	assert_int_equal(rig.lost, hn_agent_dropped(rig.agent));
	assert_true(rig_says(&rig, "findings may be missing"));
	/* There is room again: the first look is at those that have gone, the second finds a place for all. */
	rig_record(&rig, "");
	rig_sweep(&rig);
	rig_record(&rig, some);
	rig_sweep(&rig);
	rig_sweep(&rig);
	assert_false(rig_says(&rig, "findings may be missing"));
	rig_free(&rig);
	free(some);
	free(more);
}

/* Those that are over make room for those that are there. */
static void what_is_over_makes_room(void **state)
{
	char *some = crowd(HN_FINDINGS_MAX);
	const struct hn_entry *e = NULL;
	size_t cursor = 0;
	struct rig rig;

	(void)state;
	begin(&rig, some);
	rig_record(&rig, PROCESS(4, "\"vllm\",\"serve\",\"m\"", "/kubepods/pod" UID "/" ID));
	rig_sweep(&rig);
	/* They were there when the newcomer was met: the next look finds a place. */
	rig_sweep(&rig);
	while ((e = hn_agent_next(rig.agent, &cursor)) && strcmp(e->finding.pod_uid, UID) != 0)
		;
	assert_non_null(e);
	assert_int_equal(e->finding.state, HN_STATE_OPEN);
	assert_int_equal(rig_count(&rig), HN_FINDINGS_MAX);
	rig_free(&rig);
	free(some);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_no_place_is_told),
		cmocka_unit_test(what_is_over_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
