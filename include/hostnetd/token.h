/* SPDX-License-Identifier: Apache-2.0 */
/* A bearer token from its file. Read it again whenever it is needed or has changed: it rotates, and is small. */
#ifndef HOSTNETD_TOKEN_H
#define HOSTNETD_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"

#define HN_TOKEN_SIZE 16384

/* Without the newline at its end. -errno, -EINVAL (empty, or bytes that no token has) with a reason that names the
 * file and never shows what is in it. */
_must_check_ int hn_token_read(const char *path, char ret[static HN_TOKEN_SIZE], struct hn_reason *reason);

/* `n` bytes that a token may have: none that could end a header's line. */
bool hn_token_is_good(const char *token, size_t n);

#endif
