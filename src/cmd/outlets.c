// SPDX-License-Identifier: Apache-2.0
#include "outlets.h"

#include <assert.h>

void hn_outlets_add(struct hn_outlets *o, void (*take)(void *self, const struct hn_event *event), void *self)
{
	assert(o->n < HN_OUTLETS_MAX);
	o->list[o->n++] = (struct hn_outlet){take, self};
}

static void give(struct hn_outlets *o, struct hn_event *event)
{
	event->seq = ++o->seq;
	for (size_t i = 0; i < o->n; i++)
		o->list[i].take(o->list[i].self, event);
}

void hn_outlets_change(struct hn_outlets *o, const struct hn_change *change)
{
	struct hn_event event = {.time = change->time, .mono = hn_mono_now(), .change = change};

	give(o, &event);
}

void hn_outlets_notice(struct hn_outlets *o, const struct hn_notice *notice)
{
	struct hn_event event = {.time = notice->time, .mono = hn_mono_now(), .notice = notice};

	give(o, &event);
}

void hn_outlets_happening(struct hn_outlets *o, const struct hn_happening *happening)
{
	struct hn_event event = {.time = happening->time, .mono = happening->mono, .happening = happening};

	give(o, &event);
}
