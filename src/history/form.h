/* SPDX-License-Identifier: Apache-2.0 */
/* What made a file, told from its bytes alone: whoever lets SQLite look has it write to the file's log and index. */
#ifndef HOSTNETD_HISTORY_FORM_H
#define HOSTNETD_HISTORY_FORM_H

#include <stdint.h>

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"

/* `log`: the file's -wal, where its first page may be newer than in the file; -1: none. An empty file is ours to use.
 * -EBADMSG: it is not ours; -ENOTSUP: a newer version made it; -EIO. */
_must_check_ int hn_form_check(int file, int log, struct hn_reason *reason);

#endif
