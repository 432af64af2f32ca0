/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a URL behind the question mark. Pure. */
#ifndef HN_HTTP_QUERY_H
#define HN_HTTP_QUERY_H

#include "hostnetd/http.h"

#define HN_HTTP_BIT(p) (1U << (p))

/* `text`: "a=b&c=d" without the question mark; NULL: none. `allowed`: bits of the parameters that the route knows.
 * -EINVAL with a reason that names an unknown or repeated parameter, an empty or malformed value; -E2BIG. */
_must_check_ int hn_http_query_parse(const char *text, unsigned allowed, struct hn_http_query *ret,
				     struct hn_reason *reason);

#endif
