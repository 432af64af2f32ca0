/* SPDX-License-Identifier: Apache-2.0 */
/* The server over a Unix socket, its loop turned here: what hostile requests get, and streams that are resumed. */
#include "server_rig.h"

#define LINE "GET /healthz HTTP/1.1\r\n"
#define CLOSE "Connection: close\r\n\r\n"
#define ROW(bytes, status)                       \
	{                                        \
		bytes, sizeof(bytes) - 1, status \
	}

/* Each gets this status, once, and the connection is closed. What is refused begins with a good request behind it. */
static void hostile_requests(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *status;
	} rows[] = {
		ROW(LINE HOST CLOSE, "200"),
		ROW("GET http://localhost/healthz HTTP/1.1\r\n" HOST CLOSE, "200"),
		/* A NUL is the end of a text here, and a byte like others elsewhere. */
		ROW(LINE "Host: localhost\0.evil.example\r\n\r\n", "400"),
		ROW(LINE HOST "X: a\0b\r\n\r\n", "400"),
		ROW("GET /healthz\0/x HTTP/1.1\r\n" HOST "\r\n", "400"),
		ROW("G\0ET /healthz HTTP/1.1\r\n" HOST "\r\n", "400"),
		ROW(LINE HOST "\r\n" LINE "Host: \0\r\n\r\n", "400"),
		/* Who stands in front of the server sees other paths in these. */
		ROW("GET //localhost/api/v1/status HTTP/1.1\r\n" HOST "\r\n", "400"),
		ROW("GET //api/v1/status HTTP/1.1\r\n" HOST "\r\n", "400"),
		ROW("GET http://evil@localhost/healthz HTTP/1.1\r\n" HOST "\r\n", "400"),
		ROW("GET /healthz#/../x HTTP/1.1\r\n" HOST "\r\n", "400"),
		ROW("GET http://evil/healthz HTTP/1.1\r\n" HOST "\r\n", "421"),
		/* No path is decoded, none is made shorter, none is a file's outside of the program. */
		ROW("GET /../../etc/passwd HTTP/1.1\r\n" HOST CLOSE, "404"),
		ROW("GET /%2e%2e/etc/passwd HTTP/1.1\r\n" HOST CLOSE, "404"),
		ROW("GET /./app.js HTTP/1.1\r\n" HOST CLOSE, "404"),
		ROW("GET /app.js/../app.js HTTP/1.1\r\n" HOST CLOSE, "404"),
		ROW("GET /%61pp.js HTTP/1.1\r\n" HOST CLOSE, "404"),
		ROW("GET /app.js%00.css HTTP/1.1\r\n" HOST CLOSE, "404"),
		ROW("GET /api/v1/findings/../status HTTP/1.1\r\n" HOST CLOSE, "404"),
		ROW("GET /api//v1/status HTTP/1.1\r\n" HOST CLOSE, "404"),
		ROW("GET * HTTP/1.1\r\n" HOST CLOSE, "404"),
		/* A parameter that nobody reads is an error, of a file too. */
		ROW("GET /openapi.json?anything=x HTTP/1.1\r\n" HOST CLOSE, "400"),
		ROW("GET /?x=y HTTP/1.1\r\n" HOST CLOSE, "400"),
		ROW("GET /openapi.json HTTP/1.1\r\n" HOST CLOSE, "200"),
		ROW("GET /api/v1/findings?q=%00 HTTP/1.1\r\n" HOST CLOSE, "400"),
		ROW("GET /api/v1/findings?limit=1&limit=1 HTTP/1.1\r\n" HOST CLOSE, "400"),
		ROW("GET /api/v1/findings?li%6dit=1 HTTP/1.1\r\n" HOST CLOSE, "400"),
		/* What evhttp says by itself. */
		ROW("FOO /healthz HTTP/1.1\r\n" HOST "\r\n", "501"),
		ROW("POST /healthz HTTP/1.1\r\n" HOST "Content-Length: 2000\r\n\r\n", "413"),
		ROW("TRACE /healthz HTTP/1.1\r\n" HOST "\r\n", "405"),
		ROW("OPTIONS * HTTP/1.1\r\n" HOST "\r\n", "405"),
		/* The id of an event has 1 to 19 digits. */
		ROW("GET /api/v1/stream HTTP/1.1\r\n" HOST "Last-Event-ID: \r\n" CLOSE, "400"),
		ROW("GET /api/v1/stream HTTP/1.1\r\n" HOST "Last-Event-ID: -1\r\n" CLOSE, "400"),
		ROW("GET /api/v1/stream HTTP/1.1\r\n" HOST "Last-Event-ID: 0x1\r\n" CLOSE, "400"),
		ROW("GET /api/v1/stream HTTP/1.1\r\n" HOST "Last-Event-ID: 5, 6\r\n" CLOSE, "400"),
		ROW("GET /api/v1/stream HTTP/1.1\r\n" HOST "Last-Event-ID: 18446744073709551616\r\n" CLOSE, "400"),
		ROW("GET /api/v1/stream HTTP/1.1\r\n" HOST "Last-Event-ID: 5\r\nlast-event-id: 6\r\n\r\n", "400"),
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_str got = {0};
		int fd = ask(rig, rows[i].bytes, rows[i].n);

		if (!take(rig, fd, NULL, &got) || got.len < 12 || strncmp(got.data + 9, rows[i].status, 3) != 0 ||
		    strstr(got.data + 9, "HTTP/1.1 "))
			fail_msg("row %zu, %s: not %s, once, but: %.200s", i, rows[i].bytes, rows[i].status,
				 hn_str_get(&got));
		hn_str_done(&got);
		close(fd);
	}
}

