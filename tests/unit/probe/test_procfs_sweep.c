/* SPDX-License-Identifier: Apache-2.0 */
/* The sweep, on a made-up /proc. */
#include "../../../src/probe/source.h"

#include "proc_tree.h"

/* What the sweep said, with copies of the texts. */
struct seen {
	size_t n;
	struct hn_sighting s[8];
	char comm[8][64], cgroup[8][256], exe[8][256], argv[8][64];
};

static void see(const struct hn_sighting *s, void *arg)
{
	struct seen *seen = arg;

	assert_true(seen->n < 8);
	seen->s[seen->n] = *s;
	snprintf(seen->comm[seen->n], 64, "%s", s->comm);
	snprintf(seen->cgroup[seen->n], 256, "%s", s->cgroup);
	snprintf(seen->exe[seen->n], 256, "%s", s->exe);
	if (s->argv)
		memcpy(seen->argv[seen->n], s->argv, s->argv_len < 64 ? s->argv_len : 64);
	seen->n++;
}

static struct hn_procfs_counters sweep(struct tree *tree, struct seen *seen)
{
	struct hn_procfs_counters counters;

	memset(seen, 0, sizeof(*seen));
	memset(&counters, 0x5a, sizeof(counters));
	assert_int_equal(hn_procfs_sweep(tree->p, HOST, see, seen, &counters), 0);
	return counters;
}

static void test_sweep_finds_a_member(void **state)
{
	struct tree *tree = *state;
	struct hn_procfs_counters counters;
	struct task t = container(10);
	struct seen seen;

	t.comm = "vllm (x)";
	t.argv = "vllm\0serve";
	t.argv_len = 11;
	put(tree, t);
	t = container(11); /* a container in its own netns */
	t.netns = OTHER;
	put(tree, t);
	counters = sweep(tree, &seen);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.s[0].kind, HN_SIGHTING_PRESENT);
	assert_true(seen.s[0].armed);
	assert_true(seen.s[0].in_host_netns);
	assert_false(seen.s[0].process_ended);
	assert_int_equal(seen.s[0].pid, 10);
	assert_int_equal(seen.s[0].tid, 10);
	assert_int_equal(seen.s[0].parent, 77);
	assert_int_equal(seen.s[0].uid, 1002);
	assert_int_equal(seen.s[0].netns, HOST);
	assert_int_equal(seen.s[0].mntns, OWN_MNT);
	assert_int_equal(seen.s[0].start_ns, 7 * (1000000000 / (uint64_t)sysconf(_SC_CLK_TCK)));
	assert_int_equal(seen.s[0].thread_start_ns, seen.s[0].start_ns);
	assert_string_equal(seen.comm[0], "vllm (x)");
	assert_string_equal(seen.cgroup[0], "/kubepods/pod2f1d3c4b-5a69-4788-96a5-b4c3d2e1f001/" ID);
	assert_string_equal(seen.exe[0], "/bin/x");
	assert_int_equal(seen.s[0].argv_len, 11);
	assert_memory_equal(seen.argv[0], "vllm\0serve", 11);
	assert_int_equal(counters.processes, 4);
	assert_int_equal(counters.threads, 4);
	assert_true(counters.saw_init);
	assert_int_equal(counters.vanished + counters.unreadable + counters.unreadable_host + counters.failed, 0);
}

/* Set-up is not drift: what is not sure to be the container's own program is a candidate, never a member at
 * once. */
static void test_sweep_unarmed(void **state)
{
	static const struct {
		unsigned mntns;
		const char *exe;
	} rows[] = {
		{INIT_MNT, "/usr/bin/runc"},
		{KUBELET_MNT, "/usr/bin/runc"}, /* a runtime outside PID 1's mount namespace */
		{OWN_MNT, "/memfd:runc_cloned:/proc/self/exe (deleted)"},
		{OWN_MNT, "/memfd:x"},
		{OWN_MNT, "/usr/bin/x (deleted)"},
		{OWN_MNT, NULL},
		{0, "/bin/x"},
	};
	struct tree *tree = *state;
	struct task t = container(10);
	struct seen seen;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/10/task/10/ns/mnt", tree->root);
		unlink(path);
		t.mntns = rows[i].mntns;
		t.exe = rows[i].exe;
		put(tree, t);
		sweep(tree, &seen);
		assert_int_equal(seen.n, 1);
		assert_int_equal(seen.s[0].kind, HN_SIGHTING_CANDIDATE);
		assert_false(seen.s[0].armed);
	}
}

