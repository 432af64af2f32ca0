// SPDX-License-Identifier: Apache-2.0
#include "courier.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

#include "hostnetd/pace.h"

#define TIMEOUT_NS (15 * HN_NSEC_PER_SEC)
/* A receiver that is wrong about its own recovery is asked again at least so often. */
#define RETRY_AFTER_MAX_S 3600

struct hn_courier {
	struct hn_courier_settings settings;
	struct hn_pace pace;
	struct event *timer;
	struct hn_https *request;
	struct hn_parcel parcel;
	struct hn_str body;
	bool hurry, gave_up;
	uint64_t sent, dropped, failed, rejected;
	struct hn_wall last_sent;
	struct hn_reason problem;
};

/* --- when ---------------------------------------------------------------------------------------------------------- */

static void schedule(struct hn_courier *c)
{
	int64_t ns = hn_pace_next(&c->pace, hn_mono_now());
	struct timeval after;

	if (c->request)
		return;
	if (c->hurry && ns != HN_PACE_NEVER)
		ns = 0;
	if (ns == HN_PACE_NEVER || c->gave_up) {
		event_del(c->timer);
		return;
	}
	after = (struct timeval){ns / HN_NSEC_PER_SEC, ns % HN_NSEC_PER_SEC / 1000 + 1};
	event_add(c->timer, &after);
}

void hn_courier_wake(struct hn_courier *c)
{
	hn_pace_want(&c->pace, hn_mono_now(), 0);
	schedule(c);
}

void hn_courier_hurry(struct hn_courier *c)
{
	c->hurry = true;
	hn_courier_wake(c);
}

bool hn_courier_is_idle(const struct hn_courier *c)
{
	return !c->request && (c->gave_up || hn_pace_next(&c->pace, hn_mono_now()) == HN_PACE_NEVER);
}

/* --- what it came to ----------------------------------------------------------------------------------------------- */

static void failed(struct hn_courier *c, unsigned retry_after)
{
	struct hn_mono now = hn_mono_now();

	c->failed++;
	hn_pace_finished(&c->pace, now, false);
	if (retry_after)
		hn_pace_hold(&c->pace, now,
			     (retry_after < RETRY_AFTER_MAX_S ? retry_after : RETRY_AFTER_MAX_S) *
				     HN_NSEC_PER_SEC);
	c->gave_up = c->hurry;
}

void hn_courier_reject(struct hn_courier *c, uint64_t n)
{
	c->rejected = n < c->parcel.records ? n : c->parcel.records;
}

static void delivered(struct hn_courier *c, const struct hn_reason *why)
{
	c->sent += c->parcel.records - c->rejected;
	c->dropped += c->rejected;
	c->rejected = 0;
	c->last_sent = hn_wall_now();
	c->problem = *why;
	hn_pace_finished(&c->pace, hn_mono_now(), true);
	hn_pace_want(&c->pace, hn_mono_now(), 0);
}

static void settle(struct hn_courier *c, const struct hn_https_answer *answer)
{
	struct hn_reason why = {{0}};
	enum hn_delivery delivery = c->settings.judge(c->settings.self, answer, hn_str_get(&c->body), &why);

	if (delivery == HN_DELIVERED) {
		delivered(c, &why);
		return;
	}
	if (delivery == HN_DELIVER_OTHER) {
		c->problem = why;
		hn_pace_finished(&c->pace, hn_mono_now(), true);
		hn_pace_forgive(&c->pace);
		hn_pace_want(&c->pace, hn_mono_now(), 0);
		return;
	}
	if (!why.text[0])
		hn_delivery_why(answer, &why);
	c->problem = why;
	if (delivery == HN_DELIVER_AGAIN) {
		failed(c, answer->retry_after);
		return;
	}
	c->failed++;
	c->dropped += c->parcel.records;
	/* The receiver is there: what comes next has its own chance. */
	hn_pace_finished(&c->pace, hn_mono_now(), true);
	hn_pace_want(&c->pace, hn_mono_now(), 0);
}

static int on_body(void *arg, const char *bytes, size_t n, struct hn_reason *reason _unused_)
{
	struct hn_courier *c = arg;
	size_t room = c->settings.answer_bytes - c->body.len;

	hn_str_append(&c->body, bytes, n < room ? n : room);
	return 0;
}

static void on_done(void *arg, const struct hn_https_answer *answer)
{
	struct hn_courier *c = arg;

	settle(c, answer);
	hn_https_free(c->request);
	c->request = NULL;
	hn_str_done(&c->body);
	schedule(c);
}

/* --- the next one -------------------------------------------------------------------------------------------------- */

static void start(struct hn_courier *c)
{
	const struct hn_parcel *p = &c->parcel;
	const struct hn_https_settings settings = {
		.url = c->settings.url,
		.method = p->method,
		.path = p->path,
		.content = p->content,
		.content_len = p->content_len,
		.content_type = p->content_type,
		.headers = p->headers,
		.n_headers = p->n_headers,
		.tls = c->settings.tls,
		.server_name = c->settings.server_name,
		.token_file = c->settings.token_file,
		.timeout_ns = TIMEOUT_NS,
		.max_bytes = c->settings.answer_bytes > 65536 ? c->settings.answer_bytes : 65536,
		.body = on_body,
		.done = on_done,
		.arg = c,
	};

	hn_pace_started(&c->pace, hn_mono_now());
	c->request = hn_https_start(&settings, c->settings.base);
	if (c->request)
		return;
	hn_reason_set(&c->problem, -ENOMEM, "no memory");
	failed(c, 0);
	schedule(c);
}

static void on_timer(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct hn_courier *c = arg;
	struct hn_reason reason = {{0}};
	int r;

	if (c->request)
		return;
	c->parcel = (struct hn_parcel){.path = ""};
	r = c->settings.next(c->settings.self, &c->parcel, &reason);
	if (r > 0) {
		start(c);
		return;
	}
	hn_pace_started(&c->pace, hn_mono_now());
	if (r < 0) {
		c->problem = reason;
		failed(c, 0);
	} else {
		hn_pace_finished(&c->pace, hn_mono_now(), true);
		/* Nothing was asked: what comes next need not wait. */
		c->pace.not_before = INT64_MIN;
	}
	schedule(c);
}

struct hn_courier *hn_courier_new(const struct hn_courier_settings *settings)
{
	struct hn_courier *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->settings = *settings;
	hn_pace_init(&c->pace, 0, settings->seed);
	c->timer = evtimer_new(settings->base, on_timer, c);
	if (!c->timer) {
		free(c);
		return NULL;
	}
	return c;
}

void hn_courier_free(struct hn_courier *c)
{
	if (!c)
		return;
	hn_https_free(c->request);
	event_free(c->timer);
	hn_str_done(&c->body);
	free(c);
}

void hn_courier_health(const struct hn_courier *c, struct hn_sink_health *ret)
{
	ret->sent = c->sent;
	ret->failed = c->failed;
	ret->dropped += c->dropped;
	ret->last_sent = c->last_sent;
	ret->problem = c->problem.text;
}
