/* SPDX-License-Identifier: Apache-2.0 */
/* Which encodings of a file a client takes. */
#ifndef HN_HTTP_ENCODING_H
#define HN_HTTP_ENCODING_H

#include <stdbool.h>

/* By the value of Accept-Encoding (RFC 9110, 12.5.3): gzip is named, or "*" and not gzip, with a weight that is not 0. NULL,
 * no such header: no, for a client that does not ask may not know it. */
bool hn_http_takes_gzip(const char *accept);

#endif
