/* SPDX-License-Identifier: Apache-2.0 */
/* Which encodings of a file a client takes. */
#ifndef HN_HTTP_ENCODING_H
#define HN_HTTP_ENCODING_H

#include <stdbool.h>
#include <stddef.h>

#include "hostnetd/macro.h"
#include "hostnetd/str.h"

/* By the value of Accept-Encoding (RFC 9110, 12.5.3): gzip is named, or "*" and not gzip, with a weight that is not 0. NULL,
 * no such header: no, for a client that does not ask may not know it. */
bool hn_http_takes_gzip(const char *accept);

/* What gzip(1) packed of a file in this program. -EBADMSG: it is none; -ENOMEM. */
_must_check_ int hn_http_unpack(const char *packed, size_t n, struct hn_str *ret);

#endif
