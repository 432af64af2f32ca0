/* SPDX-License-Identifier: Apache-2.0 */
/* What was kept of one container or pod, made an entry again: what judges it is what judged it. */
#ifndef HOSTNETD_CMD_HISTORY_KEPT_H
#define HOSTNETD_CMD_HISTORY_KEPT_H

#include "hostnetd/entry.h"
#include "hostnetd/history.h"
#include "hostnetd/str.h"

struct hn_kept {
	struct hn_entry *entry; /* judged by the catalogue */
	struct hn_podlist *pods;
	struct hn_str missing; /* why it is less than what was seen, each with a NUL behind it; empty: it is all */
};

/* hn_kept_done() also after an error. */
_must_check_ int hn_kept_read(struct hn_history_reader *r, const struct hn_history_row *row,
			      const struct hn_catalogue *catalogue, struct hn_kept *ret, struct hn_reason *reason);
void hn_kept_done(struct hn_kept *k);

#endif
