/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of TLS. tls.c is the one file here that includes OpenSSL. */
#ifndef HN_HTTP_TLS_H
#define HN_HTTP_TLS_H

#include "hostnetd/reason.h"

struct bufferevent;
struct event_base;
struct hn_http_tls;

/* Reads both files, whose paths are borrowed. -EINVAL with a reason that names the file. */
_must_check_ int hn_http_tls_new(const char *cert_file, const char *key_file, struct hn_http_tls **ret,
				 struct hn_reason *reason);
void hn_http_tls_free(struct hn_http_tls *t);
/* Reads them again if one has changed. On an error the old ones stay in use: half of a renewal may be done. 1: new ones are
 * in use, 0: the same; -EINVAL with a reason, the first time. */
_must_check_ int hn_http_tls_refresh(struct hn_http_tls *t, struct hn_reason *reason);
/* A bufferevent, without a descriptor yet, that waits for a client's handshake. NULL: no memory. */
struct bufferevent *hn_http_tls_bufferevent(struct hn_http_tls *t, struct event_base *base);

#endif
