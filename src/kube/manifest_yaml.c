// SPDX-License-Identifier: Apache-2.0
// libyaml composes a document into nodes that aliases share; here they become a tree, within a budget.
#include "manifest_yaml.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "cutter.h"
#include "hostnetd/map.h"
#include "manifest_bounds.h"
#include "twice.h"

#define MERGES_MAX 64
#define MERGE_TAG "tag:yaml.org,2002:merge"

struct builder {
	yaml_document_t *document;
	unsigned number;
	size_t values, values_max;
	struct hn_reason *reason;
	int error;
};

static cJSON *build(struct builder *b, yaml_node_t *node, unsigned depth);

static cJSON *fail(struct builder *b, int error, const yaml_node_t *node, const char *what)
{
	if (b->error == 0)
		b->error = hn_reason_set(b->reason, error, "document %u, line %zu: %s", b->number,
					 node->start_mark.line + 1, what);
	return NULL;
}

static bool is_one_of(const char *text, const char *const words[])
{
	for (size_t i = 0; words[i]; i++) {
		if (strcmp(text, words[i]) == 0)
			return true;
	}
	return false;
}

/* The text stays with the value: cJSON frees it, and its readers of strings do not look at it. */
static cJSON *with_text(cJSON *value, const char *text)
{
	if (value)
		value->valuestring = strdup(text);
	if (value && value->valuestring)
		return value;
	cJSON_Delete(value);
	return NULL;
}

static bool is_number(const char *text, double *ret)
{
	char *end;

	if (!text[0] || strspn(text, "0123456789+-.eExXabcdefABCDEF_o") != strlen(text) ||
	    !strpbrk(text, "0123456789"))
		return false;
	/* Octal as in YAML 1.1. */
	if (text[0] == '0' && text[1] && strspn(text, "01234567") == strlen(text))
		*ret = (double)strtoll(text, &end, 8);
	else
		*ret = strtod(text, &end);
	return *end == '\0' && isfinite(*ret);
}

static cJSON *build_scalar(struct builder *b, const yaml_node_t *node)
{
	static const char *const trues[] = {"true", "True", "TRUE", "yes", "Yes", "YES",
					    "on",   "On",   "ON",   "y",   "Y",   NULL};
	static const char *const falses[] = {"false", "False", "FALSE", "no", "No", "NO",
					     "off",   "Off",   "OFF",   "n",  "N",  NULL};
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
	const char *text = (const char *)node->data.scalar.value;
	const char *tag = (const char *)node->tag;
	bool plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	cJSON *made;
	double number;

	/* The composer writes !!str where there is no tag; a plain scalar is resolved then. */
	if (strlen(text) != node->data.scalar.length)
		return fail(b, -EBADMSG, node, "a NUL in a text");
	if (tag && strcmp(tag, YAML_STR_TAG) != 0) {
		plain = true;
		if (strcmp(tag, YAML_BOOL_TAG) != 0 && strcmp(tag, YAML_INT_TAG) != 0 &&
		    strcmp(tag, YAML_FLOAT_TAG) != 0 && strcmp(tag, YAML_NULL_TAG) != 0)
			return fail(b, -EBADMSG, node, "a tag that manifests do not have");
	}
	if (plain && is_one_of(text, nulls))
		made = cJSON_CreateNull();
	else if (plain && is_one_of(text, trues))
		made = with_text(cJSON_CreateTrue(), text);
	else if (plain && is_one_of(text, falses))
		made = with_text(cJSON_CreateFalse(), text);
	else if (plain && is_number(text, &number))
		made = with_text(cJSON_CreateNumber(number), text);
	else
		made = cJSON_CreateString(text);
	return made ? made : fail(b, -ENOMEM, node, "no memory");
}

/* One `<<` of a map. */
struct merge {
	const yaml_node_t *key;
	cJSON *from;
	const cJSON *last; /* of the map's own members before it; NULL: none */
};

struct merging {
	struct builder *b;
	const struct merge *merge;
	const cJSON *into;
	struct hn_map *names; /* of all members: `into`, or the merge that brought it */
	cJSON *brought;
};

/* Some readers let the last one count, others what is written, or the first `<<`. None of a manifest's meaning may
 * hang on that. Of a list of maps the first counts, for all of them. */
static bool is_new(const struct merging *m, const char *name)
{
	const void *owner = hn_map_get(m->names, name, strlen(name));

	if (owner == m->into)
		fail(m->b, -EBADMSG, m->merge->key,
		     "<< brings a key that stands before it: put << first, readers differ");
	else if (owner && owner != m->merge)
		fail(m->b, -EBADMSG, m->merge->key, "a key that two << of one map bring: readers differ");
	return !owner;
}

