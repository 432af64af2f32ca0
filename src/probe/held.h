/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel side or /proc says of one thing that a process holds -> struct hn_held. Pure; trusts no length. */
#ifndef HOSTNETD_PROBE_HELD_H
#define HOSTNETD_PROBE_HELD_H

#include <stddef.h>

#include "hostnetd/abi.h"
#include "hostnetd/held.h"
#include "hostnetd/macro.h"

/* Of one process so much is taken: what maps or opens more hides what comes behind. */
#define HN_HELD_RECORDS 4096

/* Everybody's devices, which say nothing: null, random, terminals. */
bool hn_held_is_common(unsigned major);
/* A device is known by its number too, where that is fixed: its node may have any name. */
void hn_held_name_device(struct hn_held *held, unsigned major, unsigned minor, const char *name);
/* -EBADMSG if the record cannot be one. */
_must_check_ int hn_held_read(const struct hn_held_record *record, struct hn_held *ret);
/* One line of /proc/PID/maps: true, and the name, if it is a file that is mapped to be executed. */
bool hn_held_read_map(const char *line, struct hn_held *ret);

#endif
