// SPDX-License-Identifier: Apache-2.0
/* Answers that come in pieces: a list that is walked, a stream that has no end. A piece is made when the one before has gone
 * out, so that a slow client holds one piece of memory. */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/str.h"
#include "server_self.h"

#define PIECE_BYTES 32768
#define WALKS_MAX 8
#define STREAMS_MAX 32

struct hn_exchange {
	struct hn_http *server;
	struct hn_connection *connection;
	struct evhttp_request *raw;
	void *walk;        /* NULL: a stream */
	uint64_t seq;      /* STREAM: what was sent last */
	uint64_t gap_from; /* STREAM: what the client has, where more was wanted than there is; to be told first */
	unsigned secret;   /* STREAM: the generation of the token that opened it */
	bool gap;
	bool early;   /* STREAM: it came before the first event: nothing was missed */
	bool waiting; /* a piece is on its way */
	bool last;    /* it is the last one */
	bool in_call; /* evhttp is at work, and may end the connection */
	bool over;
	struct hn_exchange *next, **link;
};

static void dispose(struct hn_exchange *x)
{
	struct hn_http *h = x->server;

	*x->link = x->next;
	if (x->next)
		x->next->link = x->link;
	if (x->connection)
		x->connection->exchange = NULL;
	if (x->walk) {
		h->source->close(x->walk);
		h->walks--;
	} else {
		h->streams--;
	}
	free(x);
}

void hn_exchange_abandon(struct hn_exchange *x)
{
	/* evhttp gave the request to us when the connection broke; else it frees it with the connection. */
	if (!evhttp_request_get_connection(x->raw))
		evhttp_request_free(x->raw);
	x->raw = NULL;
	x->connection->exchange = NULL;
	x->connection = NULL;
	if (x->in_call)
		x->over = true;
	else
		dispose(x);
}

/* Nothing is on its way: evhttp closes at the next word that something has gone out, whatever that was. */
static void finish(struct hn_exchange *x)
{
	struct evhttp_request *raw = x->raw;

	dispose(x);
	evhttp_send_reply_end(raw);
}

static void advance(struct hn_exchange *x);

/* With TLS the word that the head has gone out comes late, when this piece is what is asked about. */
static void on_sent(struct evhttp_connection *connection, void *arg)
{
	struct hn_exchange *x = arg;
	struct bufferevent *bev = evhttp_connection_get_bufferevent(connection);

	if (evbuffer_get_length(bufferevent_get_output(bev)) > 0)
		return;
	x->waiting = false;
	hn_connection_moved(x->connection);
	advance(x);
}

/* The exchange may be gone afterwards. */
static void send_piece(struct hn_exchange *x, const struct hn_str *piece)
{
	struct evbuffer *buffer = evbuffer_new();

	if (!buffer || piece->failed || evbuffer_add(buffer, piece->data, piece->len) < 0) {
		if (buffer)
			evbuffer_free(buffer);
		/* Half an answer: the client must not take it for a whole one. */
		hn_connection_doom(x->connection);
		x->waiting = true;
		return;
	}
	x->waiting = true;
	hn_connection_waits(x->connection);
	x->in_call = true;
	evhttp_send_reply_chunk_with_cb(x->raw, buffer, on_sent, x);
	x->in_call = false;
	evbuffer_free(buffer);
	if (x->over)
		dispose(x);
}

static void walk_on(struct hn_exchange *x)
{
	_cleanup_(hn_str_done) struct hn_str piece = {0};
	bool more = x->server->source->step(x->walk, &piece);

	if (piece.len > 0 || piece.failed) {
		x->last = !more;
		send_piece(x, &piece);
	} else if (!more) {
		finish(x);
	} else {
		hn_http_wake(x->server);
	}
}

static void put_gap(struct hn_exchange *x, struct hn_str *out)
{
	struct hn_http_event first;
	bool any = hn_ring_after(x->server->ring, 0, &first);

	x->gap = false;
	x->seq = any ? first.seq - 1 : hn_ring_last(x->server->ring);
	hn_str_printf(out, "event: gap\ndata: {\"after\":%llu,\"next\":%llu}\n\n", (unsigned long long)x->gap_from,
		      (unsigned long long)x->seq + 1);
}

static void stream_on(struct hn_exchange *x)
{
	_cleanup_(hn_str_done) struct hn_str piece = {0};
	struct hn_http_event event;

	if (x->early && hn_ring_last(x->server->ring) > 0) {
		x->early = false;
		x->seq = hn_ring_begin(x->server->ring);
	}
	if (!hn_ring_reaches(x->server->ring, x->seq)) {
		x->gap = true;
		x->gap_from = x->seq;
	}
	if (x->gap)
		put_gap(x, &piece);
	while (piece.len < PIECE_BYTES && hn_ring_after(x->server->ring, x->seq, &event)) {
		hn_str_printf(&piece, "id: %llu\nevent: %s\ndata: ", (unsigned long long)event.seq, event.type);
		hn_str_append(&piece, event.json, event.n);
		hn_str_puts(&piece, "\n\n");
		x->seq = event.seq;
	}
	if (piece.len > 0 || piece.failed)
		send_piece(x, &piece);
}

