// SPDX-License-Identifier: Apache-2.0
/* A former run's findings go on: same id, first sight and count. Who is not met by the first complete sweep has gone. */
#include <string.h>

#include "agent_self.h"

void hn_agent_restore(struct hn_agent *a, const struct hn_finding *f)
{
	struct hn_container_ref ref = {.kind = f->pod_uid[0] ? HN_CGROUP_CONTAINER :
							       HN_CGROUP_SANDBOX_OR_CONTAINER};
	struct hn_entry *e = hn_agent_entry(a, f->id);
	struct hn_mono now = hn_mono_now();

	if (e) { /* the store was late, and it is there still, or again */
		hn_entry_recall(e, f, now);
		return;
	}
	memcpy(ref.pod_uid, f->pod_uid, sizeof(ref.pod_uid));
	if (f->n_containers)
		memcpy(ref.container_id, f->containers[0].id, sizeof(ref.container_id));
	e = hn_entry_new(a->settings.node, &ref, f->way);
	/* Another node's file, or one that was tampered with: its id is not what is made of its own words. */
	if (!e || strcmp(e->finding.id, f->id) != 0) {
		hn_entry_free(e);
		return;
	}
	if (!hn_agent_keep(a, e))
		return;
	hn_entry_restore(e, f, now);
	e->unheard = !a->sockets_swept.ns;
	if (f->way == HN_WAY_SOCKET) /* is it there still? Only a look at sockets tells */
		a->sockets_due = 0;
}

void hn_agent_recall(struct hn_agent *a, const char *finding, const struct hn_clue *clue)
{
	struct hn_entry *e = hn_agent_entry(a, finding);

	if (e)
		hn_entry_learn(e, clue, a->settings.catalogue, hn_agent_pod_of(a, e));
}
