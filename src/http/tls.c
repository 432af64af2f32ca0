// SPDX-License-Identifier: Apache-2.0
#include "tls.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/filestamp.h"
#include "hostnetd/tls.h"

struct hn_http_tls {
	const char *cert_file, *key_file;
	SSL_CTX *context;
	struct hn_filestamp stamps[2];
	bool complained; /* of these stamps */
};

static void context_cleanup(SSL_CTX **context)
{
	SSL_CTX_free(*context);
}

static int make_context(const struct hn_http_tls *t, SSL_CTX **ret, struct hn_reason *reason)
{
	_cleanup_(context_cleanup) SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	int r;

	if (!context)
		return hn_reason_set(reason, -ENOMEM, "no memory for TLS");
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	/* A client that renegotiates makes the server work for nothing; tickets and a cache keep memory for strangers. */
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
					     SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	r = hn_tls_load_server(context, t->cert_file, t->key_file, reason);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(context);
	return 0;
}

int hn_http_tls_refresh(struct hn_http_tls *t, struct hn_reason *reason)
{
	struct hn_filestamp now[2];
	SSL_CTX *context = NULL;
	bool changed;
	int r;

	hn_filestamp_take(t->cert_file, &now[0]);
	hn_filestamp_take(t->key_file, &now[1]);
	if (t->context && hn_filestamp_same(&t->stamps[0], &now[0]) && hn_filestamp_same(&t->stamps[1], &now[1]))
		return 0;
	changed = hn_filestamp_differs(&t->stamps[0], &now[0]) || hn_filestamp_differs(&t->stamps[1], &now[1]);
	memcpy(t->stamps, now, sizeof(now));
	r = make_context(t, &context, reason);
	if (r < 0) {
		bool again = t->complained && !changed;

		t->complained = true;
		return again ? 0 : r;
	}
	t->complained = false;
	/* Connections that go on hold a reference of their own. */
	SSL_CTX_free(t->context);
	t->context = context;
	return changed;
}

int hn_http_tls_new(const char *cert_file, const char *key_file, struct hn_http_tls **ret,
		    struct hn_reason *reason)
{
	struct hn_http_tls *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return hn_reason_set(reason, -ENOMEM, "no memory for TLS");
	t->cert_file = cert_file;
	t->key_file = key_file;
	r = hn_http_tls_refresh(t, reason);
	if (r < 0) {
		hn_http_tls_free(t);
		return r;
	}
	*ret = t;
	return 0;
}

void hn_http_tls_free(struct hn_http_tls *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->context);
	free(t);
}

struct bufferevent *hn_http_tls_bufferevent(struct hn_http_tls *t, struct event_base *base)
{
	SSL *ssl = SSL_new(t->context);
	struct bufferevent *bev;

	if (!ssl)
		return NULL;
	bev = bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	if (!bev)
		SSL_free(ssl);
	else
		bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	return bev;
}
