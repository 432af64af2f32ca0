/* SPDX-License-Identifier: Apache-2.0 */
/* Rules in a text. */
#ifndef HOSTNETD_TEST_EXCEPTION_RIG_H
#define HOSTNETD_TEST_EXCEPTION_RIG_H

#include <string.h>

#include "hostnetd/exception.h"

#define DAY (86400 * HN_NSEC_PER_SEC)
#define HEAD "exceptions:\n- name: r\n  reason: why\n  expires: 2027-01-31\n"
#define RULE(match) HEAD "  match: " match "\n"

static inline struct hn_exceptions *parse(const char *text)
{
	struct hn_exceptions *x = NULL;
	struct hn_reason reason = {""};

	if (hn_exceptions_parse("x.yaml", text, strlen(text), &x, &reason) < 0)
		fail_msg("%s\n%s", reason.text, text);
	return x;
}

#endif
