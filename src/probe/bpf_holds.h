/* SPDX-License-Identifier: Apache-2.0 */
/* The iterators over what processes hold. */
#ifndef HOSTNETD_BPF_HOLDS_H
#define HOSTNETD_BPF_HOLDS_H

#include "hostnetd/probe.h"

#include "bpf_handles.h"

/* At most HN_PROBE_HOLDERS of them. 1 where this kernel tells of devices only; -errno with a reason. */
_must_check_ int hn_bpf_holds(const struct hn_bpf_handles *h, const struct hn_holder *holders, size_t n,
			      hn_held_callback *callback, void *arg, struct hn_reason *reason);

#endif
