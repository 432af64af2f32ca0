/* SPDX-License-Identifier: Apache-2.0 */
/* Where a metric's rows write their samples. */
#ifndef HOSTNETD_SHEET_H
#define HOSTNETD_SHEET_H

#include <stdint.h>

#include "hostnetd/health.h"

struct hn_sheet {
	const struct hn_health *h;
	const char *name; /* of the samples: a counter's has its "_total" */
	struct hn_str *out;
};

void hn_sheet_value(struct hn_str *out, const char *value); /* a label's, escaped; NULL is "" */
void hn_sheet_put(struct hn_sheet *s, uint64_t value);
void hn_sheet_seconds(struct hn_sheet *s, const char *suffix, int64_t ns);
void hn_sheet_labelled(struct hn_sheet *s, const char *label, const char *value, uint64_t n);

/* The rows about findings. */
void hn_sheet_findings(struct hn_sheet *s);
void hn_sheet_open_findings(struct hn_sheet *s);
void hn_sheet_finding_info(struct hn_sheet *s);
void hn_sheet_finding_first_seen(struct hn_sheet *s);
void hn_sheet_finding_cut(struct hn_sheet *s);
void hn_sheet_sharing(struct hn_sheet *s);

#endif
