// SPDX-License-Identifier: Apache-2.0
// A row's key is what makes a finding one: the pod, or the container outside Kubernetes, and the way it shares.
#include "observed.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "hostnetd/map.h"

#define KEY_SIZE 1024
#define SCOPE_SIZE 400 /* a node's and a namespace's name */

struct row {
	struct hn_observed observed;
	struct hn_wall shares; /* the newest inventory that has it */
	bool left, inventory;  /* of an inventory only */
};

struct hn_observations {
	struct hn_arena arena;
	struct hn_map *seen; /* strings */
	struct hn_map *rows; /* by key */
	size_t n, cap;
	struct row **list; /* in the arena */
};

struct hn_observations *hn_observations_new(void)
{
	_cleanup_(hn_observations_cleanup) struct hn_observations *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->arena.limit = HN_OBSERVED_MEMORY;
	o->seen = hn_map_new(4096);
	o->rows = hn_map_new(HN_OBSERVED_MAX);
	return o->seen && o->rows ? TAKE_PTR(o) : NULL;
}

struct hn_arena *hn_observations_arena(struct hn_observations *o)
{
	return &o->arena;
}

struct hn_map *hn_observations_strings(struct hn_observations *o)
{
	return o->seen;
}

void hn_observations_free(struct hn_observations *o)
{
	if (!o)
		return;
	hn_map_free(o->seen);
	hn_map_free(o->rows);
	hn_arena_done(&o->arena);
	free(o->list);
	free(o);
}

size_t hn_observations_count(const struct hn_observations *o)
{
	return o ? o->n : 0;
}

const struct hn_observed *hn_observations_at(const struct hn_observations *o, size_t i)
{
	return o->list[i]->left ? NULL : &o->list[i]->observed;
}

