// SPDX-License-Identifier: Apache-2.0
#include "ocsf_parts.h"

#include <inttypes.h>
#include <stdio.h>

#include "hostnetd/finding.h"
#include "hostnetd/str.h"

#define SCHEMA_VERSION "1.5.0"

static const char *const activities[] = {"", "Create", "Update", "Close"};
static const char *const severities[] = {"", "Informational", "Low", "Medium", "High", "Critical"};
static const char *const statuses[] = {"", "New", "In Progress", "Suppressed", "Resolved"};

void hn_ocsf_time(struct hn_json *j, const char *key, struct hn_wall t)
{
	if (hn_wall_known(t))
		hn_json_kv_int(j, key, t.ns / HN_NSEC_PER_MSEC);
}

void hn_ocsf_head(struct hn_json *j, int class_uid, enum hn_ocsf_activity activity, struct hn_wall time,
		  enum hn_ocsf_severity severity, enum hn_ocsf_status status)
{
	hn_json_kv_int(j, "category_uid", 2);
	hn_json_kv_string(j, "category_name", "Findings");
	hn_json_kv_int(j, "class_uid", class_uid);
	hn_json_kv_string(j, "class_name",
			  class_uid == HN_OCSF_DETECTION ? "Detection Finding" : "Compliance Finding");
	hn_json_kv_int(j, "activity_id", activity);
	hn_json_kv_string(j, "activity_name", activities[activity]);
	hn_json_kv_int(j, "type_uid", class_uid * 100 + (int)activity);
	hn_json_kv_int(j, "time", time.ns / HN_NSEC_PER_MSEC);
	hn_json_kv_int(j, "severity_id", severity);
	hn_json_kv_string(j, "severity", severities[severity]);
	hn_json_kv_int(j, "status_id", status);
	hn_json_kv_string(j, "status", statuses[status]);
}

void hn_ocsf_metadata(struct hn_json *j, const struct hn_identity *who, const char *type, uint64_t seq)
{
	char uid[24];

	hn_json_key(j, "metadata");
	hn_json_object(j);
	hn_json_kv_string(j, "version", SCHEMA_VERSION);
	hn_json_key(j, "product");
	hn_json_object(j);
	hn_json_kv_string(j, "name", "hostnetd");
	hn_json_kv_string(j, "vendor_name", "hostnetd");
	hn_json_kv_opt(j, "version", who->agent_version);
	hn_json_object_end(j);
	hn_json_kv_string(j, "event_code", type);
	/* As a text: its `sequence` has 32 bits. */
	if (seq) {
		snprintf(uid, sizeof(uid), "%" PRIu64, seq);
		hn_json_kv_string(j, "uid", uid);
	}
	hn_json_object_end(j);
}

void hn_ocsf_analytic(struct hn_json *j)
{
	hn_json_key(j, "analytic");
	hn_json_object(j);
	hn_json_kv_string(j, "uid", HN_CONTROL_ID);
	hn_json_kv_string(j, "name", "AI Kubernetes workloads should not use host networking");
	hn_json_kv_int(j, "type_id", 1);
	hn_json_kv_string(j, "type", "Rule");
	hn_json_object_end(j);
}

void hn_ocsf_remediation(struct hn_json *j)
{
	_cleanup_(hn_str_done) struct hn_str text = {0};

	for (size_t i = 0; hn_remediation[i]; i++) {
		hn_str_puts(&text, i ? " " : "");
		hn_str_puts(&text, hn_remediation[i]);
	}
	hn_json_key(j, "remediation");
	hn_json_object(j);
	hn_json_kv_string(j, "desc", hn_str_get(&text));
	hn_json_object_end(j);
}

void hn_ocsf_device(struct hn_json *j, const struct hn_identity *who)
{
	hn_json_key(j, "device");
	hn_json_object(j);
	hn_json_kv_int(j, "type_id", 1);
	hn_json_kv_string(j, "type", "Server");
	hn_json_kv_string(j, "name", who->node);
	hn_json_kv_string(j, "hostname", who->node);
	hn_json_object_end(j);
}

void hn_ocsf_node(struct hn_json *j, const struct hn_identity *who)
{
	hn_json_object(j);
	hn_json_kv_string(j, "type", "Node");
	hn_json_kv_string(j, "name", who->node);
	hn_json_kv_string(j, "hostname", who->node);
	hn_json_object_end(j);
}
