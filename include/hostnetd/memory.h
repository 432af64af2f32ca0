/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that only the start needed. */
#ifndef HOSTNETD_MEMORY_H
#define HOSTNETD_MEMORY_H

/* Gives back free heap, and takes the program's and its libraries' code out of this process: what runs again is mapped again from
 * the page cache, and what ran at the start alone (most of OpenSSL's and libbpf's) counts no more. Below a millisecond; for
 * the moment after a start, not for a loop. A debugger's breakpoints and uprobes set before it are lost. */
void hn_memory_give_back(void);

#endif
