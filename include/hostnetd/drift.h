/* SPDX-License-Identifier: Apache-2.0 */
/* What was declared beside what runs. A pod is found by its uid, else by its workload's namespace, kind and name. Drift is
 * what shares the host network and is declared nowhere: joined, by a socket, unmanaged, or AI at run time only. */
#ifndef HOSTNETD_DRIFT_H
#define HOSTNETD_DRIFT_H

#include <stdbool.h>
#include <stddef.h>

#include "hostnetd/audit.h"
#include "hostnetd/macro.h"
#include "hostnetd/observed.h"
#include "hostnetd/reason.h"

/* Of the audit's workloads each one, in their order. */
struct hn_drift_workload {
	size_t n_observed;              /* pods and containers of it that share by their declaration */
	const struct hn_observed *seen; /* the first of them; NULL: it does not run */
	const char *why_not;            /* it runs nowhere: "replicas: 0"; "" where it runs */
	enum hn_admission admission;
};

struct hn_drift_stray {
	const struct hn_observed *observed;
	const struct hn_audit_workload *workload; /* that the audit found for it; NULL: none */
	enum hn_verdict verdict;
	const char *exception; /* name of the rule that accepts it; NULL: none does */
	enum hn_admission admission;
};

struct hn_drift {
	size_t n_workloads, n_strays;
	struct hn_drift_workload *workloads;
	struct hn_drift_stray *strays;
};

/* After hn_audit_roll_up(); borrows from both. Of a namespace other than the audit's nothing is looked at. -ENOMEM with a
 * reason. */
_must_check_ int hn_drift_compare(const struct hn_audit *a, const struct hn_observations *o, struct hn_drift *ret,
				  struct hn_reason *reason);
void hn_drift_done(struct hn_drift *d);
/* Does it make the control fail? */
bool hn_drift_stray_fails(const struct hn_drift_stray *s, bool likely_too);
bool hn_drift_failed(const struct hn_drift *d, bool likely_too); /* NULL: false */

#endif
