/* SPDX-License-Identifier: Apache-2.0 */
/* Rows from the results of a report object. */
#ifndef HN_KUBE_OBSERVED_REPORT_H
#define HN_KUBE_OBSERVED_REPORT_H

#include "hostnetd/observed.h"
#include "hostnetd/report_kind.h"

struct cJSON;

/* Where a result stands. */
struct hn_observed_place {
	const char *source, *node;
	const char *ns; /* of its object; "" for the node's own */
};

/* One result; one that is no finding is passed over. Counts it in `tally`. -EBADMSG: none that an agent writes. */
_must_check_ int hn_observed_result(struct hn_observations *o, const struct hn_observed_place *place,
				    const struct cJSON *result, struct hn_report_claim *tally,
				    struct hn_reason *reason);

#endif
