/* SPDX-License-Identifier: Apache-2.0 */
/* Times as text, durations from text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <time.h>

#include "hostnetd/macro.h"
#include "hostnetd/time.h"

#define S HN_NSEC_PER_SEC

static void test_wall_format(void **state)
{
	char buf[HN_TIME_TEXT];

	(void)state;
	assert_string_equal(hn_wall_format((struct hn_wall){1795465867123456789}, buf),
			    "2026-11-23T20:31:07.123456Z");
	assert_string_equal(hn_wall_format((struct hn_wall){0}, buf), "1970-01-01T00:00:00.000000Z");
	assert_string_equal(hn_wall_format((struct hn_wall){-1}, buf), "1969-12-31T23:59:59.999999Z");
	assert_string_equal(hn_wall_format((struct hn_wall){INT64_MAX}, buf), "2262-04-11T23:47:16.854775Z");
	assert_string_equal(hn_wall_format((struct hn_wall){INT64_MIN}, buf), "1677-09-21T00:12:43.145224Z");
	assert_false(hn_wall_known((struct hn_wall){0}));
	assert_true(hn_wall_known((struct hn_wall){1}));
}

static void test_clocks(void **state)
{
	struct hn_mono a = hn_mono_now(), b;
	struct timespec boot;

	(void)state;
	assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &boot), 0);
	b = hn_mono_now();
	assert_true(a.ns > 0 && a.ns <= boot.tv_sec * S + boot.tv_nsec && boot.tv_sec * S + boot.tv_nsec <= b.ns);
	assert_true(hn_wall_now().ns > 1600000000 * S);
}

static void test_age(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} rows[] = {
		{-5, "0s"},
		{0, "0s"},
		{12 * S, "12s"},
		{59 * S + S - 1, "59s"},
		{60 * S, "1m"},
		{3599 * S, "59m"},
		{3600 * S, "1h"},
		{12000 * S, "3h20m"},
		{86399 * S, "23h59m"},
		{86400 * S, "1d"},
		{4 * 86400 * S, "4d"},
		{INT64_MAX, "106751d"},
	};
	char buf[HN_TIME_TEXT];

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++)
		assert_string_equal(hn_age_format(rows[i].ns, buf), rows[i].text);
}

static void test_duration(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} good[] = {
		{"30s", 30 * S},
		{"5m", 300 * S},
		{"250ms", S / 4},
		{"1h30m", 5400 * S},
		{"90", 90 * S},
		{"0", 0},
		{"0s", 0},
		{"1d", 86400 * S},
		{"90d", 90 * 86400 * S},
		{"1m1s1ms", 61 * S + HN_NSEC_PER_MSEC},
		{"007s", 7 * S},
		{"3653d", 3653 * 86400 * S},
	};
	static const char *const bad[] = {
		"",
		"s",
		"-5s",
		"+5s",
		"5 s",
		" 5s",
		"5s ",
		"1h30",
		"30m1h",
		"1m1m",
		"1.5s",
		"5sec",
		"5min",
		"5M",
		"1e3s",
		"3654d",
		"99999999999999999999s",
		"9223372036854775807d",
		"5s5",
		"ms",
		"3653d1s",
		"0x10s",
	};
	int64_t ns;

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(good); i++) {
		ns = -1;
		assert_int_equal(hn_duration_parse(good[i].text, &ns), 0);
		assert_int_equal(ns, good[i].ns);
	}
	for (size_t i = 0; i < HN_ARRAY_SIZE(bad); i++) {
		ns = -7;
		assert_int_equal(hn_duration_parse(bad[i], &ns), -EINVAL);
		assert_int_equal(ns, -7);
	}
}

static void wall_parse(void **state _unused_)
{
	static const struct {
		const char *text;
		int64_t ns;
	} rows[] = {
		{"1970-01-01T00:00:00Z", 1}, /* not "unknown" */
		{"1970-01-01T02:00:00+02:00", 1},
		{"1970-01-01T00:00:00.000000001Z", 1},
		{"2026-11-23T20:31:07Z", 1795465867000000000},
		{"2026-11-23t20:31:07.25z", 1795465867250000000},
		{"2026-11-23 20:31:07.123456789Z", 1795465867123456789},
		{"2026-11-23T20:31:07.1234567891Z", 1795465867123456789},
		{"2026-11-23T22:31:07+02:00", 1795465867000000000},
		{"2026-11-23T15:01:07-05:30", 1795465867000000000},
		{"2028-02-29T00:00:00Z", 1835395200000000000},
		{"2016-12-31T23:59:60Z", 1483228800000000000}, /* a leap second */
	};
	static const char *const bad[] = {
		"",
		"soon",
		"2026-11-23",
		"2026-11-23T20:31:07",
		"2026-11-23T20:31:07.Z",
		"2026-11-23T20:31:07ZZ",
		"2026-11-23T20:31:07+0200",
		"2026-11-23T20:31:07+02:0",
		"2026-11-23T20:31:07+02:0x",
		"2026-11-23T20:31:07+24:00",
		"2026-13-23T20:31:07Z",
		"2027-02-29T20:31:07Z",
		"2027-02-31T00:00:60Z",
		"2026-11-32T20:31:07Z",
		"2026-11-23T24:31:07Z",
		"2026-11-23T20:61:07Z",
		"2200-11-23T20:31:07Z",
		"1969-11-23T20:31:07Z",
		"+026-11-23T20:31:07Z",
		"2026-11-23X20:31:07Z",
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_wall t = {-1};

		assert_int_equal(hn_wall_parse(rows[i].text, &t), 0);
		if (t.ns != rows[i].ns)
			fail_msg("%s: %lld", rows[i].text, (long long)t.ns);
	}
	for (size_t i = 0; i < HN_ARRAY_SIZE(bad); i++) {
		struct hn_wall t = {-1};

		if (hn_wall_parse(bad[i], &t) == 0 || t.ns != -1)
			fail_msg("%s was taken", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wall_parse), cmocka_unit_test(test_wall_format), cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_age),   cmocka_unit_test(test_duration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
