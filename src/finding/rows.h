/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of an entry that come one by one, and the room that those of all entries share. */
#ifndef FINDING_ROWS_H
#define FINDING_ROWS_H

#include "hostnetd/entry.h"

/* Of the room that all share; false: there is none. Given back by _give, and by the entry's end. */
bool hn_rows_take(struct hn_entry *e, size_t bytes);
void hn_rows_give(struct hn_entry *e, size_t bytes);
/* Makes a place behind the last row. False: there is none; the first container always has one. */
bool hn_rows_place_container(struct hn_entry *e);
bool hn_rows_place_process(struct hn_entry *e);

#endif
