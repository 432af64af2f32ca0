/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what a rule matches. A rule that would match everything is a mistake, not a wish. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exception_reader.h"
#include "hostnetd/glob.h"
#include "hostnetd/str.h"

#define GLOB_MAX 255
#define ITEMS_MAX 256 /* of one list */

static const char *const categories[] = {"inference", "gateway",  "agent",      "vector-db",
					 "training",  "notebook", "ml-platform"};

typedef int read_item(struct hn_exception_reading *r, const char *key, void *list);

/* One item, or a list of them; an empty list asks for nothing, and that is never what was meant. */
static int read_items(struct hn_exception_reading *r, const char *key, read_item *item, void *list)
{
	size_t n = 0;
	int err;

	if (hn_yaml_event(r->yaml) != HN_YAML_LIST)
		return item(r, key, list);
	while (!(err = hn_yaml_next(r->yaml, r->reason)) && hn_yaml_event(r->yaml) != HN_YAML_LIST_END) {
		if (n++ == ITEMS_MAX)
			return hn_yaml_mistake(r->yaml, r->reason, key, "the list is too long");
		err = item(r, key, list);
		if (err)
			return err;
	}
	if (!err && n == 0)
		err = hn_yaml_mistake(r->yaml, r->reason, key, "the list is empty: leave the key out");
	return err;
}

static int read_glob(struct hn_exception_reading *r, const char *key, void *list)
{
	struct hn_exception_globs *globs = list;
	char **grown = reallocarray(globs->items, globs->n + 1, sizeof(*grown));
	int err;

	if (!grown)
		return -ENOMEM;
	globs->items = grown;
	err = hn_exception_read_text(r, key, GLOB_MAX, &grown[globs->n]);
	globs->n += err == 0;
	return err;
}

static int read_category(struct hn_exception_reading *r, const char *key, void *list)
{
	struct hn_exception_globs *globs = list;
	int err = read_glob(r, key, list);

	for (size_t i = 0; err == 0 && i < HN_ARRAY_SIZE(categories); i++)
		if (hn_glob_match(globs->items[globs->n - 1], categories[i]))
			return 0;
	return err ? err :
		     hn_yaml_mistake(r->yaml, r->reason, key,
				     "there is no such category: inference, gateway, agent, vector-db, training, "
				     "notebook, ml-platform");
}

static int read_cause(struct hn_exception_reading *r, const char *key, void *list)
{
	const char *text = hn_yaml_scalar(r->yaml);
	unsigned *causes = list;

	for (int c = HN_CAUSE_UNKNOWN + 1; text && c < HN_CAUSE_MAX; c++)
		if (strcmp(text, hn_cause_name((enum hn_cause)c)) == 0) {
			*causes |= 1U << c;
			return 0;
		}
	return hn_yaml_mistake(r->yaml, r->reason, key,
			       "must be declared, joined, socket or unmanaged, each by its name");
}

/* A decimal number from 1 to 65535 at *text, which moves behind it; 0: none. */
static uint16_t take_port(const char **text)
{
	size_t n = strspn(*text, "0123456789");
	unsigned long v = n > 0 && n <= 5 && **text != '0' ? strtoul(*text, NULL, 10) : 0;

	*text += n;
	return v <= UINT16_MAX ? (uint16_t)v : 0;
}

