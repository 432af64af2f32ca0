/* SPDX-License-Identifier: Apache-2.0 */
/* A record of the kernel side -> a sighting. Pure; trusts no length. */
#ifndef HOSTNETD_RECORD_H
#define HOSTNETD_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "hostnetd/abi.h"
#include "hostnetd/macro.h"
#include "hostnetd/sighting.h"

/* The texts of one sighting, put together from a record's names. */
struct hn_record_text {
	char unix_name[HN_UNIX_NAME_SIZE];
	char comm[17];
	char cgroup[HN_CGROUP_NAMES + 2];
	char exe[HN_EXE_NAMES + 5]; /* "..." before it, and the NUL */
};

/* Reads the record at `bytes`. Returns its size (at most n), -EAGAIN if it is longer than n, or -EBADMSG if it cannot
 * be one. `offset_ns`: wall clock minus CLOCK_BOOTTIME. `ret` borrows from `text` and `bytes`. */
_must_check_ int hn_record_read(const void *bytes, size_t n, int64_t offset_ns, struct hn_record_text *text,
				struct hn_sighting *ret);

#endif
