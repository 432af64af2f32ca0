/* SPDX-License-Identifier: Apache-2.0 */
/* What doctor reads of the node and of its own rights; each fills a line of text. */
#ifndef HOSTNETD_NODE_FACTS_H
#define HOSTNETD_NODE_FACTS_H

#include <stdbool.h>

#include "hostnetd/str.h"

/* The capabilities that the agent can use and lacks; "" if none. Returns false if a needed one is missing. */
bool hn_facts_capabilities(struct hn_str *ret);
/* "v2", "v1", "hybrid" with the folder that says so. */
void hn_facts_cgroups(const char *root, struct hn_str *ret);
/* Release and machine. */
void hn_facts_kernel(struct hn_str *ret);
/* The word in brackets of /sys/kernel/security/lockdown; "" if there is none. */
void hn_facts_lockdown(struct hn_str *ret);

#endif
