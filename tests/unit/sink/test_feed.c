/* SPDX-License-Identifier: Apache-2.0 */
/* Batches on their way to a receiver on loopback, in a hurry so that no pause is waited for: what is sent, sent again in pieces,
 * dropped, counted and left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "hostnetd/macro.h"
#include "sink/feed.h"

#define REQUESTS 32

struct receiver {
	struct event_base *base;
	struct evhttp *server;
	struct evhttp_bound_socket *bound;
	struct hn_url url;
	unsigned most;                          /* records that it takes at once; more is 413 */
	int statuses[REQUESTS];                 /* of the requests in turn; 0: 200 */
	char bodies[REQUESTS][256], header[64]; /* of the last */
	size_t n;
	struct hn_feed *feed;
	int address_error;
};

static void on_request(struct evhttp_request *request, void *arg)
{
	struct receiver *r = arg;
	struct evbuffer *input = evhttp_request_get_input_buffer(request);
	size_t n = evbuffer_get_length(input);
	unsigned records = 1;
	int status;

	assert_true(r->n < REQUESTS);
	assert_true(n < sizeof(r->bodies[0]));
	evbuffer_remove(input, r->bodies[r->n], n);
	for (size_t i = 0; i < n; i++)
		records += r->bodies[r->n][i] == ',';
	status = r->statuses[r->n] ? r->statuses[r->n] : records > r->most ? 413 : 200;
	hn_strcpy(r->header, sizeof(r->header),
		  evhttp_find_header(evhttp_request_get_input_headers(request), "X-Test"));
	r->n++;
	evhttp_send_reply(request, status, "", NULL);
}

static void render(void *self _unused_, const struct hn_event *event, struct hn_str *out)
{
	hn_str_puts(out, event->notice->text);
}

static void wrap(void *self _unused_, const struct hn_feed_batch *batch, struct hn_str *out)
{
	for (const struct hn_record *one = batch->records; one; one = one->next)
		hn_str_printf(out, "%s%s", one->text, one->next ? "," : "");
}

static int address(void *self, struct hn_parcel *ret, struct hn_reason *reason)
{
	static const struct hn_https_header header = {"X-Test", "yes", true};
	struct receiver *r = self;

	if (r->address_error)
		return hn_reason_set(reason, r->address_error, "no key");
	ret->path = "/in";
	ret->headers = &header;
	ret->n_headers = 1;
	return 0;
}

static enum hn_delivery judge(void *self _unused_, const struct hn_https_answer *answer, const char *body _unused_,
			      struct hn_reason *reason _unused_)
{
	return hn_delivery_of(answer);
}

static const struct hn_feed_ops ops = {.render = render, .wrap = wrap, .address = address, .judge = judge};

static void open_for(struct receiver *r, const struct hn_feed_ops *of)
{
	struct hn_courier_settings settings = {.url = &r->url};
	struct hn_reason reason;
	char text[64];
	struct sockaddr_in bound;
	socklen_t n = sizeof(bound);

	*r = (struct receiver){.most = 100};
	r->base = event_base_new();
	r->server = evhttp_new(r->base);
	r->bound = evhttp_bind_socket_with_handle(r->server, "127.0.0.1", 0);
	assert_non_null(r->bound);
	assert_int_equal(getsockname(evhttp_bound_socket_get_fd(r->bound), (struct sockaddr *)&bound, &n), 0);
	evhttp_set_gencb(r->server, on_request, r);
	snprintf(text, sizeof(text), "http://127.0.0.1:%u", ntohs(bound.sin_port));
	assert_int_equal(hn_url_parse(text, &r->url, &reason), 0);
	settings.base = r->base;
	r->feed = hn_feed_new(of, r, &settings);
	assert_non_null(r->feed);
}

static void open_receiver(struct receiver *r)
{
	open_for(r, &ops);
}

static void close_receiver(struct receiver *r)
{
	hn_feed_free(r->feed);
	evhttp_free(r->server);
	event_base_free(r->base);
}

