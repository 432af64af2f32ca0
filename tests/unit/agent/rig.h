/* SPDX-License-Identifier: Apache-2.0 */
/* The whole line without root: a recording that the test may rewrite between two sweeps, a kubelet, an event loop. */
#ifndef HOSTNETD_TEST_AGENT_RIG_H
#define HOSTNETD_TEST_AGENT_RIG_H

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/vitals.h"
#include "hostnetd/agent.h"
#include "hostnetd/macro.h"

#define GUARD_NS (20 * HN_NSEC_PER_SEC)
#define CHANGES_MAX 64

struct rig {
	char dir[64], recording[96], pods[96];
	struct event_base *base;
	struct event *timer;
	struct hn_catalogue *catalogue;
	struct hn_probe *probe;
	struct hn_kubelet_settings kubelet_settings;
	struct hn_kubelet *kubelet;
	struct hn_agent *agent;
	struct {
		enum hn_change_type type;
		unsigned changed;
		enum hn_state state; /* as it was reported */
		char id[HN_FINDING_ID_SIZE];
	} changes[CHANGES_MAX];
	size_t n_changes, joined, left;
	size_t happenings[HN_HAPPENING_TYPE_MAX];
	uint64_t omitted; /* as far as was told */
	uint64_t lost;    /* the same */
	char text[96];    /* of the last happening */
	bool (*until)(struct rig *rig);
	unsigned answers; /* for `until` */
	int64_t end;
	bool guarded;
};

/* A file appears whole, as a configuration map's does. */
static inline void rig_write(const char *path, const char *before, const char *text)
{
	char new_path[128];
	FILE *file;

	snprintf(new_path, sizeof(new_path), "%s.new", path);
	file = fopen(new_path, "we");
	assert_non_null(file);
	assert_true(fprintf(file, "%s[%s]}\n", before, text) > 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(new_path, path), 0);
}

/* One recorded process of a container, armed, in the host netns. `argv` is a JSON list's inside. */
#define PROCESS(pid, argv, cgroup)                               \
	"{\"pid\":" #pid ",\"comm\":\"c\",\"argv\":[" argv       \
	"],\"status\":[\"PPid:\\t1\",\"Uid:\\t0\\t0\\t0\\t0\"]," \
	"\"netns\":\"net:[1]\",\"inHostNetns\":true,\"mntns\":\"mnt:[7]\",\"cgroup\":[\"0::" cgroup "\"]}"
#define RECORDING "{\"hostNetns\":\"net:[1]\",\"processes\":"
#define POD(uid, name, id)                                                                                          \
	"{\"metadata\":{\"namespace\":\"ml\",\"name\":\"" name "\",\"uid\":\"" uid                                  \
	"\"},\"spec\":{\"containers\":[{"                                                                           \
	"\"name\":\"server\",\"image\":\"busybox:1\"}]},\"status\":{\"phase\":\"Running\",\"containerStatuses\":[{" \
	"\"name\":\"server\",\"containerID\":\"containerd://" id "\"}]}}"
#define PODS "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":"

static inline void rig_record(struct rig *rig, const char *processes)
{
	rig_write(rig->recording, RECORDING, processes);
}

static inline void rig_list(struct rig *rig, const char *pods)
{
	rig_write(rig->pods, PODS, pods);
}

static inline void rig_on_change(const struct hn_change *change, void *arg)
{
	struct rig *rig = arg;

	assert_true(rig->n_changes < CHANGES_MAX);
	rig->changes[rig->n_changes].type = change->type;
	rig->changes[rig->n_changes].changed = change->changed;
	rig->changes[rig->n_changes].state = change->finding->state;
	memcpy(rig->changes[rig->n_changes].id, change->finding->id, HN_FINDING_ID_SIZE);
	rig->n_changes++;
}

static inline void rig_on_notice(const struct hn_notice *notice, void *arg)
{
	struct rig *rig = arg;

	rig->joined += notice->type == HN_NOTICE_CONTAINER_JOINED;
	rig->left += notice->type == HN_NOTICE_CONTAINER_LEFT;
	rig->lost += notice->type == HN_NOTICE_AGENT_LOST ? notice->count : 0;
}

static inline void rig_on_happening(const struct hn_happening *happening, void *arg)
{
	struct rig *rig = arg;

	rig->happenings[happening->type]++;
	rig->omitted += happening->count;
	snprintf(rig->text, sizeof(rig->text), "%s", happening->text);
}

static inline void rig_go_on(struct rig *rig)
{
	struct timeval soon = {0, 2000};

	rig->guarded = hn_mono_now().ns > rig->end;
	if (rig->guarded || rig->until(rig))
		event_base_loopbreak(rig->base);
	else
		event_add(rig->timer, &soon);
}

static inline void rig_on_timer(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct rig *rig = arg;

	hn_agent_tick(rig->agent);
	rig_go_on(rig);
}

static inline void rig_on_answer(struct hn_kubelet *kubelet _unused_, void *arg)
{
	struct rig *rig = arg;

	hn_agent_answered(rig->agent);
	hn_agent_settle(rig->agent);
	rig_go_on(rig);
}

