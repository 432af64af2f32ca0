/* SPDX-License-Identifier: Apache-2.0 */
/* The CEL of an admission policy. No backslash, no optional syntax, no function beyond the standard's. */
#ifndef HN_REPORT_POLICY_CEL_H
#define HN_REPORT_POLICY_CEL_H

#include <stdbool.h>

#include "hostnetd/policy.h"

/* Regular expression of images that are none of AI's, for hn_policy_cel_images(). */
void hn_policy_cel_not_ai(const struct hn_catalogue *c, struct hn_str *out);
/* Has variables.containers one whose image, by the part-th share of the patterns, is AI's? False: there are not so many shares. */
bool hn_policy_cel_images(const struct hn_catalogue *c, const struct hn_str *not_ai, unsigned part,
			  struct hn_str *out);
/* One that runs an AI program; one that runs a Python module (-m) of AI's; one whose variables' names say it. */
void hn_policy_cel_programs(const struct hn_catalogue *c, struct hn_str *out);
void hn_policy_cel_modules(const struct hn_catalogue *c, struct hn_str *out);
void hn_policy_cel_environment(const struct hn_catalogue *c, struct hn_str *out);
/* Do the labels of variables.podMeta say it? */
void hn_policy_cel_labels(const struct hn_catalogue *c, struct hn_str *out);
/* Does the rule cover it? False, and nothing is put, where CEL cannot say it. */
bool hn_policy_cel_exception(const struct hn_exception *e, struct hn_str *out);

#endif
