/* SPDX-License-Identifier: Apache-2.0 */
/* Total order over findings, so that two scans of the same node print the same text. */
#include "order.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right)
{
	const struct hn_finding *a = *(const struct hn_finding *const *)left;
	const struct hn_finding *b = *(const struct hn_finding *const *)right;
	int r;

	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	r = strcmp(a->pod_namespace, b->pod_namespace);
	if (r == 0)
		r = strcmp(a->pod_name, b->pod_name);
	if (r == 0)
		r = strcmp(a->pod_uid, b->pod_uid);
	if (r == 0)
		r = strcmp(a->id, b->id);
	return r;
}

const struct hn_finding **hn_order_findings(const struct hn_scan *scan)
{
	const struct hn_finding **sorted;

	if (scan->n_findings == 0)
		return NULL;
	sorted = calloc(scan->n_findings, sizeof(*sorted));
	if (!sorted)
		return NULL;
	memcpy(sorted, scan->findings, scan->n_findings * sizeof(*sorted));
	qsort(sorted, scan->n_findings, sizeof(*sorted), compare);
	return sorted;
}
