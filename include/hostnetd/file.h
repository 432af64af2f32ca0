/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the operator's: signatures, exceptions. */
#ifndef HOSTNETD_FILE_H
#define HOSTNETD_FILE_H

#include <stddef.h>

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"

struct hn_file {
	char *bytes;
	size_t n;
};

/* A whole regular file of the operator's, at most 4 MiB. -errno with a reason that names it. */
_must_check_ int hn_file_read(const char *path, struct hn_file *ret, struct hn_reason *reason);
void hn_file_done(struct hn_file *f);

#endif
