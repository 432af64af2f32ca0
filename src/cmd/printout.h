/* SPDX-License-Identifier: Apache-2.0 */
/* Standard output of `run`: a printer of the table, emptied as fast as it is read. */
#ifndef HOSTNETD_PRINTOUT_H
#define HOSTNETD_PRINTOUT_H

#include "hostnetd/report.h"
#include "settings.h"

struct event;
struct event_base;

struct hn_printout {
	const struct hn_printer_ops *ops;
	void *self;
	struct event *flush;
	uint64_t dropped; /* lines that were not taken, as far as was said */
};

/* `who` is borrowed until the end. -ENOMEM. */
_must_check_ int hn_printout_open(struct hn_printout *p, const struct hn_settings *s, struct event_base *base,
				  const struct hn_identity *who);
void hn_printout_close(struct hn_printout *p);
/* An outlet's function. */
void hn_printout_take(void *self, const struct hn_event *event);
/* How the control stands. */
void hn_printout_control(void *self, const struct hn_health *health);
/* Waits a moment for a slow reader: nothing comes after this. */
void hn_printout_last(struct hn_printout *p);
/* A pipe without a reader: `hostnetd run | head`. Nobody would ever hear of a finding. */
bool hn_printout_is_gone(void);

#endif