static int read_port(struct hn_exception_reading *r, const char *key, void *list)
{
	struct hn_exception *e = list;
	struct hn_port_range range, *grown;
	const char *text = hn_yaml_scalar(r->yaml);

	if (text) {
		range.first = range.last = take_port(&text);
		if (*text == '-') {
			text++;
			range.last = take_port(&text);
		}
	}
	if (!text || *text || !range.first || range.last < range.first)
		return hn_yaml_mistake(r->yaml, r->reason, key, "must be a port, or a range like 40000-50000");
	grown = reallocarray(e->ports, e->n_ports + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	e->ports = grown;
	grown[e->n_ports++] = range;
	return 0;
}

static int add_pair(struct hn_exception_pairs *pairs, struct hn_exception_pair **ret)
{
	struct hn_exception_pair *grown = reallocarray(pairs->items, pairs->n + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	pairs->items = grown;
	*ret = &grown[pairs->n++];
	**ret = (struct hn_exception_pair){NULL, NULL};
	return 0;
}

static bool is_empty_text(const struct hn_exception_reading *r)
{
	return hn_yaml_scalar(r->yaml) && !hn_yaml_is_null(r->yaml) && !*hn_yaml_scalar(r->yaml);
}

/* The core group is the empty text. What would never match is a mistake. */
static int read_group(struct hn_exception_reading *r, const char *key, char **ret)
{
	int err = 0;

	if (is_empty_text(r)) {
		*ret = strdup("");
		return *ret ? 0 : -ENOMEM;
	}
	err = hn_exception_read_text(r, key, GLOB_MAX, ret);
	if (!err && strchr(*ret, '/'))
		err = hn_yaml_mistake(r->yaml, r->reason, key,
				      "a group has no version: apps, not apps/v1; \"\" is the core group");
	if (!err && strcmp(*ret, "extensions") == 0)
		err = hn_yaml_mistake(r->yaml, r->reason, key, "what was in the group extensions is in apps");
	return err;
}

/* {kind: Job, name: "llm-*", group: batch}: what is left out is any. */
static int read_workload(struct hn_exception_reading *r, const char *key, void *list)
{
	static const char shape[] = "each must be like {kind: Job, name: \"llm-*\"}, with a group if need be";
	struct hn_exception_workloads *workloads = list;
	struct hn_exception_workload *w = reallocarray(workloads->items, workloads->n + 1, sizeof(*w));
	int err = 0;

	if (!w)
		return -ENOMEM;
	workloads->items = w;
	w = &w[workloads->n++];
	*w = (struct hn_exception_workload){NULL, NULL, NULL};
	if (hn_yaml_event(r->yaml) != HN_YAML_MAP)
		return hn_yaml_mistake(r->yaml, r->reason, key, shape);
	while (!err && !(err = hn_yaml_next(r->yaml, r->reason)) && hn_yaml_event(r->yaml) != HN_YAML_MAP_END) {
		const char *text = hn_yaml_scalar(r->yaml);
		char **to = !text                      ? NULL :
			    strcmp(text, "kind") == 0  ? &w->kind :
			    strcmp(text, "name") == 0  ? &w->name :
			    strcmp(text, "group") == 0 ? &w->group :
							 NULL;

		if (!to || *to)
			return hn_yaml_mistake(r->yaml, r->reason, key, shape);
		err = hn_yaml_next(r->yaml, r->reason);
		if (!err)
			err = to == &w->group ? read_group(r, key, to) :
						hn_exception_read_text(r, key, GLOB_MAX, to);
	}
	if (!err && !w->kind && !w->name && !w->group)
		err = hn_yaml_mistake(r->yaml, r->reason, key, shape);
	return err;
}

struct label {
	struct hn_exception_pairs *pairs;
	const char *name;
};

static int read_label_value(struct hn_exception_reading *r, const char *key, void *list)
{
	const struct label *label = list;
	struct hn_exception_pair *pair;
	int err = add_pair(label->pairs, &pair);

	if (err)
		return err;
	pair->first = strdup(label->name);
	if (!pair->first)
		return -ENOMEM;
	/* An empty value is a value: it stands for exactly that. */
	if (is_empty_text(r)) {
		pair->second = strdup("");
		return pair->second ? 0 : -ENOMEM;
	}
	return hn_exception_read_text(r, key, GLOB_MAX, &pair->second);
}

static int read_labels(struct hn_exception_reading *r, const char *key)
{
	struct hn_exception_pairs *labels = &r->e->labels;
	int err;

	if (hn_yaml_event(r->yaml) != HN_YAML_MAP)
		return hn_yaml_mistake(r->yaml, r->reason, key, "must be like {team: research}");
	while (!(err = hn_yaml_next(r->yaml, r->reason)) && hn_yaml_event(r->yaml) != HN_YAML_MAP_END) {
		_cleanup_(hn_str_done) struct hn_str name = {0};
		struct label label = {.pairs = labels};

		if (!hn_yaml_scalar(r->yaml) || !*hn_yaml_scalar(r->yaml))
			return hn_yaml_mistake(r->yaml, r->reason, key, "a label's name must be a text");
		hn_str_puts(&name, hn_yaml_scalar(r->yaml));
		label.name = hn_str_get(&name);
		for (size_t i = 0; i < labels->n; i++)
			if (strcmp(labels->items[i].first, label.name) == 0)
				return hn_yaml_mistake(r->yaml, r->reason, key, "a label stands there twice");
		if (labels->n >= ITEMS_MAX)
			return hn_yaml_mistake(r->yaml, r->reason, key, "too many labels");
		err = hn_yaml_next(r->yaml, r->reason);
		if (!err)
			err = read_items(r, key, read_label_value, &label);
		if (err)
			return err;
	}
	return err;
}

enum key { NAMESPACES, WORKLOADS, POD_LABELS, IMAGES, CATEGORIES, PRODUCTS, CAUSES, PORTS, KEYS };
static const char *const keys[KEYS] = {"namespaces", "workloads", "podLabels", "images",
				       "categories", "products",  "causes",    "ports"};

static enum key find_key(const char *text)
{
	enum key k = NAMESPACES;

	while (k < KEYS && (!text || strcmp(text, keys[k]) != 0))
		k++;
	return k;
}

static int read_key(struct hn_exception_reading *r, enum key k)
{
	struct hn_exception *e = r->e;

	switch (k) {
	case NAMESPACES:
		return read_items(r, keys[k], read_glob, &e->namespaces);
	case WORKLOADS:
		return read_items(r, keys[k], read_workload, &e->workloads);
	case POD_LABELS:
		return read_labels(r, keys[k]);
	case IMAGES:
		return read_items(r, keys[k], read_glob, &e->images);
	case CATEGORIES:
		return read_items(r, keys[k], read_category, &e->categories);
	case PRODUCTS:
		return read_items(r, keys[k], read_glob, &e->products);
	case CAUSES:
		return read_items(r, keys[k], read_cause, &e->causes);
	case PORTS:
		return read_items(r, keys[k], read_port, e);
	case KEYS:
		break;
	}
	return hn_exception_strange_key(r, "there is no such key below match: namespaces, workloads, podLabels, "
					   "images, categories, products, causes, ports");
}

static bool any_open(const struct hn_exception_globs *globs)
{
	for (size_t i = 0; i < globs->n; i++)
		if (hn_glob_is_open(globs->items[i]))
			return true;
	return false;
}

static bool is_open(const char *glob)
{
	return !glob || hn_glob_is_open(glob);
}

static bool every_category(const struct hn_exception_globs *globs)
{
	size_t covered = 0;

	for (size_t i = 0; i < HN_ARRAY_SIZE(categories); i++)
		for (size_t k = 0; k < globs->n; k++)
			if (hn_glob_match(globs->items[k], categories[i])) {
				covered++;
				break;
			}
	return covered == HN_ARRAY_SIZE(categories);
}

/* At least one key must leave something out. Causes and ports do not count: a pod that listens on nothing is within
 * every list of ports. */
static bool narrows(const struct hn_exception *e)
{
	const struct hn_exception_globs *globs[] = {&e->namespaces, &e->images, &e->products};
	bool workloads = e->workloads.n > 0;

	for (size_t i = 0; i < HN_ARRAY_SIZE(globs); i++)
		if (globs[i]->n > 0 && !any_open(globs[i]))
			return true;
	for (size_t i = 0; i < e->workloads.n; i++)
		workloads &= !is_open(e->workloads.items[i].kind) || !is_open(e->workloads.items[i].name) ||
			     !is_open(e->workloads.items[i].group);
	return workloads || e->labels.n > 0 || (e->categories.n > 0 && !every_category(&e->categories));
}

int hn_exception_read_match(struct hn_exception_reading *r)
{
	unsigned seen = 0;
	int err;

	if (hn_yaml_event(r->yaml) != HN_YAML_MAP)
		return hn_yaml_mistake(r->yaml, r->reason, "match", "must hold keys, as in {namespaces: [ml]}");
	while (!(err = hn_yaml_next(r->yaml, r->reason)) && hn_yaml_event(r->yaml) != HN_YAML_MAP_END) {
		enum key k = find_key(hn_yaml_scalar(r->yaml));

		if (k < KEYS && seen & 1U << k)
			return hn_yaml_mistake(r->yaml, r->reason, keys[k], "stands there twice");
		seen |= 1U << k;
		if (k < KEYS)
			err = hn_yaml_next(r->yaml, r->reason);
		if (!err)
			err = read_key(r, k);
		if (err)
			return err;
	}
	if (!err && !narrows(r->e))
		err = hn_yaml_mistake_at(
			r->yaml, r->line, r->reason, "match",
			"it would match every AI workload: name namespaces, workloads, podLabels, "
			"images, categories or products that do not fit all");
	if (!err && r->e->causes == 0)
		r->e->causes = 1U << HN_CAUSE_DECLARED;
	return err;
}
