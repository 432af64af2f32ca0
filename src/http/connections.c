// SPDX-License-Identifier: Apache-2.0
#include "connections.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <string.h>
#include <sys/socket.h>

#include "hostnetd/macro.h"
#include "hostnetd/memory.h"

#define IDLE_NS (30 * HN_NSEC_PER_SEC)
#define HEAD_NS (10 * HN_NSEC_PER_SEC)    /* from its first byte to its last, however they drip */
#define BUSY_NS (20 * HN_NSEC_PER_SEC)    /* without a piece taken */
#define STRANGER_NS (5 * HN_NSEC_PER_SEC) /* the same, of who shows no token where there is one */
#define WHOLE_NS (120 * HN_NSEC_PER_SEC)  /* one answer */
/* One turn of the loop takes so many connections, and then pauses: a flood of them must not hold it. */
#define ACCEPT_MAX 16
#define ACCEPT_COSTLY_MAX 1
#define PAUSE_US 2000
#define PAUSE_COSTLY_US 5000
/* What a client sends while it is being answered waits here, then in the kernel. */
#define INPUT_BYTES 32768
/* After so many at once, what they left behind goes back when there have been few for a while. */
#define CROWD (HN_CONNECTIONS_MAX / 4)
#define FEW 8
#define CALM_NS (5 * HN_NSEC_PER_SEC)

static int64_t now_ns(void)
{
	return hn_mono_now().ns;
}

static void set_phase(struct hn_connection *c, enum hn_connection_phase phase, int64_t limit)
{
	int64_t now = now_ns();

	if (c->phase == HN_CONNECTION_DOOMED)
		return;
	c->phase = phase;
	c->since = now;
	c->deadline = now + limit;
}

void hn_connection_doom(struct hn_connection *c)
{
	evutil_socket_t fd = bufferevent_getfd(c->bev);

	c->phase = HN_CONNECTION_DOOMED;
	c->deadline = 0;
	if (fd >= 0) {
		/* Reading may rest because the input is full: then nobody would see the end. */
		bufferevent_setwatermark(c->bev, EV_READ, 0, 0);
		shutdown(fd, SHUT_RDWR);
	}
}

/* evhttp has let go of it: that takes its callbacks away. */
static bool is_over(const struct hn_connection *c)
{
	bufferevent_data_cb on_read, on_write;
	bufferevent_event_cb on_event;

	bufferevent_getcb(c->bev, &on_read, &on_write, &on_event, NULL);
	return !on_read && !on_write && !on_event;
}

static bool holds_nul(struct evbuffer *input, size_t added)
{
	struct evbuffer_ptr from;

	return evbuffer_ptr_set(input, &from, evbuffer_get_length(input) - added, EVBUFFER_PTR_SET) == 0 &&
	       evbuffer_search(input, "", 1, &from).pos >= 0;
}

static void on_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
	struct hn_connection *c = arg;

	if (info->n_added > 0 && !c->nul)
		c->nul = holds_nul(input, info->n_added);
	if (info->n_added > 0 && c->phase == HN_CONNECTION_IDLE)
		set_phase(c, HN_CONNECTION_HEAD, HEAD_NS);
}

static void release(struct hn_connection *c)
{
	struct hn_connections *all = c->all;

	evbuffer_remove_cb(bufferevent_get_input(c->bev), on_input, c);
	bufferevent_decref(c->bev);
	memset(c, 0, sizeof(*c));
	c->all = all;
	all->n--;
}

static void start_tick(struct hn_connections *all)
{
	struct timeval soon = {0, 250000};

	if ((all->n > 0 || all->crowded) && !event_pending(all->tick, EV_TIMEOUT, NULL))
		event_add(all->tick, &soon);
}

static void look_after(struct hn_connections *all)
{
	int64_t now = now_ns();

	for (size_t i = 0; i < HN_CONNECTIONS_MAX; i++) {
		struct hn_connection *c = &all->rows[i];

		if (c->phase == HN_CONNECTION_FREE)
			continue;
		if (is_over(c))
			release(c);
		else if (now >= c->deadline || c->phase == HN_CONNECTION_DOOMED)
			hn_connection_doom(c);
	}
}

static void give_back(struct hn_connections *all)
{
	int64_t now = now_ns();

	if (!all->crowded)
		return;
	if (all->n > FEW) {
		all->crowded = now;
	} else if (now - all->crowded >= CALM_NS) {
		all->crowded = 0;
		hn_memory_give_back();
	}
}

static void on_tick(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct hn_connections *all = arg;

	look_after(all);
	give_back(all);
	start_tick(all);
}

static void on_resume(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct hn_connections *all = arg;

	all->accepted = 0;
	evconnlistener_enable(all->listener);
}

