/* SPDX-License-Identifier: Apache-2.0 */
/* What Accept-Encoding says of gzip, and what was packed by it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hostnetd/macro.h"

#include "http/encoding.h"
#include "http/routes.h"

static const char *const yes[] = {
	"gzip",
	"GZIP",
	"x-gzip",
	"gzip, deflate, br, zstd",
	"deflate,gzip;q=1.0, *;q=0.5",
	"br;q=1.0, gzip ; q=0.001",
	"*",
	"*;q=0.1, identity",
	" , gzip",
	"identity;q=1,\tgzip;Q=0.5",
};
static const char *const no[] = {
	"",      "identity", "br, zstd", "gzip;q=0", "gzip;q=0.000, *", "gzip; q=0, br", "*;q=0", "gzipped",
	"agzip", "gzi",      "gzip;x=1", "gzip q=1", "gzip;q",          "gzip;q=",       ",,,",
};

static void rows(void **state)
{
	(void)state;
	assert_false(hn_http_takes_gzip(NULL));
	for (size_t i = 0; i < HN_ARRAY_SIZE(yes); i++)
		if (!hn_http_takes_gzip(yes[i]))
			fail_msg("'%s' takes it", yes[i]);
	for (size_t i = 0; i < HN_ARRAY_SIZE(no); i++)
		if (hn_http_takes_gzip(no[i]))
			fail_msg("'%s' does not take it", no[i]);
}

/* A file larger than a step; then cut at each of some places, and no gzip at all. */
static void unpacked(void **state)
{
	const struct hn_http_file *file = hn_http_file_find("/openapi.json");
	_cleanup_(hn_str_done) struct hn_str plain = {0};
	size_t n = (size_t)(file->packed_end - file->packed);

	(void)state;
	assert_int_equal(hn_http_unpack(file->packed, n, &plain), 0);
	assert_true(plain.len > 16384);
	assert_true(plain.data[0] == '{' && strstr(plain.data, "\"openapi\""));
	for (size_t cut = 0; cut < n; cut += 97) {
		_cleanup_(hn_str_done) struct hn_str part = {0};

		assert_int_equal(hn_http_unpack(file->packed, cut, &part), -EBADMSG);
	}
	assert_int_equal(hn_http_unpack("no gzip at all", 14, &plain), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(unpacked)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
