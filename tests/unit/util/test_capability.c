// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hostnetd/capability.h"
#include "hostnetd/macro.h"

/* In a child that has these effective capabilities only, as far as the test itself has them: which does it say it has? */
static int ask(uint64_t effective, unsigned capability)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		if (syscall(SYS_capget, &header, data) < 0)
			_exit(2);
		data[0].effective = (uint32_t)effective;
		data[1].effective = (uint32_t)(effective >> 32);
		/* What is not permitted cannot be tried: a test without root. */
		if ((data[0].effective & ~data[0].permitted) || (data[1].effective & ~data[1].permitted))
			_exit(3);
		_exit(syscall(SYS_capset, &header, data) < 0 ? 2 : hn_has_capability(capability));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_table(void **state _unused_)
{
	static const struct {
		uint64_t effective;
		unsigned asked;
		int answer;
	} rows[] = {
		{0, CAP_BPF, 0},
		{0, CAP_SYS_ADMIN, 0},
		{1ULL << CAP_BPF, CAP_BPF, 1},
		{1ULL << CAP_BPF, CAP_PERFMON, 0},
		{1ULL << CAP_NET_ADMIN, CAP_NET_ADMIN, 1},
		{1ULL << CAP_SYS_PTRACE, CAP_BPF, 0},
		{1ULL << CAP_SYS_ADMIN, CAP_BPF, 1},
		{1ULL << CAP_SYS_ADMIN, CAP_PERFMON, 1},
		{1ULL << CAP_SYS_ADMIN, CAP_NET_ADMIN, 1},
		{1ULL << CAP_SYS_ADMIN, CAP_SYS_PTRACE, 0},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		int answer = ask(rows[i].effective, rows[i].asked);

		if (answer == 3 && geteuid() != 0)
			continue;
		assert_int_equal(answer, rows[i].answer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
