// SPDX-License-Identifier: Apache-2.0
// Any JSON as a report object: read as a node's own and as another's, an error has a reason, and the judgement ends.
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "../../src/kube/fleet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int on_gap(void *arg, const char *what, const char *why, struct hn_reason *reason)
{
	(void)reason;
	++*(size_t *)arg;
	return what[0] && why[0] ? 0 : -EINVAL;
}

static void check(int r, const struct hn_reason *reason)
{
	if (r < 0 && !reason->text[0])
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(hn_observations_cleanup) struct hn_observations *o = hn_observations_new();
	size_t gaps = 0;
	const struct hn_fleet_settings settings = {.name = "cluster",
						   .now = {1795465867123456789LL},
						   .max_age_ns = 1800 * HN_NSEC_PER_SEC,
						   .gap = on_gap,
						   .arg = &gaps};
	cJSON *tree = cJSON_ParseWithLength((const char *)data, size);
	struct hn_reason reason = {""};
	struct hn_fleet fleet;

	if (!o || hn_fleet_init(&fleet, &settings, o, &reason) < 0)
		abort();
	check(hn_fleet_add_own(&fleet, &hn_report_kinds[0], tree, &reason), &reason);
	check(hn_fleet_add_node(&fleet, tree, &reason), &reason);
	check(hn_fleet_add_results(&fleet, &hn_report_kinds[0], tree, &reason), &reason);
	if (hn_fleet_judge(&fleet, true, &reason) < 0)
		abort();
	hn_fleet_done(&fleet);
	cJSON_Delete(tree);
	return 0;
}
