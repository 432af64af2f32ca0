/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AI_FILE_H
#define AI_FILE_H

#include <stddef.h>

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"

struct hn_ai_file {
	char *bytes;
	size_t n;
};

/* A whole catalogue file, at most 4 MiB. -errno with a reason that names it. */
_must_check_ int hn_ai_file_read(const char *path, struct hn_ai_file *ret, struct hn_reason *reason);
void hn_ai_file_done(struct hn_ai_file *f);

#endif
