/* SPDX-License-Identifier: Apache-2.0 */
/* One entry, a clock that the test moves, and processes that come and go as the agent would tell it. */
#ifndef HOSTNETD_TEST_FINDING_RIG_H
#define HOSTNETD_TEST_FINDING_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hostnetd/entry.h"
#include "hostnetd/macro.h"
#include "hostnetd/str.h"

#define UID "2f1d3c4b-5a69-4788-96a5-b4c3d2e1f001"
#define SECOND HN_NSEC_PER_SEC
#define WALL_AT_BOOT (1700000000 * SECOND)
#define GRACE (3 * SECOND)
#define BIT(field) (1U << HN_CHANGED_##field)

struct rig {
	struct hn_catalogue *catalogue;
	struct hn_entry *e;
	int64_t now; /* CLOCK_BOOTTIME */
	struct hn_change changes[HN_ENTRY_CHANGES];
	struct hn_finding_container kept[HN_FINDING_CONTAINERS]; /* of rig_kept() */
};

static inline struct hn_container_ref a_ref(const char *pod_uid, const char *container_id)
{
	struct hn_container_ref ref = {.kind = HN_CGROUP_CONTAINER, .runtime = "containerd"};

	hn_strcpy(ref.pod_uid, sizeof(ref.pod_uid), pod_uid);
	hn_strcpy(ref.container_id, sizeof(ref.container_id), container_id);
	return ref;
}

static inline void rig_new(struct rig *rig, const char *pod_uid, enum hn_way way)
{
	struct hn_container_ref ref = a_ref(pod_uid, "c1");
	struct hn_reason reason = {""};

	*rig = (struct rig){.now = 100 * SECOND};
	if (hn_catalogue_new(NULL, 0, &rig->catalogue, &reason) < 0)
		fail_msg("%s", reason.text);
	rig->e = hn_entry_new("n1", &ref, way);
	assert_non_null(rig->e);
}

static inline void rig_free(struct rig *rig)
{
	hn_entry_free(rig->e);
	hn_catalogue_free(rig->catalogue);
}

/* An armed process that execs; argv is a literal, its last NUL counts. */
#define EXEC(pid_, exe_, argv_)                                                                                 \
	(struct hn_sighting)                                                                                    \
	{                                                                                                       \
		.kind = HN_SIGHTING_EXEC, .pid = (pid_), .tid = (pid_), .start_ns = 90 * SECOND, .armed = true, \
		.in_host_netns = true, .comm = "comm", .cgroup = "", .exe = (exe_), .argv = (argv_),            \
		.argv_len = sizeof(argv_)                                                                       \
	}
/* One that says nothing of AI. */
#define PLAIN(pid_)              \
	EXEC(pid_, "/bin/sleep", \
	     "sleep\0"           \
	     "1")
/* What a sweep sees of it: no arguments. */
#define PRESENT(pid_, exe_)                                                                         \
	(struct hn_sighting)                                                                        \
	{                                                                                           \
		.kind = HN_SIGHTING_PRESENT, .pid = (pid_), .tid = (pid_), .start_ns = 90 * SECOND, \
		.armed = true, .in_host_netns = true, .comm = "comm", .cgroup = "", .exe = (exe_)   \
	}

/* A process that is known is seen again. */
static inline void see_in(struct rig *rig, unsigned container, struct hn_sighting s, const struct hn_pod *pod)
{
	s.mono.ns = rig->now;
	s.time.ns = WALL_AT_BOOT + rig->now;
	hn_entry_see(rig->e, container, &s, rig->catalogue, pod);
}

static inline void see(struct rig *rig, struct hn_sighting s)
{
	see_in(rig, 0, s, NULL);
}

/* A new one comes, into the container. */
static inline unsigned come_to(struct rig *rig, const char *container_id, struct hn_sighting s)
{
	struct hn_container_ref ref = a_ref(rig->e->ref.pod_uid, container_id);
	unsigned i = hn_entry_container(rig->e, &ref, (struct hn_mono){rig->now});

	rig->e->finding.containers[i].present = true;
	rig->e->seats[i].processes++;
	rig->e->empty.ns = rig->e->gone.ns = 0;
	see_in(rig, i, s, NULL);
	return i;
}

static inline void come(struct rig *rig, struct hn_sighting s)
{
	come_to(rig, "c1", s);
}

static inline void leave_from(struct rig *rig, unsigned container, pid_t pid)
{
	rig->e->seats[container].processes--;
	hn_entry_forget(rig->e, pid, 90 * SECOND);
}

/* A sweep has confirmed that nobody is left. */
static inline void all_gone(struct rig *rig)
{
	rig->e->empty.ns = rig->e->gone.ns = rig->now;
}

static inline unsigned step(struct rig *rig)
{
	return hn_entry_step(rig->e, (struct hn_wall){WALL_AT_BOOT + rig->now}, (struct hn_mono){rig->now},
			     rig->changes);
}

static inline unsigned judge_and_step(struct rig *rig, const struct hn_pod *pod)
{
	hn_entry_judge(rig->e, rig->catalogue, pod);
	return step(rig);
}

/* The finding as the history gives it: without processes. */
static inline struct hn_finding rig_kept(struct rig *rig)
{
	struct hn_finding kept = rig->e->finding;

	memcpy(rig->kept, kept.containers, kept.n_containers * sizeof(*kept.containers));
	kept.containers = rig->kept;
	kept.processes = NULL;
	kept.n_processes = 0;
	for (size_t i = 0; i < kept.ai.n_evidence; i++) /* as JSON has it */
		kept.ai.evidence[i].weight = (double)(int)(kept.ai.evidence[i].weight * 1000 + 0.5) / 1000;
	return kept;
}

/* Another agent, a minute later, that has met nobody yet; `was` NULL: and has not read the history. */
static inline void rig_next_run(struct rig *rig, const struct hn_finding *was)
{
	struct hn_container_ref ref = rig->e->ref;
	enum hn_way way = rig->e->finding.way;

	hn_entry_free(rig->e);
	rig->e = hn_entry_new("n1", &ref, way);
	assert_non_null(rig->e);
	rig->now += 60 * SECOND;
	if (was)
		hn_entry_restore(rig->e, was, (struct hn_mono){rig->now});
}

/* A pod with one container, c1. */
struct pod {
	struct hn_pod pod;
	struct hn_container container;
};

static inline void pod_init(struct pod *p, const char *image, bool host_network)
{
	*p = (struct pod){
		.pod = {.uid = UID,
			.ns = "ml",
			.name = "web-0",
			.host_network = host_network,
			.runtime_class = "",
			.phase = "Running",
			.controller = {"apps/v1", "StatefulSet", "web"},
			.workload = {"apps/v1", "StatefulSet", "web"},
			.n_containers = 1},
		.container = {.name = "server",
			      .image = image,
			      .image_id = "sha256:1",
			      .id = "c1",
			      .runtime = "containerd"},
	};
	p->pod.containers = &p->container;
}

#endif
