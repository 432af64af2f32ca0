/* SPDX-License-Identifier: Apache-2.0 */
/* Which clues go to the history: each once a run and finding, however often it is seen, gathered so that one job of the
 * store takes many. */
#ifndef HOSTNETD_LEDGER_H
#define HOSTNETD_LEDGER_H

#include "hostnetd/history.h"
#include "hostnetd/map.h"
#include "hostnetd/str.h"

struct hn_ledger_page {
	char finding[HN_FINDING_ID_SIZE];
	struct hn_str clues;
};

struct hn_ledger {
	struct hn_map *put; /* what was put already: finding and clue */
	size_t put_bytes;
	struct hn_ledger_page *pages; /* what waits, in the order in which it came */
	size_t n, room, bytes;
	size_t most; /* bytes that may wait */
	bool lost;   /* something did not fit, or there was no memory */
};

void hn_ledger_init(struct hn_ledger *l, size_t most);
void hn_ledger_done(struct hn_ledger *l);
void hn_ledger_take(struct hn_ledger *l, const struct hn_finding *finding, const struct hn_clue *clue);
/* `most` is reached: what waits should go. */
bool hn_ledger_full(const struct hn_ledger *l);
void hn_ledger_flush(struct hn_ledger *l, struct hn_history *h);
/* All is to be put again. */
void hn_ledger_forget(struct hn_ledger *l);

#endif
