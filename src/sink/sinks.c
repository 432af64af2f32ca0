// SPDX-License-Identifier: Apache-2.0
/* The table of sinks. A new one is its own file and a row here. */
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

#include "sink.h"

#define STOP_NS (5 * HN_NSEC_PER_SEC)
#define STOP_LOOK_US 20000 /* between two looks whether all is done */

static const struct hn_sink_row *const rows[] = {&hn_sink_webhook, &hn_sink_otlp, &hn_sink_kubernetes};
_Static_assert(HN_ARRAY_SIZE(rows) <= HN_HEALTH_SINKS, "a place for each sink");

struct hn_sinks {
	struct hn_sink_parts parts;
	size_t n;
	struct {
		const struct hn_sink_row *row;
		void *self;
	} list[HN_ARRAY_SIZE(rows)];
};

int hn_sinks_open(const struct hn_sink_parts *parts, struct hn_sinks **ret, struct hn_reason *reason)
{
	struct hn_sinks *s = calloc(1, sizeof(*s));

	if (!s)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	s->parts = *parts;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		int r;

		if (!rows[i]->wanted(parts->settings))
			continue;
		r = rows[i]->open(&s->parts, &s->list[s->n].self, reason);
		if (r < 0) {
			hn_sinks_free(s);
			return r;
		}
		s->list[s->n++].row = rows[i];
	}
	*ret = s;
	return 0;
}

void hn_sinks_free(struct hn_sinks *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		s->list[i].row->free(s->list[i].self);
	free(s);
}

size_t hn_sinks_count(const struct hn_sinks *s)
{
	return s->n;
}

void hn_sinks_take(void *self, const struct hn_event *event)
{
	struct hn_sinks *s = self;

	for (size_t i = 0; i < s->n; i++)
		s->list[i].row->take(s->list[i].self, event);
}

void hn_sinks_control(struct hn_sinks *s, const struct hn_health *health)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].row->control)
			s->list[i].row->control(s->list[i].self, health);
}

size_t hn_sinks_health(const struct hn_sinks *s, struct hn_sink_health ret[static HN_HEALTH_SINKS])
{
	for (size_t i = 0; i < s->n; i++) {
		ret[i] = (struct hn_sink_health){.name = s->list[i].row->name, .problem = ""};
		s->list[i].row->health(s->list[i].self, &ret[i]);
	}
	return s->n;
}

int hn_sinks_try(const struct hn_sink_parts *parts, size_t n, const char **ret_name, struct hn_reason *ret)
{
	*ret_name = NULL;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		void *self = NULL;
		int r;

		if (!rows[i]->wanted(parts->settings) || n-- > 0)
			continue;
		*ret_name = rows[i]->name;
		r = rows[i]->open(parts, &self, ret);
		if (r == 0)
			r = hn_sink_ask(rows[i], self, parts->base, ret);
		if (self)
			rows[i]->free(self);
		return r;
	}
	return 0;
}

static bool all_idle(const struct hn_sinks *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->list[i].row->is_idle(s->list[i].self))
			return false;
	return true;
}

static void on_look(evutil_socket_t fd _unused_, short what _unused_, void *arg _unused_)
{
}

void hn_sinks_stop(struct hn_sinks *s)
{
	const struct timeval look = {0, STOP_LOOK_US};
	int64_t end = hn_mono_now().ns + STOP_NS;
	struct event *timer = event_new(s->parts.base, -1, EV_PERSIST, on_look, NULL);

	for (size_t i = 0; i < s->n; i++)
		s->list[i].row->hurry(s->list[i].self);
	if (timer)
		event_add(timer, &look);
	while (timer && !all_idle(s) && hn_mono_now().ns < end)
		/* Another signal is a person who will not wait. */
		if (event_base_loop(s->parts.base, EVLOOP_ONCE) != 0 || event_base_got_break(s->parts.base))
			break;
	if (timer)
		event_free(timer);
}
