// SPDX-License-Identifier: Apache-2.0
// Each method arrives as itself, with what it brings, at a server in the same loop.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "hostnetd/https.h"
#include "hostnetd/macro.h"
#include "hostnetd/time.h"

struct rig {
	struct event_base *base;
	enum evhttp_cmd_type came;
	char body[64], accept[64];
	unsigned accepts;
	struct hn_https_answer answer;
};

static void on_request(struct evhttp_request *request, void *arg)
{
	struct rig *rig = arg;
	struct evbuffer *in = evhttp_request_get_input_buffer(request);
	int n = evbuffer_remove(in, rig->body, sizeof(rig->body) - 1);

	rig->came = evhttp_request_get_command(request);
	rig->accepts = 0;
	for (const struct evkeyval *one = evhttp_request_get_input_headers(request)->tqh_first; one;
	     one = one->next.tqe_next) {
		if (strcmp(one->key, "Accept") != 0)
			continue;
		snprintf(rig->accept, sizeof(rig->accept), "%s", one->value);
		rig->accepts++;
	}
	rig->body[n > 0 ? n : 0] = '\0';
	evhttp_send_reply(request, 200, "OK", NULL);
}

static void on_done(void *arg, const struct hn_https_answer *answer)
{
	struct rig *rig = arg;

	rig->answer = *answer;
	event_base_loopbreak(rig->base);
}

static void methods(void **state _unused_)
{
	static const struct {
		enum hn_https_method method;
		enum evhttp_cmd_type wanted;
		const char *content;
	} rows[] = {
		{HN_HTTPS_GET, EVHTTP_REQ_GET, NULL},       {HN_HTTPS_POST, EVHTTP_REQ_POST, "a"},
		{HN_HTTPS_PUT, EVHTTP_REQ_PUT, "b"},        {HN_HTTPS_PATCH, EVHTTP_REQ_PATCH, "c"},
		{HN_HTTPS_DELETE, EVHTTP_REQ_DELETE, NULL},
	};
	/* What is asked for instead of JSON is not asked for besides. */
	static const struct hn_https_header accept = {"Accept", "a/b", false};
	struct rig rig = {.base = event_base_new()};
	struct evhttp *server = evhttp_new(rig.base);
	struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(server, "127.0.0.1", 0);
	struct sockaddr_in address;
	socklen_t size = sizeof(address);
	struct hn_reason reason;
	struct hn_url url;
	char text[64];

	_Static_assert(HN_ARRAY_SIZE(rows) == HN_HTTPS_METHOD_MAX, "each method");
	assert_non_null(bound);
	evhttp_set_allowed_methods(server, 0xffff);
	evhttp_set_gencb(server, on_request, &rig);
	assert_int_equal(getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &size), 0);
	snprintf(text, sizeof(text), "http://127.0.0.1:%u", ntohs(address.sin_port));
	assert_int_equal(hn_url_parse(text, &url, &reason), 0);
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		const struct hn_https_settings settings = {
			.url = &url,
			.method = rows[i].method,
			.path = "/x",
			.content = rows[i].content,
			.content_len = rows[i].content ? strlen(rows[i].content) : 0,
			.content_type = rows[i].content ? "text/plain" : NULL,
			.headers = &accept,
			.n_headers = i % 2,
			.timeout_ns = 10 * HN_NSEC_PER_SEC,
			.max_bytes = 4096,
			.done = on_done,
			.arg = &rig,
		};
		struct hn_https *h = hn_https_start(&settings, rig.base);

		assert_non_null(h);
		event_base_dispatch(rig.base);
		hn_https_free(h);
		assert_int_equal(rig.answer.status, 200);
		assert_int_equal(rig.came, rows[i].wanted);
		assert_int_equal(rig.accepts, 1);
		assert_string_equal(rig.accept, i % 2 ? "a/b" : "application/json");
		assert_string_equal(rig.body, rows[i].content ? rows[i].content : "");
	}
	evhttp_free(server);
	event_base_free(rig.base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(methods)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
