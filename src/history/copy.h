/* SPDX-License-Identifier: Apache-2.0 */
/* A file and its log that nobody writes to, read from a private copy: SQLite would write to what lies beside them. */
#ifndef HOSTNETD_HISTORY_COPY_H
#define HOSTNETD_HISTORY_COPY_H

#include <stdbool.h>

#include "sqlite.h"

/* Whether some process has the database of this descriptor open. */
bool hn_copy_in_use(int file);
/* Copies both into a folder below TMPDIR (/tmp) and removes it again before it returns: nothing is left, however the program
 * ends. -EFBIG: more than 4 GiB. */
_must_check_ int hn_copy_open(int file, int log, struct hn_db **ret, struct hn_reason *reason);

#endif
