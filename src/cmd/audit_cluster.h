/* SPDX-License-Identifier: Apache-2.0 */
/* The audit's objects from the API server, list by list. */
#ifndef HOSTNETD_AUDIT_CLUSTER_H
#define HOSTNETD_AUDIT_CLUSTER_H

#include "hostnetd/audit.h"
#include "settings.h"

/* What cannot be listed becomes a gap. -errno with a reason where nothing can be asked. */
_must_check_ int hn_audit_cluster(const struct hn_settings *s, const struct hn_workload_kinds *kinds,
				  struct hn_audit *audit, struct hn_reason *reason);

#endif
