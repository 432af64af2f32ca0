/* SPDX-License-Identifier: Apache-2.0 */
/* One GET over a Unix socket, which libevent's client does not know. Blocks; bounded in time and bytes. */
#ifndef HOSTNETD_UNIX_GET_H
#define HOSTNETD_UNIX_GET_H

#include <stddef.h>
#include <stdint.h>

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"
#include "hostnetd/str.h"

/* The body of a 200 in `ret`. `token` is a good one or NULL. -errno, -EBADMSG (no answer that we understand), -EPROTO
 * (another status), -E2BIG, -ETIMEDOUT with a reason. */
_must_check_ int hn_unix_get(const char *socket_path, const char *path, const char *token, int64_t timeout_ns,
			     size_t max_bytes, struct hn_str *ret, struct hn_reason *reason);

#endif
