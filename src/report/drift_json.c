// SPDX-License-Identifier: Apache-2.0
#include "audit_drift.h"
#include "hostnetd/report.h"

void hn_report_drift_json(const struct hn_identity *who, struct hn_wall time, const struct hn_audit *declared,
			  const char *problem, struct hn_str *out)
{
	char text[HN_TIME_TEXT];
	struct hn_json j;

	hn_json_init(&j, out);
	hn_json_object(&j);
	hn_json_kv_string(&j, "schema", "hostnetd.drift/v1");
	hn_json_kv_opt(&j, "agentVersion", who->agent_version);
	hn_json_kv_opt(&j, "cluster", who->cluster);
	hn_json_kv_opt(&j, "node", who->node);
	hn_json_kv_string(&j, "time", hn_wall_format(time, text));
	hn_json_kv_bool(&j, "complete", declared != NULL);
	hn_json_kv_opt(&j, "problem", problem);
	if (declared)
		hn_drift_json(&j, declared, false);
	hn_json_object_end(&j);
	hn_str_putc(out, '\n');
}
