/* SPDX-License-Identifier: Apache-2.0 */
/* A key that two sides share, from its file; read again when that changes. */
#ifndef HN_SINK_KEY_H
#define HN_SINK_KEY_H

#include <stddef.h>

#include "hostnetd/filestamp.h"
#include "hostnetd/macro.h"
#include "hostnetd/reason.h"

#define HN_KEY_MIN 24 /* bytes: less can be guessed */
#define HN_KEY_MAX 1024

struct hn_key {
	const char *path; /* borrowed */
	struct hn_filestamp stamp;
	unsigned char bytes[HN_KEY_MAX];
	size_t n; /* 0: not read, or not usable */
};

/* Reads the file if it must. Its text without the newline at its end is the key; a text "whsec_..." is base64, as the Standard
 * Webhooks' libraries write it. On an error there is no key: what cannot be signed is not sent. The reason names the file and
 * shows nothing of what is in it. */
_must_check_ int hn_key_refresh(struct hn_key *k, struct hn_reason *reason);
void hn_key_done(struct hn_key *k);

#endif
