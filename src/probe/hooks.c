// SPDX-License-Identifier: Apache-2.0
/* The tiers' table. Which kernel has what was measured: probe features, never versions. */
#include "hooks.h"

#include <assert.h>

#include "hostnetd/macro.h"

/* clang-format off */
const struct hn_hook hn_hooks[] = {
	{HN_HOOK_CGROUP, "tp_btf/cgroup_attach_task", {"on_cgroup_attach"}, HN_NEED_NOTHING, "", NULL},
	{HN_HOOK_BIRTH, "tp_btf/task_newtask", {"on_newtask"}, HN_NEED_NOTHING, "", NULL},
	{HN_HOOK_EXEC, "tp_btf/sched_process_exec", {"on_exec"}, HN_NEED_NOTHING, "", NULL},
	{HN_HOOK_EXIT, "tp_btf/sched_process_exit", {"on_exit"}, HN_NEED_NOTHING, "", NULL},
	{HN_HOOK_SOCKET, "tp_btf/inet_sock_set_state", {"on_sock_state"}, HN_NEED_NOTHING, "", NULL},
	{HN_HOOK_NETNS, "fexit/switch_task_namespaces+netns_install", {"on_switch_namespaces", "on_netns_install"},
	 HN_NEED_TRAMPOLINES, "", "those into the host netns; not what seccomp refuses"},
	{HN_HOOK_NETNS, "fexit/switch_task_namespaces", {"on_switch_namespaces"}, HN_NEED_TRAMPOLINES, "", "none"},
	{HN_HOOK_NETNS, "tracepoint/sys_exit_setns+unshare", {"on_exit_setns", "on_exit_unshare"}, HN_NEED_TRACEFS,
	 "about 30 ns on every system call of the node; 32-bit calls are found by sweeps only",
	 "every setns without the right, whatever it was for"},
	{HN_HOOK_NETNS, "tp_btf/sys_exit", {"on_sys_exit"}, HN_NEED_NOTHING, "about 70 ns on every system call of the node",
	 "every setns without the right that may have been for a network namespace"},
};
/* clang-format on */
const size_t hn_n_hooks = HN_ARRAY_SIZE(hn_hooks);

static const struct {
	const char *name, *missing;
} groups[] = {
	[HN_HOOK_CGROUP] = {"cgroup", "container starts are told from drift by sweeps only"},
	[HN_HOOK_BIRTH] = {"fork", "children of container processes are found by sweeps only"},
	[HN_HOOK_EXEC] = {"exec", "containers that live shorter than the sweep interval are missed"},
	[HN_HOOK_EXIT] = {"exit", "the end of a container is seen by sweeps only"},
	[HN_HOOK_SOCKET] = {"socket",
			    "ports and borrowed sockets are found by sweeps only, calls to metadata not at all"},
	[HN_HOOK_NETNS] = {"netns", "a container that joins the host network is found by sweeps only"},
};
static_assert(HN_ARRAY_SIZE(groups) == HN_HOOK_GROUP_MAX, "a row for every group");

const char *hn_hook_group_name(enum hn_hook_group g)
{
	return groups[g].name;
}

const char *hn_hook_group_missing(enum hn_hook_group g)
{
	return groups[g].missing;
}
