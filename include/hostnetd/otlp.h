/* SPDX-License-Identifier: Apache-2.0 */
/* OpenTelemetry's logs in OTLP's JSON form: one log record an event. Pure; no newline. */
#ifndef HOSTNETD_OTLP_H
#define HOSTNETD_OTLP_H

#include "hostnetd/health.h"
#include "hostnetd/report.h"

void hn_report_otlp_event(const struct hn_event *e, struct hn_str *out);
void hn_report_otlp_control(const struct hn_health *health, struct hn_str *out);
/* Around the records, which have a comma between them: an ExportLogsServiceRequest whose resource is the agent on its node. */
void hn_report_otlp_begin(const struct hn_identity *who, struct hn_str *out);
void hn_report_otlp_end(struct hn_str *out);

#endif
