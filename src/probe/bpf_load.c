// SPDX-License-Identifier: Apache-2.0
/* Brings the kernel side up: which programs to load, which namespaces are the host's, what attaches. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "hostnetd/cgroup.h"
#include "hostnetd/log.h"

#include "bpf_attach.h"
#include "bpf_self.h"
#include "bpf_support.h"
#include "hostnetd.skel.h"
#include "selftest.h"
#include "watches.h"

/* The row of each group that is tried now; NULL: none. */
struct choice {
	const struct hn_hook *row[HN_HOOK_GROUP_MAX];
	unsigned asked,
		had; /* bits of enum hn_hook_need: each answer reads the kernel's whole BTF, or loads a program */
};

static bool has(struct choice *choice, enum hn_hook_need need)
{
	unsigned bit = 1U << need;

	if (!(choice->asked & bit) && hn_bpf_has(need))
		choice->had |= bit;
	choice->asked |= bit;
	return choice->had & bit;
}

void hn_bpf_unload(struct bpf_source *s)
{
	for (int g = 0; g < HN_HOOK_GROUP_MAX; g++) {
		hn_bpf_detach(s->links[g]);
		s->hooks[g] = NULL;
	}
	hn_bpf_handles_done(&s->handles);
	hostnetd_bpf__destroy(s->skel);
	s->skel = NULL;
}

static void load_programs(struct bpf_source *s, const struct hn_hook *hook, bool wanted)
{
	for (int k = 0; k < HN_HOOK_PROGRAMS && hook->programs[k]; k++)
		bpf_program__set_autoload(
			bpf_object__find_program_by_name(s->skel->obj, hn_program_name(hook->programs[k])),
			wanted);
}

/* Sets which programs are loaded: a sweep needs no hook. Rows share programs: first none, then those that are wanted. */
static void choose_programs(struct bpf_source *s, const struct choice *choice, bool events)
{
	for (size_t i = 0; i < hn_n_hooks; i++)
		load_programs(s, &hn_hooks[i], false);
	for (int g = 0; g < HN_HOOK_GROUP_MAX; g++)
		if (choice->row[g])
			load_programs(s, choice->row[g], true);
	if (!events)
		bpf_map__set_max_entries(s->skel->maps.ring, (uint32_t)sysconf(_SC_PAGESIZE));
}

/* Returns the bits of the groups that want their next row. */
static unsigned attach_hooks(struct bpf_source *s, const struct choice *choice, const char *cgroup_root)
{
	unsigned failed = 0;
	int r;

	for (int g = 0; g < HN_HOOK_GROUP_MAX; g++) {
		if (!choice->row[g])
			continue;
		r = hn_bpf_attach(s->skel->obj, choice->row[g], cgroup_root, s->links[g]);
		hn_debug("%s: %s", choice->row[g]->name, r < 0 ? strerror(-r) : "attached");
		if (r == 0)
			s->hooks[g] = choice->row[g];
		else if (hn_hook_group_is_tried((enum hn_hook_group)g))
			failed |= 1U << g;
	}
	return failed;
}

/* Makes each hook fire; one that stays silent is taken off. Returns as attach_hooks(). */
static unsigned test_hooks(struct bpf_source *s, const char *cgroup_root)
{
	struct hn_host *host = &s->skel->bss->host;
	int cgroup = hn_bpf_open_cgroup2(cgroup_root);
	unsigned failed = 0;
	uint64_t untestable;

	host->testing = 1;
	untestable = hn_selftest_run(cgroup);
	host->testing = 0;
	if (cgroup >= 0)
		close(cgroup);
	for (int g = 0; g < HN_HOOK_GROUP_MAX; g++) {
		enum hn_program silent =
			s->hooks[g] ? hn_hook_silent(s->hooks[g], host->fired, untestable) : HN_PROGRAM_NONE;

		if (silent == HN_PROGRAM_NONE)
			continue;
		hn_warning("%s attaches, but %s does not run: not used", s->hooks[g]->name,
			   hn_program_name(silent));
		hn_bpf_detach(s->links[g]);
		s->hooks[g] = NULL;
		if (hn_hook_group_is_tried((enum hn_hook_group)g))
			failed |= 1U << g;
	}
	return failed;
}

