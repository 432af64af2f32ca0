/* SPDX-License-Identifier: Apache-2.0 */
/* One result of a report object, as JSON. Pure, and bounded in each of its texts. */
#ifndef HN_SINK_REPORT_RESULT_H
#define HN_SINK_REPORT_RESULT_H

#include "hostnetd/json.h"
#include "report_object.h"

enum hn_result {
	HN_RESULT_PASS,
	HN_RESULT_FAIL,
	HN_RESULT_WARN,
	HN_RESULT_ERROR,
	HN_RESULT_SKIP,
	HN_RESULT_MAX,
};
const char *hn_result_name(enum hn_result r);
enum hn_result hn_result_of(const struct hn_finding *f);

void hn_result_finding_json(struct hn_json *j, const struct hn_report_page *page, const struct hn_finding *f);
void hn_result_pass_json(struct hn_json *j, const struct hn_report_page *page);
/* Nothing is found, and that says nothing. */
void hn_result_blind_json(struct hn_json *j, const struct hn_report_page *page);
/* Does the agent see everything? */
void hn_result_agent_json(struct hn_json *j, const struct hn_report_page *page);
/* Why it does not, in one text. */
void hn_result_why(const struct hn_health *h, struct hn_str *out);

#endif
