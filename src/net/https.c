// SPDX-License-Identifier: Apache-2.0
// evhttp speaks the protocol; this file gives it a connection, a deadline and bounds, and finds out why it failed.
// Whatever ends a request only notes the end and wakes `finish`: nothing of evhttp is freed in a callback of its own.
#include "hostnetd/https.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "hostnetd/str.h"
#include "hostnetd/time.h"
#include "hostnetd/token.h"
#include "https_head.h"
#include "lookup.h"

#define HEAD_BYTES 65536
#define READ_AT_ONCE 16384 /* one callback's work: far below the 2 ms after which the ring buffer wants its turn */

static const enum evhttp_cmd_type methods[] = {
	[HN_HTTPS_GET] = EVHTTP_REQ_GET,       [HN_HTTPS_POST] = EVHTTP_REQ_POST,
	[HN_HTTPS_PUT] = EVHTTP_REQ_PUT,       [HN_HTTPS_PATCH] = EVHTTP_REQ_PATCH,
	[HN_HTTPS_DELETE] = EVHTTP_REQ_DELETE,
};
_Static_assert(HN_ARRAY_SIZE(methods) == HN_HTTPS_METHOD_MAX, "evhttp's name for each method");

struct hn_https {
	struct hn_https_settings settings;
	struct event_base *base;
	struct event *deadline, *finish;
	struct hn_lookup *lookup;
	char addresses[HN_LOOKUP_ADDRESSES][HN_LOOKUP_ADDRESS_SIZE];
	size_t n_addresses, next_address;
	char server_name[256];
	struct evhttp_connection *connection;
	struct bufferevent *bev; /* of the connection */
	bufferevent_event_cb evhttp_event;
	void *evhttp_arg;
	int connect_error; /* errno */
	bool ended;
	size_t text_len;
	struct hn_https_answer answer;
};

/* --- the end ----------------------------------------------------------------------------------------------------- */

/* The first end counts. */
static void end(struct hn_https *h, enum hn_https_failure failure)
{
	struct timeval now = {0, 0};

	if (h->ended)
		return;
	h->ended = true;
	h->answer.failure = failure;
	event_add(h->finish, &now);
}

static void drop_connection(struct hn_https *h)
{
	if (h->connection)
		evhttp_connection_free(h->connection);
	h->connection = NULL;
	h->bev = NULL;
}

static void connect_next(struct hn_https *h);

static void on_finish(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct hn_https *h = arg;

	drop_connection(h);
	if (h->answer.failure == HN_HTTPS_CONNECT && h->next_address < h->n_addresses) {
		h->ended = false;
		connect_next(h);
		return;
	}
	event_del(h->deadline);
	h->settings.done(h->settings.arg, &h->answer);
}

static void on_deadline(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct sockaddr_storage peer;
	socklen_t n = sizeof(peer);
	struct hn_https *h = arg;
	int socket_fd = h->bev ? bufferevent_getfd(h->bev) : -1;

	/* evhttp has one state for both. */
	if (h->answer.phase == HN_HTTPS_AT_CONNECT && socket_fd >= 0 &&
	    getpeername(socket_fd, (struct sockaddr *)&peer, &n) == 0)
		h->answer.phase = HN_HTTPS_AT_HANDSHAKE;
	h->next_address = h->n_addresses;
	end(h, HN_HTTPS_TIMEOUT);
}

/* --- the answer -------------------------------------------------------------------------------------------------- */

static int on_head(struct evhttp_request *request, void *arg)
{
	struct hn_https *h = arg;

	h->answer.phase = HN_HTTPS_AT_BODY;
	h->answer.status = evhttp_request_get_response_code(request);
	if (hn_https_head_read(evhttp_request_get_input_headers(request), h->settings.body_type, &h->answer) < 0)
		end(h, HN_HTTPS_PROTOCOL);
	return 0;
}

static void keep_text(struct hn_https *h, const char *bytes, size_t n)
{
	size_t room = sizeof(h->answer.text) - 1 - h->text_len;

	if (n > room)
		n = room;
	memcpy(h->answer.text + h->text_len, bytes, n);
	h->text_len += n;
	h->answer.text[h->text_len] = '\0';
}