static void test_sweep_without_any_host_mntns_arms_nothing(void **state)
{
	struct tree *tree = *state;
	char path[128];
	struct seen seen;

	for (int pid = 1; pid <= 50; pid += 49) {
		snprintf(path, sizeof(path), "%s/%d/ns/mnt", tree->root, pid);
		assert_int_equal(unlink(path), 0);
	}
	put(tree, container(10));
	sweep(tree, &seen);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.s[0].kind, HN_SIGHTING_CANDIDATE);
}

static void test_sweep_a_helper_is_a_candidate(void **state)
{
	struct tree *tree = *state;
	struct task t = container(10);
	struct seen seen;

	t.cgroup = CONMON;
	t.mntns = INIT_MNT;
	put(tree, t);
	sweep(tree, &seen);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.s[0].kind, HN_SIGHTING_CANDIDATE);
}

static void test_sweep_threads(void **state)
{
	struct tree *tree = *state;
	struct task t = container(10);
	struct seen seen;

	/* One thread joined; its leader and another are in their own netns. */
	t.netns = OTHER;
	put(tree, t);
	t.tid = 12;
	put(tree, t);
	t.tid = 11;
	t.netns = HOST;
	t.ticks = 9;
	put(tree, t);
	/* A leader that has exited: no namespaces, no executable, no arguments; its thread lives on. */
	t = container(20);
	t.netns = t.mntns = 0;
	t.exe = NULL;
	put(tree, t);
	t = container(20);
	t.tid = 21;
	t.argv = "left";
	t.argv_len = 5;
	put(tree, t);
	/* A thread alone in a container's cgroup (v1), and one alone out of it. */
	t = container(30);
	t.cgroup = SERVICE;
	put(tree, t);
	t.tid = 31;
	t.cgroup = CONTAINER;
	t.mntns = OWN_MNT + 1;
	put(tree, t);
	t = container(40);
	t.netns = OTHER;
	put(tree, t);
	t.tid = 41;
	t.netns = HOST;
	t.cgroup = SERVICE;
	put(tree, t);
	sweep(tree, &seen);
	assert_int_equal(seen.n, 4);
	for (size_t i = 0; i < seen.n; i++) {
		assert_int_equal(seen.s[i].tid, seen.s[i].pid + 1);
		assert_non_null(strstr(seen.cgroup[i], ID));
		if (seen.s[i].pid == 10)
			assert_true(seen.s[i].thread_start_ns > seen.s[i].start_ns);
		if (seen.s[i].pid == 20) {
			assert_string_equal(seen.exe[i], "/bin/x");
			assert_string_equal(seen.argv[i], "left");
		}
	}
}

/* /NAMESPACE/NAME alone says nothing: any service's own sub-cgroup looks so. */
static void test_sweep_weak_needs_a_second_sign(void **state)
{
	struct tree *tree = *state;
	struct task t = container(10);
	struct seen seen;

	t.cgroup = "0::/rogue/rogue1\n";
	put(tree, t);
	t = container(11);
	t.cgroup = "0::/by/hand\n";
	t.mntns = INIT_MNT;
	put(tree, t);
	sweep(tree, &seen);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.s[0].pid, 10);
	assert_int_equal(seen.s[0].kind, HN_SIGHTING_PRESENT);
}

static void test_sweep_counts_what_vanished_or_makes_no_sense(void **state)
{
	struct tree *tree = *state;
	struct hn_procfs_counters counters;
	struct task t = container(10);
	struct seen seen;
	char path[128];

	t.netns = 0; /* no namespaces any more: a zombie */
	put(tree, t);
	snprintf(path, sizeof(path), "%s/11", tree->root);
	mkdir(path, 0700); /* gone after it was listed: nothing in it */
	t = container(12);
	put(tree, t);
	snprintf(path, sizeof(path), "%s/12/task/12/stat", tree->root);
	unlink(path);
	t = container(13);
	put(tree, t);
	write_text(tree->root, "13/task/13/stat", "garbage");
	t = container(14);
	t.cgroup = "garbage";
	put(tree, t);
	/* No processes: names with letters, a file, numbers that are no pid. */
	write_text(tree->root, "meminfo", "x");
	snprintf(path, sizeof(path), "%s/99999999999999999999", tree->root);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/010", tree->root);
	mkdir(path, 0700);
	counters = sweep(tree, &seen);
	assert_int_equal(seen.n, 0);
	assert_int_equal(counters.processes, 7);
	assert_int_equal(counters.vanished, 3);
	assert_int_equal(counters.failed, 2);
	assert_int_equal(counters.unreadable + counters.unreadable_host, 0);
}

