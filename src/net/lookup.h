/* SPDX-License-Identifier: Apache-2.0 */
/* A host name to addresses through evdns (hosts file and name servers of resolv.conf): never blocks. */
#ifndef HN_NET_LOOKUP_H
#define HN_NET_LOOKUP_H

#include <stddef.h>

#include "hostnetd/macro.h"

struct event_base;
struct hn_lookup;

#define HN_LOOKUP_ADDRESSES 4
#define HN_LOOKUP_ADDRESS_SIZE 64

/* n is 0 on failure, then `problem` says why. The lookup frees itself after this call. */
typedef void hn_lookup_done(void *arg, char addresses[][HN_LOOKUP_ADDRESS_SIZE], size_t n, const char *problem);

/* NULL: no memory. Never calls `done` before it returns. */
struct hn_lookup *hn_lookup_new(struct event_base *base, const char *name, hn_lookup_done *done, void *arg);
/* `done` is not called any more. The memory goes when evdns has let go of it, in the next round of the loop. */
void hn_lookup_cancel(struct hn_lookup *l);

#endif
