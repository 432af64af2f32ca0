// SPDX-License-Identifier: Apache-2.0
// Any bytes as what an agent printed: an error has a reason, and what is accepted can be compared.
#include <stdint.h>
#include <stdlib.h>

#include "hostnetd/drift.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(hn_observations_cleanup) struct hn_observations *o = hn_observations_new();
	struct hn_audit audit = {.ns = NULL};
	struct hn_drift drift = {0};
	struct hn_observed_age age = {.now = {1795953600 * HN_NSEC_PER_SEC}, .max_ns = 3600 * HN_NSEC_PER_SEC};
	struct hn_reason gap, reason = {""};

	if (!o)
		abort();
	if ((hn_observations_read(o, "input", (const char *)data, size, &age, &gap, &reason) == 0) !=
	    (reason.text[0] == '\0'))
		abort();
	if (hn_drift_compare(&audit, o, &drift, &reason) < 0 || drift.n_strays > hn_observations_count(o))
		abort();
	hn_drift_done(&drift);
	return 0;
}
