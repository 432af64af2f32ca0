/* SPDX-License-Identifier: Apache-2.0 */
/* One pod (or container outside Kubernetes) that shares the host netns in one way: its finding, and what is needed to
 * keep it. Pure: times and answers come as arguments. */
#ifndef HOSTNETD_ENTRY_H
#define HOSTNETD_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostnetd/ai.h"
#include "hostnetd/cgroup.h"
#include "hostnetd/clue.h"
#include "hostnetd/exception.h"
#include "hostnetd/finding.h"
#include "hostnetd/held.h"
#include "hostnetd/macro.h"
#include "hostnetd/pod.h"
#include "hostnetd/sighting.h"
#include "hostnetd/time.h"

#define HN_ENTRY_TELLING 16

/* A program that ran in the pod and says something of AI. Kept after its end: a container that lived 5 ms is still
 * judged by it when the pod is known. */
struct hn_telling {
	pid_t pid;
	char *exe, *argv;
	size_t argv_len;
	double score;
	uint32_t containers; /* bits: in which of finding.containers it ran */
	bool unplaced;       /* a former run saw it, in a container that is not among them */
};

/* A device or library that a process holds and that says something of AI: of one signature the heaviest. Kept after the
 * process's end, as its program is. */
#define HN_ENTRY_HOLDINGS 8
struct hn_holding {
	struct hn_held held;
	size_t signature; /* in the catalogue that is in use */
	double weight;
};

/* A port that was listened on, by whom first. Kept after the process's end, as its program is. */
#define HN_ENTRY_PORTS 64
struct hn_heard {
	uint16_t port;
	pid_t pid;
};

/* What belongs to finding.containers[i] besides. */
struct hn_seat {
	unsigned
		processes; /* living ones that share the host netns; whoever adds or takes out one counts it first */
	bool joined;       /* its coming was reported */
	struct hn_mono first;
	uint64_t asked;     /* the kubelet's answers that lacked its id */
	uint64_t cgroup_id; /* where its records come from, for the kernel's limit */
	bool cgroup_v2, limited;
};

/* What the rows of all entries may take together, besides the first container, process and program of each: whoever has ten
 * thousand processes in a thousand containers must not make the agent larger than its cage. Where there is no room, rows are
 * counted and not kept. */
struct hn_entry_room {
	size_t used, most; /* bytes */
};

struct hn_entry {
	struct hn_finding finding;
	struct hn_entry_room *room; /* borrowed; NULL: no bound */
	size_t taken;               /* of it, by this one */
	size_t process_places;      /* in finding.processes */
	bool crowded; /* a container stands for others, or a program that says something of AI was not kept */
	struct hn_seat seats[HN_FINDING_CONTAINERS];
	struct hn_telling telling[HN_ENTRY_TELLING];
	size_t n_telling;
	struct hn_holding holdings[HN_ENTRY_HOLDINGS];
	size_t n_holdings;
	struct hn_evidence *remembered; /* what a former run observed, while it says more than this one knows */
	size_t n_remembered;
	struct hn_exception_kind known; /* what the verdict says without it, where there is any */
	struct hn_heard heard[HN_ENTRY_PORTS];
	size_t n_heard;
	struct hn_container_ref ref; /* of the first sight: pod uid, or the container outside Kubernetes */
	struct hn_mono first, last;  /* sights */
	struct hn_mono empty;        /* since when it has no process; 0: it has */
	struct hn_mono gone;         /* a sweep after `empty` agreed; 0: it is there */
	struct hn_mono absent; /* when the first answer of the kubelet that lacks it was asked for; 0: none */
	bool unmanaged;
	bool unheard; /* it may have listened before the agent began, and no look at sockets has ended since */
	bool candidate_only; /* no armed process was seen: could be a runtime's, as kata's */
	bool runtime_owned;  /* candidate_only, and the pod's runtime class keeps its own processes there */
	bool more_evidence; /* or less, for the same verdict: told as processes and ports are, when there is time */
	bool dirty;
	unsigned changed; /* bits of enum hn_change_field, not reported yet */
	struct hn_mono reported;
	struct hn_mono told_window; /* happenings: the second that `told` counts */
	unsigned told;
	uint64_t omitted; /* happenings that were too many, not told of yet */
};