static int add_row(struct hn_observations *o, const struct hn_observed *observed, struct row **ret)
{
	if (o->n == o->cap) {
		size_t cap = o->cap ? o->cap * 2 : 64;
		struct row **grown = reallocarray(o->list, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		o->list = grown;
		o->cap = cap;
	}
	*ret = hn_arena_alloc(&o->arena, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	(*ret)->observed = *observed;
	o->list[o->n] = *ret;
	return 0;
}

static bool is_before(struct hn_wall a, struct hn_wall b)
{
	return hn_wall_known(a) && hn_wall_known(b) && a.ns < b.ns;
}

static bool is_end(const struct hn_observed *observed)
{
	return strcmp(observed->state, "resolved") == 0 || strcmp(observed->state, "gone") == 0;
}

/* Files come in any order. A finding's end is no word on what an inventory saw later; an old finding is still one beside an
 * inventory, which does not know of findings. */
static bool is_outdated(const struct row *row, const struct hn_observed *observed, bool inventory)
{
	if (inventory)
		return !row->left || is_before(observed->said, row->observed.said);
	if (is_end(observed) && is_before(observed->said, row->shares))
		return true;
	return !row->inventory && is_before(observed->said, row->observed.said);
}

int hn_observed_put(struct hn_observations *o, const struct hn_observed *observed, bool inventory,
		    const char *scope, struct hn_reason *reason)
{
	char key[KEY_SIZE], kind[SCOPE_SIZE];
	size_t n;
	struct row *row;
	int r;

	snprintf(kind, sizeof(kind), "%s %s", observed->uid[0] ? "pod" : "container", scope ? scope : "");
	n = hn_map_key3(key, sizeof(key), kind, observed->uid[0] ? observed->uid : observed->container_id,
			observed->way);
	row = hn_map_get(o->rows, key, n);

	if (row && inventory && observed->said.ns > row->shares.ns)
		row->shares = observed->said;
	if (row && is_outdated(row, observed, inventory))
		return 0;
	if (row) {
		row->observed = *observed;
	} else {
		r = add_row(o, observed, &row);
		if (r == 0)
			r = hn_map_put(o->rows, key, n, row);
		if (r < 0)
			return hn_reason_set(reason, r, r == -ENOMEM ? "no memory" : "more than %d findings",
					     HN_OBSERVED_MAX);
		o->n++;
		if (inventory)
			row->shares = observed->said;
	}
	row->inventory = inventory;
	row->left = is_end(observed);
	return 0;
}

int hn_observations_add(struct hn_observations *o, const struct hn_observed *row, struct hn_reason *reason)
{
	return hn_observed_put(o, row, false, NULL, reason);
}

static void read_row(struct hn_fields *f, const struct hn_observed_speaker *speaker, const cJSON *from,
		     const cJSON *container, struct hn_observed *ret)
{
	const cJSON *pod = hn_field_object(f, from, "pod", "pod");
	const cJSON *workload = hn_field_object(f, from, "workload", "workload");
	const cJSON *ai = hn_field_object(f, from, "ai", "ai");
	const cJSON *exception = hn_field_object(f, from, "exception", "exception");

	*ret = (struct hn_observed){
		.said = speaker->said,
		.source = hn_field_keep(f, speaker->source, HN_FIELD_STRING),
		.state = hn_field_string(f, from, "state", "state"),
		.severity = hn_field_string(f, from, "severity", "severity"),
		.node = hn_field_string(f, from, "node", "node"),
		.first_seen = hn_field_string(f, from, "firstSeen", "firstSeen"),
		.cause = hn_field_string(f, from, "cause", "cause"),
		.way = hn_field_string(f, from, "way", "way"),
		.ns = hn_field_string(f, pod, "namespace", "pod.namespace"),
		.pod = hn_field_string(f, pod, "name", "pod.name"),
		.uid = hn_field_string(f, pod, "uid", "pod.uid"),
		.is_static = hn_field_bool(f, pod, "static", "pod.static"),
		.workload_api_version = hn_field_string(f, workload, "apiVersion", "workload.apiVersion"),
		.workload_kind = hn_field_string(f, workload, "kind", "workload.kind"),
		.workload_name = hn_field_string(f, workload, "name", "workload.name"),
		.container = hn_field_string(f, container, "name", "container.name"),
		.container_id = hn_field_string(f, container, "id", "container.id"),
		.image = hn_field_string(f, container, "image", "container.image"),
		.verdict = hn_field_string(f, ai, "verdict", "ai.verdict"),
		.category = hn_field_string(f, ai, "category", "ai.category"),
		.product = hn_field_string(f, ai, "product", "ai.product"),
		.exception = hn_field_string(f, exception, "name", "exception.name"),
	};
}

/* What every finding and entry of an agent has: else it is another thing's JSON, and to take it for "nothing runs" would
 * be a false pass. */
static int check_row(struct hn_fields *f, const struct hn_observed *row)
{
	if (f->error == 0 && !row->way[0])
		hn_field_wrong(f, "way", "\"namespace\" or \"socket\"");
	if (f->error == 0 && !row->verdict[0])
		hn_field_wrong(f, "ai.verdict", "a verdict");
	if (f->error == 0 && !row->uid[0] && !row->container_id[0])
		hn_field_wrong(f, "pod.uid", "the pod's or the container's id");
	return f->error;
}

int hn_observed_finding(struct hn_observations *o, const struct hn_observed_speaker *speaker, const cJSON *finding,
			struct hn_reason *reason)
{
	struct hn_fields f = {.arena = &o->arena, .seen = o->seen, .reason = reason};
	struct hn_observed row;

	if (!cJSON_IsObject(finding))
		return hn_reason_set(reason, -EBADMSG, "%.200s: a finding is no object", speaker->source);
	read_row(&f, speaker, finding,
		 cJSON_GetArrayItem(hn_field_array(&f, finding, "containers", "containers"), 0), &row);
	row.finding = hn_field_string(&f, finding, "id", "id");
	if (f.error == 0 && (!row.finding[0] || !row.state[0]))
		hn_field_wrong(&f, row.finding[0] ? "state" : "id", "a text");
	if (check_row(&f, &row) < 0)
		return hn_reason_wrap(reason, f.error, "%.200s: a finding", speaker->source);
	return hn_observed_put(o, &row, false, NULL, reason);
}

int hn_observed_findings(struct hn_observations *o, const struct hn_observed_speaker *speaker, const cJSON *list,
			 struct hn_reason *reason)
{
	const cJSON *one;
	int r = 0;

	cJSON_ArrayForEach(one, list) {
		r = hn_observed_finding(o, speaker, one, reason);
		if (r < 0)
			break;
	}
	return r;
}

int hn_observed_sharing(struct hn_observations *o, const struct hn_observed_speaker *speaker, const cJSON *list,
			struct hn_reason *reason)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, list) {
		struct hn_fields f = {.arena = &o->arena, .seen = o->seen, .reason = reason};
		struct hn_observed row;
		int r;

		if (!cJSON_IsObject(one))
			return hn_reason_set(reason, -EBADMSG, "%.200s: an entry of sharing is no object",
					     speaker->source);
		read_row(&f, speaker, one, hn_field_object(&f, one, "container", "container"), &row);
		row.finding = hn_field_string(&f, one, "finding", "finding");
		if (check_row(&f, &row) < 0)
			return hn_reason_wrap(reason, f.error, "%.200s: an entry of sharing", speaker->source);
		r = hn_observed_put(o, &row, true, NULL, reason);
		if (r < 0)
			return r;
	}
	return 0;
}

void hn_observed_gap(const cJSON *document, struct hn_reason *ret_gap)
{
	const cJSON *why = cJSON_GetArrayItem(hn_field_find(document, "incomplete"), 0);

	if (!cJSON_IsTrue(hn_field_find(document, "complete")))
		hn_reason_set(ret_gap, 0, "the agent could not see everything: %.600s",
			      cJSON_IsString(why) ? why->valuestring : "it does not say why");
}
