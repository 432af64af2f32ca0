// SPDX-License-Identifier: Apache-2.0
// Nodes, and what their report objects say and claim. An object counts only under the name that its node and namespace give it:
// nobody can put a second one beside the agent's.
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "fleet.h"
#include "hostnetd/map.h"
#include "observed_report.h"

#define AHEAD_NS (300 * HN_NSEC_PER_SEC) /* by how much a node's clock may be before ours */

int hn_fleet_init(struct hn_fleet *f, const struct hn_fleet_settings *settings, struct hn_observations *o,
		  struct hn_reason *reason)
{
	*f = (struct hn_fleet){.settings = settings, .o = o, .by_name = hn_map_new(HN_FLEET_NODES_MAX)};
	return f->by_name ? 0 : hn_reason_set(reason, -ENOMEM, "no memory");
}

static void free_claims(struct hn_fleet *f, struct hn_fleet_node *node)
{
	struct hn_fleet_claim *next;

	for (struct hn_fleet_claim *c = node->claims; c; c = next) {
		next = c->next;
		free(c);
		f->n_claims--;
	}
	node->claims = NULL;
}

void hn_fleet_done(struct hn_fleet *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free_claims(f, f->nodes[i]);
		free(f->nodes[i]);
	}
	free(f->nodes);
	hn_map_free(f->by_name);
	*f = (struct hn_fleet){.n = 0};
}

static struct hn_fleet_node *find(const struct hn_fleet *f, const char *name)
{
	return hn_map_get(f->by_name, name, strlen(name));
}

static struct hn_fleet_node *add(struct hn_fleet *f, const char *name, struct hn_reason *reason)
{
	struct hn_fleet_node *node = find(f, name);

	if (node)
		return node;
	if (f->n == HN_FLEET_NODES_MAX) {
		hn_reason_set(reason, -E2BIG, "more than %d nodes", HN_FLEET_NODES_MAX);
		return NULL;
	}
	if (f->n == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 64;
		struct hn_fleet_node **grown = reallocarray(f->nodes, cap, sizeof(struct hn_fleet_node *));

		if (grown) {
			f->nodes = grown;
			f->cap = cap;
		}
	}
	node = f->n < f->cap ? calloc(1, sizeof(*node)) : NULL;
	if (!node || hn_map_put(f->by_name, name, strlen(name), node) < 0) {
		free(node);
		hn_reason_set(reason, -ENOMEM, "no memory for the nodes");
		return NULL;
	}
	hn_strcpy(node->name, sizeof(node->name), name);
	f->nodes[f->n++] = node;
	return node;
}

static const char *text_of(const cJSON *object, const char *key)
{
	const cJSON *value = hn_field_find(object, key);

	return cJSON_IsString(value) ? value->valuestring : "";
}

static void set_fault(struct hn_fleet_node *node, const char *text)
{
	if (!node->fault[0])
		hn_strcpy(node->fault, sizeof(node->fault), text);
}

int hn_fleet_add_node(struct hn_fleet *f, const cJSON *object, struct hn_reason *reason)
{
	const char *name = text_of(hn_field_find(object, "metadata"), "name");
	struct hn_fleet_node *node;

	if (!hn_is_dns_subdomain(name))
		return hn_reason_set(reason, -EBADMSG, "a Node without a name");
	node = add(f, name, reason);
	if (!node)
		return -ENOMEM;
	node->listed = true;
	return 0;
}

/* --- who wrote it -------------------------------------------------------------------------------------------------- */

/* False: no agent writes such a one. */
static bool read_origin(const cJSON *report, struct hn_observed_place *ret, const cJSON **ret_annotations)
{
	const cJSON *metadata = hn_field_find(report, "metadata");
	char name[HN_REPORT_NAME_SIZE];

	*ret_annotations = hn_field_find(metadata, "annotations");
	ret->node = text_of(*ret_annotations, HN_REPORT_NODE);
	ret->ns = text_of(metadata, "namespace");
	if (!hn_is_dns_subdomain(ret->node) || (ret->ns[0] && !hn_is_dns_label(ret->ns)))
		return false;
	hn_report_name(ret->node, ret->ns, name);
	return strcmp(name, text_of(metadata, "name")) == 0;
}

/* --- a node's own -------------------------------------------------------------------------------------------------- */

static int add_claim(struct hn_fleet *f, struct hn_fleet_node *node, const struct hn_report_claim *claim,
		     struct hn_reason *reason)
{
	struct hn_fleet_claim *one = f->n_claims < HN_FLEET_CLAIMS_MAX ? calloc(1, sizeof(*one)) : NULL;