static void body_piece(struct hn_https *h, const char *bytes, size_t n)
{
	h->answer.bytes += n;
	if (!hn_https_is_good(h->answer.status))
		keep_text(h, bytes, n);
	else if (h->settings.body && h->settings.body(h->settings.arg, bytes, n, &h->answer.reason) < 0)
		end(h, HN_HTTPS_BODY);
}

static void on_body(struct evhttp_request *request, void *arg)
{
	struct evbuffer *input = evhttp_request_get_input_buffer(request);
	struct hn_https *h = arg;
	size_t n;

	while (!h->ended && (n = evbuffer_get_contiguous_space(input)) > 0) {
		body_piece(h, (const char *)evbuffer_pullup(input, (ev_ssize_t)n), n);
		evbuffer_drain(input, n);
	}
}

static void on_error(enum evhttp_request_error error, void *arg)
{
	struct hn_https *h = arg;

	if (h->answer.tls.fault != HN_TLS_FINE)
		end(h, HN_HTTPS_TLS);
	else if (error == EVREQ_HTTP_DATA_TOO_LONG)
		end(h, HN_HTTPS_TOO_LARGE);
	else if (error == EVREQ_HTTP_INVALID_HEADER)
		end(h, HN_HTTPS_PROTOCOL);
	else
		end(h, HN_HTTPS_CLOSED);
}

/* evhttp calls this at every end; without a status nobody answered. */
static void on_request(struct evhttp_request *request, void *arg)
{
	struct hn_https *h = arg;

	if (request && evhttp_request_get_response_code(request) > 0) {
		if (h->answer.status == 0)
			on_head(request, h);
		end(h, HN_HTTPS_FINE);
		return;
	}
	if (h->connect_error == 0)
		h->connect_error = errno;
	if (h->answer.tls.fault != HN_TLS_FINE)
		end(h, HN_HTTPS_TLS);
	else if (h->answer.phase == HN_HTTPS_AT_CONNECT && h->connect_error != ECONNRESET && h->connect_error != 0)
		end(h, HN_HTTPS_CONNECT);
	else
		end(h, HN_HTTPS_CLOSED);
	if (h->answer.failure == HN_HTTPS_CONNECT)
		hn_reason_set(&h->answer.reason, -h->connect_error, "%s", strerror(h->connect_error));
}

/* Stands before evhttp's own event callback while it connects: afterwards nobody can say why that failed. */
static void on_connect_event(struct bufferevent *bev, short what, void *arg)
{
	struct hn_https *h = arg;

	h->connect_error = what & BEV_EVENT_ERROR ? EVUTIL_SOCKET_ERROR() : 0;
	if (h->settings.url->tls && what & (BEV_EVENT_ERROR | BEV_EVENT_EOF))
		hn_tls_judge(bev, &h->answer.tls);
	if (what & BEV_EVENT_CONNECTED)
		h->answer.phase = HN_HTTPS_AT_ANSWER;
	bufferevent_setcb(bev, NULL, NULL, h->evhttp_event, h->evhttp_arg);
	h->evhttp_event(bev, what, h->evhttp_arg);
}

static void watch_connect(struct hn_https *h)
{
	bufferevent_data_cb on_read, on_write;

	if (h->ended)
		return;
	bufferevent_getcb(h->bev, &on_read, &on_write, &h->evhttp_event, &h->evhttp_arg);
	if (!on_read && !on_write && h->evhttp_event)
		bufferevent_setcb(h->bev, NULL, NULL, on_connect_event, h);
}

/* --- the request ------------------------------------------------------------------------------------------------- */

/* A token belongs to nobody on the way: over plain HTTP it stays on this machine. */
static bool is_overheard(const struct hn_https *h)
{
	return !h->settings.url->tls && !h->settings.url->is_loopback;
}

