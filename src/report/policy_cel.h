/* SPDX-License-Identifier: Apache-2.0 */
/* The CEL of an admission policy. No backslash, no optional syntax, no function beyond the standard's. */
#ifndef HN_REPORT_POLICY_CEL_H
#define HN_REPORT_POLICY_CEL_H

#include <stdbool.h>

#include "hostnetd/policy.h"

/* Is container `c` AI by itself? */
void hn_policy_cel_container(const struct hn_catalogue *c, struct hn_str *out);
/* Do the labels of variables.podMeta say it? */
void hn_policy_cel_labels(const struct hn_catalogue *c, struct hn_str *out);
/* Does the rule cover it? False, and nothing is put, where CEL cannot say it. */
bool hn_policy_cel_exception(const struct hn_exception *e, struct hn_str *out);

#endif
