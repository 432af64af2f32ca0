/* SPDX-License-Identifier: Apache-2.0 */
/* Attaching a hook's programs to what they are for. */
#ifndef PROBE_BPF_ATTACH_H
#define PROBE_BPF_ATTACH_H

#include <bpf/libbpf.h>
#include <stdbool.h>

#include "hooks.h"
#include "hostnetd/macro.h"

/* All of the row's programs, or none: -errno. */
_must_check_ int hn_bpf_attach(struct bpf_object *object, const struct hn_hook *hook, const char *cgroup_root,
			       struct bpf_link *links[static HN_HOOK_PROGRAMS]);
void hn_bpf_detach(struct bpf_link *links[static HN_HOOK_PROGRAMS]);

/* The root of the cgroup v2 tree: below `cgroup_root`, or mounted for this purpose, seen by nobody else (CAP_SYS_ADMIN).
 * -EXDEV: what is there is the root of a cgroup namespace, which covers the agent alone. The caller closes it. */
_must_check_ int hn_bpf_open_cgroup2(const char *cgroup_root);
/* The number of a tracepoint "category/name" for perf_event_open; from tracefs where it is mounted, else from a mount of our
 * own that nobody else sees (CAP_SYS_ADMIN). -errno. */
_must_check_ long hn_bpf_tracepoint_id(const char *tracepoint);

#endif
