/* SPDX-License-Identifier: Apache-2.0 */
/* The control as an admission policy: what the catalogue says strongly of a spec, as one CEL expression for all who
 * admit. What only adds up from weak signs, and what only shows when it runs, stays the agent's. */
#ifndef HOSTNETD_POLICY_H
#define HOSTNETD_POLICY_H

#include "hostnetd/ai.h"
#include "hostnetd/exception.h"
#include "hostnetd/time.h"

struct hn_str;

enum hn_policy_format { HN_POLICY_VAP, HN_POLICY_KYVERNO, HN_POLICY_GATEKEEPER, HN_POLICY_FORMAT_MAX };

/* YAML documents, ready to apply. Rules of `x` (NULL: none) that have expired at `now`, or that CEL cannot say, are left
 * out, and a comment names them: the policy then denies more. CEL tells no category and no product: a rule that names
 * one admits all AI that its other keys name, where these are a namespace and a workload's name, an image or a label; else
 * it is left out. */
void hn_report_policy(const struct hn_catalogue *c, const struct hn_exceptions *x, struct hn_wall now,
		      enum hn_policy_format format, struct hn_str *out);
/* Is the rule in it? */
bool hn_report_policy_has(const struct hn_exception *e, struct hn_wall now);

#endif
