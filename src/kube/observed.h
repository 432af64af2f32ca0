/* SPDX-License-Identifier: Apache-2.0 */
/* Rows from parsed JSON, for the two readers: files and the agents' API. */
#ifndef HN_KUBE_OBSERVED_H
#define HN_KUBE_OBSERVED_H

#include "hostnetd/observed.h"

struct cJSON;

/* Whose word it is, and of when. */
struct hn_observed_speaker {
	const char *source;
	struct hn_wall said; /* 0: not known */
};

/* A finding: resolved ones take their row away, unless it is of a newer word. */
_must_check_ int hn_observed_finding(struct hn_observations *o, const struct hn_observed_speaker *speaker,
				     const struct cJSON *finding, struct hn_reason *reason);
/* Each of a list, which may be NULL; an entry of the inventory makes a row only where no finding has one. */
_must_check_ int hn_observed_findings(struct hn_observations *o, const struct hn_observed_speaker *speaker,
				      const struct cJSON *list, struct hn_reason *reason);
_must_check_ int hn_observed_sharing(struct hn_observations *o, const struct hn_observed_speaker *speaker,
				     const struct cJSON *list, struct hn_reason *reason);
/* A row whose texts live as long as the rows. One of the `inventory` replaces none that is there. `scope` is whose word it is: of one
 * pod there is a row for each; NULL where all sources are trusted alike. */
_must_check_ int hn_observed_put(struct hn_observations *o, const struct hn_observed *observed, bool inventory,
				 const char *scope, struct hn_reason *reason);
struct hn_arena;
struct hn_map;
struct hn_arena *hn_observations_arena(struct hn_observations *o);
struct hn_map *hn_observations_strings(struct hn_observations *o); /* that are in it */
/* Of a document that says `complete` and why it is not. */
void hn_observed_gap(const struct cJSON *document, struct hn_reason *ret_gap);

#endif
