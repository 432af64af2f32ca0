/* SPDX-License-Identifier: Apache-2.0 */
/* Records of the kernel side: every kind and size, every truncation, and lengths that lie. */
#include "../../../src/probe/record.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OFFSET_NS 1700000000000000000LL

static const struct {
	enum hn_record_kind kind;
	size_t size;
	enum hn_sighting_kind becomes;
} forms[] = {
	{HN_RECORD_EXEC, sizeof(struct hn_record_exec), HN_SIGHTING_EXEC},
	{HN_RECORD_EXEC, sizeof(struct hn_record_exec_long), HN_SIGHTING_EXEC},
	{HN_RECORD_ENTERED, sizeof(struct hn_record_named), HN_SIGHTING_ENTERED},
	{HN_RECORD_LEFT, sizeof(struct hn_record_named), HN_SIGHTING_LEFT},
	{HN_RECORD_EXIT, sizeof(struct hn_record), HN_SIGHTING_EXIT},
	{HN_RECORD_LISTEN, sizeof(struct hn_record_named), HN_SIGHTING_LISTEN},
	{HN_RECORD_PRESENT, sizeof(struct hn_record), HN_SIGHTING_PRESENT},
	{HN_RECORD_PRESENT, sizeof(struct hn_record_named), HN_SIGHTING_PRESENT},
	{HN_RECORD_CANDIDATE, sizeof(struct hn_record_named), HN_SIGHTING_CANDIDATE},
	{HN_RECORD_SOCKET, sizeof(struct hn_record_named), HN_SIGHTING_SOCKET},
	{HN_RECORD_CONNECT, sizeof(struct hn_record_named), HN_SIGHTING_CONNECT},
	{HN_RECORD_REFUSED, sizeof(struct hn_record_named), HN_SIGHTING_REFUSED},
	{HN_RECORD_ABSTRACT, sizeof(struct hn_record_exec), HN_SIGHTING_ABSTRACT},
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))
static const size_t sizes[] = {sizeof(struct hn_record), sizeof(struct hn_record_named),
			       sizeof(struct hn_record_exec), sizeof(struct hn_record_exec_long)};

/* A literal of names, each with its NUL. */
#define NAMES(field, len, literal) ((len) = sizeof(literal), memcpy(field, literal, sizeof(literal)))

static struct hn_record_exec_long a_record(enum hn_record_kind kind, size_t size)
{
	struct hn_record_exec_long r = {
		.head = {.kind = (uint16_t)kind,
			 .size = (uint16_t)size,
			 .time = 5000000000,
			 .start = 4000000000,
			 .thread_start = 4500000000,
			 .cgroup_id = 77,
			 .pid = 11,
			 .tid = 12,
			 .parent = 10,
			 .uid = 1000,
			 .netns = 4026531840,
			 .mntns = 4026531841,
			 .error = EPERM,
			 .comm = "python3"},
	};

	if (size > sizeof(r.head)) {
		NAMES(r.cgroup, r.head.cgroup_len, "kubepods\0pod1\0abc");
		NAMES(r.exe, r.head.exe_len, "python3\0bin\0usr");
	}
	if (size > sizeof(struct hn_record_named))
		NAMES(r.argv, r.head.argv_len, "vllm\0serve");
	return r;
}

/* Reads the first n bytes, in a heap block of exactly that size: ASan sees a read beyond. */
static int read_n(const struct hn_record_exec_long *r, size_t n, struct hn_record_text *text,
		  struct hn_sighting *ret)
{
	static void *block; /* the sighting borrows from it, until the next call */

	free(block);
	block = malloc(n + !n);
	assert_non_null(block);
	memcpy(block, r, n);
	memset(text, 0x5a, sizeof(*text));
	memset(ret, 0x5a, sizeof(*ret));
	return hn_record_read(block, n, OFFSET_NS, text, ret);
}

static int read_whole(const struct hn_record_exec_long *r, struct hn_record_text *text, struct hn_sighting *ret)
{
	return read_n(r, r->head.size, text, ret);
}

static void assert_common(const struct hn_sighting *s)
{
	assert_true(s->time.ns == OFFSET_NS + 5000000000);
	assert_true(s->mono.ns == 5000000000);
	assert_true(s->start_ns == 4000000000);
	assert_true(s->thread_start_ns == 4500000000);
	assert_int_equal(s->cgroup_id, 77);
	assert_int_equal(s->pid, 11);
	assert_int_equal(s->tid, 12);
	assert_int_equal(s->parent, 10);
	assert_int_equal(s->uid, 1000);
	assert_int_equal(s->netns, 4026531840);
	assert_int_equal(s->mntns, 4026531841);
	assert_int_equal(s->error, EPERM);
	assert_string_equal(s->comm, "python3");
}