/* The id of the finding of whoever is there in this way. */
void hn_entry_id(const char *node, const struct hn_container_ref *ref, enum hn_way way,
		 char ret[static HN_FINDING_ID_SIZE]);
/* In two steps, for whoever wants the memory before it is known who comes: blank, then begun. */
struct hn_entry *hn_entry_blank(void);
void hn_entry_begin(struct hn_entry *e, const char *id, const struct hn_container_ref *ref, enum hn_way way);
struct hn_entry *hn_entry_new(const char *node, const struct hn_container_ref *ref, enum hn_way way);
void hn_entry_free(struct hn_entry *e);
HN_DEFINE_CLEANUP(struct hn_entry, hn_entry_free, hn_entry_cleanup)

/* Makes a new entry go on as a former run's finding. Until it is seen it has no process. */
void hn_entry_restore(struct hn_entry *e, const struct hn_finding *f, struct hn_mono now);
/* The same where the entry was found anew before the former run's word could be read: its first sight, count and what was
 * observed hold. */
void hn_entry_recall(struct hn_entry *e, const struct hn_finding *f, struct hn_mono now);

/* The index of the sighting's container, added if it is new: where the table is full, in the place of the oldest that has
 * left; if none has, the last index stands for all that do not fit. */
unsigned hn_entry_container(struct hn_entry *e, const struct hn_container_ref *ref, struct hn_mono now);
/* A process was seen: keeps or renews its row, and its program if that says something of AI. `s` without exe and argv
 * renews the times only. Returns whether the program was looked at: it is a clue. */
bool hn_entry_see(struct hn_entry *e, unsigned container, const struct hn_sighting *s,
		  const struct hn_catalogue *catalogue, const struct hn_pod *pod);
/* True if it was not known yet. */
bool hn_entry_listen(struct hn_entry *e, const struct hn_sighting *s);
/* One of its processes holds this. */
void hn_entry_hold(struct hn_entry *e, const struct hn_held *held, const struct hn_catalogue *catalogue);
/* Something that was seen in a former run, or that was kept: as when it was seen, without a process's row. */
void hn_entry_learn(struct hn_entry *e, const struct hn_clue *clue, const struct hn_catalogue *catalogue,
		    const struct hn_pod *pod);
/* Another catalogue is in use: what is known of its processes is looked at with it. */
void hn_entry_relearn(struct hn_entry *e, const struct hn_catalogue *catalogue, const struct hn_pod *pod);
void hn_entry_contact(struct hn_entry *e, const struct hn_sighting *s);
/* The process as the entry knows it, completed by what was seen of it: of more processes than have a row. */
void hn_entry_describe(const struct hn_entry *e, unsigned container, const struct hn_sighting *s,
		       struct hn_finding_process *ret);
/* A process ended or left the host netns: its row and its ports go. */
void hn_entry_forget(struct hn_entry *e, pid_t pid, uint64_t start_ns);
/* Fills in what the kubelet says. */
void hn_entry_know(struct hn_entry *e, const struct hn_pod *pod);
/* The verdict from the pod (NULL: not known now) and all telling programs, then cause and severity. What has been reported
 * and is gone keeps its verdict, unless more is known. */
void hn_entry_judge(struct hn_entry *e, const struct hn_catalogue *catalogue, const struct hn_pod *pod);
/* Which rule covers it (`book` NULL: there are none). What is gone stays as it was. After hn_entry_judge(). */
void hn_entry_cover(struct hn_entry *e, struct hn_exception_book *book, const struct hn_catalogue *catalogue,
		    const struct hn_pod *pod, struct hn_wall now);
/* A complete answer without this pod, asked for at `requested`. Returns true if a second one is wanted at
 * `absent` + grace to call it unmanaged. */
bool hn_entry_absent(struct hn_entry *e, struct hn_mono requested, int64_t grace_ns);
/* It is there: it has a process, or no sweep has confirmed yet that it has none. */
bool hn_entry_present(const struct hn_entry *e);

enum { HN_ENTRY_CHANGES = 2 };
/* Moves the finding's state on and says what to report: 0, 1 or 2 changes (opened and resolved at once). A change of
 * nothing but processes and ports is held back for a second after the last report; then `e->dirty` stays set. */
unsigned hn_entry_step(struct hn_entry *e, struct hn_wall wall, struct hn_mono now,
		       struct hn_change ret[static HN_ENTRY_CHANGES]);

#endif
