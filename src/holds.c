// SPDX-License-Identifier: Apache-2.0
/* What the processes of the entries hold: devices and libraries. A model server maps its libraries some seconds after its
 * exec, so it is asked soon after the first sight and then from time to time, so many processes at once. */
#include <errno.h>

#include "hostnetd/log.h"

#include "agent_self.h"

#define SOON_NS (5 * HN_NSEC_PER_SEC)
#define TURN_NS (100 * HN_NSEC_PER_MSEC) /* between two turns of one round */

void hn_agent_want_holds(struct hn_agent *a, struct hn_mono now)
{
	if (now.ns + SOON_NS < a->holds_due)
		a->holds_due = now.ns + SOON_NS;
}

static void on_held(const struct hn_held *held, void *arg)
{
	struct hn_agent *a = arg;
	struct hn_process *p = hn_processes_find(a->processes, held->pid, held->start_ns);
	struct hn_entry *e = p ? hn_agent_entry(a, p->entry) : NULL;

	if (!e)
		return;
	hn_entry_hold(e, held, a->settings.catalogue);
	if (a->settings.on_clue)
		a->settings.on_clue(&e->finding,
				    &(struct hn_clue){.kind = held->library ? HN_CLUE_LIBRARY : HN_CLUE_DEVICE,
						      .pid = held->pid,
						      .container = "",
						      .name = held->name,
						      .argv = "",
						      .number = held->fd},
				    a->settings.arg);
}

/* One turn. Returns whether the round goes on. */
static bool look(struct hn_agent *a)
{
	struct hn_holder holders[HN_PROBE_HOLDERS];
	struct hn_reason reason;
	struct hn_process *p;
	size_t n = 0;
	int r = 0;

	while (n < HN_ARRAY_SIZE(holders) && (p = hn_processes_next(a->processes, &a->holds_cursor)))
		holders[n++] = (struct hn_holder){p->pid, p->start_ns};
	if (n)
		r = hn_probe_holds(a->settings.probe, holders, n, on_held, a, &reason);
	if (r < 0 && r != -EOPNOTSUPP && !a->holds_failed) {
		a->holds_failed = true; /* said once: verdicts rest on the rest */
		hn_info("%s; it does not speak in verdicts", reason.text);
	}
	if (n == HN_ARRAY_SIZE(holders))
		return true;
	a->holds_cursor = 0;
	return false;
}

void hn_agent_look(struct hn_agent *a, struct hn_mono now)
{
	int64_t pause = a->settings.socket_interval_ns;

	a->holds_due = look(a) ? now.ns + TURN_NS : pause ? now.ns + pause : HN_AGENT_NEVER;
}

void hn_agent_look_at_all(struct hn_agent *a)
{
	while (look(a))
		;
}
