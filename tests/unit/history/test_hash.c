/* SPDX-License-Identifier: Apache-2.0 */
/* What a process runs, read in slices. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <errno.h>

#include "hostnetd/time.h"

#include "history/hash.h"
#include "probe/procfs.h"

/* The file that a process runs (not this one: valgrind shows itself there), in slices, and once more out of memory; a process that is another by now is refused. */
static void files_are_hashed_in_slices(void **state)
{
	struct hn_hasher *hasher = hn_hasher_new("/proc");
	char sha256[HN_HASH_TEXT], again[HN_HASH_TEXT];
	struct hn_reason reason = {""};
	struct hn_procfs *proc = NULL;
	uint64_t start = 0;
	int64_t size = 0;
	struct stat st = {0}, busybox;
	pid_t child = fork();
	char exe[32];
	int r, slices = 0;

	(void)state;
	if (child == 0) {
		execl("/bin/busybox", "busybox", "sleep", "100", NULL);
		_exit(127);
	}
	assert_true(child > 0);
	snprintf(exe, sizeof(exe), "/proc/%d/exe", child);
	assert_int_equal(stat("/bin/busybox", &busybox), 0);
	for (int tries = 0; tries < 1000 && (stat(exe, &st) < 0 || st.st_ino != busybox.st_ino); tries++)
		usleep(10000);
	assert_non_null(hasher);
	assert_int_equal(hn_procfs_open("/proc", &proc, &reason), 0);
	assert_int_equal(hn_procfs_start(proc, child, &start), 0);
	hn_procfs_free(proc);
	assert_int_equal(st.st_ino, busybox.st_ino);
	assert_int_equal(hn_hasher_begin(hasher, child, start), 0);
	while ((r = hn_hasher_step(hasher, sha256, &size)) == 1)
		slices++;
	assert_int_equal(r, 0);
	assert_int_equal(slices, st.st_size / (64 * 1024));
	assert_int_equal(size, st.st_size);
	assert_int_equal(strlen(sha256), 64);
	assert_int_equal(hn_hasher_begin(hasher, child, start), 0);
	assert_int_equal(hn_hasher_step(hasher, again, &size), 0);
	assert_string_equal(again, sha256);
	assert_int_equal(hn_hasher_begin(hasher, child, start + HN_NSEC_PER_SEC), -ESRCH);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	hn_hasher_free(hasher);
	hn_hasher_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(files_are_hashed_in_slices)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
