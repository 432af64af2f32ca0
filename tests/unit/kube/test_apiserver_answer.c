// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hostnetd/str.h"
#include "hostnetd/time.h"
#include "kube/apiserver_answer.h"

static const struct hn_apiserver_question question = {
	.server = "https://k (context c)",
	.path = "/api/v1/pods",
	.timeout_ns = 5 * HN_NSEC_PER_SEC,
	.credentials = true,
};

static void expect(const struct hn_apiserver_question *q, const struct hn_https_answer *answer,
		   enum hn_apiserver_step step, const char *says)
{
	struct hn_apiserver_status status;
	struct hn_reason reason = {"untouched"};
	enum hn_apiserver_step got;

	hn_apiserver_status_read(answer->text, &status);
	got = hn_apiserver_judge(q, answer, &status, &reason);
	if (got != step || !strstr(reason.text, says))
		fail_msg("%d \"%s\", not %d \"%s\"", got, reason.text, step, says);
	assert_true((step == HN_APISERVER_WHOLE) == (reason.text[0] == '\0'));
}

static void statuses(void **state _unused_)
{
	static const struct {
		int status;
		enum hn_apiserver_step step;
		const char *text, *says;
	} rows[] = {
		{200, HN_APISERVER_WHOLE, "", ""},
		{401, HN_APISERVER_UNKNOWN_US, "{\"kind\":\"Status\",\"message\":\"Unauthorized\"}",
		 "It said: Unauthorized"},
		{403, HN_APISERVER_FORBIDDEN, "plain text\n", "The server said: plain text"},
		{404, HN_APISERVER_NOT_THERE, "404 page not found\n", "nothing at /api/v1/pods"},
		{410, HN_APISERVER_GONE, "{\"kind\":\"Status\",\"message\":\"too old\"}", "410 Gone"},
		{429, HN_APISERVER_LATER, "slow down", "429, not 200. The server said: slow down"},
		{500, HN_APISERVER_LATER, "etcdserver: request timed out", "500"},
		{503, HN_APISERVER_LATER, "", "503"},
		{504, HN_APISERVER_LATER, "", "504"},
		{301, HN_APISERVER_USELESS, "", "a redirect to \"\", which is not followed"},
		{400, HN_APISERVER_USELESS, "{\"kind\":\"Other\",\"message\":\"x\"}", "{\"kind\":\"Other\""},
		{206, HN_APISERVER_USELESS, "", "206, not 200"},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_https_answer answer = {.status = rows[i].status};

		hn_strcpy(answer.text, sizeof(answer.text), rows[i].text);
		expect(&question, &answer, rows[i].step, rows[i].says);
	}
}

static void credentials(void **state _unused_)
{
	struct hn_apiserver_question q = question;
	struct hn_https_answer answer = {.status = 401};

	q.credentials = false;
	expect(&q, &answer, HN_APISERVER_UNKNOWN_US, "the context has no credentials");
	answer.token_withheld = true;
	expect(&q, &answer, HN_APISERVER_UNKNOWN_US, "the token was not sent");
}

