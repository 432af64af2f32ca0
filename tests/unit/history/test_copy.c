/* SPDX-License-Identifier: Apache-2.0 */
/* A file and its log as evidence: all of it is read, and nothing near it is touched. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "rig.h"

#define INSERT \
	"INSERT INTO findings(id, state, last_seen, body) VALUES('" ID "', 'open', 1, '{\"id\":\"" ID "\"}')"

static bool count(const struct hn_history_row *row, void *arg)
{
	assert_string_equal(row->id, ID);
	++*(int *)arg;
	return true;
}

/* The one finding is in the log alone. */
static sqlite3 *begin(struct rig *rig)
{
	sqlite3 *db = NULL;

	rig_new(rig);
	hn_history_free(open_store(rig, 1 << 24));
	assert_int_equal(sqlite3_open(rig->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA wal_autocheckpoint=0;" INSERT, NULL, NULL, NULL), SQLITE_OK);
	return db;
}

/* As kill -9 or an investigator's copy leaves it: no -shm. */
static void leave(struct rig *rig)
{
	sqlite3 *db = begin(rig);
	char path[128];

	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	snprintf(path, sizeof(path), "%s-shm", rig->path);
	unlink(path);
}

static int findings(const char *path, struct hn_reason *reason)
{
	struct hn_history_filter filter = {.limit = 10};
	struct hn_history_reader *r = NULL;
	int n = 0, error = hn_history_read(path, &r, reason);

	if (error < 0)
		return error;
	if (hn_history_findings(r, &filter, count, &n, reason) < 0)
		fail_msg("%s", reason->text);
	hn_history_reader_free(r);
	return n;
}

static int entries(const char *folder)
{
	DIR *d = opendir(folder);
	int n = -2; /* itself and the one above */

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void evidence_is_not_touched(void **state)
{
	struct hn_reason reason = {""};
	struct stat before, after;
	struct rig rig, temporary;

	(void)state;
	rig_new(&temporary);
	leave(&rig);
	assert_int_equal(setenv("TMPDIR", temporary.folder, 1), 0);
	assert_int_equal(chmod(rig.folder, 0500), 0);
	assert_int_equal(stat(rig.folder, &before), 0);
	assert_int_equal(findings(rig.path, &reason), 1);
	assert_int_equal(stat(rig.folder, &after), 0);
	assert_memory_equal(&after.st_mtim, &before.st_mtim, sizeof(after.st_mtim));
	assert_int_equal(entries(rig.folder), 2);
	assert_int_equal(entries(temporary.folder), 0);
	/* Who has no room for it is told so. */
	assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
	assert_int_equal(findings(rig.path, &reason), -ENOENT);
	assert_non_null(strstr(reason.text, "no private copy of it and its log: /nonexistent/"));
	assert_int_equal(unsetenv("TMPDIR"), 0);
	assert_int_equal(chmod(rig.folder, 0700), 0);
	rig_free(&rig);
	rig_free(&temporary);
}

/* What is written to meanwhile cannot be copied whole: it is read in its place. */
static void a_writer_is_seen(void **state)
{
	struct hn_reason reason = {""};
	struct rig rig;
	sqlite3 *db = begin(&rig);

	(void)state;
	assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
	assert_int_equal(findings(rig.path, &reason), 1);
	assert_int_equal(unsetenv("TMPDIR"), 0);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	rig_free(&rig);
}

static void reasons_are_right(void **state)
{
	struct hn_reason reason = {""};
	char log[128], none[128];
	struct rig rig;
	bool root = geteuid() == 0;
	int fd;

	(void)state;
	leave(&rig);
	snprintf(log, sizeof(log), "%s-wal", rig.path);
	snprintf(none, sizeof(none), "%s/none", rig.folder);
	assert_int_equal(findings(none, &reason), -ENOENT);
	assert_non_null(strstr(reason.text, "No such file or directory"));
	assert_int_equal(findings(rig.folder, &reason), -EINVAL);
	assert_non_null(strstr(reason.text, "not a regular file"));
	assert_int_equal(mkfifo(none, 0600), 0);
	assert_int_equal(findings(none, &reason), -EINVAL);
	assert_non_null(strstr(reason.text, "not a regular file"));
	assert_int_equal(unlink(none), 0);

	if (root) {
		assert_int_equal(chmod(rig.folder, 0755), 0);
		assert_int_equal(seteuid(65534), 0);
	} else {
		assert_int_equal(chmod(rig.path, 0), 0);
	}
	assert_int_equal(findings(rig.path, &reason), -EACCES);
	assert_non_null(strstr(reason.text, "h.db: Permission denied"));
	assert_null(strstr(reason.text, "-wal"));
	if (root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(rig.path, 0644), 0);
	if (root)
		assert_int_equal(seteuid(65534), 0);
	else
		assert_int_equal(chmod(log, 0), 0);
	assert_int_equal(findings(rig.path, &reason), -EACCES);
	assert_non_null(strstr(reason.text, "h.db-wal) cannot be read here (Permission denied): copy both"));
	if (root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(log, 0600), 0);

	fd = open(log, O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, (off_t)5 << 30), 0); /* a hole */
	assert_int_equal(close(fd), 0);
	assert_int_equal(findings(rig.path, &reason), -EFBIG);
	assert_int_equal(unlink(log), 0);
	assert_int_equal(mkfifo(log, 0600), 0);
	assert_int_equal(findings(rig.path, &reason), -EINVAL);
	assert_non_null(strstr(reason.text, "h.db-wal) is not a regular file"));
	rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(evidence_is_not_touched),
		cmocka_unit_test(a_writer_is_seen),
		cmocka_unit_test(reasons_are_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
