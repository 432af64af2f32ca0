// SPDX-License-Identifier: Apache-2.0
/* /proc as a source, where BPF cannot load: sweeps only, and what lives shorter than their interval is missed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "procfs.h"
#include "source.h"

struct procfs_source {
	struct hn_procfs *procfs;
	uint64_t host_netns;
	const char *host_netns_source;
	uint64_t swept;
};

static void procfs_close(void *self)
{
	struct procfs_source *s = self;

	hn_procfs_free(s->procfs);
	free(s);
}

static int procfs_open(const struct hn_probe_settings *settings, void **ret_self, struct hn_reason *reason)
{
	struct procfs_source *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	r = hn_procfs_open(settings->proc_root, &s->procfs, reason);
	if (r == 0 && settings->host_netns) {
		s->host_netns = settings->host_netns;
		s->host_netns_source = "given by --host-netns";
	} else if (r == 0) {
		s->host_netns_source = "netns of PID 1 in /proc";
		r = hn_procfs_ns(s->procfs, 1, "net", &s->host_netns);
		if (r < 0)
			hn_reason_set(
				reason, r,
				"/proc/1/ns/net cannot be read (%s): without BPF that needs CAP_SYS_PTRACE, or "
				"--host-netns INODE",
				strerror(-r));
	}
	if (r < 0) {
		procfs_close(s);
		return r;
	}
	*ret_self = s;
	return 0;
}

/* What it did not meet is no reason to take anything for gone. */
static int check_whole(const struct hn_procfs_counters *counters, struct hn_reason *reason)
{
	if (counters->failed || counters->not_kept)
		return hn_reason_set(reason, -EIO, "%llu processes could not be read, %llu not kept",
				     (unsigned long long)counters->failed, (unsigned long long)counters->not_kept);
	return 0;
}

static int procfs_sweep(void *self, hn_sighting_callback *callback, void *arg, struct hn_reason *reason)
{
	struct procfs_source *s = self;
	struct hn_procfs_counters counters = {0};
	int r = hn_procfs_sweep(s->procfs, s->host_netns, callback, arg, &counters);

	s->swept += counters.threads;
	if (r < 0)
		return hn_reason_set(reason, r, "/proc cannot be read: %s", strerror(-r));
	if (!counters.saw_init)
		return hn_reason_set(
			reason, -ENOTSUP,
			"/proc does not list PID 1: it hides processes (hidepid), or hostPID is missing");
	if (counters.unreadable)
		return hn_reason_set(
			reason, -EACCES,
			"the network namespaces of %llu container threads cannot be read: the agent needs "
			"CAP_SYS_PTRACE where BPF cannot load",
			(unsigned long long)counters.unreadable);
	if (counters.in_host_netns == 0) /* only where it was given: PID 1 is in its own */
		return hn_reason_set(
			reason, -ENOENT,
			"no process is in the network namespace %llu: --host-netns names none of this node's",
			(unsigned long long)s->host_netns);
	return check_whole(&counters, reason);
}

static int procfs_sweep_sockets(void *self, hn_sighting_callback *callback, void *arg, struct hn_reason *reason)
{
	struct procfs_source *s = self;
	struct hn_procfs_counters counters = {0};
	int r = hn_procfs_sweep_sockets(s->procfs, s->host_netns, callback, arg, &counters);

	if (r < 0)
		return hn_reason_set(reason, r, "the tables below /proc/1/net cannot be read: %s", strerror(-r));
	if (counters.unreadable)
		return hn_reason_set(
			reason, -EACCES,
			"the files of %llu container processes cannot be read: the agent needs CAP_SYS_PTRACE "
			"where BPF cannot load",
			(unsigned long long)counters.unreadable);
	return check_whole(&counters, reason);
}

static void procfs_stats(const void *self, struct hn_probe_stats *ret)
{
	ret->swept = ((const struct procfs_source *)self)->swept;
}

static uint64_t procfs_host_netns(const void *self)
{
	return ((const struct procfs_source *)self)->host_netns;
}

static const char *procfs_host_netns_source(const void *self)
{
	return ((const struct procfs_source *)self)->host_netns_source;
}

static const char *procfs_hooks(const void *self _unused_)
{
	return "none: /proc is read; what lives shorter than a sweep is missed, and who borrows a netlink socket before it is bound";
}

const struct hn_source_ops hn_source_procfs = {
	.name = "/proc",
	.open = procfs_open,
	.sweep = procfs_sweep,
	.sweep_sockets = procfs_sweep_sockets,
	.stats = procfs_stats,
	.host_netns = procfs_host_netns,
	.host_netns_source = procfs_host_netns_source,
	.hooks = procfs_hooks,
	.close = procfs_close,
};
