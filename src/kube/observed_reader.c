// SPDX-License-Identifier: Apache-2.0
// One JSON value after the other: a document of `scan` is one, `run` prints one a line.
#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "field.h"
#include "hostnetd/str.h"
#include "observed.h"
#include "observed_words.h"
#include "twice.h"
#include "tree.h"

struct input {
	struct hn_observations *o;
	const char *source;
	struct hn_reason *gap;
	size_t values;                   /* read so far */
	struct hn_observed_words *words; /* NULL: nobody asks */
};

static const char *text_of(const cJSON *object, const char *key)
{
	const cJSON *value = hn_field_find(object, key);

	return cJSON_IsString(value) ? value->valuestring : "";
}

/* Of a text that is no time: not known. */
static struct hn_wall time_of(const cJSON *value)
{
	struct hn_wall time = {0};

	return hn_wall_parse(text_of(value, "time"), &time) < 0 ? (struct hn_wall){0} : time;
}

static int read_scan(struct input *in, const cJSON *document, struct hn_reason *reason)
{
	const cJSON *findings = hn_field_find(document, "findings"), *sharing = hn_field_find(document, "sharing");
	const struct hn_observed_speaker speaker = {.source = in->source, .said = time_of(document)};
	int r;

	if (!cJSON_IsArray(findings) || !cJSON_IsArray(sharing))
		return hn_reason_set(reason, -EBADMSG, "%.200s: a scan without findings and sharing", in->source);
	hn_observed_gap(document, in->gap);
	r = hn_observed_findings(in->o, &speaker, findings, reason);
	return r < 0 ? r : hn_observed_sharing(in->o, &speaker, sharing, reason);
}

/* What was lost or not watched may have been a finding. */
static int read_event(struct input *in, const cJSON *event, struct hn_reason *reason)
{
	const struct hn_observed_speaker speaker = {.source = in->source, .said = time_of(event)};
	const char *type = text_of(event, "type");

	if (strcmp(type, "agent.gap") == 0 || strcmp(type, "agent.lost") == 0)
		hn_reason_set(in->gap, 0, "%s at %.40s: %.300s", type, text_of(event, "time"),
			      text_of(event, "message"));
	if (!hn_starts_with(type, "finding."))
		return 0;
	return hn_observed_finding(in->o, &speaker, hn_field_find(event, "finding"), reason);
}

/* An agent that starts with a store full of findings says besides that there was a gap. */
static bool is_beginning(const cJSON *value)
{
	return strcmp(text_of(value, "schema"), "hostnetd.scan/v1") == 0 ||
	       strcmp(text_of(value, "type"), "agent.started") == 0;
}

static int note_time(struct input *in, const cJSON *value, struct hn_reason *reason)
{
	const char *node = text_of(value, "node");
	int r;

	if (!in->words)
		return 0;
	if (!node[0])
		node = text_of(hn_field_find(value, "finding"), "node");
	r = hn_observed_words_note(in->words, text_of(value, "cluster"), node, time_of(value),
				   is_beginning(value));
	return r < 0 ? hn_reason_set(reason, r, "%.200s: %s", in->source,
				     r == -ENOMEM ? "no memory" : "too many nodes") :
		       0;
}

static int read_value(struct input *in, const cJSON *value, struct hn_reason *reason)
{
	const char *schema = text_of(value, "schema");
	int r = hn_key_refuse_twice(value, reason);

	in->values++;
	if (r < 0)
		return hn_reason_wrap(reason, r, "%.200s: value %zu", in->source, in->values);
	if (strcmp(schema, "hostnetd.scan/v1") == 0 || strcmp(schema, "hostnetd.event/v1") == 0) {
		r = note_time(in, value, reason);
		if (r < 0)
			return r;
		return schema[strlen("hostnetd.")] == 's' ? read_scan(in, value, reason) :
							    read_event(in, value, reason);
	}
	return hn_reason_set(
		reason, -EBADMSG,
		"%.200s: value %zu is no document of `hostnetd scan --output json` and no line of `run`",
		in->source, in->values);
}

static const char *skip_space(const char *at, const char *end)
{
	while (at < end && strchr(" \t\r\n", *at) && *at)
		at++;
	return at;
}

static int read_values(struct input *in, const char *bytes, size_t n, struct hn_reason *reason)
{
	const char *at = skip_space(bytes, bytes + n), *end = bytes + n;
	int r = 0;

	for (; r == 0 && at < end; at = skip_space(at, end)) {
		const char *next = NULL;
		cJSON *value = hn_tree_parse(at, (size_t)(end - at), &next);

		if (!value)
			return hn_reason_set(reason, -EBADMSG,
					     "%.200s: value %zu, near byte %zu: no JSON, or cut off", in->source,
					     in->values + 1, (size_t)((next ? next : at) - bytes));
		r = read_value(in, value, reason);
		cJSON_Delete(value);
		at = next;
	}
	return r;
}

int hn_observations_read(struct hn_observations *o, const char *source, const char *bytes, size_t n,
			 struct hn_observed_age *age, struct hn_reason *ret_gap, struct hn_reason *reason)
{
	_cleanup_(hn_observed_words_cleanup) struct hn_observed_words *words =
		age ? hn_observed_words_new() : NULL;
	struct input in = {.o = o, .source = source, .gap = ret_gap, .words = words};
	int r;

	ret_gap->text[0] = '\0';
	if (n > HN_OBSERVED_BYTES)
		return hn_reason_set(reason, -E2BIG, "%.200s: larger than %lu MiB", source,
				     HN_OBSERVED_BYTES >> 20);
	if (age && !words)
		return hn_reason_set(reason, -ENOMEM, "%.200s: no memory", source);
	r = read_values(&in, bytes, n, reason);
	if (r == 0 && in.values == 0)
		hn_reason_set(ret_gap, 0, "holds nothing that an agent saw");
	if (r == 0 && age)
		hn_observed_words_judge(words, age, ret_gap);
	return r;
}
