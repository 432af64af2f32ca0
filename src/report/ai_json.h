/* SPDX-License-Identifier: Apache-2.0 */
/* A verdict with its evidence as JSON: in a finding's `ai`, and in a line of classify. */
#ifndef HOSTNETD_REPORT_AI_JSON_H
#define HOSTNETD_REPORT_AI_JSON_H

#include "hostnetd/ai.h"
#include "hostnetd/json.h"

/* Members verdict, category, product, score and evidence of the object that is open. */
void hn_ai_json_members(struct hn_json *j, const struct hn_judgement *ai);

#endif
