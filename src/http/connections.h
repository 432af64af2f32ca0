/* SPDX-License-Identifier: Apache-2.0 */
/* The server's connections: how many, how long, how fast. evhttp tells of a connection only when a whole request is
 * there, so this table holds a reference of its own on each one's bufferevent, and sees by that when evhttp is done with
 * it. It ends a connection by shutting its socket down: evhttp then takes its own way out. */
#ifndef HN_HTTP_CONNECTIONS_H
#define HN_HTTP_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostnetd/time.h"

struct bufferevent;
struct evconnlistener;
struct event;
struct event_base;
struct hn_exchange;

#define HN_CONNECTIONS_MAX 128

enum hn_connection_phase {
	HN_CONNECTION_FREE,   /* this row */
	HN_CONNECTION_IDLE,   /* between two requests, or before the first */
	HN_CONNECTION_HEAD,   /* a request has begun to come */
	HN_CONNECTION_BUSY,   /* it is being answered */
	HN_CONNECTION_STREAM, /* for ever */
	HN_CONNECTION_DOOMED, /* its socket was shut down */
};

struct hn_connection {
	enum hn_connection_phase phase;
	struct bufferevent *bev; /* a reference of our own */
	int64_t deadline;        /* CLOCK_BOOTTIME, of this phase */
	int64_t since;
	bool known;                   /* this request shows the token */
	bool nul;                     /* came: evhttp takes it for the end of a text, others do not */
	struct hn_exchange *exchange; /* an answer that takes more than one piece; NULL: none */
	struct hn_connections *all;
};

struct hn_connections {
	struct event_base *base;
	struct evconnlistener *listener; /* borrowed */
	struct event *tick, *resume;
	bool costly;     /* each begins with a handshake */
	bool guarded;    /* there is a token: who does not show it is a stranger */
	int64_t crowded; /* when there were many last, and their memory was not given back yet; 0: no */
	size_t n;
	unsigned accepted; /* since the listener was resumed */
	uint64_t evicted, total;
	struct hn_connection rows[HN_CONNECTIONS_MAX];
};

/* -ENOMEM. */
int hn_connections_init(struct hn_connections *all, struct event_base *base, bool costly, bool guarded);
void hn_connections_done(struct hn_connections *all); /* when evhttp is gone */
/* A new one, whose bufferevent has no descriptor yet. Where the table is full the oldest goes of those that are idle, that are
 * at their head, or that leave an answer to a stranger unread; where there is none, false: the caller must not let it be
 * served. */
bool hn_connections_add(struct hn_connections *all, struct bufferevent *bev);
struct hn_connection *hn_connections_find(struct hn_connections *all, const struct bufferevent *bev);

void hn_connection_busy(struct hn_connection *c);   /* a request is here */
void hn_connection_known(struct hn_connection *c);  /* and it shows the token */
void hn_connection_moved(struct hn_connection *c);  /* a piece of its answer has gone out */
void hn_connection_stream(struct hn_connection *c); /* its answer has no end */
void hn_connection_waits(struct hn_connection *c);  /* STREAM: a piece is on its way */
void hn_connection_idle(struct hn_connection *c);   /* the answer is out */
void hn_connection_doom(struct hn_connection *c);

#endif
