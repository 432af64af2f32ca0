/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a recording: what it yields must keep the promises of a sighting. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/probe/replay.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void see(const struct hn_sighting *s, void *arg)
{
	(void)arg;
	must(s->in_host_netns && s->pid > 0 && s->tid > 0 && s->netns > 0 && s->mntns > 0);
	must(s->kind == (s->armed ? HN_SIGHTING_PRESENT : HN_SIGHTING_CANDIDATE));
	must(s->comm && s->exe && s->cgroup && strlen(s->cgroup) > 0);
	/* The last byte must be there to be read. */
	must(s->argv && (s->argv_len == 0 || s->argv[s->argv_len - 1] == '\0' || s->argv_truncated));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hn_reason reason = {""};
	uint64_t netns = 0;
	int err = hn_replay_text((const char *)data, size, see, NULL, &netns, &reason);

	must(err ? reason.text[0] != '\0' && netns == 0 : netns > 0);
	return 0;
}