static void test_every_form(void **state)
{
	struct hn_record_text text;
	struct hn_sighting s;

	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		struct hn_record_exec_long r = a_record(forms[i].kind, forms[i].size);
		bool named = forms[i].size > sizeof(struct hn_record);
		bool exec = forms[i].size > sizeof(struct hn_record_named);

		assert_int_equal(read_whole(&r, &text, &s), forms[i].size);
		assert_int_equal(s.kind, forms[i].becomes);
		assert_common(&s);
		assert_int_equal(s.brief, !named);
		assert_string_equal(s.cgroup, named ? "/kubepods/pod1/abc" : "");
		assert_string_equal(s.exe, named ? "/usr/bin/python3" : "");
		if (forms[i].kind == HN_RECORD_ABSTRACT) /* its name is no command line that could be judged */
			assert_string_equal(s.unix_name, "vllm@serve@");
		else
			assert_null(s.unix_name);
		exec = exec && forms[i].kind != HN_RECORD_ABSTRACT;
		assert_int_equal(s.argv_len, exec ? 11 : 0);
		if (exec)
			assert_memory_equal(s.argv, "vllm\0serve", 11);
		else
			assert_null(s.argv);
		assert_int_equal(s.endpoint.family, 0);
	}
}

static void test_every_truncation(void **state)
{
	struct hn_record_text text;
	struct hn_sighting s, untouched;

	(void)state;
	memset(&untouched, 0x5a, sizeof(untouched));
	for (size_t i = 0; i < FORMS; i++) {
		struct hn_record_exec_long r = a_record(forms[i].kind, forms[i].size);

		for (size_t n = 0; n < forms[i].size; n++) {
			assert_int_equal(read_n(&r, n, &text, &s), -EAGAIN);
			assert_memory_equal(&s, &untouched, sizeof(s));
		}
		/* The next record in the buffer is left alone. */
		if (forms[i].size < sizeof(r))
			assert_int_equal(read_n(&r, sizeof(r), &text, &s), forms[i].size);
	}
}

static bool is_form(unsigned kind, size_t size)
{
	for (size_t i = 0; i < FORMS; i++)
		if (forms[i].kind == kind && forms[i].size == size)
			return true;
	return false;
}

static void test_no_other_kind_or_size(void **state)
{
	struct hn_record_exec_long r = {0};
	struct hn_record_text text;
	struct hn_sighting s;

	(void)state;
	for (unsigned kind = 0; kind <= UINT16_MAX; kind += kind > HN_RECORD_KIND_MAX + 2 ? 4099 : 1)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			r.head.kind = (uint16_t)kind;
			r.head.size = (uint16_t)sizes[i];
			assert_int_equal(read_n(&r, sizeof(r), &text, &s),
					 is_form(kind, sizes[i]) ? (int)sizes[i] : -EBADMSG);
		}
	for (unsigned kind = 1; kind < HN_RECORD_KIND_MAX; kind++)
		for (unsigned size = 0; size <= sizeof(r) + 8; size++) {
			if (is_form(kind, size))
				continue;
			r.head.kind = (uint16_t)kind;
			r.head.size = (uint16_t)size;
			assert_int_equal(read_n(&r, sizeof(r), &text, &s), -EBADMSG);
		}
}

static void test_lengths_that_lie(void **state)
{
	struct hn_record_text text;
	struct hn_sighting s;

	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		bool named = forms[i].size > sizeof(struct hn_record);
		uint16_t argv = forms[i].size == sizeof(struct hn_record_exec_long) ? HN_ARGV_LONG :
				forms[i].size == sizeof(struct hn_record_exec)      ? HN_ARGV_SHORT :
										      0;
		const struct {
			uint16_t cgroup, exe, argv;
			bool good;
		} rows[] = {
			{0, 0, 0, true},
			{named ? HN_CGROUP_NAMES : 0, named ? HN_EXE_NAMES : 0, argv, true},
			{named ? HN_CGROUP_NAMES + 1 : 1, 0, 0, false},
			{0, named ? HN_EXE_NAMES + 1 : 1, 0, false},
			{0, 0, argv + 1, false},
			{UINT16_MAX, 0, 0, false},
			{0, UINT16_MAX, 0, false},
			{0, 0, UINT16_MAX, false},
		};

		for (size_t j = 0; j < sizeof(rows) / sizeof(rows[0]); j++) {
			struct hn_record_exec_long r = a_record(forms[i].kind, forms[i].size);

			memset(r.cgroup, 'c', sizeof(r.cgroup));
			memset(r.exe, 'e', sizeof(r.exe));
			memset(r.argv, 'a', sizeof(r.argv));
			r.head.cgroup_len = rows[j].cgroup;
			r.head.exe_len = rows[j].exe;
			r.head.argv_len = rows[j].argv;
			assert_int_equal(read_whole(&r, &text, &s), rows[j].good ? (int)forms[i].size : -EBADMSG);
			if (rows[j].good) {
				assert_int_equal(strlen(s.cgroup), named ? rows[j].cgroup + 1 : 0);
				assert_true(strlen(s.cgroup) < sizeof(text.cgroup));
				assert_int_equal(strlen(s.exe), rows[j].exe ? rows[j].exe + 1 : 0);
				if (forms[i].kind == HN_RECORD_ABSTRACT)
					assert_true(strlen(s.unix_name) < HN_UNIX_NAME_SIZE);
				else
					assert_int_equal(s.argv_len, rows[j].argv);
			}
		}
	}
}

