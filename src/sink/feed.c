// SPDX-License-Identifier: Apache-2.0
#include "feed.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "damper.h"

#define WAITING_RECORDS 2048
#define WAITING_BYTES ((size_t)1024 * 1024)
#define BATCH_RECORDS 100
#define BATCH_BYTES ((size_t)256 * 1024)
#define DAMPED_KEYS 1024
#define DAMPED_BYTES ((size_t)256 * 1024)
#define ANSWER_BYTES 4096

struct hn_feed {
	const struct hn_feed_ops *ops;
	void *self;
	struct event_base *base;
	struct hn_backlog backlog;
	struct hn_damper *damper; /* NULL: it is not damped */
	struct event *held;       /* when the damper's next is due */
	struct hn_courier *courier;
	struct hn_str text; /* kept from one event to the next */
	/* The batch that is sent: its records, and what was behind them when it had to be made smaller. */
	struct hn_record *batch, *rest;
	size_t n_batch, n_rest, max_batch;
	struct hn_str body; /* stays the same until it is taken or refused */
};

/* --- what comes ---------------------------------------------------------------------------------------------------- */

void hn_feed_put(struct hn_feed *f, enum hn_weight weight, const struct hn_str *text)
{
	if (text->failed)
		hn_backlog_drop(&f->backlog);
	else if (text->len > 0)
		hn_backlog_put(&f->backlog, weight, text->data, text->len);
	else
		return;
	hn_courier_wake(f->courier);
}

static enum hn_weight weight_of(const struct hn_event *e)
{
	return e->change ? HN_WEIGHT_FINDING : e->notice ? HN_WEIGHT_NOTICE : HN_WEIGHT_STEP;
}

static void put_text(struct hn_feed *f, enum hn_weight weight)
{
	hn_feed_put(f, weight, &f->text);
	hn_str_clear(&f->text);
}

static void wake_for_held(struct hn_feed *f)
{
	int64_t due = hn_damper_next(f->damper), ns = due - hn_mono_now().ns;
	struct timeval after;

	if (due == HN_DAMPER_NEVER) {
		event_del(f->held);
		return;
	}
	if (ns < 0)
		ns = 0;
	after = (struct timeval){ns / HN_NSEC_PER_SEC, ns % HN_NSEC_PER_SEC / 1000 + 1};
	event_add(f->held, &after);
}

static void tell_held(struct hn_feed *f, struct hn_mono now)
{
	char *text;

	while ((text = hn_damper_take(f->damper, now))) {
		hn_backlog_put(&f->backlog, HN_WEIGHT_FINDING, text, strlen(text));
		free(text);
		hn_courier_wake(f->courier);
	}
}

static void on_held(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct hn_feed *f = arg;

	tell_held(f, hn_mono_now());
	wake_for_held(f);
}

/* Comings and goings have a key; a container's is its own, beside its finding's. */
static bool damper_key(const struct hn_event *e, char *key, size_t size, enum hn_damper_kind *ret_kind)
{
	const struct hn_notice *n = e->notice;

	if (e->change) {
		*ret_kind = hn_damper_kind_of(e->change);
		return hn_strcpy(key, size, e->change->finding->id);
	}
	if (!n || !n->finding || (n->type != HN_NOTICE_CONTAINER_JOINED && n->type != HN_NOTICE_CONTAINER_LEFT))
		return false;
	*ret_kind = n->type == HN_NOTICE_CONTAINER_JOINED ? HN_DAMPER_CAME : HN_DAMPER_WENT;
	snprintf(key, size, "%s %s", n->finding->id, n->container ? n->container->id : "");
	return true;
}

/* True: the damper keeps it. */
static bool held_back(struct hn_feed *f, const struct hn_event *event)
{
	char key[HN_FINDING_ID_SIZE + HN_CONTAINER_ID_SIZE + 2];
	struct hn_event worded = *event;
	struct hn_change change;
	enum hn_damper_kind kind, as;

	if (!f->damper || !damper_key(event, key, sizeof(key), &kind) ||
	    hn_damper_ask(f->damper, key, kind, hn_mono_now(), &as) == HN_DAMPER_TELL)
		return false;
	if (event->change) {
		change = *event->change;
		change.type = hn_damper_type(as);
		worded.change = &change;
	}
	hn_str_clear(&f->text);
	f->ops->render(f->self, &worded, &f->text);
	if (f->text.failed || !hn_damper_keep(f->damper, key, hn_str_get(&f->text), f->text.len))
		put_text(f, weight_of(event));
	hn_str_clear(&f->text);
	wake_for_held(f);
	return true;
}

void hn_feed_take(struct hn_feed *f, const struct hn_event *event)
{
	f->ops->render(f->self, event, &f->text);
	/* Nothing that this receiver is told: it takes no turn of the damper's either. */
	if (!f->text.failed && f->text.len == 0)
		return;
	if (!held_back(f, event))
		put_text(f, weight_of(event));
}

/* --- what goes ----------------------------------------------------------------------------------------------------- */

static void free_records(struct hn_record *list)
{
	while (list) {
		struct hn_record *next = list->next;

		free(list);
		list = next;
	}
}

