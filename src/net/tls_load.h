/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and keys, from files or from memory, into an OpenSSL context. */
#ifndef HN_NET_TLS_LOAD_H
#define HN_NET_TLS_LOAD_H

#include "hostnetd/tls.h"

struct ssl_ctx_st;

/* -EINVAL with a reason that names the file, or the key of a kubeconfig. */
_must_check_ int hn_tls_load(const struct hn_tls_settings *settings, struct ssl_ctx_st *context,
			     struct hn_reason *reason);

#endif
