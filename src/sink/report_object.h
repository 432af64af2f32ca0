/* SPDX-License-Identifier: Apache-2.0 */
/* One report object as JSON, whole, for server-side apply. Pure. Bounded: HN_REPORT_RESULTS_MAX results of at most 4 KiB. */
#ifndef HN_SINK_REPORT_OBJECT_H
#define HN_SINK_REPORT_OBJECT_H

#include "hostnetd/health.h"
#include "hostnetd/report.h"
#include "hostnetd/report_kind.h"
#include "hostnetd/str.h"

struct hn_report_page {
	const struct hn_report_kind *kind;
	const struct hn_identity *who;
	const char *node_uid; /* "": not known, then it has no owner */
	const char *ns;       /* "": the node's own report */
	struct hn_wall now;
	int64_t heartbeat_ns;
	bool no_critical; /* the server refuses that severity: "high" instead; the property says what it is */
	/* Open and excepted ones of that namespace, in any order. Sorted here; those beyond the bound are counted. */
	size_t n;
	const struct hn_finding **findings;
	bool blind; /* the agent does not see everything: that nothing is found is no pass */
	/* Of the node's own report only. */
	const struct hn_health *health;
	bool anywhere;      /* the node has an open or excepted finding in some namespace: no pass of its own */
	const char *claims; /* hn_report_claim_put() */
};

void hn_report_object_json(const struct hn_report_page *page, struct hn_str *out);
/* Which report a finding belongs to: its namespace, or "" where that is not known or no name. */
const char *hn_report_place(const struct hn_finding *f);
/* Does it count among open and excepted ones? */
bool hn_report_has(const struct hn_finding *f);
/* The first `max` bytes of the text, cut between characters. */
size_t hn_cut(const char *text, size_t max);

#endif