/* Runs the loop until it holds. */
static inline void rig_until(struct rig *rig, bool (*until)(struct rig *rig))
{
	rig->until = until;
	rig->end = hn_mono_now().ns + GUARD_NS;
	rig_go_on(rig);
	event_base_dispatch(rig->base);
	if (rig->guarded)
		fail_msg("it does not come about");
}

static inline bool rig_has_answers(struct rig *rig)
{
	return hn_kubelet_answers(rig->kubelet) >= rig->answers;
}

/* Until the kubelet has answered so many times. */
static inline void rig_until_answers(struct rig *rig, unsigned answers)
{
	rig->answers = answers;
	rig_until(rig, rig_has_answers);
}

/* Until `ns` have passed. */
static inline bool rig_time_over(struct rig *rig)
{
	return hn_mono_now().ns > rig->end - GUARD_NS;
}

static inline void rig_pass(struct rig *rig, int64_t ns)
{
	rig->until = rig_time_over;
	rig->end = hn_mono_now().ns + ns + GUARD_NS;
	rig_go_on(rig);
	event_base_dispatch(rig->base);
}

static inline void rig_new(struct rig *rig)
{
	*rig = (struct rig){.dir = "/tmp/hostnetd-unit-XXXXXX"};
	if (getenv("TMPDIR"))
		snprintf(rig->dir, sizeof(rig->dir), "%.40s/hostnetd-XXXXXX", getenv("TMPDIR"));
	assert_non_null(mkdtemp(rig->dir));
	snprintf(rig->recording, sizeof(rig->recording), "%s/recording.json", rig->dir);
	snprintf(rig->pods, sizeof(rig->pods), "%s/pods.json", rig->dir);
	rig->base = event_base_new();
	rig->timer = evtimer_new(rig->base, rig_on_timer, rig);
	assert_non_null(rig->timer);
	rig->kubelet_settings.pods_file = rig->pods;
	rig_record(rig, "");
	rig_list(rig, "");
}

/* Asks nothing and looks at nothing yet. */
static inline void rig_start(struct rig *rig, const char *recording, int64_t grace_ns)
{
	struct hn_probe_settings probe = {.proc_root = "/nonexistent", .replay_file = recording};
	struct hn_reason reason = {""};
	struct hn_agent_settings settings = {
		.node = "n1",
		.grace_ns = grace_ns,
		.on_change = rig_on_change,
		.on_notice = rig_on_notice,
		.on_happening = rig_on_happening,
		.arg = rig,
	};

	if (hn_catalogue_new(NULL, 0, &rig->catalogue, &reason) < 0 ||
	    hn_probe_open(&probe, &rig->probe, &reason) < 0 ||
	    hn_kubelet_new(&rig->kubelet_settings, rig->base, rig_on_answer, rig, &rig->kubelet, &reason) < 0)
		fail_msg("%s", reason.text);
	settings.catalogue = rig->catalogue;
	settings.probe = rig->probe;
	settings.kubelet = rig->kubelet;
	rig->agent = hn_agent_new(&settings);
	assert_non_null(rig->agent);
}

/* The agent ends; another one may start. */
static inline void rig_stop(struct rig *rig)
{
	hn_agent_free(rig->agent);
	hn_kubelet_free(rig->kubelet);
	hn_probe_free(rig->probe);
	hn_catalogue_free(rig->catalogue);
}

static inline void rig_free(struct rig *rig)
{
	rig_stop(rig);
	event_free(rig->timer);
	event_base_free(rig->base);
	unlink(rig->recording);
	unlink(rig->pods);
	assert_int_equal(rmdir(rig->dir), 0);
}

static inline void rig_sweep(struct rig *rig)
{
	struct hn_reason reason = {""};

	if (hn_agent_sweep(rig->agent, &reason) < 0)
		fail_msg("%s", reason.text);
	hn_agent_settle(rig->agent);
}

static inline size_t rig_count(const struct rig *rig)
{
	size_t cursor = 0, n = 0;

	while (hn_agent_next(rig->agent, &cursor))
		n++;
	return n;
}

/* The only entry there is. */
static inline const struct hn_entry *rig_entry(struct rig *rig)
{
	size_t cursor = 0;
	const struct hn_entry *e = hn_agent_next(rig->agent, &cursor);

	assert_non_null(e);
	assert_null(hn_agent_next(rig->agent, &cursor));
	return e;
}

/* Whether the agent gives this among the reasons why its word is not whole; then it is no pass. */
static inline bool rig_says(const struct rig *rig, const char *reason)
{
	struct hn_identity who = {.node = "n1", .agent_version = "0", .boot_id = ""};
	struct hn_vitals vitals = {.who = &who, .agent = rig->agent, .probe = rig->probe, .kubelet = rig->kubelet};
	struct hn_health *h = malloc(sizeof(*h));
	bool said = false;

	assert_non_null(h);
	hn_vitals_take(&vitals, h);
	for (size_t i = 0; i < h->n_incomplete; i++)
		said |= strstr(h->incomplete[i], reason) != NULL;
	assert_false(said && (h->complete || h->passed));
	free(h);
	return said;
}

#endif
