// SPDX-License-Identifier: Apache-2.0
#include "place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hostnetd/str.h"

void hn_place_name(const char *path, enum hn_place_part part, char ret[static HN_PLACE_NAME])
{
	static const char *const ends[HN_PLACE_MAX] = {"", "-wal", "-shm"};

	snprintf(ret, HN_PLACE_NAME, "%.*s%s", HN_HISTORY_PATH, path, ends[part]);
}

bool hn_place_is_ours(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_uid == geteuid() && st->st_nlink == 1;
}

int hn_place_take(struct hn_place *p, const char *path, const struct hn_db *db, struct hn_reason *reason)
{
	struct hn_place place = {.path = ""};
	char name[HN_PLACE_NAME];
	struct stat st;

	hn_strcpy(place.path, sizeof(place.path), path);
	for (enum hn_place_part i = 0; i < HN_PLACE_MAX; i++) {
		hn_place_name(path, i, name);
		if (lstat(name, &st) < 0)
			return hn_reason_set(reason, -errno, "%s: %s", name, strerror(errno));
		if (!hn_place_is_ours(&st))
			return hn_reason_set(reason, -EPERM,
					     "%s: not a regular file of this user's own, with one name", name);
		place.was[i].device = st.st_dev;
		place.was[i].inode = st.st_ino;
	}
	if (hn_db_moved(db))
		return hn_reason_set(reason, -ENOENT, "%s: it was moved while it was opened", path);
	*p = place;
	return 0;
}

/* An inode that is open is nobody else's: its number is not given again. */
static bool is_there(const struct hn_place *p, enum hn_place_part part, struct stat *ret)
{
	char name[HN_PLACE_NAME];

	hn_place_name(p->path, part, name);
	return p->path[0] && lstat(name, ret) == 0 && ret->st_ino == p->was[part].inode &&
	       ret->st_dev == p->was[part].device;
}

bool hn_place_holds(const struct hn_place *p, int64_t *ret_file, int64_t *ret_log)
{
	struct stat st[HN_PLACE_MAX];

	for (enum hn_place_part i = 0; i < HN_PLACE_MAX; i++)
		if (!is_there(p, i, &st[i]))
			return false;
	*ret_file = st[HN_PLACE_FILE].st_size;
	*ret_log = st[HN_PLACE_LOG].st_size;
	return true;
}

bool hn_place_clear(const struct hn_place *p)
{
	char name[HN_PLACE_NAME], aside[HN_PLACE_NAME + sizeof(".left")];
	struct stat file, log, index;
	bool left = false;

	/* The file lacks its index alone: its log is its own. */
	if (is_there(p, HN_PLACE_FILE, &file) && is_there(p, HN_PLACE_LOG, &log))
		return false;
	hn_place_name(p->path, HN_PLACE_LOG, name);
	snprintf(aside, sizeof(aside), "%s.left", name);
	if (is_there(p, HN_PLACE_LOG, &log)) {
		left = log.st_size > 0 && rename(name, aside) == 0;
		if (!left)
			unlink(name); /* in another database it would be worse than lost */
	}
	hn_place_name(p->path, HN_PLACE_INDEX, name);
	if (is_there(p, HN_PLACE_INDEX, &index))
		unlink(name);
	return left;
}
