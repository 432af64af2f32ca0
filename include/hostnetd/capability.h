/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel lets this process do. */
#ifndef HOSTNETD_CAPABILITY_H
#define HOSTNETD_CAPABILITY_H

#include <stdbool.h>

/* `capability` is a CAP_... of linux/capability.h, asked of the effective set. CAP_SYS_ADMIN stands in for CAP_BPF, CAP_PERFMON and
 * CAP_NET_ADMIN where BPF asks for them: kernel/bpf/syscall.c, perf_event.h. */
bool hn_has_capability(unsigned capability);

#endif
