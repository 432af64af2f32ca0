/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC-SHA256 over several pieces: who has the secret can tell that they came from us. */
#ifndef HN_SINK_HMAC_H
#define HN_SINK_HMAC_H

#include <stddef.h>

#include "hostnetd/macro.h"

#define HN_HMAC_BYTES 32
#define HN_HMAC_BASE64 45 /* with the NUL */

struct hn_piece {
	const void *bytes;
	size_t n;
};

/* -EIO where OpenSSL cannot. */
_must_check_ int hn_hmac_sha256(const void *key, size_t key_len, const struct hn_piece *pieces, size_t n,
				unsigned char ret[static HN_HMAC_BYTES]);
void hn_hmac_base64(const unsigned char mac[static HN_HMAC_BYTES], char ret[static HN_HMAC_BASE64]);
/* A key in base64 with padding; any bytes may be in it. Returns the number of bytes; -1: it is none, or does not fit. */
int hn_hmac_decode(const char *text, size_t n, unsigned char *ret, size_t size);

#endif
