// SPDX-License-Identifier: Apache-2.0
/* The tiers' table. Which kernel has what was measured: probe features, never versions. */
#include "hooks.h"

#include <assert.h>
#include <string.h>

#include "hostnetd/macro.h"

/* clang-format off */
const struct hn_hook hn_hooks[] = {
	{HN_HOOK_CGROUP, "tp_btf/cgroup_attach_task", HN_NEED_NOTHING, HN_GRADE_FREE, {HN_PROGRAM_CGROUP_ATTACH}, "", NULL},
	{HN_HOOK_BIRTH, "tp_btf/task_newtask", HN_NEED_NOTHING, HN_GRADE_FREE, {HN_PROGRAM_NEWTASK}, "", NULL},
	{HN_HOOK_EXEC, "tp_btf/sched_process_exec", HN_NEED_NOTHING, HN_GRADE_FREE, {HN_PROGRAM_EXEC}, "", NULL},
	{HN_HOOK_EXIT, "tp_btf/sched_process_exit", HN_NEED_NOTHING, HN_GRADE_FREE, {HN_PROGRAM_EXIT}, "", NULL},
	{HN_HOOK_SOCKET, "tp_btf/inet_sock_set_state", HN_NEED_NOTHING, HN_GRADE_FREE, {HN_PROGRAM_SOCK_STATE}, "", NULL},
	{HN_HOOK_NETNS, "fexit/switch_task_namespaces+netns_install", HN_NEED_TRAMPOLINES, HN_GRADE_FREE,
	 {HN_PROGRAM_SWITCH_FEXIT, HN_PROGRAM_INSTALL_FEXIT}, "", "those into the host netns; not what seccomp refuses"},
	{HN_HOOK_NETNS, "fexit/switch_task_namespaces", HN_NEED_TRAMPOLINES, HN_GRADE_FREE, {HN_PROGRAM_SWITCH_FEXIT}, "",
	 "none"},
	{HN_HOOK_NETNS, "kprobe/switch_task_namespaces+netns_install", HN_NEED_KPROBES, HN_GRADE_FREE,
	 {HN_PROGRAM_SWITCH_KPROBE, HN_PROGRAM_INSTALL_KPROBE}, "", "those into any netns; not what seccomp refuses"},
	{HN_HOOK_NETNS, "kprobe/switch_task_namespaces", HN_NEED_KPROBES, HN_GRADE_FREE, {HN_PROGRAM_SWITCH_KPROBE}, "", "none"},
	{HN_HOOK_NETNS, "tracepoint/sys_exit_setns+unshare", HN_NEED_TRACEFS, HN_GRADE_CHEAP,
	 {HN_PROGRAM_EXIT_SETNS, HN_PROGRAM_EXIT_UNSHARE},
	 "about 30 ns on every system call of the node; 32-bit calls are found by sweeps, or by the first socket",
	 "every setns without the right, whatever it was for, also by seccomp"},
	{HN_HOOK_NETNS, "tp_btf/sys_exit", HN_NEED_NOTHING, HN_GRADE_COSTLY, {HN_PROGRAM_SYS_EXIT},
	 "about 70 ns on every system call of the node",
	 "every setns without the right that may have been for a network namespace, also by seccomp"},
	{HN_HOOK_USE, "cgroup/sock_create+bind+connect+sendmsg", HN_NEED_CGROUP_MARKS, HN_GRADE_FREE,
	 {HN_PROGRAM_SOCK_CREATE, HN_PROGRAM_BIND4, HN_PROGRAM_BIND6, HN_PROGRAM_POST_BIND4, HN_PROGRAM_POST_BIND6,
	  HN_PROGRAM_CONNECT4, HN_PROGRAM_CONNECT6, HN_PROGRAM_SENDMSG4, HN_PROGRAM_SENDMSG6}, "", NULL},
	{HN_HOOK_USE, "fexit/inet_bind+fentry/udp_sendmsg", HN_NEED_TRAMPOLINES, HN_GRADE_FREE,
	 {HN_PROGRAM_BIND_FEXIT, HN_PROGRAM_BIND6_FEXIT, HN_PROGRAM_SEND_FENTRY, HN_PROGRAM_SEND6_FENTRY,
	  HN_PROGRAM_CONNECT_FENTRY, HN_PROGRAM_CONNECT6_FENTRY}, "", NULL},
	{HN_HOOK_UNIX, "fexit/unix_stream_connect", HN_NEED_TRAMPOLINES, HN_GRADE_FREE, {HN_PROGRAM_UNIX_CONNECT}, "", NULL},
};
/* clang-format on */
const size_t hn_n_hooks = HN_ARRAY_SIZE(hn_hooks);

