/* SPDX-License-Identifier: Apache-2.0 */
/* How the agent is at one moment, gathered from its parts: for the API, the metrics and the sinks. */
#ifndef HOSTNETD_VITALS_H
#define HOSTNETD_VITALS_H

#include "exceptions.h"
#include "hostnetd/agent.h"
#include "hostnetd/health.h"
#include "hostnetd/history.h"
#include "hostnetd/sink.h"
#include "settings.h"

/* All borrowed. */
struct hn_vitals {
	const struct hn_settings *settings;
	const struct hn_identity *who;
	struct hn_probe *probe;
	struct hn_agent *agent;
	struct hn_kubelet *kubelet;
	const struct hn_podcheck *podcheck; /* NULL: none */
	const struct hn_exception_file *exceptions;
	struct hn_history *history;   /* NULL: none */
	const struct hn_sinks *sinks; /* NULL: none */
	struct hn_wall started;
	struct hn_history_stats store; /* of the last look */
};

/* Its texts live until the next look. */
void hn_vitals_take(struct hn_vitals *v, struct hn_health *h);

#endif