static void put(struct receiver *r, const char *text)
{
	const struct hn_notice notice = {.type = HN_NOTICE_AGENT_GAP, .text = text};
	const struct hn_event event = {.notice = &notice};

	hn_feed_take(r->feed, &event);
}

static struct hn_sink_health finish(struct receiver *r)
{
	struct hn_sink_health health = {.problem = ""};

	hn_feed_hurry(r->feed);
	for (int i = 0; i < 10000 && !hn_feed_is_idle(r->feed); i++)
		event_base_loop(r->base, EVLOOP_ONCE);
	assert_true(hn_feed_is_idle(r->feed));
	hn_feed_health(r->feed, &health);
	return health;
}

static void what_waits_goes_together_and_in_order(void **state _unused_)
{
	struct receiver r;
	struct hn_sink_health health;

	open_receiver(&r);
	put(&r, "one");
	put(&r, "two");
	put(&r, "three");
	put(&r, ""); /* not told */
	health = finish(&r);
	assert_int_equal(r.n, 1);
	assert_string_equal(r.bodies[0], "one,two,three");
	assert_string_equal(r.header, "yes");
	assert_int_equal(health.sent, 3);
	assert_int_equal(health.queued + health.dropped + health.failed, 0);
	assert_true(health.last_sent.ns > 0);
	assert_string_equal(health.problem, "");
	close_receiver(&r);
}

/* A container that comes and goes all the time, to a receiver that is told of findings only. */
static void what_is_not_told_is_not_held_either(void **state _unused_)
{
	static const struct hn_feed_ops damped = {
		.damped = true, .render = render, .wrap = wrap, .address = address, .judge = judge};
	static const enum hn_notice_type types[] = {HN_NOTICE_CONTAINER_JOINED, HN_NOTICE_CONTAINER_LEFT,
						    HN_NOTICE_CONTAINER_JOINED, HN_NOTICE_CONTAINER_LEFT};
	static const struct hn_finding finding = {.id = "f"};
	struct receiver r;
	struct hn_sink_health health;

	open_for(&r, &damped);
	for (size_t i = 0; i < 2 * HN_ARRAY_SIZE(types); i++) {
		const struct hn_notice notice = {
			.type = types[i % HN_ARRAY_SIZE(types)], .text = "", .finding = &finding};
		const struct hn_event event = {.notice = &notice};

		hn_feed_take(r.feed, &event);
	}
	put(&r, "x");
	health = finish(&r);
	assert_int_equal(r.n, 1);
	assert_string_equal(r.bodies[0], "x");
	assert_int_equal(health.sent, 1);
	close_receiver(&r);
}

static void too_much_is_sent_in_pieces(void **state _unused_)
{
	struct receiver r;
	struct hn_sink_health health;

	open_receiver(&r);
	r.most = 1;
	put(&r, "a");
	put(&r, "b");
	put(&r, "c");
	put(&r, "d");
	put(&r, "e");
	health = finish(&r);
	assert_int_equal(health.sent, 5);
	assert_int_equal(health.dropped, 0);
	assert_int_equal(health.queued, 0);
	/* In order: the letters of the requests that were taken. */
	for (size_t i = 0, next = 0; i < r.n; i++)
		if (!strchr(r.bodies[i], ','))
			assert_int_equal(r.bodies[i][0], 'a' + (int)next++);
	close_receiver(&r);
}

static void one_that_is_too_large_is_dropped_and_the_next_is_sent(void **state _unused_)
{
	struct receiver r;
	struct hn_sink_health health;

	open_receiver(&r);
	r.statuses[0] = r.statuses[1] = 413;
	put(&r, "large");
	put(&r, "next");
	health = finish(&r);
	assert_string_equal(r.bodies[1], "large");
	assert_string_equal(r.bodies[2], "next");
	assert_int_equal(health.sent, 1);
	assert_int_equal(health.dropped, 1);
	close_receiver(&r);
}