static void advance(struct hn_exchange *x)
{
	if (x->waiting)
		return;
	if (x->last)
		finish(x);
	else if (x->walk)
		walk_on(x);
	else
		stream_on(x);
}

void hn_exchange_pump(struct hn_http *h)
{
	struct hn_exchange *x, *next;

	for (x = h->exchanges; x; x = next) {
		next = x->next;
		advance(x);
	}
}

void hn_exchange_withdraw(struct hn_http *h)
{
	for (struct hn_exchange *x = h->exchanges; x; x = x->next) {
		if (x->walk || x->secret == h->secret.generation)
			continue;
		hn_connection_doom(x->connection);
		x->waiting = true; /* nothing more goes out */
	}
}

void hn_exchange_beat(struct hn_http *h)
{
	static char beat[] = ": still here\n\n";
	struct hn_str text = {.data = beat, .len = sizeof(beat) - 1};
	struct hn_exchange *x, *next;

	for (x = h->exchanges; x; x = next) {
		next = x->next;
		if (!x->walk && !x->waiting)
			send_piece(x, &text);
	}
}

void hn_exchange_end_all(struct hn_http *h)
{
	while (h->exchanges) {
		struct hn_exchange *x = h->exchanges;

		x->connection->exchange = NULL; /* the request goes with its connection */
		x->connection = NULL;
		dispose(x);
	}
}

static struct hn_exchange *begin(struct hn_request *r, void *walk)
{
	struct hn_exchange *x = calloc(1, sizeof(*x));
	struct hn_http *h = r->server;

	if (!x)
		return NULL;
	x->server = h;
	x->connection = r->connection;
	x->raw = r->raw;
	x->walk = walk;
	x->secret = h->secret.generation;
	x->next = h->exchanges;
	x->link = &h->exchanges;
	if (x->next)
		x->next->link = &x->next;
	h->exchanges = x;
	r->connection->exchange = x;
	if (walk)
		h->walks++;
	else
		h->streams++;
	return x;
}

void hn_reply_list(struct hn_request *r, enum hn_http_list list)
{
	const struct hn_http_source *source = r->server->source;
	struct hn_reason reason = {{0}};
	void *walk = NULL;
	int result;

	if (r->server->walks >= WALKS_MAX) {
		hn_reply_error(r, 503, "%d long answers are being sent: try again", WALKS_MAX);
		return;
	}
	result = source->open(source->self, list, &r->query, &walk, &reason);
	if (result < 0) {
		int status = result == -ENOENT ? 404 : result == -EINVAL ? 400 : 503;

		hn_reply_error(r, status, "%s", reason.text[0] ? reason.text : strerror(-result));
		return;
	}
	if (r->head) {
		source->close(walk);
		hn_reply_headers(r, HN_HTTP_JSON);
		evhttp_send_reply(r->raw, 200, hn_reply_reason(200), NULL);
		return;
	}
	if (!begin(r, walk)) {
		source->close(walk);
		hn_reply_error(r, 503, "no memory for the answer");
		return;
	}
	hn_reply_headers(r, HN_HTTP_JSON);
	evhttp_send_reply_start(r->raw, 200, hn_reply_reason(200));
	hn_http_wake(r->server);
}

/* -EINVAL: no number. */
static int parse_seq(const char *text, uint64_t *ret)
{
	uint64_t value = 0;

	if (!text[0] || strlen(text) > 19)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		value = value * 10 + (uint64_t)(*text - '0');
	}
	*ret = value;
	return 0;
}

void hn_reply_stream(struct hn_request *r)
{
	static const char hello[] = "retry: 2000\n: hello\n\n";
	const char *last = hn_request_header(r, "Last-Event-ID");
	uint64_t seq = hn_ring_last(r->server->ring);
	struct evbuffer *buffer;
	struct hn_exchange *x;

	if (last && parse_seq(last, &seq) < 0) {
		hn_reply_error(r, 400, "Last-Event-ID: not the id of an event");
		return;
	}
	if (r->head) {
		hn_reply_headers(r, "text/event-stream");
		evhttp_send_reply(r->raw, 200, hn_reply_reason(200), NULL);
		return;
	}
	buffer = evbuffer_new();
	x = r->server->streams < STREAMS_MAX && buffer ? begin(r, NULL) : NULL;
	if (!x) {
		if (buffer)
			evbuffer_free(buffer);
		hn_reply_error(r, 503, "%d streams are open: try again", STREAMS_MAX);
		return;
	}
	x->seq = seq;
	x->early = !last && seq == 0;
	r->server->stats.streams++;
	hn_connection_stream(r->connection);
	hn_reply_headers(r, "text/event-stream");
	evhttp_send_reply_start(r->raw, 200, hn_reply_reason(200));
	evbuffer_add(buffer, hello, sizeof(hello) - 1);
	x->waiting = true;
	evhttp_send_reply_chunk_with_cb(r->raw, buffer, on_sent, x);
	evbuffer_free(buffer);
}
