/* SPDX-License-Identifier: Apache-2.0 */
/* The file of --exceptions: read at the start, and again when it changes. */
#ifndef HN_CMD_EXCEPTIONS_H
#define HN_CMD_EXCEPTIONS_H

#include <stdbool.h>

#include "hostnetd/exception.h"
#include "hostnetd/filestamp.h"
#include "hostnetd/reason.h"
#include "hostnetd/time.h"

struct hn_exception_file {
	const char *path; /* NULL: no such option */
	struct hn_exception_book *book;
	struct hn_filestamp stamp;
	struct hn_wall read;      /* when the rules that hold were read */
	struct hn_reason problem; /* of the last reading; "" if it went well. The rules of the one before hold */
};

/* Reads `path` (borrowed; NULL: nothing to do). -errno with a reason that names file, line and key. */
_must_check_ int hn_exception_file_open(struct hn_exception_file *f, const char *path, struct hn_reason *reason);
/* Reads it again if it has changed, also by the swap of a ConfigMap's ..data. True if the rules are others now. A mistake
 * is logged once and leaves the old rules in force. */
bool hn_exception_file_refresh(struct hn_exception_file *f);
void hn_exception_file_done(struct hn_exception_file *f);

#endif
