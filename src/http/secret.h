/* SPDX-License-Identifier: Apache-2.0 */
/* The bearer token that callers must show. */
#ifndef HN_HTTP_SECRET_H
#define HN_HTTP_SECRET_H

#include <stdbool.h>

#include "hostnetd/filestamp.h"
#include "hostnetd/reason.h"
#include "hostnetd/token.h"

#define HN_SECRET_MIN 16 /* characters: fewer can be guessed */

struct hn_secret {
	const char *path; /* borrowed */
	struct hn_filestamp stamp;
	bool complained;           /* of this stamp */
	unsigned generation;       /* another number: another token, or none */
	char token[HN_TOKEN_SIZE]; /* "": nobody gets in */
};

/* Reads the file again if it has changed. On an error the old token is not valid any more: it may have been withdrawn.
 * 1: it was read anew, 0: nothing is new; -errno with a reason that never shows it, once for each state of the file:
 * strangers can make it be read. */
_must_check_ int hn_secret_refresh(struct hn_secret *s, struct hn_reason *reason);
/* Whether an Authorization header (NULL: none) shows the token. Takes as long for a wrong one as for the right one of
 * the same length. */
bool hn_secret_shown(const struct hn_secret *s, const char *authorization);
void hn_secret_done(struct hn_secret *s); /* nothing of it stays in memory */

#endif
