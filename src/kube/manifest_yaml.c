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
#include "twice.h"

/* Of one document: a List of many objects in YAML is one. */
#define VALUES_MAX 4000000
#define ALIASED_MAX 200000 /* values that aliases add to those that are written */
#define MERGES_MAX 64

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

/* `<<`: what the other map has and `into` has not; `names` are into's. */
static void merge(struct builder *b, cJSON *into, struct hn_map *names, const yaml_node_t *node, cJSON *from)
{
	cJSON *member = from ? from->child : NULL;

	if (from && cJSON_IsArray(from)) {
		for (; member; member = member->next)
			merge(b, into, names, node, member);
		return;
	}
	if (from && !cJSON_IsObject(from)) {
		fail(b, -EBADMSG, node, "<< merges maps only");
		return;
	}
	while (member) {
		cJSON *next = member->next;
		size_t n = strlen(member->string);

		if (!hn_map_get(names, member->string, n)) {
			if (hn_map_put(names, member->string, n, into) < 0) {
				fail(b, -E2BIG, node,
				     "more than 10000 keys, the merged ones counted, or no memory");
				return;
			}
			cJSON_DetachItemViaPointer(from, member);
			if (!cJSON_AddItemToObject(into, member->string, member))
				cJSON_Delete(member);
		}
		member = next;
	}
}

static void merge_all(struct builder *b, cJSON *into, const yaml_node_t *node, cJSON *const merges[], size_t n)
{
	_cleanup_(hn_map_cleanup) struct hn_map *names = hn_map_new(HN_KEYS_MAX);

	for (const cJSON *member = into->child; member && names && b->error == 0; member = member->next)
		if (hn_map_put(names, member->string, strlen(member->string), into) < 0)
			fail(b, -ENOMEM, node, "no memory");
	if (!names)
		fail(b, -ENOMEM, node, "no memory");
	for (size_t i = 0; i < n && b->error == 0; i++)
		merge(b, into, names, node, merges[i]);
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
	cJSON *map = cJSON_CreateObject(), *merges[MERGES_MAX];
	size_t n = 0, n_merges = 0;

	for (yaml_node_pair_t *p = node->data.mapping.pairs.start;
	     map && b->error == 0 && p < node->data.mapping.pairs.top; p++) {
		const yaml_node_t *key;
		const char *name = name_of(b, p, &key);
		cJSON *value;

		if (!name || ++n > HN_KEYS_MAX) {
			fail(b, -EBADMSG, key, "a key that is no text, or more than 10000 keys");
			break;
		}
		value = build(b, yaml_document_get_node(b->document, p->value), depth + 1);
		if (!value)
			break;
		if (strcmp(name, "<<") == 0 && key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
			if (n_merges < MERGES_MAX) {
				merges[n_merges++] = value;
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
		merge_all(b, map, node, merges, n_merges);
	for (size_t i = 0; i < n_merges; i++)
		cJSON_Delete(merges[i]);
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

static int depth_change(yaml_event_type_t type)
{
	if (type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT)
		return 1;
	return type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT ? -1 : 0;
}

/* libyaml looks at every open bracket for every token: 200 KiB of brackets take it minutes. As a row of events it can be
 * stopped in time; what is no YAML is told by whoever reads it next. */
static int check_depth(const char *bytes, size_t n, struct hn_reason *reason)
{
	yaml_parser_t parser;
	yaml_event_t event;
	bool more = true;
	int depth = 0, r = 0;
	unsigned number = 0;

	if (!yaml_parser_initialize(&parser))
		return hn_reason_set(reason, -ENOMEM, "no memory");
	yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, n);
	while (more && r == 0 && yaml_parser_parse(&parser, &event)) {
		more = event.type != YAML_STREAM_END_EVENT;
		number += event.type == YAML_DOCUMENT_START_EVENT;
		depth += depth_change(event.type);
		if (depth > HN_CUTTER_DEPTH)
			r = hn_reason_set(reason, -EBADMSG, "document %u, line %zu: nested too deeply", number,
					  event.start_mark.line + 1);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return r;
}

int hn_manifest_yaml(const char *bytes, size_t n, hn_manifest_document *found, void *arg, struct hn_reason *reason)
{
	yaml_parser_t parser;
	bool more = true;
	int r = check_depth(bytes, n, reason);

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
				.values_max = written < VALUES_MAX ? written + ALIASED_MAX : VALUES_MAX,
				.reason = reason,
			};

			r = read_document(&b, root, found, arg);
		}
		yaml_document_delete(&document);
	}
	yaml_parser_delete(&parser);
	return r;
}