/* A look that missed somebody is no look at everything: what it did not meet would be taken for gone. */
static void test_a_look_that_missed_somebody_fails(void **state)
{
	const struct hn_source_ops *source = &hn_source_procfs;
	struct tree *tree = *state;
	struct hn_probe_settings settings = {.proc_root = tree->root, .host_netns = HOST};
	struct seen seen = {.n = 0};
	struct hn_reason reason;
	char path[128];
	void *self;

	put(tree, container(10));
	snprintf(path, sizeof(path), "%s/1/net", tree->root);
	assert_int_equal(mkdir(path, 0700), 0);
	write_text(tree->root, "1/net/tcp", "  sl  local_address\n");
	snprintf(path, sizeof(path), "%s/10/fd", tree->root);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(source->open(&settings, &self, &reason), 0);
	assert_int_equal(source->sweep(self, see, &seen, &reason), 0);
	assert_int_equal(source->sweep_sockets(self, see, &seen, &reason), 0);
	put(tree, container(13));
	write_text(tree->root, "13/task/13/stat", "garbage");
	assert_int_equal(source->sweep(self, see, &seen, &reason), -EIO);
	assert_int_equal(source->sweep_sockets(self, see, &seen, &reason), -EIO);
	source->close(self);
}

static int open_to_all(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)ftw;
	return type == FTW_SL ? 0 : chmod(path, type == FTW_F ? 0644 : 0755);
}

static void test_sweep_counts_what_may_not_be_read(void **state)
{
	const bool root = geteuid() == 0;
	struct tree *tree = *state;
	struct hn_procfs_counters counters;
	struct seen seen;
	char path[2][128];

	put(tree, container(10));
	assert_int_equal(nftw(tree->root, open_to_all, 8, FTW_PHYS), 0);
	snprintf(path[0], sizeof(path[0]), "%s/10/task/10/ns", tree->root);
	snprintf(path[1], sizeof(path[1]), "%s/50/task/50/ns", tree->root);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(chmod(path[i], 0), 0);
	/* Root may read everything: for a moment this is somebody else. */
	if (root)
		assert_int_equal(seteuid(65534), 0);
	counters = sweep(tree, &seen);
	if (root)
		assert_int_equal(seteuid(0), 0);
	for (size_t i = 0; i < 2; i++)
		chmod(path[i], 0700);
	assert_int_equal(seen.n, 0);
	assert_int_equal(counters.unreadable, 1);
	assert_int_equal(counters.unreadable_host, 1);
}

static void test_sweep_without_init(void **state)
{
	struct tree *tree = *state;
	char from[128], to[128];
	struct seen seen;

	snprintf(from, sizeof(from), "%s/1", tree->root);
	snprintf(to, sizeof(to), "%s/hidden", tree->root);
	assert_int_equal(rename(from, to), 0);
	assert_false(sweep(tree, &seen).saw_init);
}

static void test_long_argv_is_cut(void **state)
{
	struct tree *tree = *state;
	struct task t = container(10);
	struct seen seen;
	char *argv = malloc(100000);

	assert_non_null(argv);
	memset(argv, 'x', 100000);
	t.argv = argv;
	t.argv_len = 100000;
	put(tree, t);
	sweep(tree, &seen);
	assert_int_equal(seen.n, 1);
	assert_true(seen.s[0].argv_truncated);
	assert_int_equal(seen.s[0].argv_len, 4096);
	free(argv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_sweep_finds_a_member),
		TREE_TEST(test_sweep_unarmed),
		TREE_TEST(test_sweep_without_any_host_mntns_arms_nothing),
		TREE_TEST(test_sweep_a_helper_is_a_candidate),
		TREE_TEST(test_sweep_threads),
		TREE_TEST(test_sweep_weak_needs_a_second_sign),
		TREE_TEST(test_sweep_counts_what_vanished_or_makes_no_sense),
		TREE_TEST(test_a_look_that_missed_somebody_fails),
		TREE_TEST(test_sweep_counts_what_may_not_be_read),
		TREE_TEST(test_sweep_without_init),
		TREE_TEST(test_long_argv_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
