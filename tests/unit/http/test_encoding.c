/* SPDX-License-Identifier: Apache-2.0 */
/* What Accept-Encoding says of gzip. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hostnetd/macro.h"

#include "http/encoding.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
