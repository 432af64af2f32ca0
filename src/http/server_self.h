/* SPDX-License-Identifier: Apache-2.0 */
/* The server from inside: server.c takes requests and judges them, routes.c says who answers, reply.c sends what is whole,
 * exchange.c what comes in pieces. */
#ifndef HN_HTTP_SERVER_SELF_H
#define HN_HTTP_SERVER_SELF_H

#include "connections.h"
#include "hostnetd/http.h"
#include "listen.h"
#include "secret.h"

struct bufferevent;
struct event;
struct evhttp;
struct evhttp_request;
struct hn_http_tls;

#define HN_HTTP_JSON "application/json"

struct hn_http {
	struct hn_http_settings settings;
	const struct hn_http_source *source;
	struct hn_ring *ring;
	struct event_base *base;
	struct hn_listen listen;
	struct evhttp *evhttp;
	struct hn_secret secret;
	struct hn_http_tls *tls;
	struct hn_connections connections;
	struct event *pump, *beat;
	struct hn_exchange *exchanges; /* a list */
	unsigned walks, streams;
	struct hn_http_stats stats;
};

/* One request while it is judged and its answer begun. */
struct hn_request {
	struct hn_http *server;
	struct evhttp_request *raw;
	struct hn_connection *connection;
	const char *tag; /* a file's ETag; NULL: none */
	bool head;       /* no body is wanted */
	struct hn_http_query query;
};

/* Each of these answers the request, and is the last that is done with it. */
void hn_reply_bytes(struct hn_request *r, int status, const char *type, const void *bytes, size_t n);
/* A file of the program's own: `bytes` are static. 304 if the client has it. */
void hn_reply_file(struct hn_request *r, const char *type, const char *tag, const void *bytes, size_t n);
/* A text that failed for want of memory is 503. */
void hn_reply_text(struct hn_request *r, int status, const char *type, const struct hn_str *text);
void hn_reply_error(struct hn_request *r, int status, const char *fmt, ...) _printf_(3, 4);
void hn_reply_list(struct hn_request *r, enum hn_http_list list);
void hn_reply_stream(struct hn_request *r);
const char *hn_reply_reason(int status);

void hn_reply_headers(struct hn_request *r, const char *type);
void hn_reply_header(struct hn_request *r, const char *name, const char *value);
const char *hn_request_header(const struct hn_request *r, const char *name); /* NULL: not there */

/* The connection goes down in the middle of an answer. */
void hn_exchange_abandon(struct hn_exchange *x);
void hn_exchange_pump(struct hn_http *h); /* goes on with those that can */
/* Ends the streams that another token than today's has opened: a list is over soon, a stream never. */
void hn_exchange_withdraw(struct hn_http *h);
void hn_exchange_beat(struct hn_http *h); /* a sign of life in each stream */
void hn_exchange_end_all(struct hn_http *h);

#endif
