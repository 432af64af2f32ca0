/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a cgroup's path. Beyond the sanitizers' checks: what the answer promises must hold. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/cgroup.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hn_container_ref ref;
	size_t uid_len;

	memset(&ref, 0x5a, sizeof(ref));
	hn_cgroup_parse((const char *)data, size, &ref);
	must((unsigned)ref.kind < HN_CGROUP_KIND_MAX);
	must(ref.runtime != NULL);
	must(memchr(ref.container_id, '\0', sizeof(ref.container_id)) != NULL);
	must(memchr(ref.pod_uid, '\0', sizeof(ref.pod_uid)) != NULL);
	must(strchr(ref.container_id, '/') == NULL);
	uid_len = strlen(ref.pod_uid);
	must(uid_len == 0 || uid_len == 32 || uid_len == 36);
	must(strspn(ref.pod_uid, "0123456789abcdefABCDEF-") == uid_len);
	if (ref.kind == HN_CGROUP_HOST || ref.kind == HN_CGROUP_SLICE)
		must(uid_len == 0 && ref.container_id[0] == '\0');
	if (ref.kind == HN_CGROUP_POD)
		must(uid_len > 0 && ref.container_id[0] == '\0');
	if (ref.kind == HN_CGROUP_CONTAINER || ref.kind == HN_CGROUP_SANDBOX_OR_CONTAINER)
		must(ref.container_id[0] != '\0');
	must(!ref.weak || ref.kind == HN_CGROUP_CONTAINER);
	return 0;
}