int hn_connections_init(struct hn_connections *all, struct event_base *base, bool costly, bool guarded)
{
	memset(all, 0, sizeof(*all));
	all->base = base;
	all->costly = costly;
	all->guarded = guarded;
	all->tick = evtimer_new(base, on_tick, all);
	all->resume = evtimer_new(base, on_resume, all);
	return all->tick && all->resume ? 0 : -ENOMEM;
}

void hn_connections_done(struct hn_connections *all)
{
	for (size_t i = 0; i < HN_CONNECTIONS_MAX; i++)
		if (all->rows[i].phase != HN_CONNECTION_FREE)
			release(&all->rows[i]);
	if (all->tick)
		event_free(all->tick);
	if (all->resume)
		event_free(all->resume);
}

static void pace(struct hn_connections *all)
{
	struct timeval pause = {0, all->costly ? PAUSE_COSTLY_US : PAUSE_US};

	if (++all->accepted < (all->costly ? ACCEPT_COSTLY_MAX : ACCEPT_MAX))
		return;
	evconnlistener_disable(all->listener);
	event_add(all->resume, &pause);
}

static struct hn_connection *free_row(struct hn_connections *all)
{
	for (size_t i = 0; i < HN_CONNECTIONS_MAX; i++)
		if (all->rows[i].phase == HN_CONNECTION_FREE)
			return &all->rows[i];
	return NULL;
}

static bool is_stranger(const struct hn_connection *c)
{
	return c->all->guarded && !c->known;
}

static bool may_go(const struct hn_connection *c)
{
	return c->phase == HN_CONNECTION_IDLE || c->phase == HN_CONNECTION_HEAD ||
	       (c->phase == HN_CONNECTION_BUSY && is_stranger(c));
}

/* So many that the rest may be doomed and not gone yet. */
static void make_room(struct hn_connections *all)
{
	struct hn_connection *oldest = NULL;

	for (size_t i = 0; i < HN_CONNECTIONS_MAX; i++) {
		struct hn_connection *c = &all->rows[i];

		if (may_go(c) && (!oldest || c->since < oldest->since))
			oldest = c;
	}
	if (oldest) {
		hn_connection_doom(oldest);
		all->evicted++;
	}
}

bool hn_connections_add(struct hn_connections *all, struct bufferevent *bev)
{
	struct hn_connection *c;

	all->total++;
	pace(all);
	if (all->n + ACCEPT_MAX >= HN_CONNECTIONS_MAX) {
		look_after(all);
		make_room(all);
	}
	c = free_row(all);
	if (!c)
		return false;
	bufferevent_incref(bev);
	bufferevent_setwatermark(bev, EV_READ, 0, INPUT_BYTES);
	c->bev = bev;
	c->all = all;
	c->phase = HN_CONNECTION_IDLE;
	/* The first request has to come at once. */
	set_phase(c, HN_CONNECTION_HEAD, HEAD_NS);
	evbuffer_add_cb(bufferevent_get_input(bev), on_input, c);
	all->n++;
	if (all->n >= CROWD)
		all->crowded = now_ns();
	start_tick(all);
	return true;
}

struct hn_connection *hn_connections_find(struct hn_connections *all, const struct bufferevent *bev)
{
	for (size_t i = 0; i < HN_CONNECTIONS_MAX; i++)
		if (all->rows[i].phase != HN_CONNECTION_FREE && all->rows[i].bev == bev)
			return &all->rows[i];
	return NULL;
}

static int64_t patience(const struct hn_connection *c)
{
	return is_stranger(c) ? STRANGER_NS : BUSY_NS;
}

void hn_connection_busy(struct hn_connection *c)
{
	c->known = false;
	set_phase(c, HN_CONNECTION_BUSY, patience(c));
}

void hn_connection_known(struct hn_connection *c)
{
	c->known = true;
	set_phase(c, HN_CONNECTION_BUSY, patience(c));
}

void hn_connection_moved(struct hn_connection *c)
{
	int64_t now = now_ns();

	if (c->phase == HN_CONNECTION_STREAM)
		c->deadline = INT64_MAX;
	else if (c->phase == HN_CONNECTION_BUSY)
		c->deadline = now - c->since > WHOLE_NS ? now : now + patience(c);
}

void hn_connection_stream(struct hn_connection *c)
{
	set_phase(c, HN_CONNECTION_STREAM, BUSY_NS);
}

void hn_connection_waits(struct hn_connection *c)
{
	if (c->phase == HN_CONNECTION_STREAM)
		c->deadline = now_ns() + BUSY_NS;
}

void hn_connection_idle(struct hn_connection *c)
{
	bool more = evbuffer_get_length(bufferevent_get_input(c->bev)) > 0;

	if (more)
		set_phase(c, HN_CONNECTION_HEAD, HEAD_NS);
	else
		set_phase(c, HN_CONNECTION_IDLE, IDLE_NS);
}
