/* SPDX-License-Identifier: Apache-2.0 */
/* The iterators over what processes hold, as an object of their own. */
#ifndef HOSTNETD_BPF_HOLDS_H
#define HOSTNETD_BPF_HOLDS_H

#include "hostnetd/probe.h"

struct hn_bpf_holds;
/* Loads on the first call: costs some milliseconds. -errno with a reason where the kernel refuses. */
_must_check_ int hn_bpf_holds_new(struct hn_bpf_holds **ret, struct hn_reason *reason);
void hn_bpf_holds_free(struct hn_bpf_holds *h);
HN_DEFINE_CLEANUP(struct hn_bpf_holds, hn_bpf_holds_free, hn_bpf_holds_cleanup)
/* At most HN_PROBE_HOLDERS of them. 1 where this kernel tells of devices only. */
_must_check_ int hn_bpf_holds_look(struct hn_bpf_holds *h, const struct hn_holder *holders, size_t n,
				   hn_held_callback *callback, void *arg, struct hn_reason *reason);

#endif
