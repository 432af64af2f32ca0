// SPDX-License-Identifier: Apache-2.0
#include "rights.h"

#include <linux/capability.h>

#include "hostnetd/capability.h"
#include "hostnetd/log.h"

/* clang-format off */
static const struct hn_right rights[] = {
	{"CAP_BPF", CAP_BPF, true, "no program can be loaded: nothing is seen as it happens, what is short is missed",
	 "add BPF to the container's securityContext.capabilities.add, or run as root"},
	{"CAP_PERFMON", CAP_PERFMON, true,
	 "no program that traces and no iterator can be loaded: nothing is seen as it happens, what is short is missed",
	 "add PERFMON to the container's securityContext.capabilities.add, or run as root"},
	{"CAP_SYS_PTRACE", CAP_SYS_PTRACE, false, "the history has no SHA-256 of what ran; what is detected is the same",
	 "where it is wanted, add SYS_PTRACE (rights.fileHashes in the chart): with hostPID it is near to root on the node"},
};
/* clang-format on */

const struct hn_right *hn_right_at(size_t i)
{
	return i < HN_ARRAY_SIZE(rights) ? &rights[i] : NULL;
}

void hn_rights_say(const struct hn_probe *probe, bool history)
{
	const struct hn_right *right;
	struct hn_probe_hook hook;

	for (size_t i = 0; (right = hn_right_at(i)); i++) {
		if (hn_has_capability(right->capability))
			continue;
		if (right->needed)
			hn_warning("%s is missing: %s; %s", right->name, right->without, right->mend);
		else if (history)
			hn_info("%s is missing: %s", right->name, right->without);
	}
	for (size_t i = 0; hn_probe_hook_at(probe, i, &hook); i++) {
		if (!hook.name && hook.mend)
			hn_warning("no hook for %s: %s; %s", hook.purpose, hook.missing, hook.mend);
		else if (!hook.name)
			hn_info("no hook for %s: %s", hook.purpose, hook.missing);
	}
}
