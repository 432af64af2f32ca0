/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON Schemas of what is printed, inside the program. */
#include "hostnetd/schema.h"

#include "hostnetd/embed.h"
#include "hostnetd/macro.h"
#include "hostnetd/str.h"

HN_EMBED(scan_v1, "src/report/schema/scan.v1.json");
HN_EMBED(event_v1, "src/report/schema/event.v1.json");
HN_EMBED(doctor_v1, "src/report/schema/doctor.v1.json");
HN_EMBED(history_v1, "src/report/schema/history.v1.json");
HN_EMBED(bundle_v1, "src/report/schema/bundle.v1.json");
HN_EMBED(classify_v1, "src/report/schema/classify.v1.json");
HN_EMBED(audit_v1, "src/report/schema/audit.v1.json");
HN_EMBED(webhook_v1, "src/report/schema/webhook.v1.json");

const char *hn_schema_get(const char *name, size_t *ret_len)
{
	static const struct {
		const char *name, *text, *end;
	} schemas[] = {
		{"hostnetd.scan/v1", scan_v1, scan_v1_end},
		{"hostnetd.event/v1", event_v1, event_v1_end},
		{"hostnetd.doctor/v1", doctor_v1, doctor_v1_end},
		{"hostnetd.history/v1", history_v1, history_v1_end},
		{"hostnetd.bundle/v1", bundle_v1, bundle_v1_end},
		{"hostnetd.classify/v1", classify_v1, classify_v1_end},
		{"hostnetd.audit/v1", audit_v1, audit_v1_end},
		{"hostnetd.webhook/v1", webhook_v1, webhook_v1_end},
	};

	for (size_t i = 0; i < HN_ARRAY_SIZE(schemas); i++) {
		if (hn_streq(schemas[i].name, name)) {
			*ret_len = (size_t)(schemas[i].end - schemas[i].text);
			return schemas[i].text;
		}
	}
	return NULL;
}
