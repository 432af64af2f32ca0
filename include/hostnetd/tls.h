/* SPDX-License-Identifier: Apache-2.0 */
/* The client's side of TLS: chain and name are verified. tls.c and tls_load.c include OpenSSL. A server has a context of its
 * own; its certificate comes into it in the same way. */
#ifndef HOSTNETD_TLS_H
#define HOSTNETD_TLS_H

#include <stdbool.h>

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"

struct bufferevent;
struct event_base;
struct hn_tls;
struct ssl_ctx_st;

/* Borrowed texts; NULL: not given. */
struct hn_tls_settings {
	const char *ca_file; /* NULL: the system's */
	const char *client_cert;
	const char *client_key; /* NULL: in the certificate's file */
	bool insecure;          /* verifies nothing */
	/* What is in memory wins over its file: PEM, terminated. */
	const char *ca_pem, *client_cert_pem, *client_key_pem;
};

enum hn_tls_fault {
	HN_TLS_FINE,
	HN_TLS_NOT_TRUSTED, /* chain */
	HN_TLS_WRONG_NAME,  /* chain is good, name or address is not in it */
	HN_TLS_EXPIRED,     /* or not valid yet */
	HN_TLS_REFUSED,     /* the other side sent an alert: our certificate, or no common version */
	HN_TLS_NO_TLS,      /* the other side speaks something else */
	HN_TLS_OTHER,
};

/* What a handshake came to. Must live as long as the bufferevent. */
struct hn_tls_verdict {
	enum hn_tls_fault fault;
	bool handshake_done;
	bool name_matches; /* NOT_TRUSTED and EXPIRED: the name would be right */
	char name[256];    /* that the certificate must carry */
	char names[256];   /* that it carries, for a message */
	char detail[128];  /* OpenSSL's words */
};

/* Reads the files. -errno or -EINVAL with a reason that names the file. */
_must_check_ int hn_tls_new(const struct hn_tls_settings *settings, struct hn_tls **ret, struct hn_reason *reason);
void hn_tls_free(struct hn_tls *t);
/* Reads them again if one has changed. On an error the old ones are gone from use: the next call tries again. */
_must_check_ int hn_tls_refresh(struct hn_tls *t, struct hn_reason *reason);
/* A server's certificate with its chain, and its key: files in PEM form. -EINVAL with a reason that names the file. */
_must_check_ int hn_tls_load_server(struct ssl_ctx_st *context, const char *cert_file, const char *key_file,
				    struct hn_reason *reason);
/* A bufferevent that will connect and shake hands. `name` is a host name or an address; `verdict` is borrowed. NULL: no
 * memory. */
struct bufferevent *hn_tls_bufferevent(struct hn_tls *t, struct event_base *base, const char *name,
				       struct hn_tls_verdict *verdict);
/* After an error: puts what OpenSSL says into the verdict, if it is not known yet. */
void hn_tls_judge(struct bufferevent *bev, struct hn_tls_verdict *verdict);

#endif
