/* SPDX-License-Identifier: Apache-2.0 */
/* What a process runs, read by a process of its own. This program is that one too. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <errno.h>

#include "hostnetd/history.h"
#include "hostnetd/time.h"

#include "history/hasher.h"
#include "probe/procfs.h"

#define SILENT "/silent" /* a /proc whose reader never says a word */

static const char *self;

struct target {
	pid_t pid;
	uint64_t start;
	struct stat st;
};

/* A process that runs another program than this one: valgrind shows itself there. */
static struct target run_busybox(void)
{
	struct target t = {.pid = fork()};
	struct hn_reason reason = {""};
	struct hn_procfs *proc = NULL;
	struct stat busybox;
	char exe[32];

	if (t.pid == 0) {
		execl("/bin/busybox", "busybox", "sleep", "100", NULL);
		_exit(127);
	}
	assert_true(t.pid > 0);
	snprintf(exe, sizeof(exe), "/proc/%d/exe", t.pid);
	assert_int_equal(stat("/bin/busybox", &busybox), 0);
	for (int tries = 0; tries < 1000 && (stat(exe, &t.st) < 0 || t.st.st_ino != busybox.st_ino); tries++)
		usleep(10000);
	assert_int_equal(t.st.st_ino, busybox.st_ino);
	assert_int_equal(hn_procfs_open("/proc", &proc, &reason), 0);
	assert_int_equal(hn_procfs_start(proc, t.pid, &t.start), 0);
	hn_procfs_free(proc);
	return t;
}

static void end_busybox(const struct target *t)
{
	kill(t->pid, SIGKILL);
	waitpid(t->pid, NULL, 0);
}

static int hash(struct hn_hasher *h, const char *owner, pid_t pid, uint64_t start, struct hn_hash_answer *ret,
		struct hn_reason *reason)
{
	int r = hn_hasher_begin(h, owner, pid, start, reason);

	if (r < 0)
		return r;
	do
		r = hn_hasher_step(h, -1, ret->sha256, &ret->size, reason);
	while (r == 1);
	return r;
}

/* Once, and once more out of memory; a process that is another by now is refused. */
static void files_are_hashed(void **state)
{
	struct hn_hasher *hasher = hn_hasher_new("/proc", self);
	struct hn_hash_answer got = {0}, again = {0};
	struct target t = run_busybox();
	struct hn_reason reason = {""};

	(void)state;
	assert_non_null(hasher);
	hn_hasher_rest(hasher); /* there is none yet */
	assert_int_equal(hash(hasher, "a", t.pid, t.start, &got, &reason), 0);
	assert_int_equal(got.size, t.st.st_size);
	assert_int_equal(strlen(got.sha256), 64);
	assert_int_equal(hash(hasher, "a", t.pid, t.start, &again, &reason), 0);
	assert_string_equal(again.sha256, got.sha256);
	hn_hasher_rest(hasher);
	assert_int_equal(hash(hasher, "a", t.pid, t.start + HN_NSEC_PER_SEC, &again, &reason), -ESRCH);
	assert_string_equal(reason.text, "");
	hn_hasher_free(hasher);
	hn_hasher_free(NULL);
	end_busybox(&t);
}

/* A /proc in which process 7 runs what `target` names. */
static void make_proc(char root[static 64], const char *target)
{
	char path[128];
	FILE *f;

	snprintf(root, 64, "%.40s/hostnetd-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/7", root);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/7/exe", root);
	assert_int_equal(symlink(target, path), 0);
	snprintf(path, sizeof(path), "%s/7/stat", root);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs("7 (a) b) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 500 0 0\n", f);
	assert_int_equal(fclose(f), 0);
}

static void remove_proc(const char *root)
{
	static const char *const names[] = {"7/exe", "7/stat", "fifo", "big"};
	char path[128];

	for (size_t i = 0; i < HN_ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/7", root);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(root), 0);
}

/* What is no regular file, or has no end, is neither waited for nor read. */
static void what_is_no_program_is_let_be(void **state)
{
	static const struct {
		const char *target;
		int wanted;
	} rows[] = {{"../fifo", -EINVAL}, {"/dev/zero", -EINVAL}, {"../../no/such", -ENOENT}, {"../big", -EINVAL}};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_hash_answer got = {0};
		struct hn_reason reason = {""};
		struct hn_hasher *hasher;
		char root[64], path[128];
		int fd;

		make_proc(root, rows[i].target);
		snprintf(path, sizeof(path), "%s/fifo", root);
		assert_int_equal(mkfifo(path, 0600), 0);
		snprintf(path, sizeof(path), "%s/big", root);
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0); /* a hole */
		assert_int_equal(close(fd), 0);
		hasher = hn_hasher_new(root, self);
		assert_non_null(hasher);
		assert_int_equal(hash(hasher, "a", 7, 5 * HN_NSEC_PER_SEC, &got, &reason), rows[i].wanted);
		assert_string_equal(reason.text, "");
		hn_hasher_free(hasher);
		remove_proc(root);
	}
}

/* It is given up and said; that owner's are let be then, another's are not. Nothing waits for the one that hangs. */
static void silence_is_a_hang(void **state)
{
	struct hn_hasher *hasher = hn_hasher_new(SILENT, self);
	struct hn_hash_answer got = {0};
	struct hn_reason reason = {""}, none = {""};

	(void)state;
	assert_non_null(hasher);
	assert_int_equal(hash(hasher, "a", 7, 1, &got, &reason), -ETIMEDOUT);
	assert_non_null(strstr(reason.text, "process 7 runs has no hash: its file system does not answer"));
	assert_int_equal(hn_hasher_begin(hasher, "a", 8, 1, &none), -EHOSTDOWN);
	assert_string_equal(none.text, "");
	assert_int_equal(hn_hasher_begin(hasher, "b", 9, 1, &none), 0);
	assert_int_equal(hn_hasher_step(hasher, -1, got.sha256, &got.size, &none), 1);
	hn_hasher_free(hasher);
}

static void who_cannot_read_is_said(void **state)
{
	static const struct {
		const char *program;
		int wanted;
		const char *text;
	} rows[] = {{"/dev/null/none", -ENOTDIR, "/dev/null/none cannot be started again: Not a directory"},
		    {"/bin/true", -EIO, "the process that does it ended"},
		    {NULL, -ENOSYS, ""}};

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_hasher *hasher = hn_hasher_new("/proc", rows[i].program);
		struct hn_hash_answer got = {0};
		struct hn_reason reason = {""};
		int r;

		assert_non_null(hasher);
		r = hash(hasher, "a", 7, 1, &got, &reason);
		/* valgrind forks for vfork(2): why a program cannot be started stays in the child, which ends. */
		if (r == -EIO) {
			assert_true(rows[i].program != NULL);
			assert_non_null(strstr(reason.text, "the process that does it ended"));
		} else {
			assert_int_equal(r, rows[i].wanted);
			assert_true(rows[i].text[0] ? strstr(reason.text, rows[i].text) != NULL : !reason.text[0]);
		}
		hn_hasher_free(hasher);
	}
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_hashed),
		cmocka_unit_test(what_is_no_program_is_let_be),
		cmocka_unit_test(silence_is_a_hang),
		cmocka_unit_test(who_cannot_read_is_said),
	};

	if (argc == 3 && strcmp(argv[1], HN_HISTORY_HASHER) == 0) {
		while (strcmp(argv[2], SILENT) == 0)
			pause();
		return hn_history_hasher_serve(argv[2]) < 0;
	}
	self = argv[0];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
