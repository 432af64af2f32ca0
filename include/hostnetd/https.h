/* SPDX-License-Identifier: Apache-2.0 */
/* One request over HTTPS or HTTP in an event loop: never blocks, never follows a redirect, bounded in time and bytes. */
#ifndef HOSTNETD_HTTPS_H
#define HOSTNETD_HTTPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostnetd/reason.h"
#include "hostnetd/tls.h"
#include "hostnetd/url.h"

struct event_base;
struct hn_https;

enum hn_https_failure {
	HN_HTTPS_FINE,  /* a whole answer; any status */
	HN_HTTPS_TOKEN, /* the token's file cannot be used */
	HN_HTTPS_FILES, /* a certificate's file cannot be used */
	HN_HTTPS_MEMORY,
	HN_HTTPS_LOOKUP,   /* the name has no address */
	HN_HTTPS_CONNECT,  /* refused, no route */
	HN_HTTPS_TLS,      /* `tls` says why */
	HN_HTTPS_TIMEOUT,  /* `phase` says in what */
	HN_HTTPS_CLOSED,   /* the other side ended it too early */
	HN_HTTPS_PROTOCOL, /* no HTTP that we understand */
	HN_HTTPS_TOO_LARGE,
	HN_HTTPS_BODY, /* the receiver of the body refused: its reason is in `reason` */
};

enum hn_https_phase {
	HN_HTTPS_AT_LOOKUP,
	HN_HTTPS_AT_CONNECT,
	HN_HTTPS_AT_HANDSHAKE,
	HN_HTTPS_AT_ANSWER, /* sent, no answer yet */
	HN_HTTPS_AT_BODY,
	HN_HTTPS_PHASE_MAX,
};

enum hn_https_method {
	HN_HTTPS_GET,
	HN_HTTPS_POST,
	HN_HTTPS_PUT,
	HN_HTTPS_PATCH,
	HN_HTTPS_DELETE,
	HN_HTTPS_METHOD_MAX
};

struct hn_https_header {
	const char *name, *value;
	bool secret; /* goes where a token goes: not over plain HTTP to another machine */
};

struct hn_https_answer {
	enum hn_https_failure failure;
	enum hn_https_phase phase; /* where it ended */
	int status;                /* 0 before the answer's head */
	uint64_t bytes;            /* of the body */
	bool token_withheld;       /* or a secret header: plain HTTP to another machine */
	struct hn_tls_verdict tls;
	unsigned retry_after;    /* seconds that the answer asks to wait; 0: it does not */
	char text[4096];         /* start of the body where the status is not 2xx; hostile */
	char location[256];      /* of a redirect; hostile */
	struct hn_reason reason; /* words for the failure */
};

/* All borrowed until the end. */
struct hn_https_settings {
	const struct hn_url *url;
	enum hn_https_method method;
	const char *path;    /* added to the URL's, with its query */
	const char *content; /* that is sent; NULL: none */
	size_t content_len;
	const char *content_type;
	const struct hn_https_header *headers; /* besides those that each request has */
	size_t n_headers;
	struct hn_tls *tls;      /* for https */
	const char *server_name; /* NULL: the URL's host */
	const char *token_file;  /* NULL: none */
	const char *token;       /* instead of a file; NULL: none. hn_token_is_good() */
	const char *body_type;   /* that a 2xx with a body must have: "application/json"; NULL: any */
	int64_t timeout_ns;      /* from start to last byte */
	size_t max_bytes;
	/* A piece of the body of a 2xx. -errno with a reason ends the request. NULL: it is not wanted. */
	int (*body)(void *arg, const char *bytes, size_t n, struct hn_reason *reason);
	/* Called once and last: the request may be freed in it. Never before hn_https_start() returns. */
	void (*done)(void *arg, const struct hn_https_answer *answer);
	void *arg;
};

/* NULL: no memory. */
struct hn_https *hn_https_start(const struct hn_https_settings *settings, struct event_base *base);
bool hn_https_is_good(int status);      /* 2xx */
void hn_https_free(struct hn_https *h); /* closes the connection; `done` is not called any more */

#endif
