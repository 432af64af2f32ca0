// SPDX-License-Identifier: Apache-2.0
#include "hostnetd/ocsf.h"
#include "hostnetd/str.h"
#include "ocsf_parts.h"

enum { PASS = 1, WARNING, FAIL };

static enum hn_ocsf_severity worst(const struct hn_health *h)
{
	if (h->open == 0)
		return h->passed ? HN_OCSF_INFORMATIONAL : HN_OCSF_MEDIUM;
	return h->open_by_severity[HN_SEVERITY_CRITICAL] ? HN_OCSF_CRITICAL :
	       h->open_by_severity[HN_SEVERITY_HIGH]     ? HN_OCSF_HIGH :
							   HN_OCSF_MEDIUM;
}

static void put_compliance(struct hn_json *j, const struct hn_health *h)
{
	static const char *const names[] = {"", "Pass", "Warning", "Fail"};
	int status = h->open > 0 ? FAIL : h->passed ? PASS : WARNING;
	_cleanup_(hn_str_done) struct hn_str detail = {0};

	for (size_t i = 0; i < h->n_incomplete; i++)
		hn_str_printf(&detail, "%s%s", i ? "; " : "", h->incomplete[i]);
	hn_json_key(j, "compliance");
	hn_json_object(j);
	hn_json_kv_string(j, "control", HN_CONTROL_ID);
	hn_json_kv_int(j, "status_id", status);
	hn_json_kv_string(j, "status", names[status]);
	hn_json_kv_opt(j, "status_detail", hn_str_get(&detail));
	hn_json_object_end(j);
}

static void put_finding_info(struct hn_json *j, const struct hn_health *h, const char *title)
{
	_cleanup_(hn_str_done) struct hn_str uid = {0};

	hn_str_printf(&uid, "%s/%s/%s", HN_CONTROL_ID, h->identity.cluster, h->identity.node);
	hn_json_key(j, "finding_info");
	hn_json_object(j);
	hn_json_kv_string(j, "uid", hn_str_get(&uid));
	hn_json_kv_string(j, "title", title);
	hn_ocsf_time(j, "modified_time", h->time);
	hn_ocsf_analytic(j);
	hn_json_object_end(j);
}

void hn_report_ocsf_control(const struct hn_health *health, struct hn_ocsf_control *before, struct hn_str *out)
{
	enum hn_ocsf_activity activity = !before->told                    ? HN_OCSF_CREATE :
					 health->passed && before->failed ? HN_OCSF_CLOSE :
									    HN_OCSF_UPDATE;
	_cleanup_(hn_str_done) struct hn_str title = {0};
	struct hn_json j;

	hn_str_printf(&title, "AI workloads and the host network of node %s: %s", health->identity.node,
		      health->open > 0 ? "failed" :
		      health->passed   ? "passed" :
					 "not everything is seen");
	hn_json_init(&j, out);
	hn_json_object(&j);
	hn_ocsf_head(&j, HN_OCSF_COMPLIANCE, activity, health->time, worst(health),
		     health->passed                 ? HN_OCSF_RESOLVED :
		     before->told && before->failed ? HN_OCSF_IN_PROGRESS :
						      HN_OCSF_NEW);
	hn_json_kv_string(&j, "message", hn_str_get(&title));
	hn_ocsf_metadata(&j, &health->identity, "control.state", 0);
	put_compliance(&j, health);
	put_finding_info(&j, health, hn_str_get(&title));
	hn_json_key(&j, "resources");
	hn_json_array(&j);
	hn_ocsf_node(&j, &health->identity);
	hn_json_array_end(&j);
	hn_ocsf_device(&j, &health->identity);
	hn_ocsf_remediation(&j);
	hn_json_key(&j, "unmapped");
	hn_json_object(&j);
	hn_json_kv_uint(&j, "open_findings", health->open);
	hn_json_kv_bool(&j, "complete", health->complete);
	hn_json_object_end(&j);
	hn_json_object_end(&j);
	before->told = true;
	before->failed = !health->passed;
}
