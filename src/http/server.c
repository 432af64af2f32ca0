// SPDX-License-Identifier: Apache-2.0
/* evhttp reads requests and writes answers; this file decides whether a request is answered at all. */
#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "head.h"
#include "host.h"
#include "hostnetd/str.h"
#include "query.h"
#include "routes.h"
#include "server_self.h"
#include "tls.h"

#define HEAD_BYTES 8192
#define PATH_BYTES 256
#define BODY_BYTES 1024 /* that evhttp reads before it asks us, who refuse any */
#define BEAT_S 15

static void tell(const struct hn_http *h, const struct hn_reason *reason)
{
	if (h->settings.log)
		h->settings.log(reason->text);
}

/* --- the head ------------------------------------------------------------------------------------------------------ */

static void refuse_and_close(struct hn_request *r, int status, const char *why)
{
	hn_reply_header(r, "Connection", "close");
	hn_reply_error(r, status, "%s", why);
}

/* True if it was answered. */
static bool refuse_host(struct hn_request *r)
{
	const struct hn_http_settings *s = &r->server->settings;
	const char *named = evhttp_uri_get_host(evhttp_request_get_evhttp_uri(r->raw));
	const char *host = hn_request_header(r, "Host");

	if (s->metrics_only)
		return false;
	if (!host || hn_host_judge(host, s->hosts, s->n_hosts) == HN_HOST_MALFORMED) {
		refuse_and_close(r, 400, "a Host header is missing or malformed");
		return true;
	}
	if (hn_host_judge(host, s->hosts, s->n_hosts) == HN_HOST_OURS &&
	    (!named || hn_host_judge(named, s->hosts, s->n_hosts) == HN_HOST_OURS))
		return false;
	refuse_and_close(r, 421, "this server has another name: --api-host gives it one");
	return true;
}

static void refresh_secret(struct hn_http *h)
{
	struct hn_reason reason;
	int news;

	if (!h->secret.path)
		return;
	news = hn_secret_refresh(&h->secret, &reason);
	if (news < 0)
		tell(h, &reason);
	if (news != 0)
		hn_exchange_withdraw(h);
}

static bool refuse_stranger(struct hn_request *r)
{
	struct hn_http *h = r->server;

	if (!h->secret.path)
		return false;
	refresh_secret(h);
	if (hn_secret_shown(&h->secret, hn_request_header(r, "Authorization"))) {
		hn_connection_known(r->connection);
		return false;
	}
	hn_reply_header(r, "WWW-Authenticate", "Bearer realm=\"hostnetd\"");
	hn_reply_error(r, 401, "this needs the bearer token of --api-token-file");
	return true;
}

static bool refuse_method(struct hn_request *r)
{
	enum evhttp_cmd_type method = evhttp_request_get_command(r->raw);

	if (method == EVHTTP_REQ_GET || method == EVHTTP_REQ_HEAD)
		return false;
	hn_reply_header(r, "Allow", "GET, HEAD");
	refuse_and_close(r, 405, "there is GET and HEAD");
	return true;
}

/* --- a request ----------------------------------------------------------------------------------------------------- */

static bool refuse_query(struct hn_request *r, unsigned allowed)
{
	const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(r->raw));
	struct hn_reason reason;

	if (hn_http_query_parse(query, allowed, &r->query, &reason) == 0)
		return false;
	hn_reply_error(r, 400, "%s", reason.text);
	return true;
}

static void answer_route(struct hn_request *r, const struct hn_route *route, const char *id)
{
	if (route->needs_token && !r->server->settings.metrics_only && refuse_stranger(r))
		return;
	if (refuse_method(r) || refuse_query(r, route->parameters))
		return;
	r->query.values[HN_HTTP_ID] = id;
	route->answer(r);
}

