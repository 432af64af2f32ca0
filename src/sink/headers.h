/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of the operator's, from a file of lines "KEY: VALUE"; read again when it changes. Their values are secrets. */
#ifndef HN_SINK_HEADERS_H
#define HN_SINK_HEADERS_H

#include <stddef.h>

#include "hostnetd/filestamp.h"
#include "hostnetd/https.h"

#define HN_HEADERS_MAX 16

struct hn_headers {
	const char *path; /* borrowed; NULL: none */
	struct hn_filestamp stamp;
	char *text; /* cut into what `list` points to */
	size_t text_len;
	struct hn_https_header list[HN_HEADERS_MAX];
	size_t n;
};

/* Reads the file if it must. Empty lines and those that begin with # are skipped. On an error there are none; the reason names file
 * and line, and shows no value. */
_must_check_ int hn_headers_refresh(struct hn_headers *h, struct hn_reason *reason);
void hn_headers_done(struct hn_headers *h);

#endif
