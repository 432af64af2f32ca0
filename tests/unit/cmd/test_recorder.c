// SPDX-License-Identifier: Apache-2.0
/* What is on the disk when an event is handed on: what a kill cannot take back any more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "cmd/recorder.h"
#include "hostnetd/time.h"

struct rig {
	char folder[64], store[96], proc[8];
	struct hn_settings settings;
	struct hn_outlets outlets;
	struct hn_recorder recorder;
	struct hn_finding finding;
	struct hn_finding_container container;
	struct event_base *base;
	struct hn_kubelet_settings none;
	struct hn_kubelet *kubelet;
	uint64_t stored; /* as the outlet behind the store saw it at the last event */
	bool slow;       /* this machine is, and nothing waited */
};

static const struct hn_identity who = {.agent_version = "0", .cluster = "", .node = "n", .boot_id = ""};

static void look(void *self, const struct hn_event *event)
{
	struct rig *rig = self;
	struct hn_history_stats stats;

	(void)event;
	hn_history_stats(rig->recorder.history, &stats);
	rig->stored = stats.stored;
	rig->slow |= stats.bypassed > 0;
}

static void rig_new(struct rig *rig)
{
	struct hn_reason reason = {""};

	*rig = (struct rig){.proc = "/proc",
			    .settings = {.history_size = 16 << 20, .history_age = 3600 * HN_NSEC_PER_SEC}};
	snprintf(rig->folder, sizeof(rig->folder), "%.40s/hostnetd-XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(rig->folder));
	snprintf(rig->store, sizeof(rig->store), "%s/h.db", rig->folder);
	rig->settings.store = rig->store;
	rig->settings.proc_root = rig->proc;
	rig->finding.state = HN_STATE_SHARING;
	rig->finding.containers = &rig->container;
	rig->finding.n_containers = 1;
	memset(rig->finding.id, 'a', sizeof(rig->finding.id) - 1);
	memset(rig->finding.containers[0].id, 'c', sizeof(rig->finding.containers[0].id) - 1);
	rig->base = event_base_new();
	assert_int_equal(hn_kubelet_new(&rig->none, rig->base, NULL, NULL, &rig->kubelet, &reason), 0);
	if (hn_recorder_open(&rig->recorder, &rig->settings, &who, &rig->outlets, &reason) < 0)
		fail_msg("%s", reason.text);
	rig->recorder.kubelet = rig->kubelet;
	hn_outlets_add(&rig->outlets, look, rig);
}

static void rig_free(struct rig *rig)
{
	hn_recorder_close(&rig->recorder);
	hn_kubelet_free(rig->kubelet);
	event_base_free(rig->base);
	unlink(rig->store);
	assert_int_equal(rmdir(rig->folder), 0);
}

static void tell(struct rig *rig, enum hn_notice_type type, bool present, bool change_follows)
{
	struct hn_notice notice = {.type = type,
				   .time = hn_wall_now(),
				   .text = "",
				   .finding = &rig->finding,
				   .container = &rig->finding.containers[0],
				   .change_follows = change_follows};

	rig->finding.containers[0].present = present;
	hn_outlets_notice(&rig->outlets, &notice);
}

static void test_comings_and_goings_are_kept_before_they_are_told(void **state)
{
	struct rig rig;

	(void)state;
	rig_new(&rig);
	tell(&rig, HN_NOTICE_CONTAINER_JOINED, true, false);
	assert_true(rig.slow || rig.stored == 1);
	tell(&rig, HN_NOTICE_CONTAINER_LEFT, false, false);
	assert_true(rig.slow || rig.stored == 2);
	rig_free(&rig);
}

static void test_what_a_change_follows_waits_for_it(void **state)
{
	struct rig rig;
	struct hn_change change = {.type = HN_CHANGE_OPENED, .time = hn_wall_now(), .finding = &rig.finding};

	(void)state;
	rig_new(&rig);
	tell(&rig, HN_NOTICE_CONTAINER_JOINED, true, true);
	rig.finding.state = HN_STATE_OPEN;
	hn_outlets_change(&rig.outlets, &change);
	assert_true(rig.slow || rig.stored == 2);
	rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comings_and_goings_are_kept_before_they_are_told),
		cmocka_unit_test(test_what_a_change_follows_waits_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
