/* SPDX-License-Identifier: Apache-2.0 */
/* Recorded sightings: the whole agent without root and without a node. The form of a recording is that of
 * tests/data/proc/node-processes.json. */
#ifndef HOSTNETD_REPLAY_H
#define HOSTNETD_REPLAY_H

#include <stdint.h>

#include "hostnetd/macro.h"
#include "hostnetd/probe.h"
#include "hostnetd/reason.h"

/* Calls back with PRESENT for every recorded process of a container that was in the host netns, in the recording's
 * order; with CANDIDATE where its mount namespace is the host's ("hostMntns"; absent: none is). Nothing is called
 * unless the whole recording makes sense. -errno, -E2BIG or -EBADMSG, with a reason that names the file and the
 * entry. A start time is not recorded: start_ns is 0. */
_must_check_ int hn_replay_file(const char *path, hn_sighting_callback *callback, void *arg,
				uint64_t *ret_host_netns, struct hn_reason *reason);
/* The same from memory. */
_must_check_ int hn_replay_text(const char *text, size_t len, hn_sighting_callback *callback, void *arg,
				uint64_t *ret_host_netns, struct hn_reason *reason);

#endif
