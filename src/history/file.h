/* SPDX-License-Identifier: Apache-2.0 */
/* The file to write to: FILE, or where that is not ours to touch, another name beside it. */
#ifndef HOSTNETD_HISTORY_FILE_H
#define HOSTNETD_HISTORY_FILE_H

#include "place.h"
#include "sqlite.h"

#define HN_HISTORY_NAMES 10 /* FILE, FILE.1 ... FILE.9 */

/* For a process that has none of the names open: to close a descriptor of a file takes all of the process's locks off it
 * (fcntl(2)), those of SQLite too. Tries the names from the `from`-th on. The folder is made if it is missing (0700); a folder that others may write to, a
 * symlink, a file, log or index of somebody else's or with a second name is refused: whoever can put it there would choose what
 * root reads and writes to. `reason` tells why a name was passed over; "" if none was. */
_must_check_ int hn_history_file_open(const char *path, unsigned from, struct hn_db **ret,
				      char used[static HN_HISTORY_PATH], unsigned *ret_at,
				      struct hn_reason *reason);

#endif