static int add_token(struct hn_https *h, struct evkeyvalq *headers)
{
	char token[HN_TOKEN_SIZE], header[HN_TOKEN_SIZE + 8];
	int r;

	if (!h->settings.token_file && !h->settings.token)
		return 0;
	if (is_overheard(h)) {
		h->answer.token_withheld = true;
		return 0;
	}
	r = h->settings.token ? !hn_strcpy(token, sizeof(token), h->settings.token) :
				hn_token_read(h->settings.token_file, token, &h->answer.reason);
	if (r == 0) {
		snprintf(header, sizeof(header), "Bearer %s", token);
		r = evhttp_add_header(headers, "Authorization", header);
	}
	explicit_bzero(token, sizeof(token));
	explicit_bzero(header, sizeof(header));
	return r;
}

static int add_headers(struct hn_https *h, struct evkeyvalq *headers)
{
	for (size_t i = 0; i < h->settings.n_headers; i++) {
		const struct hn_https_header *one = &h->settings.headers[i];

		/* Of two of that name the receiver reads the first. */
		if (strcasecmp(one->name, "Accept") == 0)
			evhttp_remove_header(headers, one->name);
		if (one->secret && is_overheard(h))
			h->answer.token_withheld = true;
		else if (evhttp_add_header(headers, one->name, one->value) < 0)
			return hn_reason_set(&h->answer.reason, -EINVAL, "header %.100s cannot be sent",
					     one->name);
	}
	return 0;
}

static int add_content(struct hn_https *h, struct evhttp_request *request, struct evkeyvalq *headers)
{
	char length[24];

	if (!h->settings.content)
		return 0;
	snprintf(length, sizeof(length), "%zu", h->settings.content_len);
	if (evhttp_add_header(headers, "Content-Type", h->settings.content_type) < 0 ||
	    evhttp_add_header(headers, "Content-Length", length) < 0)
		return -ENOMEM;
	/* By reference: it is the caller's until the end. */
	return evbuffer_add_reference(evhttp_request_get_output_buffer(request), h->settings.content,
				      h->settings.content_len, NULL, NULL) < 0 ?
		       -ENOMEM :
		       0;
}

static struct evhttp_request *make_request(struct hn_https *h)
{
	struct evhttp_request *request = evhttp_request_new(on_request, h);
	struct evkeyvalq *headers;

	if (!request) {
		end(h, HN_HTTPS_MEMORY);
		return NULL;
	}
	headers = evhttp_request_get_output_headers(request);
	evhttp_add_header(headers, "Host", h->settings.url->authority);
	evhttp_add_header(headers, "User-Agent", "hostnetd");
	evhttp_add_header(headers, "Accept", "application/json");
	evhttp_add_header(headers, "Accept-Encoding", "identity");
	evhttp_add_header(headers, "Connection", "close");
	evhttp_request_set_header_cb(request, on_head);
	evhttp_request_set_chunked_cb(request, on_body);
	evhttp_request_set_error_cb(request, on_error);
	if (add_token(h, headers) < 0 || add_headers(h, headers) < 0) {
		evhttp_request_free(request);
		end(h, HN_HTTPS_TOKEN);
		return NULL;
	}
	if (add_content(h, request, headers) < 0) {
		evhttp_request_free(request);
		end(h, HN_HTTPS_MEMORY);
		return NULL;
	}
	return request;
}

static struct bufferevent *make_bufferevent(struct hn_https *h)
{
	if (h->settings.url->tls)
		return hn_tls_bufferevent(h->settings.tls, h->base, h->server_name, &h->answer.tls);
	return bufferevent_socket_new(h->base, -1, BEV_OPT_CLOSE_ON_FREE);
}

