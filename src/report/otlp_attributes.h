/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of OTLP: objects of the array that is open. What is not known ("", NULL) is not there. */
#ifndef HN_REPORT_OTLP_ATTRIBUTES_H
#define HN_REPORT_OTLP_ATTRIBUTES_H

#include "hostnetd/json.h"
#include "hostnetd/report.h"

void hn_otlp_text(struct hn_json *j, const char *key, const char *value);
void hn_otlp_int(struct hn_json *j, const char *key, int64_t value);
void hn_otlp_bool(struct hn_json *j, const char *key, bool value);
void hn_otlp_double(struct hn_json *j, const char *key, double value);
/* A list of texts: opens it, one text, closes it. */
void hn_otlp_list(struct hn_json *j, const char *key);
void hn_otlp_item(struct hn_json *j, const char *text, size_t n);
void hn_otlp_list_end(struct hn_json *j);

/* By the semantic conventions where they have a name, else below "hostnetd.". */
void hn_otlp_finding(struct hn_json *j, const struct hn_finding *f);
void hn_otlp_container(struct hn_json *j, const struct hn_finding_container *c);
void hn_otlp_process(struct hn_json *j, const struct hn_finding_process *p);
/* `side` is "local" or "peer". */
void hn_otlp_endpoint(struct hn_json *j, const char *side, const struct hn_endpoint *e);

#endif
