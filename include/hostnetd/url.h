/* SPDX-License-Identifier: Apache-2.0 */
/* A base URL, taken apart. Pure. */
#ifndef HOSTNETD_URL_H
#define HOSTNETD_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"

struct hn_url {
	bool tls;
	char host[254];   /* a name or an address without brackets; a scope as in fe80::1%eth0 */
	bool is_address;  /* `host` is a numeric address */
	bool is_loopback; /* 127.0.0.0/8, ::1 or localhost */
	uint16_t port;
	char authority[272]; /* for the Host header: brackets and port as needed */
	char path[256];      /* without the last slash; "" at the top */
};

/* -EINVAL with a reason: https and http only, no user, query or fragment. */
_must_check_ int hn_url_parse(const char *text, struct hn_url *ret, struct hn_reason *reason);

#endif