/* Sums of times further down the line must not overflow. */
static void test_times_that_lie(void **state)
{
	const uint64_t bad[] = {UINT64_MAX, INT64_MAX, (uint64_t)1 << 63, INT64_MAX / 2};
	struct hn_record_text text;
	struct hn_sighting s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct hn_record_exec_long r = a_record(HN_RECORD_EXIT, sizeof(struct hn_record));

		r.head.time = bad[i];
		assert_int_equal(read_whole(&r, &text, &s), -EBADMSG);
		r.head.time = 0;
		assert_int_equal(read_whole(&r, &text, &s), sizeof(struct hn_record));
		r.head.start = bad[i];
		assert_int_equal(read_whole(&r, &text, &s), -EBADMSG);
		r.head.start = 0;
		r.head.thread_start = bad[i];
		assert_int_equal(read_whole(&r, &text, &s), -EBADMSG);
	}
}

static void test_every_flag(void **state)
{
	struct hn_record_text text;
	struct hn_sighting s;

	(void)state;
	for (unsigned bit = 0; bit < 10; bit++) {
		struct hn_record_exec_long r = a_record(HN_RECORD_EXEC, sizeof(struct hn_record_exec));
		uint32_t flag = 1U << bit;

		r.head.flags = flag;
		assert_true(read_whole(&r, &text, &s) > 0);
		assert_int_equal(s.in_host_netns, flag == HN_RECORD_IN_HOST);
		assert_int_equal(s.armed, flag == HN_RECORD_ARMED);
		assert_int_equal(s.process_ended, flag == HN_RECORD_ENDED);
		assert_int_equal(s.cgroup_v2, flag == HN_RECORD_CGROUP_V2);
		assert_int_equal(s.cgroup_truncated, flag == HN_RECORD_CGROUP_TRUNCATED);
		assert_int_equal(s.argv_truncated, flag == HN_RECORD_ARGV_TRUNCATED);
		assert_int_equal(s.contact, flag == HN_RECORD_METADATA ? HN_CONTACT_METADATA :
					    flag == HN_RECORD_CONTROL  ? HN_CONTACT_CONTROL :
									 HN_CONTACT_NONE);
		assert_string_equal(s.exe,
				    flag == HN_RECORD_EXE_TRUNCATED ? ".../usr/bin/python3" : "/usr/bin/python3");
	}
}

static void test_cgroup_names(void **state)
{
	struct hn_record_exec_long r = a_record(HN_RECORD_PRESENT, sizeof(struct hn_record_named));
	char want[HN_CGROUP_NAMES + 2] = "";
	struct hn_record_text text;
	struct hn_sighting s;

	(void)state;
	r.head.cgroup_len = 0;
	assert_true(read_whole(&r, &text, &s) > 0);
	assert_string_equal(s.cgroup, "/");
	/* The last name without its NUL; the length ends within a name. */
	NAMES(r.cgroup, r.head.cgroup_len, "a\0bcd\0ef");
	r.head.cgroup_len--;
	assert_true(read_whole(&r, &text, &s) > 0);
	assert_string_equal(s.cgroup, "/a/bcd/ef");
	r.head.cgroup_len = 4;
	assert_true(read_whole(&r, &text, &s) > 0);
	assert_string_equal(s.cgroup, "/a/bc");
	/* An empty name ends the path. */
	NAMES(r.cgroup, r.head.cgroup_len, "a\0\0b");
	assert_true(read_whole(&r, &text, &s) > 0);
	assert_string_equal(s.cgroup, "/a");
	/* As deep as there is room for: names of one letter, the last without a NUL. */
	r.head.cgroup_len = HN_CGROUP_NAMES - 1;
	for (size_t i = 0; i < HN_CGROUP_NAMES - 1; i++) {
		r.cgroup[i] = i % 2 ? '\0' : 'd';
		want[i] = i % 2 ? 'd' : '/';
	}
	want[HN_CGROUP_NAMES - 1] = 'd';
	r.cgroup[HN_CGROUP_NAMES - 1] = 'x'; /* beyond the length */
	assert_true(read_whole(&r, &text, &s) > 0);
	assert_int_equal(strlen(s.cgroup), HN_CGROUP_NAMES);
	assert_string_equal(s.cgroup, want);
}

