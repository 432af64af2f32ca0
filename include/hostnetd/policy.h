/* SPDX-License-Identifier: Apache-2.0 */
/* The control as an admission policy: what the catalogue says strongly of a spec, as one CEL expression for all who
 * admit. What only adds up from weak signs, and what only shows when it runs, stays the agent's. */
#ifndef HOSTNETD_POLICY_H
#define HOSTNETD_POLICY_H

#include "hostnetd/admission.h"

struct hn_str;

enum hn_policy_format { HN_POLICY_VAP, HN_POLICY_KYVERNO, HN_POLICY_GATEKEEPER, HN_POLICY_FORMAT_MAX };

/* YAML documents, ready to apply. Rules that the policy has not are named in a comment: it then denies more. -E2BIG with a
 * reason: a rule, or all of them, are more than an API server takes. */
_must_check_ int hn_report_policy(const struct hn_admission_policy *p, enum hn_policy_format format,
				  struct hn_str *out, struct hn_reason *reason);

#endif
