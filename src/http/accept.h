/* SPDX-License-Identifier: Apache-2.0 */
/* In which of the two formats a scraper wants its metrics. */
#ifndef HOSTNETD_ACCEPT_H
#define HOSTNETD_ACCEPT_H

#include <stdbool.h>

/* The Accept header (NULL: none). OpenMetrics is for who names it, in version 1.0.0 or any, and likes it no less than plain
 * text; what is malformed is passed over. */
bool hn_http_wants_openmetrics(const char *accept);

#endif
