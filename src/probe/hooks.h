/* SPDX-License-Identifier: Apache-2.0 */
/* The hooks, one row each, in tiers: of a group the first row that loads and attaches is used. */
#ifndef HOSTNETD_HOOKS_H
#define HOSTNETD_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostnetd/abi.h"

enum hn_hook_group {
	HN_HOOK_CGROUP, /* a task enters a container's cgroup */
	HN_HOOK_BIRTH,
	HN_HOOK_EXEC,
	HN_HOOK_EXIT,
	HN_HOOK_SOCKET, /* one begins to listen, or connects */
	HN_HOOK_NETNS,  /* a thread switches its netns */
	HN_HOOK_USE,    /* a socket is made, a UDP port taken, a datagram sent */
	HN_HOOK_UNIX,   /* an abstract Unix socket is called */
	HN_HOOK_GROUP_MAX,
};

/* What a row needs before it is worth loading. A failed attach falls through to the next row of its group. */
enum hn_hook_need {
	HN_NEED_NOTHING,
	HN_NEED_TRAMPOLINES, /* fentry, fexit: refused on hardened kernels, with an error for the whole object */
	HN_NEED_KPROBES,
	HN_NEED_TRACEFS,
	HN_NEED_CGROUP_MARKS, /* cgroup programs that may ask for a task's mark, and the root of the v2 tree */
};

/* How far the operator lets the choice go by itself. */
enum hn_hook_grade {
	HN_GRADE_FREE,   /* costs system calls of others nothing */
	HN_GRADE_CHEAP,  /* a little on each: where nothing free attaches */
	HN_GRADE_COSTLY, /* only where it is asked for */
};

#define HN_HOOK_PROGRAMS 10
struct hn_hook {
	enum hn_hook_group group;
	const char *name; /* for people: "tp_btf/sys_exit" */
	enum hn_hook_need need;
	enum hn_hook_grade grade;
	enum hn_program programs[HN_HOOK_PROGRAMS]; /* all of them, or the row is not used; then NONE */
	const char *cost;                           /* what it costs others; "" if nothing worth a word */
	const char *refusals; /* netns: which refused attempts it sees; NULL in the other groups */
};

extern const struct hn_hook hn_hooks[];
extern const size_t hn_n_hooks;

const char *hn_hook_group_name(enum hn_hook_group g); /* "exec", "netns" ... */
/* Without a hook of this group something is missed until a sweep: what, in words. */
const char *hn_hook_group_missing(enum hn_hook_group g);
/* A group with several rows, of which one refused program fails the whole object: its rows are tried one by one. */
bool hn_hook_group_is_tried(enum hn_hook_group g);
/* The name of the program in the BPF object. */
const char *hn_program_name(enum hn_program p);
/* Is the row one that `way` allows? NULL or "auto": free and cheap ones; "free": those alone; "any": all; "none": none; else
 * the one that attaches by that ("fexit", "kprobe", "tracepoint", "tp_btf"). */
bool hn_hook_is_allowed(const struct hn_hook *hook, const char *way);
/* The first program of the row that did not run while it was tested; NONE: all ran. `fired` as in struct hn_host; of
 * those in `untestable` (bits) nothing is asked. */
enum hn_program hn_hook_silent(const struct hn_hook *hook, const uint8_t fired[HN_PROGRAM_MAX],
			       uint64_t untestable);

#endif
