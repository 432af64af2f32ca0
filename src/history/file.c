// SPDX-License-Identifier: Apache-2.0
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hostnetd/str.h"
#include "hostnetd/time.h"

#include "form.h"
#include "schema.h"

#define CHECK_NS (300 * HN_NSEC_PER_MSEC) /* a file is looked through for damage so long at most */

static int check_folder(const char *path, struct hn_reason *reason)
{
	char copy[HN_HISTORY_PATH];
	const char *folder;
	struct stat st;

	if (!hn_strcpy(copy, sizeof(copy), path))
		return hn_reason_set(reason, -ENAMETOOLONG, "the name is longer than %d bytes", HN_HISTORY_PATH);
	folder = dirname(copy);
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return hn_reason_set(reason, -errno, "%s: %s", folder, strerror(errno));
	if (stat(folder, &st) < 0)
		return hn_reason_set(reason, -errno, "%s: %s", folder, strerror(errno));
	if ((st.st_uid != geteuid() && st.st_uid != 0) || (st.st_mode & 0022 && !(st.st_mode & S_ISVTX)))
		return hn_reason_set(
			reason, -EPERM,
			"%s: others may write to this folder; give --store one of its own (mode 0700)", folder);
	return 0;
}

/* -1: it is not there. */
static int open_part(const char *path, enum hn_place_part part, int *ret, struct hn_reason *reason)
{
	const int flags = part == HN_PLACE_FILE ? O_RDWR | O_CREAT : O_RDONLY;
	char name[HN_PLACE_NAME];
	struct stat st;

	hn_place_name(path, part, name);
	*ret = open(name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (*ret < 0 && errno == ENOENT && part != HN_PLACE_FILE)
		return 0;
	if (*ret < 0)
		return hn_reason_set(reason, -errno, "%s: %s", name,
				     errno == ELOOP ? "a symbolic link is not followed" : strerror(errno));
	if (fstat(*ret, &st) < 0)
		return hn_reason_set(reason, -errno, "%s: %s", name, strerror(errno));
	if (!hn_place_is_ours(&st))
		return hn_reason_set(reason, -EPERM, "%s: not a regular file of this user's own, with one name",
				     name);
	return 0;
}

/* SQLite gives its log and index the file's mode, but only when it makes them. */
static int make_private(int fd, struct hn_reason *reason)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || (st.st_mode & 0077 && fchmod(fd, 0600) < 0))
		return hn_reason_set(reason, -errno, "%s", strerror(errno));
	return 0;
}

/* Nothing is written before the file is known to be ours: not to it, not to what lies beside it. */
static int check_file(const char *path, struct hn_reason *reason)
{
	int fd[HN_PLACE_MAX] = {-1, -1, -1}, r = 0;

	for (enum hn_place_part i = 0; i < HN_PLACE_MAX && r == 0; i++)
		r = open_part(path, i, &fd[i], reason);
	if (r == 0) {
		r = hn_form_check(fd[HN_PLACE_FILE], fd[HN_PLACE_LOG], reason);
		for (enum hn_place_part i = 0; i < HN_PLACE_MAX && r == 0; i++)
			r = fd[i] < 0 ? 0 : make_private(fd[i], reason);
		if (r < 0)
			hn_reason_wrap(reason, r, "%.300s", path);
	}
	for (enum hn_place_part i = 0; i < HN_PLACE_MAX; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	return r;
}

/* Damage that shows; what the time does not suffice for is met when it is used. */
static int check_content(struct hn_db *db, struct hn_reason *reason)
{
	_cleanup_(hn_query_cleanup) struct hn_query *q = NULL;
	int r;

	hn_db_limit(db, CHECK_NS);
	r = hn_db_query(db, "PRAGMA quick_check(1)", &q, reason);
	if (r == 0)
		r = hn_query_step(q, reason);
	hn_db_limit(db, 0);
	if (r == -ETIMEDOUT)
		return 0;
	if (r == 1 && strcmp(hn_query_text(q, 0), "ok") != 0)
		return hn_reason_set(reason, -EBADMSG, "it is damaged: %.200s", hn_query_text(q, 0));
	return r < 0 ? r : 0;
}

static int open_one(const char *path, struct hn_db **ret, struct hn_reason *reason)
{
	_cleanup_(hn_db_cleanup) struct hn_db *db = NULL;
	int64_t version;
	int r = check_file(path, reason);

	if (r < 0)
		return r;
	r = hn_db_open(path, HN_DB_WRITE, &db, reason);
	if (r == 0)
		r = hn_schema_check(db, &version, reason);
	if (r == 0)
		r = check_content(db, reason);
	if (r == 0)
		hn_db_own(db, true);
	if (r == 0)
		r = hn_db_exec(
			db, "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
			reason);
	if (r == 0)
		r = hn_schema_migrate(db, reason);
	if (r < 0)
		return hn_reason_wrap(reason, r, "%.300s", path);
	*ret = TAKE_PTR(db);
	return 0;
}

int hn_history_file_open(const char *path, unsigned from, struct hn_db **ret, char used[static HN_HISTORY_PATH],
			 unsigned *ret_at, struct hn_reason *reason)
{
	struct hn_reason first = {""}, last = {""};
	int r = check_folder(path, &last);

	for (unsigned i = from; r == 0 && i < HN_HISTORY_NAMES; i++) {
		if (snprintf(used, HN_HISTORY_PATH, i ? "%s.%u" : "%s", path, i) >= HN_HISTORY_PATH)
			return hn_reason_set(reason, -ENAMETOOLONG, "the name is too long");
		r = open_one(used, ret, &last);
		if (r == 0) {
			*ret_at = i;
			if (first.text[0])
				hn_reason_set(reason, 0, "%.300s: left as it is; the history goes on in %.150s",
					      first.text, used);
			return 0;
		}
		if (r != -EBADMSG && r != -ENOTSUP)
			break;
		if (!first.text[0])
			first = last;
		r = 0;
	}
	*reason = last;
	return r < 0 ? r : -EBADMSG;
}
