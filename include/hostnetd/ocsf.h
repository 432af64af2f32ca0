/* SPDX-License-Identifier: Apache-2.0 */
/* OCSF 1.5.0: Detection Finding (2004) for what changes of a finding, Compliance Finding (2003) for how the control stands. Pure;
 * one object, no newline. */
#ifndef HOSTNETD_OCSF_H
#define HOSTNETD_OCSF_H

#include "hostnetd/health.h"
#include "hostnetd/report.h"

/* `seq` is the event's; 0: none is known. */
void hn_report_ocsf_change(const struct hn_identity *who, const struct hn_change *change, uint64_t seq,
			   struct hn_str *out);

/* What was told of the control before. Zero at the start; updated by each call. */
struct hn_ocsf_control {
	bool told, failed;
};
void hn_report_ocsf_control(const struct hn_health *health, struct hn_ocsf_control *before, struct hn_str *out);

#endif