static void refused_is_not_sent_again(void **state _unused_)
{
	struct receiver r;
	struct hn_sink_health health;

	open_receiver(&r);
	r.statuses[0] = 400;
	put(&r, "bad");
	health = finish(&r);
	assert_int_equal(r.n, 1);
	assert_int_equal(health.sent, 0);
	assert_int_equal(health.dropped, 1);
	assert_int_equal(health.failed, 1);
	assert_non_null(strstr(health.problem, "400"));
	close_receiver(&r);
}

static void at_the_end_a_failure_is_not_waited_for(void **state _unused_)
{
	struct receiver r;
	struct hn_sink_health health;

	open_receiver(&r);
	r.statuses[0] = 503;
	put(&r, "late");
	put(&r, "later");
	health = finish(&r);
	assert_int_equal(r.n, 1);
	assert_int_equal(health.queued, 2);
	assert_int_equal(health.dropped, 0);
	assert_int_equal(health.failed, 1);
	close_receiver(&r);
}

static void what_cannot_be_addressed_is_not_sent(void **state _unused_)
{
	struct receiver r;
	struct hn_sink_health health;

	open_receiver(&r);
	r.address_error = -EINVAL;
	put(&r, "secret");
	health = finish(&r);
	assert_int_equal(r.n, 0);
	assert_int_equal(health.queued, 1);
	assert_string_equal(health.problem, "no key");
	close_receiver(&r);
}

static void a_flood_is_bounded_and_counted(void **state _unused_)
{
	struct hn_sink_health health = {.problem = ""};
	struct receiver r;

	open_receiver(&r);
	for (int i = 0; i < 5000; i++)
		put(&r, "step");
	hn_feed_health(r.feed, &health);
	assert_int_equal(health.queued, 2048);
	assert_int_equal(health.dropped, 5000 - 2048);
	close_receiver(&r); /* with all of it */
}

static void answers_and_what_they_mean(void **state _unused_)
{
	static const struct {
		int status;
		enum hn_delivery delivery;
	} rows[] = {
		{0, HN_DELIVER_AGAIN},   {200, HN_DELIVERED},     {202, HN_DELIVERED},     {204, HN_DELIVERED},
		{302, HN_DELIVER_AGAIN}, {400, HN_UNDELIVERABLE}, {401, HN_DELIVER_AGAIN}, {403, HN_DELIVER_AGAIN},
		{404, HN_DELIVER_AGAIN}, {405, HN_UNDELIVERABLE}, {408, HN_DELIVER_AGAIN}, {410, HN_UNDELIVERABLE},
		{413, HN_UNDELIVERABLE}, {422, HN_UNDELIVERABLE}, {429, HN_DELIVER_AGAIN}, {500, HN_DELIVER_AGAIN},
		{503, HN_DELIVER_AGAIN}, {101, HN_DELIVER_AGAIN},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_https_answer answer = {.status = rows[i].status};
		struct hn_reason why = {{0}};

		assert_int_equal(hn_delivery_of(&answer), rows[i].delivery);
		answer.failure = rows[i].status ? HN_HTTPS_FINE : HN_HTTPS_TIMEOUT;
		hn_strcpy(answer.text, sizeof(answer.text), "\033[31mno\n");
		hn_delivery_why(&answer, &why);
		assert_true(why.text[0]);
		assert_null(strchr(why.text, '\033'));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_waits_goes_together_and_in_order),
		cmocka_unit_test(what_is_not_told_is_not_held_either),
		cmocka_unit_test(too_much_is_sent_in_pieces),
		cmocka_unit_test(one_that_is_too_large_is_dropped_and_the_next_is_sent),
		cmocka_unit_test(refused_is_not_sent_again),
		cmocka_unit_test(at_the_end_a_failure_is_not_waited_for),
		cmocka_unit_test(what_cannot_be_addressed_is_not_sent),
		cmocka_unit_test(a_flood_is_bounded_and_counted),
		cmocka_unit_test(answers_and_what_they_mean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
