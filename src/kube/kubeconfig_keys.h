/* SPDX-License-Identifier: Apache-2.0 */
/* Reads one map of a kubeconfig into a struct, by a table with one row a key. */
#ifndef HN_KUBE_KUBECONFIG_KEYS_H
#define HN_KUBE_KUBECONFIG_KEYS_H

#include "arena.h"
#include "hostnetd/yaml.h"
#include "kubeconfig.h"

struct hn_kubeconfig_context {
	const char *cluster, *user;
};

/* The file that is being read. */
struct hn_kubeconfig_reading {
	struct hn_kubeconfig *k;
	struct hn_arena *arena; /* of `k` */
	struct hn_yaml *yaml;
	const char *path; /* in the arena */
	struct hn_reason *reason;
};

/* The map whose first event is there. What it fills: a struct hn_kubeconfig_cluster, _user, _context. Each of these: 0, or
 * -EINVAL, -ENOMEM with a reason. */
_must_check_ int hn_kubeconfig_read_cluster(struct hn_kubeconfig_reading *r, void *cluster);
_must_check_ int hn_kubeconfig_read_user(struct hn_kubeconfig_reading *r, void *user);
_must_check_ int hn_kubeconfig_read_context(struct hn_kubeconfig_reading *r, void *context);
/* NULL stays where the text is null or empty. */
_must_check_ int hn_kubeconfig_text(struct hn_kubeconfig_reading *r, const char *key, const char **ret);
/* The value whose first event is there, whatever it is. */
_must_check_ int hn_kubeconfig_skip(struct hn_kubeconfig_reading *r);
bool hn_kubeconfig_null(const struct hn_kubeconfig_reading *r);
int hn_kubeconfig_no_memory(struct hn_kubeconfig_reading *r);

static inline bool hn_kubeconfig_at(const struct hn_kubeconfig_reading *r, enum hn_yaml_event event)
{
	return hn_yaml_event(r->yaml) == event;
}

static inline int hn_kubeconfig_next(struct hn_kubeconfig_reading *r)
{
	return hn_yaml_next(r->yaml, r->reason);
}

static inline int hn_kubeconfig_mistake(struct hn_kubeconfig_reading *r, const char *key, const char *what)
{
	return hn_yaml_mistake(r->yaml, r->reason, key, what);
}

#endif
