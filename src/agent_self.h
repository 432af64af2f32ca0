/* SPDX-License-Identifier: Apache-2.0 */
/* The agent from inside: agent.c keeps its time, sightings.c takes what was seen, sweep.c looks at all, settle.c asks the
 * kubelet and reports, happenings.c tells each step. */
#ifndef HOSTNETD_AGENT_SELF_H
#define HOSTNETD_AGENT_SELF_H

#include "hostnetd/agent.h"
#include "hostnetd/map.h"
#include "hostnetd/process.h"

#define HN_AGENT_NEVER INT64_MAX
#define HN_AGENT_SWEEP_PAUSE_NS HN_NSEC_PER_SEC /* between two sweeps that somebody asked for */

struct hn_agent {
	struct hn_agent_settings settings;
	struct hn_map *entries; /* by finding id */
	struct hn_entry_room room;
	struct hn_processes *processes;
	struct hn_entry *spare; /* new pages: much of what a new finding costs where faults are dear */
	uint64_t generation;    /* of the last sweep */
	struct hn_mono swept;   /* when the last sweep began */
	struct hn_mono sockets_swept;
	int64_t sweep_due, sockets_due, absent_due, check_due, holds_due, exceptions_due;
	size_t holds_cursor; /* where the round over the processes stands */
	bool holds_failed;   /* was said */
	bool sockets_unseen; /* by the last look at them */
	bool none_over;      /* looked for since the last settling: only that makes one */
	bool full;           /* somebody had no place, and no look at all since has found one for everybody */
	size_t candidates;
	struct hn_sweep_stats sweeps;
	uint64_t lost, unmarked, dropped, dropped_told, suppressed;
};

/* A sweep at that time (CLOCK_BOOTTIME), or a pause after the last one. */
void hn_agent_want_sweep(struct hn_agent *a, int64_t at);
/* Keeps it, or frees it: false. Where there are HN_FINDINGS_MAX, in the place of the one that has been over for the longest. */
bool hn_agent_keep(struct hn_agent *a, struct hn_entry *e);
/* The entry's pod in the kubelet's last list; NULL: not there. */
const struct hn_pod *hn_agent_pod_of(const struct hn_agent *a, const struct hn_entry *e);
struct hn_entry *hn_agent_entry(const struct hn_agent *a, const char *id); /* NULL: none */
void hn_agent_notice_container(struct hn_agent *a, enum hn_notice_type type, struct hn_entry *e,
			       unsigned container, bool change_follows);
/* Something happened to a process of the entry; `text`: "" or how. Costs nothing where nobody listens. */
void hn_agent_tell(struct hn_agent *a, enum hn_happening_type type, struct hn_entry *e, unsigned container,
		   const struct hn_sighting *s, const char *text);
/* The same of a process that is new: with who started it. */
void hn_agent_tell_new(struct hn_agent *a, enum hn_happening_type type, struct hn_entry *e, unsigned container,
		       const struct hn_sighting *s, const char *text);
void hn_agent_tell_omitted(struct hn_agent *a);
/* It ended, or does not share any more; frees p. */
void hn_agent_remove_process(struct hn_agent *a, struct hn_process *p);
/* A process is new: ask soon what it holds. */
void hn_agent_want_holds(struct hn_agent *a, struct hn_mono now);
/* Asks some of the processes what they hold, and sets when the next ones are asked. */
void hn_agent_look(struct hn_agent *a, struct hn_mono now);
void hn_agent_look_at_all(struct hn_agent *a);
void hn_agent_on_sighting(const struct hn_sighting *sighting, void *arg);

#endif
