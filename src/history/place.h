/* SPDX-License-Identifier: Apache-2.0 */
/* A file that is open, its log and its index: whether they are still where they were opened. SQLite goes on writing to what
 * was moved away or deleted, where nobody would find it, and what stays of it would be taken for the next file's. */
#ifndef HOSTNETD_HISTORY_PLACE_H
#define HOSTNETD_HISTORY_PLACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "sqlite.h"

#define HN_HISTORY_PATH 512

enum hn_place_part {
	HN_PLACE_FILE,
	HN_PLACE_LOG,
	HN_PLACE_INDEX,
	HN_PLACE_MAX,
};

struct hn_place {
	char path[HN_HISTORY_PATH]; /* "": none */
	struct {
		dev_t device;
		ino_t inode;
	} was[HN_PLACE_MAX];
};

#define HN_PLACE_NAME (HN_HISTORY_PATH + 16)
void hn_place_name(const char *path, enum hn_place_part part, char ret[static HN_PLACE_NAME]);
/* A regular file of this user's own, with one name. */
bool hn_place_is_ours(const struct stat *st);
/* Of a database that is open and was read, so that its log is there. -EPERM: one of the three is not ours; -ENOENT: they are
 * not where it was opened any more. */
_must_check_ int hn_place_take(struct hn_place *p, const char *path, const struct hn_db *db,
			       struct hn_reason *reason);
/* One stat() each. Fills in how big file and log are. False: one of the three is gone, or another's. */
bool hn_place_holds(const struct hn_place *p, int64_t *ret_file, int64_t *ret_log);
/* Of what is not in its place any more, and still open: its log and index leave the names that the next file's will have. A
 * log that is not empty is put aside, as FILE-wal.left: with the file's new name before "-wal" it makes that one whole. True
 * where that was done. */
bool hn_place_clear(const struct hn_place *p);

#endif
