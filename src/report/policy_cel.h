/* SPDX-License-Identifier: Apache-2.0 */
/* The CEL of an admission policy. No backslash, no optional syntax, no function beyond the standard's. */
#ifndef HN_REPORT_POLICY_CEL_H
#define HN_REPORT_POLICY_CEL_H

#include <stdbool.h>

#include "hostnetd/policy.h"

/* Each: false, and nothing is put, if the catalogue has no such sign. */
/* Has variables.containers one whose image, by the part-th share of the patterns, is AI's? */
bool hn_policy_cel_images(const struct hn_admission_policy *p, unsigned part, struct hn_str *out);
/* One whose image or program is known to be no AI's, by the same kind of shares? */
bool hn_policy_cel_others(const struct hn_admission_policy *p, unsigned part, struct hn_str *out);
/* One that runs an AI program; one whose command's first two words say it; one that runs a Python module (-m) of AI's; one
 * whose variables' names say it. */
bool hn_policy_cel_programs(const struct hn_admission_policy *p, struct hn_str *out);
bool hn_policy_cel_commands(const struct hn_admission_policy *p, struct hn_str *out);
bool hn_policy_cel_modules(const struct hn_admission_policy *p, struct hn_str *out);
bool hn_policy_cel_environment(const struct hn_admission_policy *p, struct hn_str *out);
/* Do variables.podLabels say it? */
bool hn_policy_cel_labels(const struct hn_admission_policy *p, struct hn_str *out);
/* The object's controllers as {kind, name, api}, a list of one at most; and those of them whose kind is in a group that the table
 * knows it in, or is not in the table. */
void hn_policy_cel_owners(struct hn_str *out);
void hn_policy_cel_believed(const struct hn_workload_kinds *kinds, struct hn_str *out);
/* Does the rule cover it, by those two as variables.owners and variables.believed? Of those that hn_admission_has_rule() has. */
void hn_policy_cel_exception(const struct hn_exception *e, struct hn_str *out);

#endif
