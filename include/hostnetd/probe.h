/* SPDX-License-Identifier: Apache-2.0 */
/* Where sightings come from. Three sources behind one table of functions: BPF, /proc where BPF cannot load, and a
 * recording. Nothing below this header knows which one runs. */
#ifndef HOSTNETD_PROBE_H
#define HOSTNETD_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostnetd/held.h"
#include "hostnetd/macro.h"
#include "hostnetd/reason.h"
#include "hostnetd/sighting.h"

/* Called for every sighting; its texts are valid during the call only. */
typedef void hn_sighting_callback(const struct hn_sighting *sighting, void *arg);

struct hn_probe_settings {
	bool events;         /* false: sweeps only (scan) */
	uint64_t host_netns; /* 0: find it */
	const char *proc_root;
	const char *cgroup_root; /* the cgroup tree, or a folder with a v2 tree "unified" */
	const char *replay_file; /* NULL: this node */
	const char *
		netns_hook; /* "fexit", "kprobe", "tracepoint", "tp_btf": this way only; "free", "any", "none"; NULL: the
				    best that costs other system calls little */
	const char *const *metadata_addresses; /* of metadata services besides the known ones; borrowed */
	size_t n_metadata_addresses;
};

struct hn_probe_stats {
	uint64_t records; /* read so far */
	uint64_t lost;    /* the ring was full */
	uint64_t suppressed;
	uint64_t malformed; /* records that user space refused */
	uint64_t unmarked;
	uint64_t swept; /* threads that sweeps looked at so far */
};

struct hn_probe;

/* -errno with a reason that says what is missing and how to mend it. -ENOTSUP: no host PID namespace. */
_must_check_ int hn_probe_open(const struct hn_probe_settings *settings, struct hn_probe **ret,
			       struct hn_reason *reason);
void hn_probe_free(struct hn_probe *p);
HN_DEFINE_CLEANUP(struct hn_probe, hn_probe_free, hn_probe_cleanup)

/* Becomes readable when events wait that are urgent, or the first in a while; -1: this source has none. After one was
 * taken, look again in so long: what is not urgent does not make it readable again before. */
#define HN_PROBE_QUIET_NS (200 * HN_NSEC_PER_MSEC)
int hn_probe_fd(const struct hn_probe *p);
/* Hands over at most `budget` waiting events. Returns how many, or -errno; `budget` of them: there may be more. */
int hn_probe_drain(struct hn_probe *p, unsigned budget, hn_sighting_callback *callback, void *arg);
/* Looks at all threads now; PRESENT and CANDIDATE. 0 or -errno with a reason. */
_must_check_ int hn_probe_sweep(struct hn_probe *p, hn_sighting_callback *callback, void *arg,
				struct hn_reason *reason);
/* Looks at the sockets of container tasks; SOCKET. -EOPNOTSUPP where the source cannot. */
_must_check_ int hn_probe_sweep_sockets(struct hn_probe *p, hn_sighting_callback *callback, void *arg,
					struct hn_reason *reason);
/* The command line of a process that was there before it could be seen executing: NUL-separated. Checked against the
 * start time: -ESRCH if it is another process by now. */
_must_check_ int hn_probe_argv(struct hn_probe *p, pid_t pid, uint64_t start_ns, char *buf, size_t size,
			       size_t *ret_len, bool *ret_truncated);
/* The processes above one that started at `start_ns`, from its parent on, by what /proc says now. Where one has ended, the
 * last is a number without a name. Returns how many; 0 for a recording. */
size_t hn_probe_ancestors(struct hn_probe *p, pid_t parent, uint64_t start_ns,
			  struct hn_ancestor ret[static HN_ANCESTORS]);
/* A process that is asked what it holds. */
struct hn_holder {
	pid_t pid;
	uint64_t start_ns;
};
#define HN_PROBE_HOLDERS 64
/* Called for everything that is held; borrowed during the call. */
typedef void hn_held_callback(const struct hn_held *held, void *arg);
/* Looks at the open devices and the mapped libraries of at most HN_PROBE_HOLDERS processes. What has ended is passed
 * over. -errno with a reason where nothing can be read: a recording, or /proc without the right. */
_must_check_ int hn_probe_holds(struct hn_probe *p, const struct hn_holder *holders, size_t n,
				hn_held_callback *callback, void *arg, struct hn_reason *reason);
void hn_probe_stats(const struct hn_probe *p, struct hn_probe_stats *ret);
uint64_t hn_probe_host_netns(const struct hn_probe *p);
/* "tp_btf: exec, exit, ...; netns: sys_exit": for people. Borrowed. */
const char *hn_probe_hooks(const struct hn_probe *p);
/* Why only /proc is read, where BPF cannot load; "" where it does. Borrowed. */
const char *hn_probe_degraded(const struct hn_probe *p);
/* One purpose that a hook serves. */
struct hn_probe_hook {
	const char *purpose;  /* "exec", "netns" ... */
	const char *name;     /* what is attached; NULL: nothing */
	const char *missing;  /* what nobody sees without one */
	const char *mend;     /* which right would give one; NULL where this kernel has none, or there is a hook */
	const char *cost;     /* what it costs others; "" if nothing worth a word */
	const char *refusals; /* which refused attempts it sees; NULL where that is not its purpose */
	bool seen;            /* it ran when it was tested; else there was no way to test it here */
};
/* The i-th; false at the end, and where the source has no hooks. */
bool hn_probe_hook_at(const struct hn_probe *p, size_t i, struct hn_probe_hook *ret);
/* How the host netns was decided, for people. Borrowed. */
const char *hn_probe_host_netns_source(const struct hn_probe *p);
/* False where no hook sees a switch of netns: sweeps must come more often. */
bool hn_probe_sees_netns(const struct hn_probe *p);

/* The cgroup's finding is open and complete: it may send some records a second, the rest is counted. */
void hn_probe_limit(struct hn_probe *p, uint64_t cgroup_id, bool v2);
/* Tells and forgets whether records of any limited cgroup were held back since the last call. */
bool hn_probe_held_back(struct hn_probe *p);

#endif
