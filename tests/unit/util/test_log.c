/* SPDX-License-Identifier: Apache-2.0 */
/* Reasons: cut, never overrun; and messages on standard error, captured through a pipe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "hostnetd/log.h"
#include "hostnetd/reason.h"
#include "hostnetd/str.h"

static void test_reason(void **state)
{
	struct hn_reason reason;

	(void)state;
	assert_int_equal(hn_reason_set(&reason, -EINVAL, "%s is %d", "x", 3), -EINVAL);
	assert_string_equal(reason.text, "x is 3");
	assert_int_equal(hn_reason_wrap(&reason, -EIO, "file %s", "f"), -EIO);
	assert_string_equal(reason.text, "file f: x is 3");
	/* its own text as an argument */
	assert_int_equal(hn_reason_set(&reason, -EIO, "%s, twice", reason.text), -EIO);
	assert_string_equal(reason.text, "file f: x is 3, twice");
}

static void test_reason_is_cut(void **state)
{
	struct hn_reason reason;
	char big[2000];

	(void)state;
	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	hn_reason_set(&reason, -EIO, "%s", big);
	assert_int_equal(strlen(reason.text), sizeof(reason.text) - 1);
	hn_reason_wrap(&reason, -EIO, "front");
	assert_int_equal(strlen(reason.text), sizeof(reason.text) - 1);
	assert_memory_equal(reason.text, "front: aaa", 10);
	hn_reason_wrap(&reason, -EIO, "%s", big);
	assert_int_equal(strlen(reason.text), sizeof(reason.text) - 1);
}

/* Runs hn_log with standard error in a pipe. */
static const char *logged(enum hn_log_level level, const char *text)
{
	static char got[512];
	int fds[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	assert_true(saved >= 0);
	assert_int_equal(pipe(fds), 0);
	assert_true(dup2(fds[1], STDERR_FILENO) >= 0);
	errno = EXDEV;
	hn_log(level, "%s", text);
	assert_int_equal(errno, EXDEV);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fds[1]);
	n = read(fds[0], got, sizeof(got) - 1);
	close(fds[0]);
	assert_true(n >= 0);
	got[n] = '\0';
	return got;
}

static void test_log_is_one_line(void **state)
{
	(void)state;
	assert_string_equal(logged(HN_LOG_ERROR, "text"), "hostnetd: error: text\n");
	assert_string_equal(logged(HN_LOG_WARNING, "two\nlines"), "hostnetd: warning: two\\nlines\n");
	assert_string_equal(logged(HN_LOG_INFO, "ends itself\n"), "hostnetd: info: ends itself\n");
	assert_string_equal(logged(HN_LOG_INFO, ""), "hostnetd: info: \n");
	assert_string_equal(logged(HN_LOG_WARNING, "\033[31mred\xff"), "hostnetd: warning: \\x1b[31mred\\xff\n");
}

static void test_log_levels(void **state)
{
	(void)state;
	assert_string_equal(logged(HN_LOG_DEBUG, "quiet"), "");
	hn_log_set_level(HN_LOG_DEBUG);
	assert_string_equal(logged(HN_LOG_DEBUG, "loud"), "hostnetd: debug: loud\n");
	hn_log_set_level(HN_LOG_ERROR);
	assert_string_equal(logged(HN_LOG_WARNING, "quiet"), "");
	assert_string_equal(logged(HN_LOG_ERROR, "loud"), "hostnetd: error: loud\n");
	hn_log_set_level(HN_LOG_INFO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reason),
		cmocka_unit_test(test_reason_is_cut),
		cmocka_unit_test(test_log_is_one_line),
		cmocka_unit_test(test_log_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
