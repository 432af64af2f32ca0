/* SPDX-License-Identifier: Apache-2.0 */
/* What agents saw: findings and the inventory of who shares, from documents of `scan`, lines of `run` and the agents' HTTP
 * API. One row a pod (or container outside Kubernetes) and way; who is known to have left has none. */
#ifndef HOSTNETD_OBSERVED_H
#define HOSTNETD_OBSERVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"
#include "hostnetd/time.h"

#define HN_OBSERVED_MAX 200000           /* rows */
#define HN_OBSERVED_BYTES (64UL << 20)   /* of one input or page */
#define HN_OBSERVED_MEMORY (256UL << 20) /* of all rows */

/* Texts as the agents wrote them, hostile; "" where absent. */
struct hn_observed {
	struct hn_wall said; /* when; 0: not known */
	const char *source;  /* file or URL */
	const char *finding; /* its id; "" if it is in the inventory only */
	const char *state, *severity, *node, *first_seen;
	const char *cause, *way;
	const char *ns, *pod, *uid;
	const char *workload_api_version, *workload_kind, *workload_name;
	const char *container, *container_id, *image; /* of its first container */
	const char *verdict, *category, *product;
	const char *exception; /* name of the rule by which the agent accepts it */
	bool is_static;
};

struct hn_observations;
struct hn_observations *hn_observations_new(void); /* NULL: no memory */
void hn_observations_free(struct hn_observations *o);
HN_DEFINE_CLEANUP(struct hn_observations, hn_observations_free, hn_observations_cleanup)
size_t hn_observations_count(const struct hn_observations *o);
const struct hn_observed *hn_observations_at(const struct hn_observations *o, size_t i); /* NULL: it has left */

/* A row of the caller's own making, whose texts are borrowed as long as the observations live. -ENOMEM, -ENOSPC with a reason. */
_must_check_ int hn_observations_add(struct hn_observations *o, const struct hn_observed *row,
				     struct hn_reason *reason);

/* How old may what is read be? */
struct hn_observed_age {
	struct hn_wall now;
	int64_t max_ns;
	struct hn_wall
		oldest; /* found: of each node the last word counts, of these the oldest; 0: none says when */
};

/* A document of `scan --output json`, or the lines of `run`. Of a finding the newest word counts, whichever input it is in; of
 * words of one time, or of none, the last. `ret_gap` says what the
 * agent could not see, or that it has said nothing for too long; "" if neither. `age` NULL: it may be of any age. -EBADMSG,
 * -E2BIG, -ENOMEM with a reason that names `source`. */
_must_check_ int hn_observations_read(struct hn_observations *o, const char *source, const char *bytes, size_t n,
				      struct hn_observed_age *age, struct hn_reason *ret_gap,
				      struct hn_reason *reason);

/* Whom to ask, and as whom; borrowed. */
struct hn_observed_settings {
	const char *token_file, *ca_file; /* NULL: none, the system's */
	int64_t timeout_ns;               /* of one page; 0: 60 s */
};

/* Asks an agent's API: http(s)://HOST:PORT or unix:PATH. Blocks, bounded in time and bytes. An agent that does not
 * answer, or not as an agent does, is a gap. -EINVAL (no URL of an agent), -ENOMEM with a reason. */
_must_check_ int hn_observations_ask(struct hn_observations *o, const char *url,
				     const struct hn_observed_settings *settings, struct hn_reason *ret_gap,
				     struct hn_reason *reason);

#endif