static void answer(struct hn_request *r)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(r->raw);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL, *id = NULL, *problem;
	bool metrics_only = r->server->settings.metrics_only;
	const struct hn_http_file *file;
	const struct hn_route *route;

	if (!path) { /* evhttp could not read the request */
		refuse_and_close(r, 400, "not a request of HTTP/1.1, or larger than it may be");
		return;
	}
	problem = r->connection->nul ? "a request has a NUL" : hn_head_judge(r->raw);
	if (problem) {
		refuse_and_close(r, 400, problem);
		return;
	}
	if (refuse_host(r))
		return;
	if (strlen(path) > PATH_BYTES) {
		refuse_and_close(r, 414, "the path is too long");
		return;
	}
	route = hn_route_find(path, &id);
	if (route && (route->for_metrics || !metrics_only)) {
		answer_route(r, route, id);
		return;
	}
	file = metrics_only ? NULL : hn_http_file_find(path);
	if (file) {
		if (!refuse_method(r) && !refuse_query(r, 0))
			hn_http_file_answer(r, file);
		return;
	}
	if (!metrics_only && hn_starts_with(path, "/api/") && refuse_stranger(r))
		return;
	if (!refuse_method(r))
		hn_reply_error(r, 404, "there is no such path; /openapi.json lists them");
}

static void on_complete(struct evhttp_request *raw _unused_, void *arg)
{
	hn_connection_idle(arg);
}

static void on_close(struct evhttp_connection *connection _unused_, void *arg)
{
	struct hn_connection *c = arg;

	if (c->exchange)
		hn_exchange_abandon(c->exchange);
}

static void on_request(struct evhttp_request *raw, void *arg)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(raw);
	struct hn_http *h = arg;
	/* Before anything can answer: a body behind a HEAD would be read as the next answer. */
	struct hn_request r = {
		.server = h, .raw = raw, .head = evhttp_request_get_command(raw) == EVHTTP_REQ_HEAD};

	h->stats.requests++;
	r.connection = hn_connections_find(&h->connections, evhttp_connection_get_bufferevent(connection));
	if (!r.connection || r.connection->phase == HN_CONNECTION_DOOMED) {
		h->stats.refused++;
		refuse_and_close(&r, 503, "too many connections");
		return;
	}
	hn_connection_busy(r.connection);
	evhttp_connection_set_closecb(connection, on_close, r.connection);
	evhttp_request_set_on_complete_cb(raw, on_complete, r.connection);
	answer(&r);
}

/* --- connections --------------------------------------------------------------------------------------------------- */

static struct bufferevent *on_connection(struct event_base *base, void *arg)
{
	struct hn_http *h = arg;
	struct bufferevent *bev = NULL;
	struct hn_reason reason;
	int r;

	if (h->tls) {
		r = hn_http_tls_refresh(h->tls, &reason);
		if (r != 0)
			tell(h, r < 0 ? &reason : &(struct hn_reason){"the TLS certificate was read again"});
		bev = hn_http_tls_bufferevent(h->tls, base);
		if (bev && hn_connections_add(&h->connections, bev))
			return bev;
	} else {
		bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
		if (bev && hn_connections_add(&h->connections, bev))
			return bev;
	}
	/* evhttp makes a plain one of its own where it gets none: on_request() does not know it, and refuses. */
	if (bev)
		bufferevent_free(bev);
	h->stats.refused++;
	return NULL;
}

static void on_pump(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	hn_exchange_pump(arg);
}

static void on_beat(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	refresh_secret(arg);
	hn_exchange_beat(arg);
}

void hn_http_wake(struct hn_http *h)
{
	struct timeval now = {0, 0};

	if (h && h->exchanges && !event_pending(h->pump, EV_TIMEOUT, NULL))
		event_add(h->pump, &now);
}

void hn_http_stats(const struct hn_http *h, struct hn_http_stats *ret)
{
	*ret = h->stats;
	ret->connections = h->connections.n;
	ret->evicted = h->connections.evicted;
	ret->open_streams = h->streams;
}

/* --- begin and end ------------------------------------------------------------------------------------------------- */

/* Who can reach it without a token must be allowed to read it. */
static int check_access(const struct hn_http *h, struct hn_reason *reason)
{
	const struct hn_http_settings *s = &h->settings;

	if (s->metrics_only || s->token_file || h->listen.address.any.sa_family == AF_UNIX ||
	    (h->listen.loopback && s->own_netns))
		return 0;
	return hn_reason_set(
		reason, -EACCES, "%s %s: needs --api-token-file: %s", s->flag, s->listen,
		h->listen.loopback ?
			"the agent is in the host's network namespace, whose loopback the watched containers reach" :
			"others than this node's root can reach it");
}