static void test_exe_names(void **state)
{
	struct hn_record_exec_long r = a_record(HN_RECORD_PRESENT, sizeof(struct hn_record_named));
	struct hn_record_text text;
	struct hn_sighting s;

	(void)state;
	r.head.exe_len = 0;
	assert_true(read_whole(&r, &text, &s) > 0);
	assert_string_equal(s.exe, "");
	r.head.flags = HN_RECORD_EXE_TRUNCATED; /* nothing could be read */
	assert_true(read_whole(&r, &text, &s) > 0);
	assert_string_equal(s.exe, "");
	NAMES(r.exe, r.head.exe_len, "f\0e\0d");
	r.head.exe_len--;
	assert_true(read_whole(&r, &text, &s) > 0);
	assert_string_equal(s.exe, ".../d/e/f");
	/* The longest, with the dots before it. */
	r.head.exe_len = HN_EXE_NAMES;
	for (size_t i = 0; i < HN_EXE_NAMES; i++)
		r.exe[i] = i == 100 ? '\0' : i < 100 ? 'f' : 'd';
	assert_true(read_whole(&r, &text, &s) > 0);
	assert_int_equal(strlen(s.exe), 3 + 1 + HN_EXE_NAMES);
	assert_int_equal(strncmp(s.exe, ".../ddd", 7), 0);
	assert_string_equal(strchr(s.exe + 4, '/') + 99, "ff");
}

static void test_comm_without_nul(void **state)
{
	struct hn_record_exec_long r = a_record(HN_RECORD_EXIT, sizeof(struct hn_record));
	struct hn_record_text text;
	struct hn_sighting s;

	(void)state;
	memset(r.head.comm, 'x', sizeof(r.head.comm));
	assert_true(read_whole(&r, &text, &s) > 0);
	assert_string_equal(s.comm, "xxxxxxxxxxxxxxxx");
}

static void test_endpoint(void **state)
{
	static const struct {
		uint8_t family, address[16];
		uint8_t becomes, at[16];
	} rows[] = {
		{AF_INET, {127, 0, 0, 1, 9, 9}, AF_INET, {127, 0, 0, 1}},
		{AF_INET6, {[0] = 0xfd, [15] = 9}, AF_INET6, {[0] = 0xfd, [15] = 9}},
		/* An IPv4 address on an IPv6 socket; and two that only look like one. */
		{AF_INET6, {[10] = 0xff, [11] = 0xff, [12] = 10, [15] = 9}, AF_INET, {10, 0, 0, 9}},
		{AF_INET6, {[11] = 0xff, [12] = 10}, AF_INET6, {[11] = 0xff, [12] = 10}},
		{AF_INET6, {[0] = 1, [10] = 0xff, [11] = 0xff}, AF_INET6, {[0] = 1, [10] = 0xff, [11] = 0xff}},
		{AF_UNIX, {9}, 0, {0}},
		{0, {9}, 0, {0}},
		{255, {9}, 0, {0}},
	};
	struct hn_record_exec_long r = a_record(HN_RECORD_LISTEN, sizeof(struct hn_record_named));
	struct hn_record_text text;
	struct hn_sighting s;

	(void)state;
	r.head.port = 8000;
	r.head.protocol = IPPROTO_TCP;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r.head.family = rows[i].family;
		memcpy(r.head.address, rows[i].address, sizeof(r.head.address));
		assert_true(read_whole(&r, &text, &s) > 0);
		assert_int_equal(s.endpoint.family, rows[i].becomes);
		assert_int_equal(s.endpoint.port, rows[i].becomes ? 8000 : 0);
		assert_int_equal(s.endpoint.protocol, rows[i].becomes ? IPPROTO_TCP : 0);
		assert_memory_equal(s.endpoint.address, rows[i].at, sizeof(rows[i].at));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_form),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_no_other_kind_or_size),
		cmocka_unit_test(test_lengths_that_lie),
		cmocka_unit_test(test_times_that_lie),
		cmocka_unit_test(test_every_flag),
		cmocka_unit_test(test_cgroup_names),
		cmocka_unit_test(test_exe_names),
		cmocka_unit_test(test_comm_without_nul),
		cmocka_unit_test(test_endpoint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
