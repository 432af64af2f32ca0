/* SPDX-License-Identifier: Apache-2.0 */
/* What the API server says of this node's pods, beside what the agent sees of them: the audit's comparison, for one node. */
#ifndef HOSTNETD_DECLARED_H
#define HOSTNETD_DECLARED_H

#include "hostnetd/agent.h"
#include "hostnetd/audit.h"
#include "hostnetd/report.h"
#include "settings.h"

struct event_base;
struct hn_declared;

/* All borrowed. The catalogue and the rules are asked for at each list: they may be read again meanwhile. */
struct hn_declared_parts {
	const struct hn_settings *settings;
	struct event_base *base;
	int64_t interval_ns; /* 0: once */
	uint64_t seed;       /* as hn_nodepods_settings */
	const struct hn_catalogue *(*catalogue)(void *arg);
	const struct hn_exceptions *(*exceptions)(void *arg);
	/* A list is whole (owned by the receiver), or cannot be had (NULL). */
	void (*answered)(void *arg, struct hn_podlist *list);
	void *arg;
};

/* Asks at once. An API server that is not known is an error with a reason. */
_must_check_ int hn_declared_new(const struct hn_declared_parts *parts, struct hn_declared **ret,
				 struct hn_reason *reason);
void hn_declared_free(struct hn_declared *d);
HN_DEFINE_CLEANUP(struct hn_declared, hn_declared_free, hn_declared_cleanup)
/* Asks again, this far from now. */
void hn_declared_again(struct hn_declared *d, int64_t delay_ns);
/* What was kept is forgotten: the catalogue or the rules that it speaks of are no more. */
void hn_declared_forget(struct hn_declared *d);
bool hn_declared_answered(const struct hn_declared *d);
const char *hn_declared_problem(const struct hn_declared *d); /* of the last answer; "": it was whole */
bool hn_declared_whole(const struct hn_declared *d);          /* and it can be compared with */
/* Of what is whole. The audit's drift is what was compared; borrowed until the agent goes on. -errno with a reason. */
_must_check_ int hn_declared_compare(struct hn_declared *d, const struct hn_agent *agent,
				     const struct hn_identity *who, const struct hn_audit **ret,
				     struct hn_reason *reason);

#endif
