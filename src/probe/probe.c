// SPDX-License-Identifier: Apache-2.0
/* Chooses the source of sightings and hands every call on to it. */
#include "hostnetd/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "procfs.h"
#include "source.h"
#include "task_file.h"

struct hn_probe {
	const struct hn_source_ops *ops;
	void *self;
	struct hn_procfs *procfs; /* NULL for a recording */
	bool holds_refused;
	struct hn_reason degraded; /* why BPF is not used; "" where it is */
};

int hn_probe_open(const struct hn_probe_settings *settings, struct hn_probe **ret, struct hn_reason *reason)
{
	_cleanup_(hn_probe_cleanup) struct hn_probe *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	p->ops = settings->replay_file ? &hn_source_replay : &hn_source_bpf;
	if (!settings->replay_file) {
		r = hn_procfs_open(settings->proc_root, &p->procfs, reason);
		if (r < 0)
			return r;
	}
	r = p->ops->open(settings, &p->self, reason);
	if (r < 0 && r != -ENOTSUP && r != -ENOMEM && p->ops == &hn_source_bpf) {
		struct hn_reason other;

		/* Not on -ENOTSUP: there the node's processes cannot be seen at all. The first reason is the one to mend. */
		p->degraded = *reason;
		p->ops = &hn_source_procfs;
		if (p->ops->open(settings, &p->self, &other) < 0)
			return hn_reason_set(reason, r, "%s; nor is /proc enough: %s", p->degraded.text,
					     other.text);
		r = 0;
	}
	if (r < 0)
		return r;
	*ret = TAKE_PTR(p);
	return 0;
}

void hn_probe_free(struct hn_probe *p)
{
	if (!p)
		return;
	if (p->self)
		p->ops->close(p->self);
	hn_procfs_free(p->procfs);
	free(p);
}

int hn_probe_fd(const struct hn_probe *p)
{
	return p->ops->fd ? p->ops->fd(p->self) : -1;
}

int hn_probe_drain(struct hn_probe *p, unsigned budget, hn_sighting_callback *callback, void *arg)
{
	return p->ops->drain ? p->ops->drain(p->self, budget, callback, arg) : 0;
}

int hn_probe_sweep(struct hn_probe *p, hn_sighting_callback *callback, void *arg, struct hn_reason *reason)
{
	return p->ops->sweep(p->self, callback, arg, reason);
}

int hn_probe_sweep_sockets(struct hn_probe *p, hn_sighting_callback *callback, void *arg, struct hn_reason *reason)
{
	if (!p->ops->sweep_sockets)
		return hn_reason_set(reason, -EOPNOTSUPP, "%s cannot look at sockets", p->ops->name);
	return p->ops->sweep_sockets(p->self, callback, arg, reason);
}

int hn_probe_holds(struct hn_probe *p, const struct hn_holder *holders, size_t n, hn_held_callback *callback,
		   void *arg, struct hn_reason *reason)
{
	bool devices = false;
	int r;

	if (p->ops->holds && !p->holds_refused) {
		r = p->ops->holds(p->self, holders, n, callback, arg, reason);
		if (r == 0)
			return 0;
		devices = r > 0;
		p->holds_refused = r < 0; /* it will be refused again, and each try costs milliseconds */
	}
	if (!p->procfs)
		return hn_reason_set(reason, -EOPNOTSUPP, "%s does not tell what processes hold", p->ops->name);
	for (size_t i = 0; i < n; i++) {
		r = hn_procfs_holds(p->procfs, &holders[i], callback, arg);
		if (r < 0 && !hn_task_is_gone(r))
			return hn_reason_set(
				reason, r,
				"cannot read what process %d has %s: %s; without BPF's iterators that "
				"needs CAP_SYS_PTRACE",
				(int)holders[i].pid, devices ? "mapped" : "open or mapped", strerror(-r));
	}
	return 0;
}

int hn_probe_argv(struct hn_probe *p, pid_t pid, uint64_t start_ns, char *buf, size_t size, size_t *ret_len,
		  bool *ret_truncated)
{
	size_t len = 0;
	bool truncated = false;
	int r;

	if (!p->procfs)
		return -EOPNOTSUPP;
	r = hn_procfs_argv(p->procfs, pid, buf, size, &len, &truncated);
	if (r == 0)
		r = hn_procfs_same(p->procfs, pid, start_ns);
	if (r < 0)
		return r;
	*ret_len = len;
	*ret_truncated = truncated;
	return 0;
}

size_t hn_probe_ancestors(struct hn_probe *p, pid_t parent, uint64_t start_ns,
			  struct hn_ancestor ret[static HN_ANCESTORS])
{
	return p->procfs ? hn_procfs_ancestors(p->procfs, parent, start_ns, ret) : 0;
}

void hn_probe_stats(const struct hn_probe *p, struct hn_probe_stats *ret)
{
	*ret = (struct hn_probe_stats){0};
	if (p->ops->stats)
		p->ops->stats(p->self, ret);
}

uint64_t hn_probe_host_netns(const struct hn_probe *p)
{
	return p->ops->host_netns(p->self);
}

const char *hn_probe_host_netns_source(const struct hn_probe *p)
{
	return p->ops->host_netns_source(p->self);
}

const char *hn_probe_hooks(const struct hn_probe *p)
{
	return p->ops->hooks(p->self);
}

bool hn_probe_sees_netns(const struct hn_probe *p)
{
	return p->ops->sees_netns && p->ops->sees_netns(p->self);
}

void hn_probe_limit(struct hn_probe *p, uint64_t cgroup_id, bool v2)
{
	if (p->ops->limit)
		p->ops->limit(p->self, cgroup_id, v2);
}

bool hn_probe_held_back(struct hn_probe *p)
{
	return p->ops->held_back && p->ops->held_back(p->self);
}

bool hn_probe_hook_at(const struct hn_probe *p, size_t i, struct hn_probe_hook *ret)
{
	return p->ops->hook_at && p->ops->hook_at(p->self, i, ret);
}

const char *hn_probe_degraded(const struct hn_probe *p)
{
	return p->degraded.text;
}