/* What the names of a cgroup say, as the kernel side cached them. */
static void cgroup_of_key(struct bpf_source *s, uint64_t key, struct hn_container_ref *ret, unsigned *ret_levels)
{
	struct hn_cgroup_names names = {0};
	char path[HN_CGROUP_NAMES + 2];
	size_t n = 0;

	*ret_levels = 0;
	bpf_map__lookup_elem(s->skel->maps.cgroups, &key, sizeof(key), &names, sizeof(names), 0);
	for (size_t at = 0; at < names.len && at < sizeof(names.names);) {
		size_t len = strnlen(names.names + at, sizeof(names.names) - at);

		path[n++] = '/';
		memcpy(path + n, names.names + at, len);
		n += len;
		at += len + 1;
		hn_cgroup_parse(path, n, ret);
		++*ret_levels;
		if (hn_cgroup_is_container(ret) && ret->kind != HN_CGROUP_POD)
			return;
	}
	hn_cgroup_parse(path, n, ret);
}

/* Finds PID 1's namespaces, and whether it is the node's: -ENOTSUP if the agent has a pid namespace of its own. */
static int find_host(struct bpf_source *s, const struct hn_probe_settings *settings, struct hn_reason *reason)
{
	struct hn_host *host = &s->skel->bss->host;
	struct hn_container_ref own, first;
	unsigned own_levels, levels;
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int r = bpf_prog_test_run_opts(bpf_program__fd(s->skel->progs.find_host), &opts);

	if (r < 0)
		return hn_reason_set(reason, r, "cannot read the node's namespaces: %s", strerror(-r));
	s->host_netns_source = "netns of PID 1, read in BPF";
	if (settings->host_netns) {
		host->netns = (uint32_t)settings->host_netns;
		host->netns_given = 1;
		s->host_netns_source = "given by --host-netns";
	}
	s->host_netns = host->netns;
	if (!host->netns)
		return hn_reason_set(reason, -ENOTSUP, "PID 1 has no netns: give --host-netns");
	cgroup_of_key(s, host->own_cgroup, &own, &own_levels);
	cgroup_of_key(s, host->pid1_cgroup, &first, &levels);
	if (hn_cgroup_is_container(&own) && hn_cgroup_is_container(&first) &&
	    (strcmp(own.pod_uid, first.pod_uid) == 0 &&
	     (own.pod_uid[0] || strcmp(own.container_id, first.container_id) == 0)))
		return hn_reason_set(
			reason, -ENOTSUP,
			"PID 1 is a process of the agent's own pod: the agent sees no process of the node; "
			"set hostPID: true in its pod spec");
	if (host->pid1_is_own)
		return hn_reason_set(
			reason, -ENOTSUP,
			"the agent is PID 1 of a pid namespace of its own and sees no process of the node; "
			"set hostPID: true in its pod spec");
	if (hn_cgroup_is_container(&first)) {
		/* kind, k3d: the node is a container. What its own cgroups are called says nothing about pods. */
		host->root_levels = levels;
		hn_info("this node is itself a container: the topmost %u cgroup levels are its own", levels);
		bpf_map__delete_elem(s->skel->maps.cgroups, &host->own_cgroup, sizeof(host->own_cgroup), 0);
		bpf_map__delete_elem(s->skel->maps.cgroups, &host->pid1_cgroup, sizeof(host->pid1_cgroup), 0);
	}
	return 0;
}

static void fill_watches(struct bpf_source *s, const struct hn_probe_settings *settings)
{
	struct hn_watches watches;

	hn_watches_collect(settings->metadata_addresses, settings->n_metadata_addresses, &watches);
	for (size_t i = 0; i < watches.n; i++)
		bpf_map__update_elem(s->skel->maps.watches, &watches.watch[i], sizeof(watches.watch[i]),
				     &watches.flag[i], sizeof(watches.flag[i]), BPF_ANY);
}

static int open_and_load(struct bpf_source *s, const struct hn_probe_settings *settings,
			 const struct choice *choice, struct hn_reason *reason)
{
	s->skel = hostnetd_bpf__open();
	if (!s->skel)
		return hn_reason_set(reason, -errno, "cannot open the built-in BPF object: %s", strerror(errno));
	choose_programs(s, choice, settings->events);
	s->skel->rodata->marks_by_key = s->marks_by_key;
	bpf_map__set_autocreate(s->marks_by_key ? s->skel->maps.marks : s->skel->maps.marks_keyed, false);
	bpf_program__set_autoload(s->skel->progs.hold_maps, !s->no_vma_iterator);
	return hostnetd_bpf__load(s->skel);
}

