/* SPDX-License-Identifier: Apache-2.0 */
/* The line itself: sightings in, changes of findings out. Owns the tables of entries and processes and joins them by
 * key. Reads the clock and the probe when it is told to; no event loop of its own. */
#ifndef HOSTNETD_AGENT_H
#define HOSTNETD_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostnetd/clue.h"
#include "hostnetd/entry.h"
#include "hostnetd/happening.h"
#include "hostnetd/kubelet.h"
#include "hostnetd/macro.h"
#include "hostnetd/probe.h"
#include "hostnetd/report.h"

struct hn_agent_settings {
	const char *node;
	const struct hn_catalogue *catalogue;
	struct hn_probe *probe;
	struct hn_kubelet *kubelet;
	struct hn_exception_book *exceptions; /* NULL: none */
	int64_t sweep_interval_ns;
	int64_t socket_interval_ns;
	int64_t grace_ns;
	void (*on_change)(const struct hn_change *change, void *arg);
	void (*on_notice)(const struct hn_notice *notice, void *arg);
	void (*on_happening)(const struct hn_happening *happening, void *arg); /* NULL: nobody listens */
	/* What the verdict takes in, known to the catalogue or not; again and again while it is there. NULL: nobody keeps it. */
	void (*on_clue)(const struct hn_finding *finding, const struct hn_clue *clue, void *arg);
	/* The kubelet listed the pod in a former run; NULL: nobody remembers. */
	bool (*listed_before)(const char *uid, void *arg);
	void *arg;
};

struct hn_agent;
/* Everything in `settings` is borrowed. NULL: no memory. */
struct hn_agent *hn_agent_new(const struct hn_agent_settings *settings);
void hn_agent_free(struct hn_agent *a);
HN_DEFINE_CLEANUP(struct hn_agent, hn_agent_free, hn_agent_cleanup)

/* A finding of a former run: before the first sweep, or when the store can be read at last. Copied. */
void hn_agent_restore(struct hn_agent *a, const struct hn_finding *f);
/* A clue of that finding from a former run, after hn_agent_restore(): what it said still counts. */
void hn_agent_recall(struct hn_agent *a, const char *finding, const struct hn_clue *clue);
/* Takes at most `budget` waiting events from the probe. Returns how many. */
int hn_agent_drain(struct hn_agent *a, unsigned budget);
/* Looks at all threads and sockets now, and takes out what is not there any more. */
_must_check_ int hn_agent_sweep(struct hn_agent *a, struct hn_reason *reason);
struct hn_sweep_stats {
	uint64_t done, failed;
	int64_t last_ns, sum_ns; /* how long those that are done took */
	struct hn_wall at;       /* the end of the last; 0: none yet */
	bool fails;              /* the last one that began did */
};
void hn_agent_sweep_stats(const struct hn_agent *a, struct hn_sweep_stats *ret);
/* The kubelet has answered, well or badly. */
void hn_agent_answered(struct hn_agent *a);
/* From now on this catalogue judges, also what was judged before; it is borrowed as the first one was, which may go. */
void hn_agent_use_catalogue(struct hn_agent *a, const struct hn_catalogue *catalogue);
/* Reports what has changed. Call after each of the above. */
void hn_agent_settle(struct hn_agent *a);
/* Does what has become due: sweeps, questions to the kubelet, forgetting. Returns nanoseconds until it wants to be
 * called again. A sweep that fails is logged and tried again. */
int64_t hn_agent_tick(struct hn_agent *a);

/* The rules of `exceptions` are others now: all findings are looked at again. */
void hn_agent_reconsider(struct hn_agent *a);

/* Walks the entries in no order; *cursor starts at 0; NULL at the end. */
const struct hn_entry *hn_agent_next(const struct hn_agent *a, size_t *cursor);
const struct hn_entry *hn_agent_find(const struct hn_agent *a, const char *id); /* by a finding's id; NULL: none */
/* Unarmed tasks of containers in the host netns, too young to be judged, at the last sweep. */
size_t hn_agent_candidates(const struct hn_agent *a);
/* Findings by a socket that are there as far as anybody knows: nobody could look at sockets at the last sweep. */
size_t hn_agent_unconfirmed(const struct hn_agent *a);
/* An answer of the kubelet is still needed: for a pod that is not known, or a container without a name. */
bool hn_agent_waits(const struct hn_agent *a);
/* Somebody who shares may not be among the findings: there was no place, and no look at all since has found one for everybody. */
bool hn_agent_full(const struct hn_agent *a);
/* What could not be kept because a table was full. */
uint64_t hn_agent_dropped(const struct hn_agent *a);

#endif