static void bring(struct merging *m, cJSON *from)
{
	cJSON *next;

	if (!cJSON_IsObject(from)) {
		fail(m->b, -EBADMSG, m->merge->key, "<< merges maps only");
		return;
	}
	for (cJSON *member = from->child; member && m->b->error == 0; member = next) {
		next = member->next;
		if (!is_new(m, member->string))
			continue;
		if (hn_map_put(m->names, member->string, strlen(member->string), (void *)m->merge) < 0) {
			fail(m->b, -E2BIG, m->merge->key,
			     "more than 10000 keys, the merged ones counted, or no memory");
			return;
		}
		cJSON_DetachItemViaPointer(from, member);
		if (!cJSON_AddItemToObject(m->brought, member->string, member)) {
			cJSON_Delete(member);
			fail(m->b, -ENOMEM, m->merge->key, "no memory");
		}
	}
}

/* The map's own members up to `last`, from `*next` on. */
static void add_own(struct merging *m, const cJSON **next, const cJSON *last)
{
	bool more = last != NULL;

	for (; more && *next && m->b->error == 0; *next = (*next)->next) {
		more = *next != last;
		if (hn_map_put(m->names, (*next)->string, strlen((*next)->string), (void *)m->into) < 0)
			fail(m->b, -E2BIG, m->merge->key, "more than 10000 keys, or no memory");
	}
}

/* A member of the map's own behind a `<<` wins over what that brings. */
static void merge_all(struct builder *b, cJSON *into, const struct merge merges[], size_t n)
{
	_cleanup_(hn_map_cleanup) struct hn_map *names = hn_map_new(HN_KEYS_MAX);
	struct merging m = {.b = b, .into = into, .names = names, .brought = cJSON_CreateObject()};
	const cJSON *own = into->child, *last = NULL;
	cJSON *member, *next;

	m.merge = merges;
	if (!names || !m.brought)
		fail(b, -ENOMEM, merges->key, "no memory");
	for (size_t i = 0; i < n && b->error == 0; i++) {
		m.merge = &merges[i];
		if (own && merges[i].last != last)
			add_own(&m, &own, merges[i].last);
		last = merges[i].last;
		if (!cJSON_IsArray(merges[i].from)) {
			bring(&m, merges[i].from);
			continue;
		}
		for (member = merges[i].from->child; member && b->error == 0; member = member->next)
			bring(&m, member);
	}
	for (; own && b->error == 0; own = own->next)
		if (hn_map_put(names, own->string, strlen(own->string), into) < 0)
			fail(b, -E2BIG, merges->key, "more than 10000 keys, or no memory");
	for (member = m.brought ? m.brought->child : NULL; member && b->error == 0; member = next) {
		next = member->next;
		if (hn_map_get(names, member->string, strlen(member->string)) == into)
			continue;
		cJSON_DetachItemViaPointer(m.brought, member);
		if (!cJSON_AddItemToObject(into, member->string, member)) {
			cJSON_Delete(member);
			fail(b, -ENOMEM, merges->key, "no memory");
		}
	}
	cJSON_Delete(m.brought);
}

static const char *name_of(struct builder *b, const yaml_node_pair_t *p, const yaml_node_t **ret_key)
{
	const yaml_node_t *key = yaml_document_get_node(b->document, p->key);

	*ret_key = key;
	return key->type == YAML_SCALAR_NODE &&
			       strlen((const char *)key->data.scalar.value) == key->data.scalar.length ?
		       (const char *)key->data.scalar.value :
		       NULL;
}

/* A reader that knows a tag takes another text for the key: !!binary hides any. */
static bool is_plain_key(struct builder *b, const yaml_node_t *key, bool *ret_merge)
{
	const char *tag = (const char *)key->tag, *name = (const char *)key->data.scalar.value;
	bool merges = strcmp(name, "<<") == 0, tagged = tag && strcmp(tag, MERGE_TAG) == 0;

	*ret_merge = merges && (tagged || key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE);
	if (!tag || strcmp(tag, YAML_STR_TAG) == 0 || (tagged && merges))
		return true;
	fail(b, -EBADMSG, key, "a key with a tag");
	return false;
}

/* Names the line where it is there again. */
static void refuse_twice(struct builder *b, const yaml_node_t *node, const cJSON *map)
{
	const yaml_node_t *key = node;
	const char *twice, *name;
	unsigned seen = 0;

	if (hn_key_twice(map, &twice) < 0)
		fail(b, -ENOMEM, node, "no memory");
	for (yaml_node_pair_t *p = node->data.mapping.pairs.start; twice && p < node->data.mapping.pairs.top;
	     p++) {
		name = name_of(b, p, &key);
		if (name && strcmp(name, twice) == 0 && ++seen == 2)
			break;
	}
	if (twice)
		fail(b, -EBADMSG, key, "a key that is there twice");
}

