/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HN_FINDING_ADMISSION_FORM_H
#define HN_FINDING_ADMISSION_FORM_H

#include "hostnetd/admission.h"

/* Can the text be in a regular expression without a backslash, and in CEL's quotes? */
bool hn_admission_sayable(const char *pattern);
/* As the regular expression would say. Takes at most length times length steps. */
bool hn_admission_fits(const struct hn_admission_form *form, const char *pattern, const char *text);
/* What the object is, for the rules. */
bool hn_admission_rule_covers(const struct hn_exception *e, const struct hn_asset *asset,
			      const struct hn_pod *pod);

#endif