static void failures(void **state _unused_)
{
	static const struct {
		enum hn_https_failure failure;
		enum hn_https_phase phase;
		enum hn_apiserver_step step;
		const char *says;
	} rows[] = {
		{HN_HTTPS_TIMEOUT, HN_HTTPS_AT_LOOKUP, HN_APISERVER_UNREACHABLE,
		 "within 5 s while its name was looked up"},
		{HN_HTTPS_TIMEOUT, HN_HTTPS_AT_CONNECT, HN_APISERVER_UNREACHABLE, "to the connection"},
		{HN_HTTPS_TIMEOUT, HN_HTTPS_AT_HANDSHAKE, HN_APISERVER_UNREACHABLE, "to the TLS handshake"},
		{HN_HTTPS_TIMEOUT, HN_HTTPS_AT_ANSWER, HN_APISERVER_SLOW, "to the request"},
		{HN_HTTPS_TIMEOUT, HN_HTTPS_AT_BODY, HN_APISERVER_SLOW, "see --request-timeout"},
		{HN_HTTPS_CLOSED, HN_HTTPS_AT_ANSWER, HN_APISERVER_BROKEN_OFF, "without an answer"},
		{HN_HTTPS_CLOSED, HN_HTTPS_AT_BODY, HN_APISERVER_BROKEN_OFF, "half an answer"},
		{HN_HTTPS_LOOKUP, HN_HTTPS_AT_LOOKUP, HN_APISERVER_UNREACHABLE, "its name was not found (\\x1b)"},
		{HN_HTTPS_CONNECT, HN_HTTPS_AT_CONNECT, HN_APISERVER_UNREACHABLE, "does it run"},
		{HN_HTTPS_TOKEN, HN_HTTPS_AT_CONNECT, HN_APISERVER_UNREACHABLE, "nothing was asked"},
		{HN_HTTPS_FILES, HN_HTTPS_AT_CONNECT, HN_APISERVER_UNREACHABLE, "nothing was asked"},
		{HN_HTTPS_MEMORY, HN_HTTPS_AT_CONNECT, HN_APISERVER_UNREACHABLE, "nothing was asked"},
		{HN_HTTPS_TOO_LARGE, HN_HTTPS_AT_BODY, HN_APISERVER_USELESS, "too large"},
		{HN_HTTPS_PROTOCOL, HN_HTTPS_AT_BODY, HN_APISERVER_USELESS, "is it an API server?"},
		{HN_HTTPS_BODY, HN_HTTPS_AT_BODY, HN_APISERVER_USELESS, "the answer is not usable: \\x1b"},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_https_answer answer = {
			.failure = rows[i].failure, .phase = rows[i].phase, .reason = {"\x1b"}};

		expect(&question, &answer, rows[i].step, rows[i].says);
		expect(&question, &answer, rows[i].step, "API server https://k (context c): ");
	}
}

static void tls(void **state _unused_)
{
	static const struct {
		enum hn_tls_fault fault;
		const char *says;
	} rows[] = {
		{HN_TLS_NOT_TRUSTED, "certificate-authority-data"},
		{HN_TLS_WRONG_NAME, "tls-server-name"},
		{HN_TLS_EXPIRED, "check the clock"},
		{HN_TLS_REFUSED, "client-certificate and client-key"},
		{HN_TLS_NO_TLS, "is the port right"},
		{HN_TLS_OTHER, "TLS failed (why)"},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_https_answer answer = {.failure = HN_HTTPS_TLS,
						 .tls = {.fault = rows[i].fault, .name = "k", .detail = "why"}};

		expect(&question, &answer, HN_APISERVER_UNREACHABLE, rows[i].says);
	}
}

static void status_fields(void **state _unused_)
{
	struct hn_apiserver_status status;
	char text[4000];

	hn_apiserver_status_read("{\"kind\":\"Status\",\"metadata\":{\"continue\":\"abc\"},\"message\":\"m\","
				 "\"details\":{\"retryAfterSeconds\":7}}",
				 &status);
	assert_string_equal(status.token, "abc");
	assert_string_equal(status.message, "m");
	assert_int_equal(status.retry_after, 7);
	hn_apiserver_status_read("{\"kind\":\"Status\",\"metadata\":{\"continue\":[]},\"message\":1,"
				 "\"details\":{\"retryAfterSeconds\":1e300}}",
				 &status);
	assert_string_equal(status.token, "");
	assert_int_equal(status.retry_after, 0);
	/* half a token is none */
	snprintf(text, sizeof(text), "{\"kind\":\"Status\",\"metadata\":{\"continue\":\"%03000d\"}}", 1);
	hn_apiserver_status_read(text, &status);
	assert_string_equal(status.token, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses), cmocka_unit_test(credentials),   cmocka_unit_test(failures),
		cmocka_unit_test(tls),      cmocka_unit_test(status_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
