/* SPDX-License-Identifier: Apache-2.0 */
/* The readers of one process, on a made-up /proc. */
#include "proc_tree.h"

static void test_open_names_the_folder(void **state)
{
	struct hn_procfs *p = NULL;
	struct hn_reason reason;

	(void)state;
	assert_int_equal(hn_procfs_open("/nonexistent/proc", &p, &reason), -ENOENT);
	assert_null(p);
	assert_non_null(strstr(reason.text, "/nonexistent/proc"));
	assert_non_null(strstr(reason.text, "--proc-root"));
	hn_procfs_free(NULL);
}

static void test_argv(void **state)
{
	struct tree *tree = *state;
	struct task t = container(10);
	bool truncated = true;
	char buf[16];
	size_t len;

	t.argv = "vllm\0serve\0\0x";
	t.argv_len = 13;
	put(tree, t);
	assert_int_equal(hn_procfs_argv(tree->p, 10, buf, 16, &len, &truncated), 0);
	assert_int_equal(len, 13);
	assert_memory_equal(buf, t.argv, 13);
	assert_false(truncated);
	assert_int_equal(hn_procfs_argv(tree->p, 10, buf, 13, &len, &truncated), 0);
	assert_false(truncated); /* fits exactly */
	assert_int_equal(hn_procfs_argv(tree->p, 10, buf, 12, &len, &truncated), 0);
	assert_int_equal(len, 12);
	assert_true(truncated);
	assert_int_equal(hn_procfs_argv(tree->p, 11, buf, 16, &len, &truncated), -ENOENT);
}

static void test_start_whatever_the_comm(void **state)
{
	static const char *const comms[] = {"sleep", "a b", "a) S 1 2 3", ")", "((", ") (", "", "x)\n1 (y"};
	struct tree *tree = *state;
	struct task t = container(10);
	uint64_t ns = 0;

	for (size_t i = 0; i < sizeof(comms) / sizeof(comms[0]); i++) {
		t.comm = comms[i];
		t.ticks = 123456 + i;
		put(tree, t);
		assert_int_equal(hn_procfs_start(tree->p, 10, &ns), 0);
		assert_int_equal(ns, (123456 + i) * (1000000000 / (uint64_t)sysconf(_SC_CLK_TCK)));
	}
}

static void put_parent(const struct tree *tree, int pid, const char *comm, int parent, unsigned ticks)
{
	char dir[128], text[256];

	put(tree, container(pid));
	snprintf(dir, sizeof(dir), "%s/%d", tree->root, pid);
	snprintf(text, sizeof(text), "%d (%s) S %d 1 1 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 %u 6\n", pid, comm, parent,
		 ticks);
	write_text(dir, "stat", text);
}

static void test_ancestors(void **state)
{
	const uint64_t tick = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	struct tree *tree = *state;
	struct hn_ancestor who[HN_ANCESTORS];

	put_parent(tree, 30, "ba)sh (", 20, 300);
	put_parent(tree, 20, "a name that is longer than any", 10, 200);
	put_parent(tree, 10, "init", 0, 100);
	assert_int_equal(hn_procfs_ancestors(tree->p, 30, 400 * tick, who), 3);
	assert_int_equal(who[0].pid, 30);
	assert_string_equal(who[0].comm, "ba)sh (");
	assert_int_equal(who[1].pid, 20);
	assert_string_equal(who[2].comm, "init");
	/* A parent that is younger than its child is another process. */
	assert_int_equal(hn_procfs_ancestors(tree->p, 30, 250 * tick, who), 1);
	assert_string_equal(who[0].comm, "");
	/* One that has ended is a number. */
	put_parent(tree, 20, "b", 19, 200);
	assert_int_equal(hn_procfs_ancestors(tree->p, 30, 400 * tick, who), 3);
	assert_int_equal(who[2].pid, 19);
	assert_string_equal(who[2].comm, "");
	/* A ring does not go on for ever. */
	put_parent(tree, 20, "b", 20, 200);
	assert_int_equal(hn_procfs_ancestors(tree->p, 30, 400 * tick, who), HN_ANCESTORS);
	assert_int_equal(hn_procfs_ancestors(tree->p, 0, 400 * tick, who), 0);
}

static void test_start_that_makes_no_sense(void **state)
{
	static const char *const stats[] = {
		"",
		"1",
		"1 (x",
		"1 x) S",
		")(",
		"1 (x) S 1",
		"1 (x)S 1 1 1 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 5 6\n",
		"1 (x) S 1 1 1 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 -5 6\n", /* negative start */
		"1 (x) S 1 1 1 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 99999999999999999999 6\n",
		"1 (x) S 1 1 1 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 18446744073709551615 6\n", /* overflows in ns */
		"1 (x) S 1 1 1 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 5x 6\n",
		"1 (x) S 99999999999 1 1 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 5 6\n",
	};
	struct tree *tree = *state;
	uint64_t ns = 42;
	char dir[128];

	put(tree, container(10));
	snprintf(dir, sizeof(dir), "%s/10", tree->root);
	for (size_t i = 0; i < sizeof(stats) / sizeof(stats[0]); i++) {
		write_text(dir, "stat", stats[i]);
		assert_int_equal(hn_procfs_start(tree->p, 10, &ns), -EBADMSG);
	}
	assert_int_equal(ns, 42); /* untouched on failure */
}

