// SPDX-License-Identifier: Apache-2.0
#include "printout.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <unistd.h>

#include "hostnetd/log.h"

#define LAST_FLUSH_MS 2000

/* Says what was dropped, once there is room for it again. */
static void say_dropped(struct hn_printout *p)
{
	uint64_t dropped = p->ops->dropped ? p->ops->dropped(p->self) : 0;
	struct hn_notice notice = {
		.type = HN_NOTICE_AGENT_LOST,
		.time = hn_wall_now(),
		.text = "lines that standard output was too slow to take; 'hostnetd scan' shows what is now",
		.count = dropped - p->dropped};

	if (notice.count == 0)
		return;
	hn_warning("standard output is read too slowly: %llu lines were dropped",
		   (unsigned long long)notice.count);
	if (p->ops->on_notice)
		p->ops->on_notice(p->self, &notice);
	p->dropped = p->ops->dropped(p->self);
}

static void flush_queue(struct hn_printout *p)
{
	struct timeval soon = {0, 50000};

	if (!p->ops->flush)
		return;
	if (!p->ops->flush(p->self))
		say_dropped(p);
	else if (!event_pending(p->flush, EV_TIMEOUT, NULL))
		event_add(p->flush, &soon);
}

static void on_flush(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	flush_queue(arg);
}

/* Findings and notices; what happened to each process is for the history, the API and the sinks. */
void hn_printout_take(void *self, const struct hn_event *event)
{
	struct hn_printout *p = self;

	if (event->change)
		p->ops->on_change(p->self, event->change);
	else if (event->notice && p->ops->on_notice)
		p->ops->on_notice(p->self, event->notice);
	else
		return;
	flush_queue(p);
}

void hn_printout_control(void *self, const struct hn_health *health)
{
	struct hn_printout *p = self;

	if (!p->ops->on_control)
		return;
	p->ops->on_control(p->self, health);
	flush_queue(p);
}

int hn_printout_open(struct hn_printout *p, const struct hn_settings *s, struct event_base *base,
		     const struct hn_identity *who)
{
	*p = (struct hn_printout){.ops = hn_printer_find(s->output == HN_OUTPUT_OCSF ? "ocsf" :
							 hn_settings_table(s)        ? "table" :
										       "json")};
	/* The first sweep may say more than a pipe holds. */
	p->flush = evtimer_new(base, on_flush, p);
	if (!p->flush)
		return -ENOMEM;
	return p->ops->open(&p->self, STDOUT_FILENO, hn_settings_colour(), who);
}

void hn_printout_last(struct hn_printout *p)
{
	for (int waited = 0; p->ops->flush && p->ops->flush(p->self) && waited < LAST_FLUSH_MS; waited += 10)
		usleep(10000);
}

void hn_printout_close(struct hn_printout *p)
{
	if (p->self)
		p->ops->close(p->self);
	if (p->flush)
		event_free(p->flush);
}

bool hn_printout_is_gone(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO};

	return poll(&out, 1, 0) == 1 && out.revents & (POLLERR | POLLNVAL);
}
