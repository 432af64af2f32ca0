// SPDX-License-Identifier: Apache-2.0
/* Brings the kernel side up: which programs to load, which namespaces are the host's, what attaches. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "hostnetd/cgroup.h"
#include "hostnetd/log.h"

#include "bpf_self.h"
#include "bpf_support.h"
#include "watches.h"

void hn_bpf_unload(struct bpf_source *s)
{
	for (int g = 0; g < HN_HOOK_GROUP_MAX; g++)
		for (int i = 0; i < 2; i++) {
			bpf_link__destroy(s->links[g][i]);
			s->links[g][i] = NULL;
			s->hooks[g] = NULL;
		}
	hostnetd_bpf__destroy(s->skel);
	s->skel = NULL;
}

static void load_programs(struct bpf_source *s, const struct hn_hook *hook, bool wanted)
{
	for (int k = 0; k < 2 && hook->programs[k]; k++)
		bpf_program__set_autoload(bpf_object__find_program_by_name(s->skel->obj, hook->programs[k]),
					  wanted);
}

/* Sets which programs are loaded: a sweep needs no hook, and of the netns group only the row that is tried. Rows share
 * programs: first none, then those that are wanted. */
static void choose_programs(struct bpf_source *s, const struct hn_probe_settings *settings,
			    const struct hn_hook *netns)
{
	for (size_t i = 0; i < hn_n_hooks; i++)
		load_programs(s, &hn_hooks[i], false);
	for (size_t i = 0; settings->events && i < hn_n_hooks; i++)
		if (hn_hooks[i].group != HN_HOOK_NETNS || &hn_hooks[i] == netns)
			load_programs(s, &hn_hooks[i], true);
	if (!settings->events)
		bpf_map__set_max_entries(s->skel->maps.ring, (uint32_t)sysconf(_SC_PAGESIZE));
}

static bool attach_hook(struct bpf_source *s, const struct hn_hook *hook)
{
	struct bpf_link **links = s->links[hook->group];

	for (int k = 0; k < 2 && hook->programs[k]; k++) {
		struct bpf_program *program = bpf_object__find_program_by_name(s->skel->obj, hook->programs[k]);

		links[k] = bpf_program__attach(program);
		if (!links[k]) {
			bpf_link__destroy(links[0]);
			links[0] = links[1] = NULL;
			return false;
		}
	}
	s->hooks[hook->group] = hook;
	return true;
}

static void attach_hooks(struct bpf_source *s, const struct hn_hook *netns)
{
	for (size_t i = 0; i < hn_n_hooks; i++)
		if ((hn_hooks[i].group != HN_HOOK_NETNS || &hn_hooks[i] == netns) &&
		    !s->hooks[hn_hooks[i].group] && attach_hook(s, &hn_hooks[i]))
			hn_debug("attached %s", hn_hooks[i].name);
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

/* Loads and attaches all, with this row for the netns group (NULL: with none). -EAGAIN: that row does not attach. */
static int try_with(struct bpf_source *s, const struct hn_probe_settings *settings, const struct hn_hook *netns,
		    struct hn_reason *reason)
{
	int r;

	s->skel = hostnetd_bpf__open();
	if (!s->skel)
		return hn_reason_set(reason, -errno, "cannot open the built-in BPF object: %s", strerror(errno));
	choose_programs(s, settings, netns);
	s->skel->rodata->marks_by_key = s->marks_by_key;
	bpf_map__set_autocreate(s->marks_by_key ? s->skel->maps.marks : s->skel->maps.marks_keyed, false);
	r = hostnetd_bpf__load(s->skel);
	if (r < 0)
		return hn_bpf_load_reason(r, reason);
	r = find_host(s, settings, reason);
	if (r < 0 || !settings->events)
		return r;
	fill_watches(s, settings);
	attach_hooks(s, netns);
	if (netns && !s->hooks[HN_HOOK_NETNS])
		return -EAGAIN;
	if (!s->hooks[HN_HOOK_EXEC])
		return hn_reason_set(reason, -ENODEV,
				     "cannot attach to process execution (tp_btf/sched_process_exec): %s",
				     strerror(errno));
	return 0;
}

static bool is_wanted(const struct hn_hook *hook, const struct hn_probe_settings *settings)
{
	const char *way = settings->netns_hook;
	size_t n = way ? strlen(way) : 0;

	return !way || (strncmp(hook->name, way, n) == 0 && hook->name[n] == '/');
}

/* One refused program fails the whole object: so the rows of the netns group are tried one by one. */
static int try_rows(struct bpf_source *s, const struct hn_probe_settings *settings, struct hn_reason *reason)
{
	int r = -EAGAIN;

	for (size_t i = 0; settings->events && i < hn_n_hooks; i++) {
		if (hn_hooks[i].group != HN_HOOK_NETNS || !is_wanted(&hn_hooks[i], settings) ||
		    !hn_bpf_has(hn_hooks[i].need))
			continue;
		r = try_with(s, settings, &hn_hooks[i], reason);
		if (r == 0 || r == -ENOTSUP)
			return r;
		hn_debug("%s cannot be used: %s", hn_hooks[i].name,
			 r == -EAGAIN ? "does not attach" : reason->text);
		hn_bpf_unload(s);
	}
	return try_with(s, settings, NULL, reason);
}

int hn_bpf_load(struct bpf_source *s, const struct hn_probe_settings *settings, struct hn_reason *reason)
{
	struct hn_reason other;
	int r = try_rows(s, settings, reason), second;

	/* Refused for want of a right: more tries only cost time. */
	if (r == 0 || r == -ENOTSUP || r == -EPERM)
		return r;
	hn_bpf_unload(s);
	hn_debug("without task storage: marks by thread and start time");
	s->marks_by_key = true;
	second = try_rows(s, settings, &other);
	if (second == 0)
		return 0;
	if (second != -ENOTSUP) /* the first refusal is the one to mend */
		return r;
	*reason = other;
	return second;
}