static int set_up(void **state)
{
	struct rig *rig = rig_new();

	begin(rig);
	*state = rig;
	return 0;
}

/* --- streams ----------------------------------------------------------------------------------------------------------- */

static void put(struct rig *rig, uint64_t from, uint64_t to, size_t size)
{
	static char json[4096];

	memset(json, 'x', sizeof(json));
	for (uint64_t seq = from; seq <= to; seq++) {
		struct hn_http_event event = {
			.seq = seq, .type = "agent.lost", .finding = "", .json = json, .n = size};

		hn_ring_put(rig->ring, &event);
		hn_http_wake(rig->http);
		if (seq % 8 == 0)
			turn(rig);
	}
}

static int stream(struct rig *rig, const char *last)
{
	char request[256];
	int n = snprintf(request, sizeof(request), "GET /api/v1/stream HTTP/1.1\r\n" HOST "%s%s%s\r\n",
			 last ? "Last-Event-ID: " : "", last ? last : "", last ? "\r\n" : "");

	return ask(rig, request, (size_t)n);
}

/* "5 6 gap(6,9) 9": what came, in order. */
static void told(const struct hn_str *got, struct hn_str *out)
{
	for (const char *at = hn_str_get(got); (at = strpbrk(at, "ie")); at++) {
		unsigned long long a, b;

		if (sscanf(at, "id: %llu", &a) == 1)
			hn_str_printf(out, "%s%llu", out->len ? " " : "", a);
		else if (sscanf(at, "event: gap\ndata: {\"after\":%llu,\"next\":%llu}", &a, &b) == 2)
			hn_str_printf(out, "%sgap(%llu,%llu)", out->len ? " " : "", a, b);
	}
}

static void expect(struct rig *rig, int fd, const char *last, const char *wanted)
{
	struct hn_str got = {0}, words = {0};

	assert_true(take(rig, fd, last, &got));
	told(&got, &words);
	assert_string_equal(hn_str_get(&words), wanted);
	hn_str_done(&got);
	hn_str_done(&words);
	close(fd);
	turn(rig);
}

/* What a client has seen, over the ring's end and over a restart of the agent: each event once, or a gap that says which. */
static void streams_are_resumed(void **state)
{
	static const struct {
		const char *last, *wanted;
	} rows[] = {
		{"103", "104 105"},
		{"100", "101 102 103 104 105"},
		{"99", "gap(99,101) 101 102 103 104 105"}, /* 100 was in a former run */
		{"0", "gap(0,101) 101 102 103 104 105"},
		{"9999999999999999999",
		 "gap(9999999999999999999,101) 101 102 103 104 105"}, /* of an agent with a store */
	};
	struct rig *rig = *state;
	int early;

	/* Whoever comes before the first event has missed nothing. */
	early = stream(rig, NULL);
	turn(rig);
	put(rig, 1, 3, 10);
	expect(rig, early, "id: 3\n", "1 2 3");
	end(rig);
	begin(rig);
	early = stream(rig, NULL);
	turn(rig);
	put(rig, 101, 105, 10);
	expect(rig, early, "id: 105\n", "101 102 103 104 105");
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++)
		expect(rig, stream(rig, rows[i].last), "id: 105\n", rows[i].wanted);
	early = stream(rig, "105");
	turn(rig);
	put(rig, 106, 106, 10);
	expect(rig, early, "id: 106\n", "106");
}

/* A client that reads nothing while the ring is overrun many times is told where it has a gap, and memory stays. */
static void slow_stream_is_overrun(void **state)
{
	struct rig *rig = *state;
	struct hn_str got = {0}, words = {0};
	unsigned long long before = 0, gaps = 0;
	int fd = stream(rig, NULL);

	turn(rig);
	put(rig, 1, 1000, 4000);
	assert_true(take(rig, fd, "id: 1000\n", &got));
	told(&got, &words);
	assert_true(got.len < (size_t)1000 * 4000 / 2);
	for (const char *at = hn_str_get(&words); *at; at += strcspn(at, " "), at += *at == ' ') {
		unsigned long long after, next;

		if (sscanf(at, "gap(%llu,%llu)", &after, &next) == 2) {
			assert_int_equal(after, before);
			assert_true(next > after + 1);
			before = next - 1;
			gaps++;
		} else {
			assert_int_equal(strtoull(at, NULL, 10), before + 1);
			before++;
		}
	}
	assert_int_equal(before, 1000);
	assert_true(gaps > 0);
	hn_str_done(&got);
	hn_str_done(&words);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hostile_requests, set_up, tear_down),
		cmocka_unit_test_setup_teardown(streams_are_resumed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(slow_stream_is_overrun, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
