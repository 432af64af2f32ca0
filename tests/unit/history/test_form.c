/* SPDX-License-Identifier: Apache-2.0 */
/* Whose file it is, told before anything is written. */
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

#define FILE_MAX (1 << 20)

static const char *const parts[] = {"", "-wal", "-shm"};

struct copy {
	size_t n;
	mode_t mode;
	struct timespec changed;
	char bytes[FILE_MAX];
};

static void name_part(const struct rig *rig, const char *file, size_t part, char ret[static 128])
{
	snprintf(ret, 128, "%s/%s%s", rig->folder, file, parts[part]);
}

static size_t read_all(const char *path, char ret[static FILE_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, ret, FILE_MAX);
	assert_true(n >= 0 && n < FILE_MAX);
	assert_int_equal(close(fd), 0);
	return (size_t)n;
}

static void write_all(const char *path, const char *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	assert_int_equal(fchmod(fd, 0640), 0);
	assert_int_equal(close(fd), 0);
}

static void take(const char *path, struct copy *ret)
{
	struct stat st;

	ret->n = read_all(path, ret->bytes);
	assert_int_equal(stat(path, &st), 0);
	ret->mode = st.st_mode & 07777;
	ret->changed = st.st_ctim;
}

/* Where the log is cut or changed, counted from its end. */
enum damage { WHOLE, CUT, FLIPPED };

/* A store as one that was killed left it: what `sql` does is in its log alone. */
static void leave(struct rig *rig, const char *sql, enum damage damage)
{
	static char bytes[FILE_MAX];
	char from[128], to[128];
	sqlite3 *db = NULL;
	size_t n;

	hn_history_free(open_store(rig, 1 << 24));
	name_part(rig, "source.db", 0, to);
	assert_int_equal(rename(rig->path, to), 0);
	assert_int_equal(sqlite3_open(to, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0", NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	for (size_t i = 0; i < HN_ARRAY_SIZE(parts); i++) {
		name_part(rig, "source.db", i, from);
		name_part(rig, "h.db", i, to);
		n = read_all(from, bytes);
		if (i == 1 && damage == CUT)
			n--;
		if (i == 1 && damage == FLIPPED)
			bytes[n - 1] ^= 1;
		write_all(to, bytes, n);
	}
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	name_part(rig, "source.db", 0, from);
	assert_int_equal(unlink(from), 0);
}

static const struct row {
	const char *sql;
	enum damage damage;
	const char *reason; /* NULL: it is ours */
} rows[] = {
	{"PRAGMA user_version = 99", WHOLE, "a newer hostnetd made it (form 99"},
	{"PRAGMA user_version = 99; INSERT INTO listed VALUES('a', 1)", WHOLE,
	 "a newer hostnetd made it (form 99"},
	{"PRAGMA application_id = 7", WHOLE, "it is no history of hostnetd"},
	{"PRAGMA user_version = 99; PRAGMA user_version = 1; PRAGMA application_id = 0", WHOLE,
	 "it is no history of hostnetd"},
	{"INSERT INTO listed VALUES('a', 1)", WHOLE, NULL},
	/* A transaction that did not reach the disk never was. */
	{"PRAGMA user_version = 99", CUT, NULL},
	{"PRAGMA user_version = 99", FLIPPED, NULL},
	{"PRAGMA application_id = 7", FLIPPED, NULL},
};

static void what_is_not_ours_is_never_touched(void **state)
{
	static struct copy before[HN_ARRAY_SIZE(parts)], after;

	(void)state;
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		struct hn_history_stats stats;
		struct hn_history *h;
		struct rig rig;
		char path[128];

		rig_new(&rig);
		leave(&rig, rows[i].sql, rows[i].damage);
		for (size_t part = 0; part < HN_ARRAY_SIZE(parts); part++) {
			name_part(&rig, "h.db", part, path);
			take(path, &before[part]);
		}
		h = open_store(&rig, 1 << 24);
		hn_history_stats(h, &stats);
		name_part(&rig, rows[i].reason ? "h.db.1" : "h.db", 0, path);
		assert_string_equal(stats.path, path);
		if (!rows[i].reason)
			for (size_t part = 0; part < HN_ARRAY_SIZE(parts); part++) {
				name_part(&rig, "h.db", part, path);
				take(path, &after);
				assert_int_equal(after.mode, 0600);
			}
		else
			assert_non_null(strstr(stats.problem.text, rows[i].reason));
		hn_history_free(h);
		for (size_t part = 0; part < HN_ARRAY_SIZE(parts) && rows[i].reason; part++) {
			name_part(&rig, "h.db", part, path);
			take(path, &after);
			assert_int_equal(after.n, before[part].n);
			assert_memory_equal(after.bytes, before[part].bytes, after.n);
			assert_int_equal(after.mode, 0640);
			assert_memory_equal(&after.changed, &before[part].changed, sizeof(after.changed));
		}
		rig_free(&rig);
	}
}

/* Whatever a log holds, the answer is one of three, and its like in SQLite decides what is read of it. */
static void logs_are_hostile(void **state)
{
	static const char magic[] = {0x37, 0x7f, 0x06, (char)0x82};
	static char bytes[FILE_MAX];
	char path[128];
	struct rig rig;

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct hn_history *h;

		rig_new(&rig);
		leave(&rig, "INSERT INTO listed VALUES('a', 1)", WHOLE);
		name_part(&rig, "h.db", 1, path);
		memset(bytes, i == 1 ? 0xff : 0, sizeof(bytes));
		if (i > 1)
			memcpy(bytes, magic, sizeof(magic));
		write_all(path, bytes, i == 3 ? 31 : FILE_MAX - 1);
		h = open_store(&rig, 1 << 24);
		hn_history_free(h);
		rig_free(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_ours_is_never_touched),
		cmocka_unit_test(logs_are_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
