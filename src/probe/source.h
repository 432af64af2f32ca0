/* SPDX-License-Identifier: Apache-2.0 */
/* What a source of sightings has to do; probe.c holds the table of sources. Functions that a source lacks are NULL. */
#ifndef HOSTNETD_SOURCE_H
#define HOSTNETD_SOURCE_H

#include "hostnetd/probe.h"

struct hn_source_ops {
	const char *name;
	int (*open)(const struct hn_probe_settings *settings, void **ret_self, struct hn_reason *reason);
	int (*fd)(const void *self);
	int (*drain)(void *self, unsigned budget, hn_sighting_callback *callback, void *arg);
	int (*sweep)(void *self, hn_sighting_callback *callback, void *arg, struct hn_reason *reason);
	int (*sweep_sockets)(void *self, hn_sighting_callback *callback, void *arg, struct hn_reason *reason);
	/* 1: of devices only */
	int (*holds)(void *self, const struct hn_holder *holders, size_t n, hn_held_callback *callback, void *arg,
		     struct hn_reason *reason);
	void (*stats)(const void *self, struct hn_probe_stats *ret);
	uint64_t (*host_netns)(const void *self);
	const char *(*host_netns_source)(const void *self);
	const char *(*hooks)(const void *self);
	bool (*hook_at)(const void *self, size_t i, struct hn_probe_hook *ret);
	bool (*sees_netns)(const void *self);
	void (*limit)(void *self, uint64_t cgroup_id, bool v2);
	bool (*held_back)(void *self);
	void (*close)(void *self);
};

extern const struct hn_source_ops hn_source_bpf;
extern const struct hn_source_ops hn_source_procfs;
extern const struct hn_source_ops hn_source_replay;

#endif