static cJSON *build_map(struct builder *b, const yaml_node_t *node, unsigned depth)
{
	cJSON *map = cJSON_CreateObject();
	struct merge merges[MERGES_MAX];
	size_t n = 0, n_merges = 0;

	for (yaml_node_pair_t *p = node->data.mapping.pairs.start;
	     map && b->error == 0 && p < node->data.mapping.pairs.top; p++) {
		const yaml_node_t *key;
		const char *name = name_of(b, p, &key);
		cJSON *value;
		bool merge;

		if (!name || ++n > HN_KEYS_MAX) {
			fail(b, -EBADMSG, key, "a key that is no text, or more than 10000 keys");
			break;
		}
		if (!is_plain_key(b, key, &merge))
			break;
		value = build(b, yaml_document_get_node(b->document, p->value), depth + 1);
		if (!value)
			break;
		if (merge) {
			if (n_merges < MERGES_MAX) {
				merges[n_merges++] =
					(struct merge){key, value, map->child ? map->child->prev : NULL};
			} else {
				cJSON_Delete(value);
				fail(b, -E2BIG, key, "more than 64 merges into one map");
			}
		} else if (!cJSON_AddItemToObject(map, name, value)) {
			cJSON_Delete(value);
			fail(b, -ENOMEM, key, "no memory");
		}
	}
	if (map && b->error == 0)
		refuse_twice(b, node, map);
	if (map && b->error == 0 && n_merges > 0)
		merge_all(b, map, merges, n_merges);
	for (size_t i = 0; i < n_merges; i++)
		cJSON_Delete(merges[i].from);
	if (!map)
		return fail(b, -ENOMEM, node, "no memory");
	return map;
}

static cJSON *build_list(struct builder *b, const yaml_node_t *node, unsigned depth)
{
	cJSON *list = cJSON_CreateArray();

	for (yaml_node_item_t *i = node->data.sequence.items.start;
	     list && b->error == 0 && i < node->data.sequence.items.top; i++)
		cJSON_AddItemToArray(list, build(b, yaml_document_get_node(b->document, *i), depth + 1));
	return list ? list : fail(b, -ENOMEM, node, "no memory");
}

static cJSON *build(struct builder *b, yaml_node_t *node, unsigned depth)
{
	cJSON *made;

	if (depth > HN_CUTTER_DEPTH)
		return fail(b, -EBADMSG, node, "nested too deeply");
	if (++b->values > b->values_max)
		return fail(b, -E2BIG, node, "too many values, its aliases counted");
	if (node->type == YAML_SCALAR_NODE)
		return build_scalar(b, node);
	made = node->type == YAML_MAPPING_NODE ? build_map(b, node, depth) : build_list(b, node, depth);
	if (b->error == 0)
		return made;
	cJSON_Delete(made);
	return NULL;
}

static int read_document(struct builder *b, yaml_node_t *root, hn_manifest_document *found, void *arg)
{
	cJSON *tree = build(b, root, 0);

	if (b->error < 0)
		return b->error;
	if (cJSON_IsNull(tree)) {
		cJSON_Delete(tree);
		return 0;
	}
	return found(arg, tree, b->number, (unsigned)root->start_mark.line + 1, b->reason);
}

int hn_manifest_yaml(const char *bytes, size_t n, hn_manifest_document *found, void *arg, struct hn_reason *reason)
{
	yaml_parser_t parser;
	bool more = true;
	int r = hn_manifest_bounds(bytes, n, reason);

	if (r < 0)
		return r;
	if (!yaml_parser_initialize(&parser))
		return hn_reason_set(reason, -ENOMEM, "no memory");
	yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, n);
	for (unsigned number = 1; more && r == 0; number++) {
		yaml_document_t document;
		yaml_node_t *root;

		if (!yaml_parser_load(&parser, &document)) {
			r = hn_reason_set(reason, parser.error == YAML_MEMORY_ERROR ? -ENOMEM : -EBADMSG,
					  "document %u, line %zu: %s", number, parser.problem_mark.line + 1,
					  parser.problem ? parser.problem : "no YAML");
			break;
		}
		root = yaml_document_get_root_node(&document);
		more = root != NULL;
		if (root) {
			size_t written = (size_t)(document.nodes.top - document.nodes.start);
			struct builder b = {
				.document = &document,
				.number = number,
				.values_max = written < HN_MANIFEST_VALUES ? written + HN_MANIFEST_ALIASED :
									     HN_MANIFEST_VALUES,
				.reason = reason,
			};

			r = read_document(&b, root, found, arg);
		}
		yaml_document_delete(&document);
	}
	yaml_parser_delete(&parser);
	return r;
}
