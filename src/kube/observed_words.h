/* SPDX-License-Identifier: Apache-2.0 */
/* When each node spoke last in a file. That a finding is not in it says nothing of now: an agent that has fallen silent is no
 * pass. Pure. */
#ifndef HN_KUBE_OBSERVED_WORDS_H
#define HN_KUBE_OBSERVED_WORDS_H

#include "hostnetd/macro.h"
#include "hostnetd/observed.h"

struct hn_observed_words;

struct hn_observed_words *hn_observed_words_new(void); /* NULL: no memory */
void hn_observed_words_free(struct hn_observed_words *w);
HN_DEFINE_CLEANUP(struct hn_observed_words, hn_observed_words_free, hn_observed_words_cleanup)
/* `at` 0: it does not say when. `whole`: a look at the whole node, or the beginning of all lines about it. -ENOMEM; -ENOSPC: there
 * are too many nodes. */
_must_check_ int hn_observed_words_note(struct hn_observed_words *w, const char *cluster, const char *node,
					struct hn_wall at, bool whole);
/* Finds the oldest, and adds to `gap` what is wrong with it, and which node's lines have no beginning. */
void hn_observed_words_judge(const struct hn_observed_words *w, struct hn_observed_age *age,
			     struct hn_reason *gap);

#endif
