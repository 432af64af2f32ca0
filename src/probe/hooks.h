/* SPDX-License-Identifier: Apache-2.0 */
/* The hooks, one row each, in tiers: of a group the first row that loads and attaches is used. */
#ifndef HOSTNETD_HOOKS_H
#define HOSTNETD_HOOKS_H

#include <stdbool.h>
#include <stddef.h>

enum hn_hook_group {
	HN_HOOK_CGROUP, /* a task enters a container's cgroup */
	HN_HOOK_BIRTH,
	HN_HOOK_EXEC,
	HN_HOOK_EXIT,
	HN_HOOK_SOCKET, /* one begins to listen, or connects */
	HN_HOOK_NETNS,  /* a thread switches its netns */
	HN_HOOK_GROUP_MAX,
};

/* What a row needs before it is worth loading. A failed attach falls through to the next row of its group. */
enum hn_hook_need {
	HN_NEED_NOTHING,
	HN_NEED_TRAMPOLINES, /* fentry, fexit: refused on hardened kernels, with an error for the whole object */
	HN_NEED_TRACEFS,
};

struct hn_hook {
	enum hn_hook_group group;
	const char *name;        /* for people: "tp_btf/sys_exit" */
	const char *programs[2]; /* all of them, or the row is not used */
	enum hn_hook_need need;
	const char *cost;     /* what it costs others; "" if nothing worth a word */
	const char *refusals; /* netns: which refused attempts it sees; NULL in the other groups */
};

extern const struct hn_hook hn_hooks[];
extern const size_t hn_n_hooks;

const char *hn_hook_group_name(enum hn_hook_group g); /* "exec", "netns" ... */
/* Without a hook of this group something is missed until a sweep: what, in words. */
const char *hn_hook_group_missing(enum hn_hook_group g);

#endif
