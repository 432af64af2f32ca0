/* SPDX-License-Identifier: Apache-2.0 */
/* What an entry keeps for its verdict. */
#ifndef HOSTNETD_FINDING_CLUES_H
#define HOSTNETD_FINDING_CLUES_H

#include "hostnetd/entry.h"

/* Keeps the program if it tells more of AI than the least telling of those kept. Container HN_FINDING_CONTAINERS: one that
 * the entry does not have. */
void hn_clues_program(struct hn_entry *e, unsigned container, const struct hn_process_view *view,
		      const struct hn_catalogue *catalogue, const struct hn_pod *pod);
/* Another container takes this one's place: what ran there ran in none that is kept. */
void hn_clues_vacate(struct hn_entry *e, unsigned container);
void hn_clues_hear(struct hn_entry *e, uint16_t port, pid_t pid);
void hn_clues_done(struct hn_entry *e);

#endif
