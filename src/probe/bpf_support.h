/* SPDX-License-Identifier: Apache-2.0 */
/* What this kernel and this account allow, asked before and explained after a load. */
#ifndef HOSTNETD_BPF_SUPPORT_H
#define HOSTNETD_BPF_SUPPORT_H

#include <stdbool.h>

#include "hooks.h"
#include "hostnetd/macro.h"
#include "hostnetd/reason.h"

/* BTF is there and bpf(2) may be called; else a reason with its mend. */
_must_check_ int hn_bpf_ready(struct hn_reason *reason);
/* Tried by loading a program of two instructions, or by looking for the file. */
bool hn_bpf_has(enum hn_hook_need need);
bool hn_bpf_has_task_storage(void);
/* Which right or mount is missing for it, as a person gives it; NULL: it is the kernel that has it not. */
const char *hn_bpf_lacks(enum hn_hook_need need, const char *cgroup_root);
/* The reason of a failed load. Returns `error`. */
int hn_bpf_load_reason(int error, struct hn_reason *reason);
/* libbpf's messages go to our log, one level lower. */
void hn_bpf_log_quietly(void);

#endif
