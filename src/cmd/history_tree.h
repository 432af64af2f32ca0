/* SPDX-License-Identifier: Apache-2.0 */
/* Who started whom, of the processes that a story tells of. */
#ifndef HOSTNETD_CMD_HISTORY_TREE_H
#define HOSTNETD_CMD_HISTORY_TREE_H

#include <stdbool.h>
#include <stddef.h>

struct hn_str;

/* Borrowed; each text may be "". */
struct hn_tree_process {
	const char *pid, *start; /* together a process's identity: a pid is given away again */
	const char *parent;      /* a pid */
	const char *ancestors;
	const char *label; /* as it is to be shown: escaped */
	bool is_exec;      /* it became the program that `label` names */
};

struct hn_tree;
struct hn_tree *hn_tree_new(void); /* NULL: no memory */
void hn_tree_free(struct hn_tree *t);
/* False: no memory. */
bool hn_tree_take(struct hn_tree *t, const struct hn_tree_process *p);
/* Each process once, in a time that grows with their number and no faster, whatever a hostile file says of who started whom.
 * How many are left out is said. Nothing where there is none. */
void hn_tree_put(struct hn_tree *t, unsigned width, struct hn_str *out);

#endif
