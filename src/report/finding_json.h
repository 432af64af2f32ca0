/* SPDX-License-Identifier: Apache-2.0 */
/* A finding as JSON, whole (FINDING in DESIGN.md) and in the short form of `sharing` and of container events. */
#ifndef HOSTNETD_REPORT_FINDING_JSON_H
#define HOSTNETD_REPORT_FINDING_JSON_H

#include "hostnetd/json.h"
#include "hostnetd/report.h"

/* One value: the FINDING object. */
void hn_finding_json(struct hn_json *j, const struct hn_identity *who, const struct hn_finding *f);
/* The members of a process as in `processes`; `f` names its ancestors. */
void hn_process_json_members(struct hn_json *j, const struct hn_finding *f, const struct hn_finding_process *p);
/* The member "ancestors", from the finding's own processes. */
void hn_ancestors_json(struct hn_json *j, const struct hn_finding *f, const struct hn_finding_process *p);
/* The member `attempt` of a refused one. */
void hn_attempt_json(struct hn_json *j, const struct hn_notice *notice);
/* The member `exception`: the rule of an exception.* notice. */
void hn_rule_json(struct hn_json *j, const struct hn_exception *e);
/* Since when, and until when, nobody watched; nothing where that is not known. */
void hn_gap_json(struct hn_json *j, const struct hn_notice *notice);
/* Members pod, workload, container, cause, way and ai of the object that is open. `container` may be NULL. */
void hn_finding_json_short(struct hn_json *j, const struct hn_finding *f,
			   const struct hn_finding_container *container);
/* The same and the number of processes: an entry of `sharing`. */
void hn_sharing_json_members(struct hn_json *j, const struct hn_finding *f, const struct hn_finding_container *c);

#endif
