// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hostnetd/url.h"

static const struct good {
	const char *text;
	bool tls, is_address, is_loopback;
	const char *host;
	unsigned port;
	const char *authority, *path;
} good[] = {
	{"https://10.0.0.5:10250", true, true, false, "10.0.0.5", 10250, "10.0.0.5:10250", ""},
	{"https://10.0.0.5:10250/", true, true, false, "10.0.0.5", 10250, "10.0.0.5:10250", ""},
	{"http://127.0.0.1:10255", false, true, true, "127.0.0.1", 10255, "127.0.0.1:10255", ""},
	{"http://127.9.8.7", false, true, true, "127.9.8.7", 80, "127.9.8.7", ""},
	{"http://128.0.0.1", false, true, false, "128.0.0.1", 80, "128.0.0.1", ""},
	{"HTTPS://[fd00::5]:10250", true, true, false, "fd00::5", 10250, "[fd00::5]:10250", ""},
	{"https://[::1]", true, true, true, "::1", 443, "[::1]", ""},
	{"https://[fe80::1%25eth0]:1", true, true, false, "fe80::1%eth0", 1, "[fe80::1%25eth0]:1", ""},
	{"https://node-1.example.org/api/v1/nodes/n/proxy/", true, false, false, "node-1.example.org", 443,
	 "node-1.example.org", "/api/v1/nodes/n/proxy"},
	{"http://LocalHost:65535", false, false, true, "LocalHost", 65535, "LocalHost:65535", ""},
	{"http://localhost.example.org:1", false, false, false, "localhost.example.org", 1,
	 "localhost.example.org:1", ""},
	{"http://127.0.0.1.example.org", false, false, false, "127.0.0.1.example.org", 80, "127.0.0.1.example.org",
	 ""},
};

static void accepted(void **state _unused_)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(good); i++) {
		const struct good *row = &good[i];
		struct hn_reason reason;
		struct hn_url url;

		if (hn_url_parse(row->text, &url, &reason) < 0)
			fail_msg("%s: %s", row->text, reason.text);
		assert_string_equal(url.host, row->host);
		assert_string_equal(url.authority, row->authority);
		assert_string_equal(url.path, row->path);
		assert_int_equal(url.port, row->port);
		if (url.tls != row->tls || url.is_address != row->is_address ||
		    url.is_loopback != row->is_loopback)
			fail_msg("%s: a flag is wrong", row->text);
	}
}

static const char *const bad[] = {
	"",
	"10.0.0.5:10250",
	"ftp://a",
	"https:/a",
	"https://",
	"https:///pods",
	"https://:10250",
	"unix:///run/x",
	"https://a:",
	"https://a:0",
	"https://a:65536",
	"https://a:1x",
	"https://a:-1",
	"https://fd00::5:10250",
	"https://[fd00::5",
	"https://[fd00::5]10250",
	"https://[10.0.0.5]",
	"https://[]",
	"https://[node]",
	"https://user:pw@a",
	"https://a?x=1",
	"https://a#b",
	"https://a b",
	"https://a\r\nX: y",
	"https://a/\tb",
	"https://n\xc3\xb6"
	"de",
	"https://a*b",
	"https://a%41",
};

static void refused(void **state _unused_)
{
	char longest[600];
	struct hn_reason reason;
	struct hn_url url;

	for (size_t i = 0; i < HN_ARRAY_SIZE(bad); i++) {
		reason.text[0] = '\0';
		if (hn_url_parse(bad[i], &url, &reason) != -EINVAL)
			fail_msg("%s was accepted", bad[i]);
		assert_non_null(strstr(reason.text, "an URL looks like"));
		assert_null(strpbrk(reason.text, "\r\n\t"));
	}
	memset(longest, 'a', sizeof(longest) - 1);
	memcpy(longest, "https://", 8);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(hn_url_parse(longest, &url, &reason), -EINVAL);
	longest[8 + 100] = '/';
	assert_int_equal(hn_url_parse(longest, &url, &reason), -EINVAL);
	longest[8 + 100 + 200] = '\0';
	assert_int_equal(hn_url_parse(longest, &url, &reason), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepted),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
