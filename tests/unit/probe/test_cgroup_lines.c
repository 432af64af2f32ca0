/* SPDX-License-Identifier: Apache-2.0 */
/* Which hierarchy of /proc/PID/cgroup counts. */
#include "../../../src/probe/cgroup_lines.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ID "a42d519714d616e9411dbceec4b52808bd6b1ee53e6f6497a281d655357d8b71"
#define UID "2f1d3c4b-5a69-4788-96a5-b4c3d2e1f001"
#define POD "/kubepods/burstable/pod" UID
#define CONTAINER POD "/" ID

static int choose(const char *text, char *buf, size_t size, struct hn_container_ref *ref, bool *truncated)
{
	const size_t n = strlen(text);
	char *copy = malloc(n ? n : 1); /* exactly, for ASan */
	int err;

	assert_non_null(copy);
	memcpy(copy, text, n);
	err = hn_cgroup_lines_choose(copy, n, buf, size, ref, truncated);
	free(copy);
	return err;
}

static void test_the_line_that_says_most(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		/* pure v2 */
		{"0::" CONTAINER "\n", CONTAINER},
		{"0::/system.slice/ssh.service\n", "/system.slice/ssh.service"},
		{"0::/\n", "/"},
		/* hybrid: v2 shows the runtime's service, a v1 controller nothing */
		{"3:cpuset:/\n2:pids:" CONTAINER "\n0::/system.slice/containerd.service\n", CONTAINER},
		{"2:pids:/system.slice/containerd.service\n1:cpu,cpuacct:/\n0::" CONTAINER "\n", CONTAINER},
		/* a pod's own cgroup says less than the container's, wherever that is; an id without a pod less
		 * still */
		{"2:pids:" POD "\n1:cpuset:" CONTAINER "\n", CONTAINER},
		{"2:pids:/docker/" ID "\n1:cpuset:" POD "\n", POD},
		{"2:pids:/rogue/x\n1:cpuset:/docker/" ID "\n", "/docker/" ID},
		{"2:pids:/a.slice\n1:cpuset:/rogue/x\n", "/rogue/x"},
		/* among equals pids, then memory, then v2, then the first */
		{"3:memory:/docker/" ID "\n2:pids:/docker/" ID "/x\n0::/docker/" ID "/y\n", "/docker/" ID "/x"},
		{"4:cpuset:/a\n3:memory:/b\n0::/c\n", "/b"},
		{"4:cpuset:/a\n0::/c\n", "/c"},
		{"4:cpuset:/a\n3:cpu,cpuacct:/b\n", "/a"},
		{"4:cpuset:/a\n3:blkio,pids,net_cls:/b\n", "/b"},
		{"4:cpuset:/a\n3:xpids,pidsx:/b\n", "/a"},
		/* colons belong to the path; a last line without newline counts */
		{"0::/kubepods-pod" UID ".slice:cri-containerd:" ID,
		 "/kubepods-pod" UID ".slice:cri-containerd:" ID},
		/* lines of no form are skipped */
		{"\n:\n::\nx\n1:\n0::/a\n", "/a"},
	};
	struct hn_container_ref ref;
	bool truncated;
	char buf[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(choose(rows[i].text, buf, sizeof(buf), &ref, &truncated), 0);
		assert_string_equal(buf, rows[i].want);
		assert_false(truncated);
		assert_int_equal(choose(rows[i].text, buf, sizeof(buf), NULL, NULL), 0);
	}
}

static void test_nothing_to_choose(void **state)
{
	static const char *const texts[] = {"", "\n", "\n\n\n", "x", ":", "::", "1:cpu", "1:cpu:", "0::\n"};
	char buf[16] = "kept";

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(choose(texts[i], buf, sizeof(buf), NULL, NULL), -ENOENT);
	assert_string_equal(buf, "kept");
	assert_int_equal(choose("0::/a", buf, 0, NULL, NULL), -EINVAL);
}

static void test_a_long_path_is_cut_after_a_name(void **state)
{
	struct hn_container_ref ref;
	bool truncated = false;
	char buf[16];

	(void)state;
	assert_int_equal(choose("0::/1234567/901234", buf, 16, &ref, &truncated), 0); /* 15 characters fit */
	assert_string_equal(buf, "/1234567/901234");
	assert_false(truncated);
	assert_int_equal(choose("0::/1234567/901234/x", buf, 16, &ref, &truncated), 0); /* 15, then a slash */
	assert_string_equal(buf, "/1234567/901234");
	assert_true(truncated);
	assert_int_equal(choose("0::/1234567/9012345", buf, 16, &ref, &truncated), 0);
	assert_string_equal(buf, "/1234567");
	assert_true(truncated);
	/* What it means is judged before it is cut. */
	assert_int_equal(choose("0::" CONTAINER "\n", buf, 16, &ref, &truncated), 0);
	assert_string_equal(buf, "/kubepods");
	assert_string_equal(ref.container_id, ID);
	assert_int_equal(choose("0::/123456789012345678", buf, 16, &ref, &truncated), 0);
	assert_string_equal(buf, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_line_that_says_most),
		cmocka_unit_test(test_nothing_to_choose),
		cmocka_unit_test(test_a_long_path_is_cut_after_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
