/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of OCSF that both classes have. Each writes a member of the object that is open. */
#ifndef HN_REPORT_OCSF_PARTS_H
#define HN_REPORT_OCSF_PARTS_H

#include "hostnetd/json.h"
#include "hostnetd/report.h"

enum { HN_OCSF_DETECTION = 2004, HN_OCSF_COMPLIANCE = 2003 };
enum hn_ocsf_activity { HN_OCSF_CREATE = 1, HN_OCSF_UPDATE, HN_OCSF_CLOSE };
enum hn_ocsf_severity { HN_OCSF_INFORMATIONAL = 1, HN_OCSF_LOW, HN_OCSF_MEDIUM, HN_OCSF_HIGH, HN_OCSF_CRITICAL };
enum hn_ocsf_status { HN_OCSF_NEW = 1, HN_OCSF_IN_PROGRESS, HN_OCSF_SUPPRESSED, HN_OCSF_RESOLVED };

/* The members that every finding has in front; `type` is our own name of the event. */
void hn_ocsf_head(struct hn_json *j, int class_uid, enum hn_ocsf_activity activity, struct hn_wall time,
		  enum hn_ocsf_severity severity, enum hn_ocsf_status status);
void hn_ocsf_metadata(struct hn_json *j, const struct hn_identity *who, const char *type, uint64_t seq);
void hn_ocsf_analytic(struct hn_json *j);
void hn_ocsf_remediation(struct hn_json *j);
void hn_ocsf_device(struct hn_json *j, const struct hn_identity *who);
void hn_ocsf_node(struct hn_json *j, const struct hn_identity *who); /* an object of `resources` */
/* Milliseconds since the epoch; nothing where it is not known. */
void hn_ocsf_time(struct hn_json *j, const char *key, struct hn_wall t);

#endif
