/* SPDX-License-Identifier: Apache-2.0 */
#include "hits.h"

#include <stdio.h>

#include "hostnetd/str.h"

void hn_hits_add_as(struct hn_hits *hits, const struct hn_pattern *p, float factor, const char *value,
		    const char *signal)
{
	struct hn_hit *h;

	for (size_t i = 0; i < hits->n; i++)
		if (hits->hit[i].pattern == p) {
			if (factor > hits->hit[i].factor)
				hits->hit[i].factor = factor;
			return;
		}
	if (hits->n == HN_HITS_MAX)
		return;
	h = &hits->hit[hits->n++];
	h->pattern = p;
	h->signal = signal;
	h->factor = factor;
	h->at = hits->at;
	(void)hn_strcpy(h->value, sizeof(h->value), value);
}

void hn_hits_add(struct hn_hits *hits, const struct hn_pattern *p, float factor, const char *value)
{
	hn_hits_add_as(hits, p, factor, value, hn_pattern_kind_signal(p->kind));
}

bool hn_hit_observed(const struct hn_hit *hit)
{
	return hit->at.field == HN_FIELD_EXE || hit->at.field == HN_FIELD_ARGV;
}

void hn_hit_path(const struct hn_hit *hit, char *buf, size_t size)
{
	static const char *const lists[] = { [HN_CONTAINER_REGULAR] = "containers",
					     [HN_CONTAINER_INIT] = "initContainers",
					     [HN_CONTAINER_EPHEMERAL] = "ephemeralContainers" };
	static const char *const fields[] = { [HN_FIELD_IMAGE] = "image",	[HN_FIELD_COMMAND] = "command",
					      [HN_FIELD_ARGS] = "args",		[HN_FIELD_ENV] = "env",
					      [HN_FIELD_RESOURCE] = "resources", [HN_FIELD_PORT] = "ports",
					      [HN_FIELD_MOUNT] = "volumeMounts", [HN_FIELD_MAX] = NULL };
	const struct hn_locus *at = &hit->at;

	_Static_assert(HN_ARRAY_SIZE(lists) == HN_CONTAINER_TYPE_MAX, "one name a type");
	switch (at->field) {
	case HN_FIELD_IMAGE:
	case HN_FIELD_RESOURCE:
		snprintf(buf, size, "spec.%s[%u].%s", lists[at->type], at->container, fields[at->field]);
		break;
	case HN_FIELD_COMMAND:
	case HN_FIELD_ARGS:
	case HN_FIELD_ENV:
	case HN_FIELD_PORT:
	case HN_FIELD_MOUNT:
		snprintf(buf, size, "spec.%s[%u].%s[%u]", lists[at->type], at->container, fields[at->field], at->index);
		break;
	case HN_FIELD_LABEL:
		snprintf(buf, size, "metadata.labels[%s]", hit->value);
		break;
	case HN_FIELD_ANNOTATION:
		snprintf(buf, size, "metadata.annotations[%s]", hit->value);
		break;
	case HN_FIELD_CONTROLLER:
		snprintf(buf, size, "metadata.ownerReferences");
		break;
	case HN_FIELD_WORKLOAD:
		snprintf(buf, size, "workload");
		break;
	case HN_FIELD_RUNTIME:
		snprintf(buf, size, "spec.runtimeClassName");
		break;
	case HN_FIELD_EXE:
		snprintf(buf, size, "process %d exe", (int)at->pid);
		break;
	case HN_FIELD_ARGV:
		snprintf(buf, size, "process %d argv[%u]", (int)at->pid, at->index);
		break;
	case HN_FIELD_MAX:
		buf[0] = '\0';
		break;
	}
}
