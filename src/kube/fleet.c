// SPDX-License-Identifier: Apache-2.0
// The lists. The nodes' own reports are read twice: first all that they claim, then, with the others, what they hold.
#include "fleet.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cutter.h"
#include "field.h"
#include "tree.h"

typedef int take_item(struct hn_fleet *f, const struct hn_report_kind *kind, const cJSON *item,
		      struct hn_reason *reason);

/* A list on its way. */
struct reading {
	struct hn_fleet *fleet;
	const struct hn_report_kind *kind;
	take_item *take;
	int recount; /* what to count anew where it begins again: -1 nothing, 0 namespaces, 1 own */
	struct hn_cutter cutter;
	char token[4096], given[4096]; /* of the next page: read, and handed over */
	size_t broken;                 /* objects that could not be read, and why the first could not */
	const char *broken_why;
	int error;
};

/* One object that anybody may have made does not hide the others. */
static int on_over(void *arg, const char *why, struct hn_reason *reason _unused_)
{
	struct reading *r = arg;

	if (r->broken++ == 0)
		r->broken_why = why;
	return 0;
}

static int on_item(void *arg, const char *json, size_t n, struct hn_reason *reason)
{
	struct reading *r = arg;
	cJSON *item = hn_tree_parse(json, n, NULL);

	if (!cJSON_IsObject(item)) {
		cJSON_Delete(item);
		return on_over(r, "not JSON", reason);
	}
	r->error = r->take(r->fleet, r->kind, item, reason);
	cJSON_Delete(item);
	return r->error;
}

/* Whether there is a next page: not to know it is not to have read the list. */
static int on_metadata(void *arg, const char *json, size_t n, struct hn_reason *reason)
{
	struct reading *r = arg;
	cJSON *metadata = hn_tree_parse(json, n, NULL);
	const cJSON *token = hn_field_find(metadata, "continue");
	int error = 0;

	if (!cJSON_IsObject(metadata))
		error = hn_reason_set(reason, -EBADMSG, "the list's metadata is no JSON object");
	else if (cJSON_IsString(token) && !hn_strcpy(r->token, sizeof(r->token), token->valuestring))
		error = hn_reason_set(reason, -E2BIG, "metadata.continue is longer than 4095 bytes");
	cJSON_Delete(metadata);
	return error;
}

static void begin_page(struct reading *r)
{
	hn_cutter_done(&r->cutter);
	r->cutter = (struct hn_cutter){.item = on_item, .metadata = on_metadata, .over = on_over, .arg = r};
}

static void on_begin(void *arg)
{
	struct reading *r = arg;

	begin_page(r);
	r->token[0] = '\0';
	r->broken = 0;
	if (r->recount >= 0)
		hn_fleet_recount(r->fleet, r->kind, r->recount == 1);
}

static int on_bytes(void *arg, const char *bytes, size_t n, struct hn_reason *reason)
{
	return hn_cutter_feed(&((struct reading *)arg)->cutter, bytes, n, reason);
}

static int on_page(void *arg, const char **ret_continue, struct hn_reason *reason)
{
	struct reading *r = arg;

	if (!hn_cutter_complete(&r->cutter) || !r->cutter.has_items)
		return hn_reason_set(reason, -EBADMSG, "the answer is no whole list");
	memcpy(r->given, r->token, sizeof(r->given));
	r->token[0] = '\0'; /* the next page says whether there is one after it */
	*ret_continue = r->given;
	begin_page(r);
	return 0;
}

/* --- what is read -------------------------------------------------------------------------------------------------- */

static int add_node(struct hn_fleet *f, const struct hn_report_kind *kind _unused_, const cJSON *item,
		    struct hn_reason *reason)
{
	return hn_fleet_add_node(f, item, reason);
}

static int add_results(struct hn_fleet *f, const struct hn_report_kind *kind, const cJSON *item,
		       struct hn_reason *reason)
{
	return hn_fleet_add_results(f, kind, item, reason);
}

static int add_own(struct hn_fleet *f, const struct hn_report_kind *kind, const cJSON *item,
		   struct hn_reason *reason)
{
	return hn_fleet_add_own(f, kind, item, reason);
}

/* The nodes' own reports are read twice: once is enough. */
static int tell_broken(const struct reading *r, const char *what, struct hn_reason *reason)
{
	const struct hn_fleet_settings *s = r->fleet->settings;
	char why[160];

	if (r->broken == 0 || r->recount == 1)
		return 0;
	snprintf(why, sizeof(why), "%zu object%s of the list cannot be read (%s)", r->broken,
		 r->broken == 1 ? "" : "s", r->broken_why);
	return s->gap(s->arg, what, why, reason);
}

