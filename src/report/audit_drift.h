/* SPDX-License-Identifier: Apache-2.0 */
/* The comparison with the agents, as the audit's reports write it. Nothing is written where there was none. */
#ifndef HN_REPORT_AUDIT_DRIFT_H
#define HN_REPORT_AUDIT_DRIFT_H

#include "hostnetd/drift.h"
#include "hostnetd/json.h"
#include "hostnetd/str.h"

/* The member "runtime". */
void hn_drift_json(struct hn_json *j, const struct hn_audit *a, bool likely_fails);
/* A section of the table. */
void hn_drift_table(const struct hn_audit *a, unsigned width, struct hn_str *out);
/* "ml/Deployment/tgi", "container 4f5a..." outside Kubernetes. Not safe for a terminal. */
void hn_drift_name(const struct hn_observed *o, struct hn_str *out);
/* "it joined the host network behind its spec; an admission policy: ...". The same. */
void hn_drift_words(const struct hn_drift_stray *s, struct hn_str *out);

#endif
