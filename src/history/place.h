/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the file and its log are still where they were opened: SQLite goes on writing to what was moved away or deleted,
 * and nobody would find it there. */
#ifndef HOSTNETD_HISTORY_PLACE_H
#define HOSTNETD_HISTORY_PLACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "file.h"

struct hn_place {
	char path[HN_HISTORY_PATH], log[HN_HISTORY_PATH + sizeof("-wal")];
	struct {
		dev_t device;
		ino_t inode;
	} file_was, log_was;
};

/* Of a file that is open and has been written to, so that its log is there. */
void hn_place_take(struct hn_place *p, const char *path);
/* Two calls of stat(). Fills in how big the two are. False: at least one of them is gone, or another's. */
bool hn_place_holds(const struct hn_place *p, int64_t *ret_file, int64_t *ret_log);

#endif
