/* SPDX-License-Identifier: Apache-2.0 */
/* A made-up /proc for tests: folders, text files, and links like net:[1]. */
#ifndef HOSTNETD_TEST_PROC_TREE_H
#define HOSTNETD_TEST_PROC_TREE_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../../src/probe/procfs.h"

#define ID "a42d519714d616e9411dbceec4b52808bd6b1ee53e6f6497a281d655357d8b71"
#define CONTAINER "0::/kubepods/pod2f1d3c4b-5a69-4788-96a5-b4c3d2e1f001/" ID "\n"
#define CONMON "0::/kubepods/pod2f1d3c4b-5a69-4788-96a5-b4c3d2e1f001/crio-conmon-" ID "\n"
#define SERVICE "0::/system.slice/ssh.service\n"
#define HOST 100 /* the host's netns */
#define OTHER 101
#define INIT_MNT 200
#define KUBELET_MNT 201
#define OWN_MNT 202

struct tree {
	char root[64];
	struct hn_procfs *p;
};

struct task {
	int pid, tid;          /* tid 0: the leader */
	unsigned netns, mntns; /* 0: no such link, as for a task that has exited */
	const char *cgroup, *comm, *exe, *argv;
	size_t argv_len;
	unsigned long long ticks;
};

static inline void write_file(const char *path, const void *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	close(fd);
}

static inline void write_text(const char *dir, const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	write_file(path, text, strlen(text));
}

static inline void write_ns(const char *dir, const char *type, unsigned inode)
{
	char path[256], text[64];

	if (!inode)
		return;
	snprintf(path, sizeof(path), "%s/ns/%s", dir, type);
	snprintf(text, sizeof(text), "%s:[%u]", type, inode);
	unlink(path);
	assert_int_equal(symlink(text, path), 0);
}

static inline void write_task(const char *dir, const struct task *t, int id)
{
	char text[512], path[256];

	snprintf(path, sizeof(path), "%s/ns", dir);
	mkdir(dir, 0700);
	mkdir(path, 0700);
	write_ns(dir, "net", t->netns);
	write_ns(dir, "mnt", t->mntns);
	if (t->cgroup)
		write_text(dir, "cgroup", t->cgroup);
	snprintf(text, sizeof(text),
		 "%d (%s) S 77 1 1 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 %llu 10 11 18446744073709551615\n", id,
		 t->comm ? t->comm : "comm", t->ticks);
	write_text(dir, "stat", text);
	write_text(dir, "status", "Name:\tx\\nUid:\\t9\\t9\nPid:\t1\nUid:\t1\t1002\t3\t4\nGid:\t5\t6\t7\t8\n");
	snprintf(path, sizeof(path), "%s/cmdline", dir);
	write_file(path, t->argv ? t->argv : "", t->argv_len);
	snprintf(path, sizeof(path), "%s/exe", dir);
	unlink(path);
	if (t->exe)
		assert_int_equal(symlink(t->exe, path), 0);
}

/* Writes a thread, and with tid 0 the process and its leader. */
static inline void put(const struct tree *tree, struct task t)
{
	char dir[128];

	if (t.tid == 0) {
		snprintf(dir, sizeof(dir), "%s/%d", tree->root, t.pid);
		write_task(dir, &t, t.pid);
		snprintf(dir, sizeof(dir), "%s/%d/task", tree->root, t.pid);
		mkdir(dir, 0700);
		t.tid = t.pid;
	}
	snprintf(dir, sizeof(dir), "%s/%d/task/%d", tree->root, t.pid, t.tid);
	write_task(dir, &t, t.tid);
}

static inline int setup(void **state)
{
	struct tree *tree = calloc(1, sizeof(*tree));
	struct hn_reason reason;
	const char *tmp = getenv("TMPDIR");

	if (!tree)
		return -1;
	snprintf(tree->root, sizeof(tree->root), "%s/hostnetd-proc-XXXXXX",
		 tmp && strlen(tmp) < 32 ? tmp : P_tmpdir);
	if (!mkdtemp(tree->root) || hn_procfs_open(tree->root, &tree->p, &reason) != 0)
		return -1;
	put(tree, (struct task){.pid = 1, .netns = HOST, .mntns = INIT_MNT, .cgroup = "0::/init.scope\n"});
	put(tree, (struct task){.pid = 50, .netns = HOST, .mntns = KUBELET_MNT, .cgroup = SERVICE});
	*state = tree;
	return 0;
}

static inline int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline int teardown(void **state)
{
	struct tree *tree = *state;

	hn_procfs_free(tree->p);
	nftw(tree->root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(tree);
	return 0;
}

static inline struct task container(int pid)
{
	return (struct task){
		.pid = pid, .netns = HOST, .mntns = OWN_MNT, .cgroup = CONTAINER, .exe = "/bin/x", .ticks = 7};
}

#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
