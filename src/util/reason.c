/* SPDX-License-Identifier: Apache-2.0 */
/* Reasons: bounded text, cut rather than refused. */
#include "hostnetd/reason.h"

#include <stdarg.h>
#include <stdio.h>

#include "hostnetd/str.h"

int hn_reason_set(struct hn_reason *reason, int error, const char *fmt, ...)
{
	struct hn_reason made; /* the arguments may point into `reason` */
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(made.text, sizeof(made.text), fmt, ap) < 0)
		made.text[0] = '\0';
	va_end(ap);
	*reason = made;
	return error;
}

int hn_reason_wrap(struct hn_reason *reason, int error, const char *fmt, ...)
{
	struct hn_reason made;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(made.text, sizeof(made.text), fmt, ap);
	va_end(ap);
	if (n < 0)
		return error;
	if ((size_t)n < sizeof(made.text) &&
	    snprintf(made.text + n, sizeof(made.text) - (size_t)n, ": %s", reason->text) < 0)
		return error;
	*reason = made;
	return error;
}