static const struct {
	const char *name, *missing;
	bool tried;
} groups[] = {
	[HN_HOOK_CGROUP] = {"cgroup", "container starts are told from drift by sweeps only", false},
	[HN_HOOK_BIRTH] = {"fork", "children of container processes are found by sweeps only", false},
	[HN_HOOK_EXEC] = {"exec", "containers that live shorter than the sweep interval are missed", false},
	[HN_HOOK_EXIT] = {"exit", "the end of a container is seen by sweeps only", false},
	[HN_HOOK_SOCKET] = {"socket",
			    "ports and borrowed sockets are found by sweeps only, calls to metadata not at all",
			    false},
	[HN_HOOK_NETNS] = {"netns",
			   "a container that joins the host network is found by its first socket or a sweep",
			   true},
	[HN_HOOK_USE] = {"datagram", "UDP ports and borrowed UDP and raw sockets are found by sweeps only", true},
	[HN_HOOK_UNIX] = {"unix", "calls to abstract Unix sockets are found by sweeps only, while they last",
			  true},
};
static_assert(HN_ARRAY_SIZE(groups) == HN_HOOK_GROUP_MAX, "a row for every group");

static const char *const programs[] = {
	[HN_PROGRAM_NONE] = "",
	[HN_PROGRAM_CGROUP_ATTACH] = "on_cgroup_attach",
	[HN_PROGRAM_NEWTASK] = "on_newtask",
	[HN_PROGRAM_EXEC] = "on_exec",
	[HN_PROGRAM_EXIT] = "on_exit",
	[HN_PROGRAM_SOCK_STATE] = "on_sock_state",
	[HN_PROGRAM_SWITCH_FEXIT] = "on_switch_namespaces",
	[HN_PROGRAM_INSTALL_FEXIT] = "on_netns_install",
	[HN_PROGRAM_SWITCH_KPROBE] = "on_switch_returns",
	[HN_PROGRAM_INSTALL_KPROBE] = "on_install_returns",
	[HN_PROGRAM_EXIT_SETNS] = "on_exit_setns",
	[HN_PROGRAM_EXIT_UNSHARE] = "on_exit_unshare",
	[HN_PROGRAM_SYS_EXIT] = "on_sys_exit",
	[HN_PROGRAM_SOCK_CREATE] = "on_sock_create",
	[HN_PROGRAM_BIND4] = "on_bind4",
	[HN_PROGRAM_BIND6] = "on_bind6",
	[HN_PROGRAM_POST_BIND4] = "on_post_bind4",
	[HN_PROGRAM_POST_BIND6] = "on_post_bind6",
	[HN_PROGRAM_CONNECT4] = "on_connect4",
	[HN_PROGRAM_CONNECT6] = "on_connect6",
	[HN_PROGRAM_SENDMSG4] = "on_sendmsg4",
	[HN_PROGRAM_SENDMSG6] = "on_sendmsg6",
	[HN_PROGRAM_BIND_FEXIT] = "on_inet_bind",
	[HN_PROGRAM_BIND6_FEXIT] = "on_inet6_bind",
	[HN_PROGRAM_SEND_FENTRY] = "on_udp_sendmsg",
	[HN_PROGRAM_SEND6_FENTRY] = "on_udpv6_sendmsg",
	[HN_PROGRAM_CONNECT_FENTRY] = "on_ip4_connect",
	[HN_PROGRAM_CONNECT6_FENTRY] = "on_ip6_connect",
	[HN_PROGRAM_UNIX_CONNECT] = "on_unix_connect",
};

const char *hn_hook_group_name(enum hn_hook_group g)
{
	return groups[g].name;
}

const char *hn_hook_group_missing(enum hn_hook_group g)
{
	return groups[g].missing;
}

bool hn_hook_group_is_tried(enum hn_hook_group g)
{
	return groups[g].tried;
}

const char *hn_program_name(enum hn_program p)
{
	return programs[p];
}

bool hn_hook_is_allowed(const struct hn_hook *hook, const char *way)
{
	size_t n;

	if (!way || strcmp(way, "auto") == 0)
		return hook->grade <= HN_GRADE_CHEAP;
	if (strcmp(way, "free") == 0)
		return hook->grade == HN_GRADE_FREE;
	if (strcmp(way, "any") == 0)
		return true;
	n = strlen(way);
	return strncmp(hook->name, way, n) == 0 && hook->name[n] == '/';
}

enum hn_program hn_hook_silent(const struct hn_hook *hook, const uint8_t fired[HN_PROGRAM_MAX],
			       uint64_t untestable)
{
	for (int i = 0; i < HN_HOOK_PROGRAMS && hook->programs[i]; i++)
		if (!fired[hook->programs[i]] && !(untestable >> hook->programs[i] & 1))
			return hook->programs[i];
	return HN_PROGRAM_NONE;
}
