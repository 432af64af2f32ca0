// SPDX-License-Identifier: Apache-2.0
/* The row of what is written to the API server: report objects and Events, which share one connection. */
#include <errno.h>
#include <stdio.h>

#include "objects.h"
#include "objects_self.h"

static bool wanted(const struct hn_sink_settings *settings)
{
	return settings->report_objects || settings->kubernetes_events;
}

/* It reads what the sink needs first. */
static int question(void *self, struct hn_courier_settings *ret_where, struct hn_parcel *ret,
		    struct hn_reason *reason)
{
	struct hn_objects *o = self;

	*ret_where = (struct hn_courier_settings){.url = o->access->url,
						  .tls = o->access->tls,
						  .server_name = o->access->server_name,
						  .token_file = o->access->token_file};
	o->stage = HN_OBJECTS_ASK_NODE;
	o->reports_held = 0;
	return hn_objects_next(o, ret, reason) > 0 ? 0 : -ENOMEM;
}

const struct hn_sink_row hn_sink_kubernetes = {
	.name = "kubernetes",
	.wanted = wanted,
	.open = hn_objects_open,
	.take = hn_objects_take,
	.control = hn_objects_control,
	.hurry = hn_objects_hurry,
	.is_idle = hn_objects_is_idle,
	.health = hn_objects_health,
	.question = question,
	.free = hn_objects_free,
};