/* Loads and attaches all. -EAGAIN: *ret_failed has the bits of the groups whose rows are no use. */
static int try_with(struct bpf_source *s, const struct hn_probe_settings *settings, const struct choice *choice,
		    unsigned *ret_failed, struct hn_reason *reason)
{
	int r;

	*ret_failed = 0;
	r = open_and_load(s, settings, choice, reason);
	if (r == -ESRCH && s->skel && !s->no_vma_iterator) {
		/* One target that the kernel does not know fails the whole object. */
		s->no_vma_iterator = true;
		hn_bpf_unload(s);
		r = open_and_load(s, settings, choice, reason);
	}
	if (r < 0)
		return s->skel ? hn_bpf_load_reason(r, reason) : r;
	r = find_host(s, settings, reason);
	if (r < 0 || !settings->events)
		return r;
	fill_watches(s, settings);
	*ret_failed = attach_hooks(s, choice, settings->cgroup_root);
	if (!*ret_failed)
		*ret_failed = test_hooks(s, settings->cgroup_root);
	if (*ret_failed)
		return -EAGAIN;
	if (!s->hooks[HN_HOOK_EXEC])
		return hn_reason_set(
			reason, -ENODEV,
			"process execution is not told of (tp_btf/sched_process_exec does not attach, or does not "
			"run): HOSTNETD_LOG_LEVEL=debug shows which");
	return 0;
}

/* The next row of the group that is allowed and worth a try; NULL: there is none. */
static const struct hn_hook *next_row(struct choice *choice, enum hn_hook_group group, const char *way)
{
	const struct hn_hook *after = choice->row[group];

	for (const struct hn_hook *row = after ? after + 1 : hn_hooks; row < hn_hooks + hn_n_hooks; row++)
		if (row->group == group && hn_hook_is_allowed(row, group == HN_HOOK_NETNS ? way : NULL) &&
		    has(choice, row->need))
			return row;
	return NULL;
}

/* One refused program fails the whole object, and nobody says which: the last tried group that still has a row is to
 * blame, until it has none. False: none has. */
static bool blame(unsigned *ret_failed, const struct choice *choice)
{
	for (int g = HN_HOOK_GROUP_MAX - 1; g >= 0; g--)
		if (hn_hook_group_is_tried((enum hn_hook_group)g) && choice->row[g]) {
			*ret_failed = 1U << g;
			return true;
		}
	return false;
}

static int try_rows(struct bpf_source *s, const struct hn_probe_settings *settings, struct hn_reason *reason)
{
	struct choice choice = {.asked = 0};
	unsigned failed;
	int r;

	for (int g = 0; settings->events && g < HN_HOOK_GROUP_MAX; g++)
		choice.row[g] = next_row(&choice, (enum hn_hook_group)g, settings->netns_hook);
	for (;;) {
		r = try_with(s, settings, &choice, &failed, reason);
		/* -EPERM: refused for want of a right. More tries only cost time. */
		if (r == 0 || r == -ENOTSUP || r == -EPERM || (!failed && !blame(&failed, &choice)))
			return r;
		hn_bpf_unload(s);
		for (int g = 0; g < HN_HOOK_GROUP_MAX; g++) {
			if (!(failed >> g & 1) || !choice.row[g])
				continue;
			hn_debug("%s cannot be used: %s", choice.row[g]->name,
				 r == -EAGAIN ? "it does not attach or run" : reason->text);
			choice.row[g] = next_row(&choice, (enum hn_hook_group)g, settings->netns_hook);
		}
	}
}

/* For each group without a hook, which right would give it one: the best row's first. */
static void find_mends(struct bpf_source *s, const struct hn_probe_settings *settings)
{
	for (size_t i = 0; i < hn_n_hooks; i++) {
		enum hn_hook_group g = hn_hooks[i].group;

		if (!s->hooks[g] && !s->mends[g] &&
		    hn_hook_is_allowed(&hn_hooks[i], g == HN_HOOK_NETNS ? settings->netns_hook : NULL))
			s->mends[g] = hn_bpf_lacks(hn_hooks[i].need, settings->cgroup_root);
	}
}

int hn_bpf_load(struct bpf_source *s, const struct hn_probe_settings *settings, struct hn_reason *reason)
{
	int r;

	s->marks_by_key = !hn_bpf_has_task_storage();
	if (s->marks_by_key)
		hn_debug("without task storage: marks by thread and start time");
	r = try_rows(s, settings, reason);
	if (r == 0)
		r = hn_bpf_handles_take(s->skel, &s->handles, reason);
	if (r < 0)
		return r;
	hostnetd_bpf__destroy(s->skel);
	s->skel = NULL;
	if (settings->events)
		find_mends(s, settings);
	return 0;
}