static bool make_connection(struct hn_https *h, const char *address)
{
	struct timeval never = {86400, 0}; /* our own deadline rules */
	struct bufferevent *bev = make_bufferevent(h);

	if (!bev)
		return false;
	bufferevent_set_max_single_read(bev, READ_AT_ONCE);
	h->connection = evhttp_connection_base_bufferevent_new(h->base, NULL, bev, address, h->settings.url->port);
	if (!h->connection) {
		bufferevent_free(bev);
		return false;
	}
	h->bev = bev;
	evhttp_connection_set_timeout_tv(h->connection, &never);
	/* Who refuses a body answers before it has read it all. */
	evhttp_connection_set_flags(h->connection, EVHTTP_CON_READ_ON_WRITE_ERROR);
	evhttp_connection_set_max_headers_size(h->connection, HEAD_BYTES);
	evhttp_connection_set_max_body_size(h->connection, (ev_ssize_t)h->settings.max_bytes);
	return true;
}

static void connect_next(struct hn_https *h)
{
	const char *address = h->addresses[h->next_address++];
	_cleanup_(hn_str_done) struct hn_str uri = {0};
	struct evhttp_request *request;

	h->answer.phase = HN_HTTPS_AT_CONNECT;
	h->connect_error = 0;
	h->answer.reason.text[0] = '\0';
	hn_str_puts(&uri, h->settings.url->path);
	hn_str_puts(&uri, h->settings.path);
	if (uri.len == 0)
		hn_str_putc(&uri, '/');
	if (uri.failed) {
		end(h, HN_HTTPS_MEMORY);
		return;
	}
	request = make_request(h);
	if (!request)
		return;
	if (!make_connection(h, address)) {
		evhttp_request_free(request);
		end(h, HN_HTTPS_MEMORY);
		return;
	}
	errno = 0;
	if (evhttp_make_request(h->connection, request, methods[h->settings.method], uri.data) < 0)
		on_request(NULL, h);
	else
		watch_connect(h);
}

static void on_lookup(void *arg, char addresses[][HN_LOOKUP_ADDRESS_SIZE], size_t n, const char *problem)
{
	struct hn_https *h = arg;

	h->lookup = NULL;
	if (n == 0) {
		hn_reason_set(&h->answer.reason, -ENOENT, "%s", problem);
		end(h, HN_HTTPS_LOOKUP);
		return;
	}
	memcpy(h->addresses, addresses, n * sizeof(h->addresses[0]));
	h->n_addresses = n;
	connect_next(h);
}

static void start(struct hn_https *h)
{
	const struct hn_url *url = h->settings.url;

	if (url->tls && hn_tls_refresh(h->settings.tls, &h->answer.reason) < 0) {
		end(h, HN_HTTPS_FILES);
		return;
	}
	if (url->is_address) {
		hn_strcpy(h->addresses[0], sizeof(h->addresses[0]), url->host);
		h->n_addresses = 1;
		connect_next(h);
		return;
	}
	h->answer.phase = HN_HTTPS_AT_LOOKUP;
	h->lookup = hn_lookup_new(h->base, url->host, on_lookup, h);
	if (!h->lookup)
		end(h, HN_HTTPS_MEMORY);
}

struct hn_https *hn_https_start(const struct hn_https_settings *settings, struct event_base *base)
{
	struct timeval timeout = {
		.tv_sec = settings->timeout_ns / HN_NSEC_PER_SEC,
		.tv_usec = settings->timeout_ns % HN_NSEC_PER_SEC / 1000,
	};
	struct hn_https *h = calloc(1, sizeof(*h));
	const char *name = settings->server_name ? settings->server_name : settings->url->host;

	if (!h)
		return NULL;
	h->settings = *settings;
	h->base = base;
	hn_strcpy(h->server_name, sizeof(h->server_name), name);
	/* No certificate carries the scope of a link-local address. */
	h->server_name[strcspn(h->server_name, "%")] = '\0';
	h->deadline = evtimer_new(base, on_deadline, h);
	h->finish = evtimer_new(base, on_finish, h);
	if (!h->deadline || !h->finish || event_add(h->deadline, &timeout) < 0) {
		hn_https_free(h);
		return NULL;
	}
	start(h);
	return h;
}

void hn_https_free(struct hn_https *h)
{
	if (!h)
		return;
	hn_lookup_cancel(h->lookup);
	drop_connection(h);
	if (h->deadline)
		event_free(h->deadline);
	if (h->finish)
		event_free(h->finish);
	free(h);
}
