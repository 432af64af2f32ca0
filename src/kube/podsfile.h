/* SPDX-License-Identifier: Apache-2.0 */
/* A pod list from a file, read a slice at a time in an event loop. */
#ifndef HN_KUBE_PODSFILE_H
#define HN_KUBE_PODSFILE_H

#include "hostnetd/filestamp.h"
#include "hostnetd/pod.h"

struct event_base;
struct hn_podsfile;

/* `list` is the receiver's; NULL on failure, then `reason` says why. Called last: the reading may be freed in it. */
typedef void hn_podsfile_done(void *arg, struct hn_podlist *list, const struct hn_reason *reason);

/* Opens and begins. 0 or -errno with a reason that names the file; then `done` is not called. */
_must_check_ int hn_podsfile_read(const char *path, struct event_base *base, hn_podsfile_done *done, void *arg,
				  struct hn_podsfile **ret, struct hn_reason *reason);
void hn_podsfile_free(struct hn_podsfile *p); /* cancels */
/* Of the open file, taken before its first byte was read. */
const struct hn_filestamp *hn_podsfile_stamp(const struct hn_podsfile *p);

#endif