/* What cannot be listed is a gap; false in *ret_whole. */
static int list(struct hn_apiserver *api, struct reading *r, const char *path, const char *selector,
		bool *ret_whole, struct hn_reason *reason)
{
	const struct hn_apiserver_list list = {.path = path,
					       .selector = selector,
					       .begin = on_begin,
					       .bytes = on_bytes,
					       .page = on_page,
					       .arg = r};
	const struct hn_fleet_settings *s = r->fleet->settings;
	struct hn_reason why = {{0}};
	enum hn_apiserver_outcome outcome;

	r->error = 0;
	outcome = hn_apiserver_list(api, &list, &why);
	hn_cutter_done(&r->cutter);
	*ret_whole = outcome == HN_APISERVER_LISTED;
	if (*ret_whole)
		return tell_broken(r, strrchr(path, '/') + 1, reason);
	if (r->error == -ENOMEM)
		return hn_reason_set(reason, -ENOMEM, "%s", why.text);
	return s->gap(s->arg, strrchr(path, '/') + 1, why.text, reason);
}

/* Which groups are served. */
static int find_kinds(struct hn_apiserver *api, const struct hn_fleet_settings *s, bool *ret_served,
		      struct hn_reason *reason)
{
	bool any = false;
	int r = 0;

	for (size_t i = 0; r == 0 && hn_report_kinds[i].word; i++) {
		const struct hn_report_kind *k = &hn_report_kinds[i];
		struct hn_apiserver_served served;
		struct hn_reason why = {{0}};
		enum hn_apiserver_outcome outcome =
			hn_apiserver_find(api, k->group, k->plural, k->version, &served, &why);

		ret_served[i] = outcome == HN_APISERVER_LISTED && strcmp(served.version, k->version) == 0;
		any = any || ret_served[i];
		if (outcome != HN_APISERVER_LISTED && outcome != HN_APISERVER_ABSENT)
			r = s->gap(s->arg, k->plural, why.text, reason);
	}
	if (r == 0 && !any)
		r = s->gap(
			s->arg, s->name,
			"it serves no report objects (openreports.io/v1alpha1, wgpolicyk8s.io/v1alpha2): the agents "
			"cannot have left any",
			reason);
	return r;
}

static int read_reports(struct hn_apiserver *api, struct hn_fleet *f, bool own, take_item *take,
			const bool *served, struct hn_reason *reason)
{
	char path[256];
	bool whole;
	int r = 0;

	for (size_t i = 0; r == 0 && hn_report_kinds[i].word; i++) {
		const struct hn_report_kind *k = &hn_report_kinds[i];
		struct reading reading = {
			.fleet = f, .kind = k, .take = take, .recount = take == add_results ? own : -1};

		if (!served[i])
			continue;
		snprintf(path, sizeof(path), "/apis/%s/%s/%s", k->group, k->version,
			 own ? k->cluster_plural : k->plural);
		r = list(api, &reading, path, HN_REPORT_SELECTOR, &whole, reason);
	}
	return r;
}

static int read_all(struct hn_apiserver *api, struct hn_fleet *f, struct hn_reason *reason)
{
	struct reading nodes = {.fleet = f, .take = add_node, .recount = -1};
	bool served[4] = {false}, known = false;
	int r = find_kinds(api, f->settings, served, reason);

	/* First: a node that comes meanwhile has no report yet. */
	if (r == 0)
		r = list(api, &nodes, "/api/v1/nodes", NULL, &known, reason);
	if (r == 0)
		r = read_reports(api, f, true, add_own, served, reason);
	if (r == 0)
		r = read_reports(api, f, true, add_results, served, reason);
	if (r == 0)
		r = read_reports(api, f, false, add_results, served, reason);
	return r == 0 ? hn_fleet_judge(f, known, reason) : r;
}

int hn_fleet_read(struct hn_apiserver *api, const struct hn_fleet_settings *settings, struct hn_observations *o,
		  struct hn_reason *reason)
{
	struct hn_fleet f;
	int r = hn_fleet_init(&f, settings, o, reason);

	if (r == 0)
		r = read_all(api, &f, reason);
	hn_fleet_done(&f);
	return r;
}