	if (!one)
		return hn_reason_set(reason, -ENOMEM, "no memory, or more than %d reports", HN_FLEET_CLAIMS_MAX);
	one->claimed = *claim;
	one->next = node->claims;
	node->claims = one;
	f->n_claims++;
	return 0;
}

static int read_claims(struct hn_fleet *f, struct hn_fleet_node *node, const char *text, struct hn_reason *reason)
{
	struct hn_report_claim claim;
	int error = 0, r = 0;
	size_t n = 0;

	if (!text[0])
		set_fault(node, "its own report does not say what the others must hold");
	while (r == 0 && hn_report_claim_next(&text, &claim, &error)) {
		if (n++ == HN_REPORT_OBJECTS_MAX)
			error = -E2BIG;
		if (error < 0)
			break;
		r = add_claim(f, node, &claim, reason);
	}
	if (error < 0)
		set_fault(node, "what its own report says of the others is not understood");
	return r;
}

int hn_fleet_add_own(struct hn_fleet *f, const struct hn_report_kind *kind, const cJSON *report,
		     struct hn_reason *reason)
{
	struct hn_observed_place place;
	const cJSON *annotations;
	struct hn_fleet_node *node;
	struct hn_wall seen = {0};

	if (!read_origin(report, &place, &annotations) || place.ns[0]) {
		f->strangers++;
		return 0;
	}
	node = add(f, place.node, reason);
	if (!node)
		return -ENOMEM;
	if (hn_wall_parse(text_of(annotations, HN_REPORT_LAST_SEEN), &seen) < 0)
		seen.ns = 0;
	/* Of two groups the one that it writes now; of a list that begins anew the newer answer. */
	if (node->kind && node->seen.ns > seen.ns)
		return 0;
	free_claims(f, node);
	node->kind = kind;
	node->seen = seen;
	node->fault[0] = '\0';
	node->complete = strcmp(text_of(annotations, HN_REPORT_COMPLETE), "true") == 0;
	hn_strcpy(node->why, sizeof(node->why), text_of(annotations, HN_REPORT_WHY));
	return read_claims(f, node, text_of(annotations, HN_REPORT_CLAIMS), reason);
}

/* --- results ------------------------------------------------------------------------------------------------------- */

static bool is_fresh(const struct hn_fleet *f, const struct hn_fleet_node *node)
{
	int64_t age = f->settings->now.ns - node->seen.ns;

	return hn_wall_known(node->seen) && age <= f->settings->max_age_ns && age >= -AHEAD_NS;
}

static struct hn_report_claim *tally_of(struct hn_fleet_node *node, const char *ns)
{
	for (struct hn_fleet_claim *c = node->claims; c; c = c->next)
		if (strcmp(c->claimed.ns, ns) == 0)
			return &c->found;
	return NULL;
}

int hn_fleet_add_results(struct hn_fleet *f, const struct hn_report_kind *kind, const cJSON *report,
			 struct hn_reason *reason)
{
	char source[512];
	struct hn_observed_place place = {.source = source};
	const cJSON *annotations, *results, *one;
	struct hn_report_claim unclaimed = {.ai = 0}, *tally;
	struct hn_fleet_node *node;

	if (!read_origin(report, &place, &annotations)) {
		f->strangers += text_of(hn_field_find(report, "metadata"), "namespace")[0] != '\0';
		return 0;
	}
	node = find(f, place.node);
	if (!node || node->kind != kind || !is_fresh(f, node))
		return 0;
	snprintf(source, sizeof(source), "%.60s, node %.260s", f->settings->name, place.node);
	tally = tally_of(node, place.ns);
	tally = tally ? tally : &unclaimed;
	results = hn_field_find(report, "results");
	cJSON_ArrayForEach(one, results) {
		int r = hn_observed_result(f->o, &place, one, tally, reason);

		if (r == -EBADMSG)
			set_fault(node, reason->text);
		else if (r < 0)
			return r;
	}
	if (unclaimed.ai || unclaimed.likely || unclaimed.excepted)
		set_fault(node, "there is a report that its own one does not know");
	return 0;
}

void hn_fleet_recount(struct hn_fleet *f, const struct hn_report_kind *kind, bool own)
{
	for (size_t i = 0; i < f->n; i++)
		for (struct hn_fleet_claim *c = f->nodes[i]->claims; c; c = c->next)
			if (f->nodes[i]->kind == kind && (c->claimed.ns[0] == '\0') == own)
				c->found = (struct hn_report_claim){.ai = 0};
}
