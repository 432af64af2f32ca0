/* SPDX-License-Identifier: Apache-2.0 */
#include "hostnetd/capability.h"

#include <linux/capability.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hostnetd/macro.h"

static bool stands_in(unsigned capability)
{
	return capability == CAP_BPF || capability == CAP_PERFMON || capability == CAP_NET_ADMIN;
}

bool hn_has_capability(unsigned capability)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
	uint64_t effective;

	if (syscall(SYS_capget, &header, data) < 0)
		return false;
	effective = (uint64_t)data[1].effective << 32 | data[0].effective;
	return effective >> capability & 1 || (stands_in(capability) && effective >> CAP_SYS_ADMIN & 1);
}
