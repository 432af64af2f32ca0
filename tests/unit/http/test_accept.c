// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hostnetd/macro.h"
#include "http/accept.h"

#define OPEN "application/openmetrics-text"

static const struct {
	const char *accept;
	bool open;
} rows[] = {
	{NULL, false},
	{"", false},
	{"*/*", false},
	{"text/html,*/*;q=0.8", false},
	{OPEN, true},
	{"Application/OpenMetrics-Text", true},
	{OPEN "x", false},
	{"x" OPEN, false},
	/* Prometheus' own, 2.42. */
	{OPEN ";version=1.0.0," OPEN ";version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true},
	{OPEN ";version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", false},
	{OPEN "; version=\"1.0.0\" ; charset=utf-8", true},
	{OPEN ";q=0", false},
	{OPEN ";q=0.0", false},
	{OPEN ";q=0.001", true},
	{OPEN ";q=0.5,text/plain;q=0.6", false},
	{OPEN ";q=0.6 , text/plain ; q=0.6", true},
	{"text/plain;q=0.4, " OPEN ";q=0.5", true},
	/* The exact type counts, not the range. */
	{OPEN ";q=0.5,text/plain;q=0.1,*/*;q=0.9", true},
	{OPEN ";q=0.5,text/*;q=0.9,*/*;q=0.1", false},
	{OPEN ";q=0.5,*/*;q=0.9", false},
	/* Malformed weights. */
	{OPEN ";q=", false},
	{OPEN ";q=2", false},
	{OPEN ";q=1.1", false},
	{OPEN ";q=0x1", false},
	{OPEN ";q=0.12345", false},
	{OPEN ";;;", true},
	{",,;,=," OPEN, true},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++)
		if (hn_http_wants_openmetrics(rows[i].accept) != rows[i].open)
			fail_msg("%s", rows[i].accept ? rows[i].accept : "(none)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
