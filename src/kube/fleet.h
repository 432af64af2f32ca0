/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes of a cluster and what their report objects say. Pure: from parsed objects. */
#ifndef HN_KUBE_FLEET_H
#define HN_KUBE_FLEET_H

#include <stdbool.h>

#include "hostnetd/fleet.h"
#include "hostnetd/report_kind.h"

struct cJSON;
struct hn_map;

#define HN_FLEET_NODES_MAX 50000
#define HN_FLEET_CLAIMS_MAX 400000

struct hn_fleet_claim {
	struct hn_report_claim claimed, found;
	struct hn_fleet_claim *next; /* of the same node */
};

struct hn_fleet_node {
	char name[254];
	bool listed;                       /* the cluster has that Node */
	const struct hn_report_kind *kind; /* of its newest own report; NULL: it has none */
	struct hn_wall seen;
	bool complete;
	char why[256];                 /* not complete; hostile */
	char fault[256];               /* what is wrong with its reports, the first; hostile */
	struct hn_fleet_claim *claims; /* owned */
};

struct hn_fleet {
	const struct hn_fleet_settings *settings;
	struct hn_observations *o;
	struct hn_map *by_name;
	size_t n, cap, n_claims;
	struct hn_fleet_node **nodes; /* owned */
	size_t strangers;             /* objects with our label that are no agent's */
};

_must_check_ int hn_fleet_init(struct hn_fleet *f, const struct hn_fleet_settings *settings,
			       struct hn_observations *o, struct hn_reason *reason);
void hn_fleet_done(struct hn_fleet *f);

/* All return 0, or -ENOMEM, -E2BIG with a reason: what is wrong with an object is its node's fault. */
_must_check_ int hn_fleet_add_node(struct hn_fleet *f, const struct cJSON *node, struct hn_reason *reason);
/* A node's own report: only who, when and what it claims. */
_must_check_ int hn_fleet_add_own(struct hn_fleet *f, const struct hn_report_kind *kind,
				  const struct cJSON *report, struct hn_reason *reason);
/* The results of any report, after all own ones: taken if its node's own report is of that kind and fresh. */
_must_check_ int hn_fleet_add_results(struct hn_fleet *f, const struct hn_report_kind *kind,
				      const struct cJSON *report, struct hn_reason *reason);
/* A list begins anew: what was counted of it, does not count. */
void hn_fleet_recount(struct hn_fleet *f, const struct hn_report_kind *kind, bool own);
/* Tells all gaps. */
_must_check_ int hn_fleet_judge(struct hn_fleet *f, bool nodes_known, struct hn_reason *reason);

#endif
