/* SPDX-License-Identifier: Apache-2.0 */
#include "hits.h"

#include <stdio.h>

#include "hostnetd/str.h"

void hn_hits_init(struct hn_hits *hits, const struct hn_catalogue *catalogue)
{
	hits->catalogue = catalogue;
	hits->at = (struct hn_locus){.field = HN_FIELD_IMAGE};
	hits->n = hits->work = 0;
}

const struct hn_pattern *hn_hits_lookup(struct hn_hits *hits, enum hn_pattern_kind kind, const char *key,
					size_t key_len)
{
	hits->work += key_len + 1;
	return hn_catalogue_lookup(hits->catalogue, kind, key, key_len);
}

static float heft(const struct hn_pattern *p, float factor)
{
	return (p->weight < 0 ? -p->weight : p->weight) * factor;
}

/* One image, variable or label, seen by two patterns of one signature. A locus says which: nothing else stands there. */
static bool same_token(const struct hn_hits *hits, const struct hn_hit *h, const struct hn_pattern *p)
{
	bool whole = p->kind == HN_PATTERN_IMAGE || p->kind == HN_PATTERN_LABEL ||
		     (p->kind == HN_PATTERN_ENV && hits->at.field == HN_FIELD_ENV);

	return whole && h->pattern->kind == p->kind && h->pattern->signature == p->signature &&
	       h->at.field == hits->at.field && h->at.type == hits->at.type &&
	       h->at.container == hits->at.container && h->at.index == hits->at.index;
}

static void set(struct hn_hit *h, const struct hn_pattern *p, float factor, const struct hn_locus *at,
		const char *value, const char *signal)
{
	h->pattern = p;
	h->signal = signal;
	h->factor = factor;
	h->at = *at;
	(void)hn_strcpy(h->value, sizeof(h->value), value);
}

/* The lightest hit if it is lighter than this: a flood of weak signs must not hide a strong one. */
static struct hn_hit *lightest(struct hn_hits *hits, float than)
{
	struct hn_hit *found = NULL;

	for (size_t i = 0; i < hits->n; i++)
		if (heft(hits->hit[i].pattern, hits->hit[i].factor) < than) {
			found = &hits->hit[i];
			than = heft(found->pattern, found->factor);
		}
	return found;
}

void hn_hits_add_as(struct hn_hits *hits, const struct hn_pattern *p, float factor, const char *value,
		    const char *signal)
{
	struct hn_hit *h;

	hits->work += hits->n + 1;
	for (size_t i = 0; i < hits->n; i++) {
		h = &hits->hit[i];
		if (h->pattern == p) {
			if (factor > h->factor)
				h->factor = factor;
			return;
		}
		if (same_token(hits, h, p)) { /* a general pattern and a special one: the heavier counts */
			if (heft(p, factor) <= heft(h->pattern, h->factor))
				return;
			set(h, p, factor, &hits->at, value, signal);
			return;
		}
	}
	if (hits->n < HN_HITS_MAX)
		h = &hits->hit[hits->n++];
	else if (!(h = lightest(hits, heft(p, factor))))
		return;
	set(h, p, factor, &hits->at, value, signal);
}

void hn_hits_add(struct hn_hits *hits, const struct hn_pattern *p, float factor, const char *value)
{
	hn_hits_add_as(hits, p, factor, value, hn_pattern_kind_signal(p->kind));
}

bool hn_hit_observed(const struct hn_hit *hit)
{
	return hit->at.field >= HN_FIELD_EXE;
}

void hn_hit_path(const struct hn_hit *hit, char *buf, size_t size)
{
	static const char *const lists[] = {[HN_CONTAINER_REGULAR] = "containers",
					    [HN_CONTAINER_INIT] = "initContainers",
					    [HN_CONTAINER_EPHEMERAL] = "ephemeralContainers"};
	static const char *const fields[] = {[HN_FIELD_IMAGE] = "image",        [HN_FIELD_COMMAND] = "command",
					     [HN_FIELD_ARGS] = "args",          [HN_FIELD_ENV] = "env",
					     [HN_FIELD_RESOURCE] = "resources", [HN_FIELD_PORT] = "ports",
					     [HN_FIELD_MOUNT] = "volumeMounts", [HN_FIELD_MAX] = NULL};
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
		snprintf(buf, size, "spec.%s[%u].%s[%u]", lists[at->type], at->container, fields[at->field],
			 at->index);
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
	case HN_FIELD_CLAIM:
		snprintf(buf, size, "spec.resourceClaims[%u]", at->index);
		break;
	case HN_FIELD_VOLUME:
		snprintf(buf, size, "spec.volumes[%u]", at->index);
		break;
	case HN_FIELD_EXE:
		snprintf(buf, size, "process %d exe", (int)at->pid);
		break;
	case HN_FIELD_ARGV:
		snprintf(buf, size, "process %d argv[%u]", (int)at->pid, at->index);
		break;
	case HN_FIELD_FD:
		snprintf(buf, size, "process %d fd %u", (int)at->pid, at->index);
		break;
	case HN_FIELD_MAP:
		snprintf(buf, size, "process %d map", (int)at->pid);
		break;
	case HN_FIELD_LISTENS:
		snprintf(buf, size, "process %d listens", (int)at->pid);
		break;
	case HN_FIELD_MAX:
		buf[0] = '\0';
		break;
	}
}