static int open_files(struct hn_http *h, struct hn_reason *reason)
{
	const struct hn_http_settings *s = &h->settings;
	int r = 0;

	if (s->metrics_only)
		return 0;
	if (!s->tls_cert_file != !s->tls_key_file)
		return hn_reason_set(reason, -EINVAL, "--tls-cert-file and --tls-key-file belong together");
	if (s->token_file) {
		h->secret.path = s->token_file;
		r = hn_secret_refresh(&h->secret, reason);
		if (r < 0)
			return hn_reason_wrap(reason, r, "--api-token-file");
	}
	if (s->tls_cert_file)
		r = hn_http_tls_new(s->tls_cert_file, s->tls_key_file, &h->tls, reason);
	return r < 0 ? r : 0;
}

static int start(struct hn_http *h, struct hn_reason *reason)
{
	struct timeval never = {86400, 0}, beat = {BEAT_S, 0}; /* connections.c has its own clocks */
	struct evhttp_bound_socket *bound;
	struct evconnlistener *listener;
	int fd;

	h->evhttp = evhttp_new(h->base);
	h->pump = evtimer_new(h->base, on_pump, h);
	h->beat = event_new(h->base, -1, EV_PERSIST, on_beat, h);
	if (!h->evhttp || !h->pump || !h->beat ||
	    hn_connections_init(&h->connections, h->base, h->tls != NULL, h->secret.path != NULL) < 0)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	evhttp_set_timeout_tv(h->evhttp, &never);
	evhttp_set_max_headers_size(h->evhttp, HEAD_BYTES);
	evhttp_set_max_body_size(h->evhttp, BODY_BYTES);
	evhttp_set_default_content_type(h->evhttp, NULL);
	/* All that it can read: who asks with another than GET is told what there is. */
	evhttp_set_allowed_methods(h->evhttp, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST | EVHTTP_REQ_PUT |
						      EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE |
						      EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH);
	evhttp_set_bevcb(h->evhttp, on_connection, h);
	evhttp_set_gencb(h->evhttp, on_request, h);
	fd = hn_listen_open(&h->listen, reason);
	if (fd < 0)
		return hn_reason_wrap(reason, fd, "%s %s", h->settings.flag, h->settings.listen);
	listener = evconnlistener_new(h->base, NULL, NULL,
				      LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE, 0, fd);
	bound = listener ? evhttp_bind_listener(h->evhttp, listener) : NULL;
	if (!bound) {
		if (listener)
			evconnlistener_free(listener);
		else
			close(fd);
		return hn_reason_set(reason, -ENOMEM, "no memory");
	}
	h->connections.listener = listener;
	event_add(h->beat, &beat);
	return 0;
}

int hn_http_new(const struct hn_http_settings *settings, struct event_base *base,
		const struct hn_http_source *source, struct hn_ring *ring, struct hn_http **ret,
		struct hn_reason *reason)
{
	_cleanup_(hn_http_cleanup) struct hn_http *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	h->settings = *settings;
	h->source = source;
	h->ring = ring;
	h->base = base;
	r = hn_listen_parse(settings->listen, &h->listen, reason);
	if (r < 0)
		return hn_reason_wrap(reason, r, "%s", settings->flag);
	r = check_access(h, reason);
	if (r == 0)
		r = open_files(h, reason);
	if (r == 0)
		r = start(h, reason);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(h);
	return 0;
}

void hn_http_free(struct hn_http *h)
{
	if (!h)
		return;
	hn_exchange_end_all(h);
	if (h->evhttp)
		evhttp_free(h->evhttp);
	hn_connections_done(&h->connections);
	hn_listen_close(&h->listen);
	if (h->pump)
		event_free(h->pump);
	if (h->beat)
		event_free(h->beat);
	hn_http_tls_free(h->tls);
	hn_secret_done(&h->secret);
	free(h);
}