static void test_ns(void **state)
{
	static const char *const links[] = {
		"",         "net",      "net:[]", "net:[0]", "net:[-1]",
		"net:[1",   "net:[1]x", "net:1",  "mnt:[1]", "net:[99999999999999999999]",
		"netx:[1]", "net:[ 1]"};
	struct tree *tree = *state;
	uint64_t inode = 42;
	char path[128];

	put(tree, container(10));
	assert_int_equal(hn_procfs_ns(tree->p, 10, "net", &inode), 0);
	assert_int_equal(inode, HOST);
	assert_int_equal(hn_procfs_ns(tree->p, 10, "mnt", &inode), 0);
	assert_int_equal(inode, OWN_MNT);
	assert_int_equal(hn_procfs_ns(tree->p, 10, "pid", &inode), -ENOENT);
	snprintf(path, sizeof(path), "%s/10/ns/net", tree->root);
	for (size_t i = 1; i < sizeof(links) / sizeof(links[0]); i++) {
		unlink(path);
		assert_int_equal(symlink(links[i], path), 0);
		assert_int_equal(hn_procfs_ns(tree->p, 10, "net", &inode), -EBADMSG);
	}
	assert_int_equal(inode, OWN_MNT);
}

static void test_cgroup(void **state)
{
	struct tree *tree = *state;
	struct task t = container(10);
	char buf[256];
	char *huge;

	t.cgroup = "2:pids:/docker/" ID "\n0::/system.slice/docker.service\n";
	put(tree, t);
	assert_int_equal(hn_procfs_cgroup(tree->p, 10, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "/docker/" ID);
	t.cgroup = "nothing";
	put(tree, t);
	assert_int_equal(hn_procfs_cgroup(tree->p, 10, buf, sizeof(buf)), -EBADMSG);
	/* Larger than the reader's buffer: the whole lines of it count. */
	huge = malloc(200001);
	assert_non_null(huge);
	memset(huge, '/', 200000);
	huge[200000] = '\0';
	memcpy(huge, "0::/a\n1:pids:/docker/" ID, strlen("0::/a\n1:pids:/docker/" ID));
	t.cgroup = huge;
	put(tree, t);
	assert_int_equal(hn_procfs_cgroup(tree->p, 10, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "/a");
	free(huge);
}

struct seen {
	size_t n;
	struct hn_held held[4];
};

static void on_held(const struct hn_held *held, void *arg)
{
	struct seen *seen = arg;

	assert_true(seen->n < 4);
	seen->held[seen->n++] = *held;
}

/* Everybody's devices say nothing; a process that is another one by now neither. */
static void test_holds(void **state)
{
	struct tree *tree = *state;
	struct task t = container(10);
	struct hn_holder holder = {.pid = 10, .start_ns = 50 * 10000000ULL};
	struct seen seen = {0};
	char path[128], dir[96];

	t.ticks = 50;
	put(tree, t);
	snprintf(dir, sizeof(dir), "%s/10", tree->root);
	write_text(
		dir, "maps",
		"7f12-7f34 r--p 0 08:01 1      /opt/x/libtorch.so\n7f34-7f56 r-xp 0 08:01 1      /opt/x/libtorch.so\n"
		"7f56-7f78 rw-p 0 00:00 0      [heap]\n");
	snprintf(path, sizeof(path), "%s/fd", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/fd/0", dir);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(hn_procfs_holds(tree->p, &holder, on_held, &seen), 0);
	assert_int_equal(seen.n, 1);
	assert_true(seen.held[0].library);
	assert_int_equal(seen.held[0].pid, 10);
	assert_int_equal(seen.held[0].start_ns, holder.start_ns);
	assert_string_equal(seen.held[0].name, "libtorch.so");
	holder.start_ns += 20 * 10000000ULL;
	assert_int_equal(hn_procfs_holds(tree->p, &holder, on_held, &seen), -ESRCH);
	holder.pid = 11;
	assert_int_equal(hn_procfs_holds(tree->p, &holder, on_held, &seen), -ENOENT);
	assert_int_equal(seen.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		cmocka_unit_test(test_open_names_the_folder),
		TREE_TEST(test_argv),
		TREE_TEST(test_start_whatever_the_comm),
		TREE_TEST(test_ancestors),
		TREE_TEST(test_start_that_makes_no_sense),
		TREE_TEST(test_ns),
		TREE_TEST(test_cgroup),
		TREE_TEST(test_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
