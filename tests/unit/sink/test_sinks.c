/* SPDX-License-Identifier: Apache-2.0 */
/* What every sink promises when it is opened: nothing where it is not asked for, and a reason that names the flag. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <event2/event.h>
#include <string.h>

#include "hostnetd/sink.h"
#include "sink/address.h"

static const struct hn_identity who = {
	.agent_version = "0.1.0", .cluster = "", .node = "n1", .boot_id = "", .host_netns = 1};

static int open_with(const struct hn_sink_settings *settings, size_t *ret_n, struct hn_reason *reason)
{
	struct event_base *base = event_base_new();
	const struct hn_sink_parts parts = {.settings = settings, .base = base, .who = &who};
	const struct hn_notice notice = {.type = HN_NOTICE_AGENT_STARTED, .time = {1}, .text = ""};
	const struct hn_event event = {.seq = 1, .time = {1}, .notice = &notice};
	struct hn_sink_health health[HN_HEALTH_SINKS];
	struct hn_sinks *sinks = NULL;
	int r = hn_sinks_open(&parts, &sinks, reason);

	if (r == 0) {
		*ret_n = hn_sinks_count(sinks);
		hn_sinks_take(sinks, &event);
		assert_int_equal(hn_sinks_health(sinks, health), *ret_n);
		for (size_t i = 0; i < *ret_n; i++) {
			assert_int_equal(health[i].queued, 1);
			assert_string_equal(health[i].problem, "");
		}
	}
	hn_sinks_free(sinks);
	event_base_free(base);
	return r;
}

static void none_is_open_that_nobody_asked_for(void **state)
{
	const struct hn_sink_settings settings = {0};
	struct hn_reason reason = {{0}};
	size_t n = 9;

	(void)state;
	assert_int_equal(open_with(&settings, &n, &reason), 0);
	assert_int_equal(n, 0);
}

static void both_are_open_and_take(void **state)
{
	const struct hn_sink_settings settings = {.webhook_url = "https://h.example/hook?key=s3cret",
						  .otlp_url = "https://collector:4318"}; /* one TLS for both */
	struct hn_reason reason = {{0}};
	size_t n = 0;

	(void)state;
	assert_int_equal(open_with(&settings, &n, &reason), 0);
	assert_int_equal(n, 2);
}

static void refuse(const struct hn_sink_settings *settings, const char *flag)
{
	struct hn_reason reason = {{0}};
	size_t n;

	assert_true(open_with(settings, &n, &reason) < 0);
	assert_non_null(strstr(reason.text, flag));
	assert_null(strstr(reason.text, "s3cret"));
}

static void mistakes_are_told_by_flag(void **state)
{
	(void)state;
	refuse(&(struct hn_sink_settings){.webhook_url = "ftp://h/"}, "--webhook-url");
	refuse(&(struct hn_sink_settings){.webhook_url = ""}, "--webhook-url");
	refuse(&(struct hn_sink_settings){.webhook_url = "https://h/?key=s3cret#x"}, "--webhook-url");
	refuse(&(struct hn_sink_settings){.webhook_url = "https://h/?key=s3cret\r\nX: y"}, "--webhook-url");
	refuse(&(struct hn_sink_settings){.webhook_url = "https://user:s3cret@h/"}, "--webhook-url");
	refuse(&(struct hn_sink_settings){.webhook_url = "https://h/", .webhook_ca_file = "/nowhere"}, "/nowhere");
	refuse(&(struct hn_sink_settings){.webhook_url = "https://h/", .webhook_secret_file = "/nowhere"},
	       "--webhook-secret-file");
	refuse(&(struct hn_sink_settings){.otlp_url = "collector:4318"}, "--otlp-url");
	refuse(&(struct hn_sink_settings){.otlp_url = "https://c", .otlp_headers_file = "/nowhere"},
	       "--otlp-headers-file");
	refuse(&(struct hn_sink_settings){.otlp_url = "http://192.0.2.1:4318", .otlp_headers_file = "/nowhere"},
	       "--otlp-headers-file");
}

static void a_whole_url_is_left_as_it_is(void **state)
{
	static const struct {
		const char *url, *target;
	} rows[] = {
		{"http://127.0.0.1", "/"},
		{"http://127.0.0.1/", "/"},
		{"http://127.0.0.1:8080/a/b/", "/a/b/"},
		{"http://127.0.0.1?x=1", "/?x=1"},
		{"http://[::1]:80/a?x=1&y=http://z", "/a?x=1&y=http://z"},
	};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_reason reason = {{0}};
		struct hn_address a = {0};

		assert_int_equal(
			hn_address_open_whole(&a, rows[i].url, "--x", NULL, &(struct hn_sink_parts){0}, &reason),
			0);
		assert_string_equal(a.target, rows[i].target);
		assert_string_equal(a.url.path, "");
		hn_address_done(&a);
	}
}

static void a_secret_in_a_url_is_not_shown(void **state _unused_)
{
	static const char *const urls[] = {"https://user:s3cret@h/x#y", "https://user:s3cret@h/a b",
					   "h/x?u=http://s3cret", "https:/s3cret", "ftp://h/s3cret"};

	for (size_t i = 0; i < HN_ARRAY_SIZE(urls); i++) {
		struct hn_reason reason = {{0}};
		struct hn_address a = {0};

		assert_true(hn_address_open_whole(&a, urls[i], "--x", NULL, &(struct hn_sink_parts){0}, &reason) <
			    0);
		assert_null(strstr(reason.text, "s3cret"));
		hn_address_done(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_is_open_that_nobody_asked_for),
		cmocka_unit_test(both_are_open_and_take),
		cmocka_unit_test(mistakes_are_told_by_flag),
		cmocka_unit_test(a_whole_url_is_left_as_it_is),
		cmocka_unit_test(a_secret_in_a_url_is_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
