/* SPDX-License-Identifier: Apache-2.0 */
/* Host headers, and addresses to listen on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "http/host.h"
#include "http/listen.h"

static void test_hosts(void **state)
{
	static const char *const names[] = {"node-4.example", "API"};
	static const struct {
		const char *host;
		enum hn_host expected;
	} rows[] = {
		{"localhost", HN_HOST_OURS},
		{"localhost:9464", HN_HOST_OURS},
		{"LocalHost.", HN_HOST_OURS},
		{"127.0.0.1", HN_HOST_OURS},
		{"10.1.2.3:80", HN_HOST_OURS},
		{"[::1]", HN_HOST_OURS},
		{"[fe80::1]:9464", HN_HOST_OURS},
		{"NODE-4.example:1", HN_HOST_OURS},
		{"api", HN_HOST_OURS},
		{"node-4.example.evil", HN_HOST_FOREIGN},
		{"xnode-4.example", HN_HOST_FOREIGN},
		{"evil.example", HN_HOST_FOREIGN},
		{"localhost.evil", HN_HOST_FOREIGN},
		{"127.0.0.1.evil", HN_HOST_FOREIGN},
		{"0x7f000001", HN_HOST_FOREIGN},
		{"", HN_HOST_MALFORMED},
		{":80", HN_HOST_MALFORMED},
		{"localhost:http", HN_HOST_MALFORMED},
		{"localhost:1234567", HN_HOST_MALFORMED},
		{"localhost:80:80", HN_HOST_MALFORMED},
		{"a b", HN_HOST_MALFORMED},
		{"user@localhost", HN_HOST_MALFORMED},
		{"localhost/", HN_HOST_MALFORMED},
		{"[::1", HN_HOST_MALFORMED},
		{"[::1]x", HN_HOST_MALFORMED},
		{"[evil]", HN_HOST_MALFORMED},
		{"[]", HN_HOST_MALFORMED},
	};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++)
		if (hn_host_judge(rows[i].host, names, HN_ARRAY_SIZE(names)) != rows[i].expected)
			fail_msg("'%s'", rows[i].host);
	assert_int_equal(hn_host_judge("api", NULL, 0), HN_HOST_FOREIGN);
}

static void test_listen(void **state)
{
	static const struct {
		const char *text;
		int family; /* 0: refused */
		_Bool loopback;
	} rows[] = {
		{"127.0.0.1:9464", AF_INET, 1},
		{"127.9.9.9:1", AF_INET, 1},
		{"0.0.0.0:65535", AF_INET, 0},
		{"10.0.0.1:80", AF_INET, 0},
		{"[::1]:80", AF_INET6, 1},
		{"[::]:80", AF_INET6, 0},
		{"unix:/run/x", AF_UNIX, 0},
		{"unix:run/x", 0, 0},
		{"unix:", 0, 0},
		{"localhost:80", 0, 0},
		{"::1:80", 0, 0},
		{"[::1]", 0, 0},
		{"127.0.0.1", 0, 0},
		{"127.0.0.1:", 0, 0},
		{"127.0.0.1:0", 0, 0},
		{"127.0.0.1:65536", 0, 0},
		{"127.0.0.1:80x", 0, 0},
		{"127.0.0.1:+80", 0, 0},
		{"[127.0.0.1]:80", 0, 0},
		{"[]:80", 0, 0},
		{":80", 0, 0},
		{"", 0, 0},
		{"none", 0, 0},
	};
	struct hn_reason reason;

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_listen l;
		int r = hn_listen_parse(rows[i].text, &l, &reason);

		if (rows[i].family ?
			    r != 0 || l.address.any.sa_family != rows[i].family || l.loopback != rows[i].loopback :
			    r != -EINVAL)
			fail_msg("'%s'", rows[i].text);
	}
}

static void test_long_path(void **state)
{
	char text[256] = "unix:/";
	struct hn_reason reason;
	struct hn_listen l;

	(void)state;
	memset(text + 6, 'x', 106);
	assert_int_equal(hn_listen_parse(text, &l, &reason), 0);
	text[6 + 106] = 'x';
	assert_int_equal(hn_listen_parse(text, &l, &reason), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_listen),
		cmocka_unit_test(test_long_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
