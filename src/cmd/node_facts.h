/* SPDX-License-Identifier: Apache-2.0 */
/* What doctor reads of the node; each fills a line of text. */
#ifndef HOSTNETD_NODE_FACTS_H
#define HOSTNETD_NODE_FACTS_H

#include "hostnetd/str.h"

/* "v2", "v1", "hybrid" with the folder that says so. */
void hn_facts_cgroups(const char *root, struct hn_str *ret);
/* Release and machine. */
void hn_facts_kernel(struct hn_str *ret);
/* The word in brackets of /sys/kernel/security/lockdown; "" if there is none. */
void hn_facts_lockdown(struct hn_str *ret);

#endif
