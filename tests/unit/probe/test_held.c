/* SPDX-License-Identifier: Apache-2.0 */
/* What a process holds, from the kernel side's record and from a line of /proc/PID/maps. */
#include "../../../src/probe/held.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct hn_held_record a_device(unsigned major, unsigned minor, const char *name)
{
	struct hn_held_record r = {
		.start = 77, .pid = 4711, .kind = HN_HELD_DEVICE, .fd = 12, .rdev = major << 20 | minor};

	memcpy(r.name, name, strlen(name));
	return r;
}

static void test_device(void **state)
{
	struct hn_held_record r = a_device(511, 0, "nvidia-uvm");
	struct hn_held held;

	(void)state;
	assert_int_equal(hn_held_read(&r, &held), 0);
	assert_int_equal(held.pid, 4711);
	assert_int_equal(held.start_ns, 77);
	assert_int_equal(held.fd, 12);
	assert_false(held.library);
	assert_string_equal(held.name, "nvidia-uvm");
}

/* A device of a fixed number is known under any name. */
static void test_renamed(void **state)
{
	static const struct {
		unsigned major, minor;
		const char *name;
	} rows[] = {{195, 3, "nvidia3"},
		    {195, 255, "nvidiactl"},
		    {226, 129, "renderD129"},
		    {226, 0, "cam0"},
		    {196, 3, "cam0"}};
	struct hn_held held;

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_held_record r = a_device(rows[i].major, rows[i].minor, "cam0");

		assert_int_equal(hn_held_read(&r, &held), 0);
		assert_string_equal(held.name, rows[i].name);
	}
}

static void test_common(void **state)
{
	(void)state;
	assert_true(hn_held_is_common(1));
	assert_true(hn_held_is_common(5));
	assert_true(hn_held_is_common(136));
	assert_true(hn_held_is_common(143));
	assert_false(hn_held_is_common(144));
	assert_false(hn_held_is_common(195));
	assert_false(hn_held_is_common(10));
}

static void test_library(void **state)
{
	struct hn_held_record r = {.start = 77, .pid = 4711, .kind = HN_HELD_LIBRARY, .name = "libtorch_cpu.so"};
	struct hn_held held;

	(void)state;
	assert_int_equal(hn_held_read(&r, &held), 0);
	assert_true(held.library);
	assert_string_equal(held.name, "libtorch_cpu.so");
}

/* Each differs from a good record in one thing. */
static void test_refused(void **state)
{
	const struct hn_held_record good = {.pid = 1, .kind = HN_HELD_LIBRARY, .name = "x"};
	struct hn_held_record r = good;
	struct hn_held held = {.pid = 9};

	(void)state;
	assert_int_equal(hn_held_read(&r, &held), 0);
	held.pid = 9;
	r.kind = 0;
	assert_int_equal(hn_held_read(&r, &held), -EBADMSG);
	r.kind = HN_HELD_LIBRARY + 1;
	assert_int_equal(hn_held_read(&r, &held), -EBADMSG);
	r = good;
	r.pid = 0;
	assert_int_equal(hn_held_read(&r, &held), -EBADMSG);
	r.pid = 1U << 31;
	assert_int_equal(hn_held_read(&r, &held), -EBADMSG);
	r = good;
	memset(r.name, 'x', sizeof(r.name));
	assert_int_equal(hn_held_read(&r, &held), -EBADMSG);
	assert_int_equal(held.pid, 9);
}

static void test_map_lines(void **state)
{
	static const struct {
		const char *line, *name; /* NULL: says nothing */
	} rows[] = {
		{"7f12-7f34 r-xp 00001000 08:01 1234      /opt/x/libtorch_cuda.so\n", "libtorch_cuda.so"},
		{"7f12-7f34 r-xp 00001000 08:01 1234      /opt/a b/lib c.so (deleted)\n", "lib c.so (deleted)"},
		{"7f12-7f34 r-xs 00001000 00:2f 1 /memfd:libx.so", "memfd:libx.so"},
		{"7f12-7f34 r--p 00001000 08:01 1234      /opt/x/libtorch_cuda.so\n", NULL},
		{"7f12-7f34 r-xp 00000000 00:00 0                                [vdso]\n", NULL},
		{"7f12-7f34 r-xp 00000000 00:00 0 \n", NULL},
		{"7f12-7f34 r-xp 00001000 08:01 1234      /opt/x/\n", NULL},
		{"7f12-7f34 rwxx 00001000", NULL},
		{"7f12-7f34 -x", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_held held = {.pid = 3};

		assert_int_equal(hn_held_read_map(rows[i].line, &held), rows[i].name != NULL);
		if (!rows[i].name)
			continue;
		assert_true(held.library);
		assert_int_equal(held.pid, 3);
		assert_string_equal(held.name, rows[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_device),  cmocka_unit_test(test_renamed), cmocka_unit_test(test_common),
		cmocka_unit_test(test_library), cmocka_unit_test(test_refused), cmocka_unit_test(test_map_lines),
	};

	return cmocka_run_group_tests_name("held", tests, NULL, NULL);
}
