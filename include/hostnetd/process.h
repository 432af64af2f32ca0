/* SPDX-License-Identifier: Apache-2.0 */
/* The processes of containers that share the host netns, by pid and start time. A table that others join by key: it
 * knows the id of the entry a process belongs to, never the entry. */
#ifndef HOSTNETD_PROCESS_H
#define HOSTNETD_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "hostnetd/macro.h"

#define HN_PROCESS_ENTRY_SIZE 33

struct hn_process {
	pid_t pid;
	uint64_t start_ns;
	char entry[HN_PROCESS_ENTRY_SIZE]; /* id of the finding-table entry */
	unsigned container;                /* index in it */
	bool member;                       /* has a thread in the host netns; else it only holds a socket of it */
	unsigned threads;                  /* counted by the last sweep that saw it; at least 1 for a member */
	bool left;                         /* that it went to another netns was told */
	uint64_t sweep;                    /* generation of that sweep, or of the sweep before its first sight */
};

struct hn_processes;
struct hn_processes *hn_processes_new(size_t limit); /* NULL: no memory */
void hn_processes_free(struct hn_processes *t);
HN_DEFINE_CLEANUP(struct hn_processes, hn_processes_free, hn_processes_cleanup)
struct hn_process *hn_processes_find(struct hn_processes *t, pid_t pid, uint64_t start_ns); /* NULL: not there */
/* A new one, zeroed but for its key. NULL: no memory, or the table is full (the caller counts it). */
struct hn_process *hn_processes_add(struct hn_processes *t, pid_t pid, uint64_t start_ns);
void hn_processes_remove(struct hn_processes *t, struct hn_process *p); /* frees p */
size_t hn_processes_count(const struct hn_processes *t);
/* Walks all, in no order; the one just returned may be removed. *cursor starts at 0. NULL at the end. */
struct hn_process *hn_processes_next(struct hn_processes *t, size_t *cursor);

#endif
