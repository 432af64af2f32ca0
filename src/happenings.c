// SPDX-License-Identifier: Apache-2.0
/* What happened is told, as long as it does not come too fast: the kernel limits a known cgroup to a few records a second,
 * this limits an entry, whose cgroups may be many and not known yet. What is left out is counted and told. */
#include "agent_self.h"

#define PER_SECOND 50

static bool may_tell(struct hn_entry *e, struct hn_mono now)
{
	if (now.ns - e->told_window.ns >= HN_NSEC_PER_SEC) {
		e->told_window = now;
		e->told = 0;
	}
	if (e->told < PER_SECOND) {
		e->told++;
		return true;
	}
	e->omitted++;
	return false;
}

static void tell(struct hn_agent *a, enum hn_happening_type type, struct hn_entry *e, unsigned container,
		 const struct hn_sighting *s, const char *text, bool fresh)
{
	struct hn_ancestor ancestors[HN_ANCESTORS];
	struct hn_finding_process process;
	struct hn_happening h = {
		.type = type,
		.time = s->time,
		.mono = s->mono,
		.finding = &e->finding,
		.container = &e->finding.containers[container],
		.process = &process,
		.endpoint = s->endpoint,
		.contact = s->contact,
		.text = text,
	};

	if (!a->settings.on_happening || !may_tell(e, s->mono))
		return;
	hn_entry_describe(e, container, s, &process);
	h.ancestors = ancestors;
	if (fresh)
		h.n_ancestors = hn_probe_ancestors(a->settings.probe, process.parent, process.start_ns, ancestors);
	a->settings.on_happening(&h, a->settings.arg);
}

void hn_agent_tell(struct hn_agent *a, enum hn_happening_type type, struct hn_entry *e, unsigned container,
		   const struct hn_sighting *s, const char *text)
{
	tell(a, type, e, container, s, text, false);
}

void hn_agent_tell_new(struct hn_agent *a, enum hn_happening_type type, struct hn_entry *e, unsigned container,
		       const struct hn_sighting *s, const char *text)
{
	tell(a, type, e, container, s, text, true);
}

static void tell_omitted(struct hn_agent *a, const struct hn_finding *f, uint64_t count)
{
	struct hn_happening h = {.type = HN_HAPPENING_OMITTED,
				 .time = hn_wall_now(),
				 .mono = hn_mono_now(),
				 .finding = f,
				 .text = f ? "" :
					     "held back in the kernel: cgroups that are known and send too much",
				 .count = count};

	a->settings.on_happening(&h, a->settings.arg);
}

void hn_agent_tell_omitted(struct hn_agent *a)
{
	struct hn_probe_stats stats;
	struct hn_entry *e;
	size_t cursor = 0;

	if (!a->settings.on_happening)
		return;
	while ((e = hn_map_next(a->entries, &cursor))) {
		if (e->omitted)
			tell_omitted(a, &e->finding, e->omitted);
		e->omitted = 0;
	}
	hn_probe_stats(a->settings.probe, &stats);
	if (stats.suppressed != a->suppressed)
		tell_omitted(a, NULL, stats.suppressed - a->suppressed);
	a->suppressed = stats.suppressed;
}
