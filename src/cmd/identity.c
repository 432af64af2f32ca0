// SPDX-License-Identifier: Apache-2.0
#include "commands.h"

void hn_identity_of(const struct hn_settings *s, uint64_t host_netns, struct hn_identity *ret)
{
	*ret = (struct hn_identity){
		.agent_version = HN_VERSION,
		.cluster = s->cluster_name ? s->cluster_name : "",
		.node = s->node_name,
		.boot_id = s->boot_id,
		.host_netns = host_netns,
	};
}
