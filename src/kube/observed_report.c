// SPDX-License-Identifier: Apache-2.0
// The other end of put_properties() in src/sink/report_object.c. What a namespace's report says of another namespace's pod is no
// agent's word.
#include "observed_report.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "field.h"
#include "observed.h"

#define CONTROL "ai-workload-host-network"

static void read_result(struct hn_fields *f, const struct hn_observed_place *place, const cJSON *result,
			struct hn_observed *ret)
{
	const cJSON *p = hn_field_object(f, result, "properties", "properties");
	const cJSON *pod = cJSON_GetArrayItem(hn_field_array(f, result, "resources", "resources"), 0);

	*ret = (struct hn_observed){
		.source = hn_field_keep(f, place->source, HN_FIELD_STRING),
		.node = hn_field_keep(f, place->node, HN_FIELD_STRING),
		.finding = hn_field_string(f, p, "finding", "properties.finding"),
		.state = hn_field_string(f, p, "state", "properties.state"),
		.severity = hn_field_string(f, p, "severity", "properties.severity"),
		.first_seen = hn_field_string(f, p, "firstSeen", "properties.firstSeen"),
		.cause = hn_field_string(f, p, "cause", "properties.cause"),
		.way = hn_field_string(f, p, "way", "properties.way"),
		.verdict = hn_field_string(f, p, "verdict", "properties.verdict"),
		.category = hn_field_string(f, p, "category", "properties.category"),
		.product = hn_field_string(f, p, "product", "properties.product"),
		.uid = hn_field_string(f, p, "podUID", "properties.podUID"),
		.workload_api_version =
			hn_field_string(f, p, "workloadAPIVersion", "properties.workloadAPIVersion"),
		.workload_kind = hn_field_string(f, p, "workloadKind", "properties.workloadKind"),
		.workload_name = hn_field_string(f, p, "workloadName", "properties.workloadName"),
		.container = hn_field_string(f, p, "container", "properties.container"),
		.container_id = hn_field_string(f, p, "containerID", "properties.containerID"),
		.image = hn_field_string(f, p, "image", "properties.image"),
		.exception = hn_field_string(f, p, "exception", "properties.exception"),
		.is_static = strcmp(hn_field_string(f, p, "static", "properties.static"), "true") == 0,
		.ns = hn_field_string(f, pod, "namespace", "resources[0].namespace"),
		.pod = hn_field_string(f, pod, "name", "resources[0].name"),
	};
}

static void check_result(struct hn_fields *f, const struct hn_observed_place *place, const struct hn_observed *row)
{
	if (f->error == 0 && strcmp(row->state, "open") != 0 && strcmp(row->state, "excepted") != 0)
		hn_field_wrong(f, "properties.state", "\"open\" or \"excepted\"");
	if (f->error == 0 && strcmp(row->way, "namespace") != 0 && strcmp(row->way, "socket") != 0)
		hn_field_wrong(f, "properties.way", "\"namespace\" or \"socket\"");
	if (f->error == 0 && (!row->verdict[0] || strcmp(row->verdict, "not-ai") == 0))
		hn_field_wrong(f, "properties.verdict", "\"ai\" or \"likely\"");
	if (f->error == 0 && (!row->finding[0] || (!row->uid[0] && !row->container_id[0])))
		hn_field_wrong(f, "properties.finding", "its id, and the pod's or the container's");
	if (f->error == 0 && place->ns[0] && strcmp(place->ns, row->ns) != 0)
		hn_field_wrong(f, "resources[0].namespace", "the report's own");
}

static bool is_text(const cJSON *object, const char *key, const char *wanted)
{
	const cJSON *value = hn_field_find(object, key);

	return cJSON_IsString(value) && strcmp(value->valuestring, wanted) == 0;
}

/* That nothing is found; "skip" where that says nothing, as the node's own report then tells. */
static bool is_no_finding(const cJSON *result)
{
	return is_text(result, "result", "pass") ||
	       (is_text(result, "result", "skip") && !hn_field_find(result, "properties"));
}

int hn_observed_result(struct hn_observations *o, const struct hn_observed_place *place, const cJSON *result,
		       struct hn_report_claim *tally, struct hn_reason *reason)
{
	struct hn_fields f = {
		.arena = hn_observations_arena(o), .seen = hn_observations_strings(o), .reason = reason};
	struct hn_observed row;
	char scope[400];

	if (!cJSON_IsObject(result))
		return hn_reason_set(reason, -EBADMSG, "a result is no object");
	if (!is_text(result, "policy", CONTROL) || is_no_finding(result))
		return 0;
	read_result(&f, place, result, &row);
	check_result(&f, place, &row);
	if (f.error < 0)
		return f.error == -ENOMEM ? f.error : -EBADMSG;
	if (strcmp(row.state, "excepted") == 0)
		tally->excepted++;
	else if (strcmp(row.verdict, "likely") == 0)
		tally->likely++;
	else
		tally->ai++;
	/* Another namespace's report may name the same pod: both are kept, so that no word of one takes the other's away. */
	snprintf(scope, sizeof(scope), "%s/%s", place->node, place->ns);
	return hn_observed_put(o, &row, true, scope, reason);
}
