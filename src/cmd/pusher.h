/* SPDX-License-Identifier: Apache-2.0 */
/* Between `run` and its sinks: opens them, tells them how the control stands, and says in the log when one fails and when it is
 * back. */
#ifndef HOSTNETD_PUSHER_H
#define HOSTNETD_PUSHER_H

#include "hostnetd/sink.h"
#include "outlets.h"
#include "printout.h"
#include "settings.h"
#include "vitals.h"

struct hn_pusher {
	struct hn_sink_settings settings;
	struct hn_sinks *sinks;
	struct hn_printout *printout; /* tells of the control too, where its form has a place for that */
	struct hn_vitals *vitals;     /* their agent is set before the first event */
	struct hn_mono look_due, told;
	struct hn_sink_said {
		bool failing;
		uint64_t dropped;  /* as far as was said */
		struct hn_mono at; /* when something bad was said last */
	} said[HN_HEALTH_SINKS];
	/* The control as it was told last. */
	bool ever_told, passed, complete;
	uint64_t open;
	char incomplete[256];
};

/* Puts the sinks that are asked for behind the other outlets. */
_must_check_ int hn_pusher_open(struct hn_pusher *p, const struct hn_settings *s, struct event_base *base,
				struct hn_vitals *vitals, struct hn_printout *printout, struct hn_outlets *outlets,
				struct hn_reason *reason);
/* Called often; looks once a second. */
void hn_pusher_look(struct hn_pusher *p);
/* Sends what waits, for a few seconds at most, and says what was left. */
void hn_pusher_stop(struct hn_pusher *p);
void hn_pusher_close(struct hn_pusher *p);

#endif
