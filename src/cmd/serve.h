/* SPDX-License-Identifier: Apache-2.0 */
/* The API of `run`: gives the HTTP server what the agent knows, and remembers what happened lately. */
#ifndef HOSTNETD_SERVE_H
#define HOSTNETD_SERVE_H

#include "hostnetd/agent.h"
#include "hostnetd/macro.h"
#include "hostnetd/reason.h"
#include "hostnetd/report.h"
#include "settings.h"

struct event_base;
struct hn_history;
struct hn_vitals;
struct hn_str;
struct hn_serve;

/* All borrowed. */
struct hn_serve_parts {
	const struct hn_settings *settings;
	const struct hn_identity *who;
	struct event_base *base;
	struct hn_probe *probe;
	struct hn_agent *agent;
	struct hn_kubelet *kubelet;
	struct hn_history *history; /* NULL: none */
	struct hn_vitals *vitals;
	const struct hn_str *drift; /* the last comparison; NULL: there is none */
};

/* Listens as --listen and --metrics-listen say. Where the default of --listen cannot be had that is logged, and there is no
 * API; what was asked for is an error with a reason. */
_must_check_ int hn_serve_new(const struct hn_serve_parts *parts, struct hn_serve **ret, struct hn_reason *reason);
void hn_serve_free(struct hn_serve *s);
HN_DEFINE_CLEANUP(struct hn_serve, hn_serve_free, hn_serve_cleanup)
/* It happened: the API remembers it for a while, and tells it in the stream. NULL: no API. */
void hn_serve_event(struct hn_serve *s, const struct hn_event *event);
/* Once a turn: a file that the store has left is closed. NULL: no API. */
void hn_serve_look(struct hn_serve *s);

#endif