static struct hn_record *next_record(struct hn_feed *f)
{
	struct hn_record *one = f->rest;

	if (!one)
		return hn_backlog_take(&f->backlog);
	f->rest = one->next;
	one->next = NULL;
	f->n_rest--;
	return one;
}

static const struct hn_record *peek_record(const struct hn_feed *f)
{
	return f->rest ? f->rest : hn_backlog_peek(&f->backlog);
}

static void make_batch(struct hn_feed *f)
{
	struct hn_record **end = &f->batch;
	const struct hn_record *next;
	struct hn_feed_batch batch;
	size_t bytes = 0;

	f->n_batch = 0;
	while (f->n_batch < f->max_batch && (next = peek_record(f)) &&
	       (f->n_batch == 0 || bytes + next->n <= BATCH_BYTES)) {
		*end = next_record(f);
		bytes += (*end)->n;
		end = &(*end)->next;
		f->n_batch++;
	}
	batch = (struct hn_feed_batch){f->batch, f->n_batch, f->backlog.dropped};
	if (f->batch)
		f->ops->wrap(f->self, &batch, &f->body);
}

static void end_batch(struct hn_feed *f)
{
	free_records(f->batch);
	f->batch = NULL;
	f->n_batch = 0;
	hn_str_done(&f->body);
}

static int next_parcel(void *self, struct hn_parcel *ret, struct hn_reason *reason)
{
	struct hn_feed *f = self;
	int r;

	if (!f->batch)
		make_batch(f);
	if (!f->batch)
		return 0;
	if (f->body.failed) {
		hn_str_done(&f->body);
		f->ops->wrap(f->self, &(struct hn_feed_batch){f->batch, f->n_batch, f->backlog.dropped}, &f->body);
	}
	if (f->body.failed)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	ret->method = HN_HTTPS_POST;
	ret->content = f->body.data;
	ret->content_len = f->body.len;
	ret->content_type = "application/json";
	ret->records = f->n_batch;
	r = f->ops->address(f->self, ret, reason);
	return r < 0 ? r : 1;
}

/* Too large for the receiver: all of it again, in smaller pieces and under new names. */
static void halve_batch(struct hn_feed *f)
{
	struct hn_record *last = f->batch;

	while (last->next)
		last = last->next;
	last->next = f->rest;
	f->rest = TAKE_PTR(f->batch);
	f->n_rest += f->n_batch;
	f->max_batch = f->n_batch / 2;
	end_batch(f);
}

static enum hn_delivery judge(void *self, const struct hn_https_answer *answer, const char *body,
			      struct hn_reason *reason)
{
	struct hn_feed *f = self;
	enum hn_delivery delivery = f->ops->judge(f->self, answer, body, reason);

	if (answer->status == 413 && f->n_batch > 1) {
		halve_batch(f);
		return HN_DELIVER_OTHER;
	}
	if (delivery == HN_DELIVERED && f->max_batch < BATCH_RECORDS)
		f->max_batch++;
	if (delivery == HN_DELIVERED || delivery == HN_UNDELIVERABLE)
		end_batch(f);
	return delivery;
}

/* --- begin and end ------------------------------------------------------------------------------------------------- */

struct hn_feed *hn_feed_new(const struct hn_feed_ops *ops, void *self, const struct hn_courier_settings *courier)
{
	struct hn_courier_settings settings = *courier;
	struct hn_feed *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	*f = (struct hn_feed){.ops = ops, .self = self, .base = courier->base, .max_batch = BATCH_RECORDS};
	hn_backlog_init(&f->backlog, WAITING_RECORDS, WAITING_BYTES);
	settings.answer_bytes = ANSWER_BYTES;
	settings.next = next_parcel;
	settings.judge = judge;
	settings.self = f;
	f->courier = hn_courier_new(&settings);
	f->held = evtimer_new(courier->base, on_held, f);
	f->damper = ops->damped ? hn_damper_new(DAMPED_KEYS, DAMPED_BYTES) : NULL;
	if (!f->courier || !f->held || (ops->damped && !f->damper)) {
		hn_feed_free(f);
		return NULL;
	}
	return f;
}

void hn_feed_free(struct hn_feed *f)
{
	if (!f)
		return;
	hn_courier_free(f->courier);
	if (f->held)
		event_free(f->held);
	hn_damper_free(f->damper);
	end_batch(f);
	free_records(f->rest);
	hn_backlog_done(&f->backlog);
	hn_str_done(&f->text);
	free(f);
}

void hn_feed_reject(struct hn_feed *f, uint64_t n)
{
	hn_courier_reject(f->courier, n);
}

void hn_feed_hurry(struct hn_feed *f)
{
	if (f->damper)
		tell_held(f, (struct hn_mono){INT64_MAX});
	hn_courier_hurry(f->courier);
}

bool hn_feed_is_idle(const struct hn_feed *f)
{
	return hn_courier_is_idle(f->courier);
}

void hn_feed_health(const struct hn_feed *f, struct hn_sink_health *ret)
{
	ret->dropped += f->backlog.dropped;
	ret->queued = f->backlog.records + f->n_batch + f->n_rest + (f->damper ? hn_damper_held(f->damper) : 0);
	hn_courier_health(f->courier, ret);
}
