/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a file of rules. Every mistake names file, line and key; the first one ends the reading. */
#include "hostnetd/exception.h"
#include "hostnetd/asset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exception_reader.h"
#include "hostnetd/map.h"
#include "hostnetd/str.h"

#define DAY_NS (86400 * HN_NSEC_PER_SEC)
#define NAME_MAX_BYTES 127
#define REASON_MAX_BYTES 511
#define APPROVED_MAX_BYTES 255
#define SHOWN 64 /* bytes of a key that there is not */

struct hn_exceptions {
	size_t n, cap;
	struct hn_exception **items;
	struct hn_map *by_name;
	struct hn_workload_kinds *kinds; /* that rules which name a workload rest on; NULL: none does */
};

static void free_globs(struct hn_exception_globs *globs)
{
	for (size_t i = 0; i < globs->n; i++)
		free(globs->items[i]);
	free(globs->items);
}

static void free_workloads(struct hn_exception_workloads *workloads)
{
	for (size_t i = 0; i < workloads->n; i++) {
		free(workloads->items[i].kind);
		free(workloads->items[i].name);
		free(workloads->items[i].group);
	}
	free(workloads->items);
}

static void free_pairs(struct hn_exception_pairs *pairs)
{
	for (size_t i = 0; i < pairs->n; i++) {
		free(pairs->items[i].first);
		free(pairs->items[i].second);
	}
	free(pairs->items);
}

void hn_exception_free(struct hn_exception *e)
{
	if (!e)
		return;
	free(e->name);
	free(e->reason);
	free(e->approved_by);
	free(e->ticket);
	free_globs(&e->namespaces);
	free_globs(&e->images);
	free_globs(&e->categories);
	free_globs(&e->products);
	free_workloads(&e->workloads);
	free_pairs(&e->labels);
	free(e->ports);
	free(e);
}

void hn_exceptions_free(struct hn_exceptions *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->n; i++)
		hn_exception_free(x->items[i]);
	free(x->items);
	hn_map_free(x->by_name);
	hn_workload_kinds_free(x->kinds);
	free(x);
}

size_t hn_exceptions_count(const struct hn_exceptions *x)
{
	return x ? x->n : 0;
}

const struct hn_exception *hn_exceptions_at(const struct hn_exceptions *x, size_t i)
{
	return x->items[i];
}

const struct hn_exception *hn_exceptions_find(const struct hn_exceptions *x, const char *name)
{
	return x ? hn_map_get(x->by_name, name, strlen(name)) : NULL;
}

bool hn_exception_expired(const struct hn_exception *e, struct hn_wall now)
{
	return now.ns >= e->expires.ns;
}

int hn_exception_strange_key(const struct hn_exception_reading *r, const char *what)
{
	const char *text = hn_yaml_scalar(r->yaml);
	_cleanup_(hn_str_done) struct hn_str shown = {0};

	if (text)
		hn_str_excerpt(&shown, text, SHOWN);
	return hn_yaml_mistake(r->yaml, r->reason, shown.len ? hn_str_get(&shown) : "a key", what);
}

/* "reason: |" and "reason: >" end a text with a new line, which is none of its own. */
static size_t without_end(const char *text)
{
	size_t n = strlen(text);

	while (n > 0 && text[n - 1] == '\n')
		n--;
	return n;
}

/* `lines`: it may have several, which become one with blanks between. */
static int read_text(struct hn_exception_reading *r, const char *key, size_t max, bool lines, char **ret)
{
	const char *text = hn_yaml_scalar(r->yaml);
	size_t n = text ? without_end(text) : 0;

	if (n == 0 || hn_yaml_is_null(r->yaml) || strspn(text, lines ? " \n" : " ") >= n)
		return hn_yaml_mistake(r->yaml, r->reason, key, "must be a text");
	if (n > max)
		return hn_yaml_mistake(r->yaml, r->reason, key, "is too long");
	for (const char *p = text; p < text + n; p++)
		if (((unsigned char)*p < ' ' && !(lines && *p == '\n')) || *p == 0x7f)
			return hn_yaml_mistake(r->yaml, r->reason, key, "holds a control character");
	*ret = strndup(text, n);
	for (char *p = *ret; p && (p = strchr(p, '\n')); p++)
		*p = ' ';
	return *ret ? 0 : -ENOMEM;
}

int hn_exception_read_text(struct hn_exception_reading *r, const char *key, size_t max, char **ret)
{
	return read_text(r, key, max, false, ret);
}

/* A day holds until its end, in UTC. */
static int read_expires(struct hn_exception_reading *r)
{
	const char *text = hn_yaml_scalar(r->yaml);
	_cleanup_(hn_str_done) struct hn_str whole = {0};
	bool day = text && strlen(text) == strlen("2027-01-31");
	struct hn_wall t;

	if (text)
		hn_str_printf(&whole, day ? "%sT00:00:00Z" : "%s", text);
	if (!text || hn_wall_parse(hn_str_get(&whole), &t) < 0)
		return hn_yaml_mistake(
			r->yaml, r->reason, "expires",
			"must be a day like 2027-01-31 or a time like 2027-01-31T18:00:00Z, before 2200");
	r->e->expires.ns = day ? t.ns + DAY_NS : t.ns;
	return 0;
}

enum key { NAME, REASON, EXPIRES, APPROVED_BY, TICKET, MATCH, KEYS };
static const char *const keys[KEYS] = {"name", "reason", "expires", "approvedBy", "ticket", "match"};
static const bool required[KEYS] = {[NAME] = true, [REASON] = true, [EXPIRES] = true, [MATCH] = true};

static enum key find_key(const char *text)
{
	enum key k = NAME;

	while (k < KEYS && (!text || strcmp(text, keys[k]) != 0))
		k++;
	return k;
}

static int read_value(struct hn_exception_reading *r, enum key k)
{
	struct hn_exception *e = r->e;

	switch (k) {
	case NAME:
		return hn_exception_read_text(r, keys[k], NAME_MAX_BYTES, &e->name);
	case REASON:
		return read_text(r, keys[k], REASON_MAX_BYTES, true, &e->reason);
	case EXPIRES:
		return read_expires(r);
	case APPROVED_BY:
		return hn_exception_read_text(r, keys[k], APPROVED_MAX_BYTES, &e->approved_by);
	case TICKET:
		return hn_exception_read_text(r, keys[k], NAME_MAX_BYTES, &e->ticket);
	case MATCH:
		return hn_exception_read_match(r);
	case KEYS:
		break;
	}
	return hn_exception_strange_key(r,
					"there is no such key: name, reason, expires, approvedBy, ticket, match");
}

/* FNV-1a: tells a changed rule from the same one, no more. */
static void mix(uint64_t *digest, const char *text)
{
	do {
		*digest = (*digest ^ (unsigned char)*text) * 0x100000001b3ULL;
	} while (*text++);
}

static void mix_globs(uint64_t *digest, const char *key, const struct hn_exception_globs *globs)
{
	mix(digest, key);
	for (size_t i = 0; i < globs->n; i++)
		mix(digest, globs->items[i]);
}

static void mix_workloads(uint64_t *digest, const struct hn_exception_workloads *workloads)
{
	mix(digest, "workloads");
	for (size_t i = 0; i < workloads->n; i++) {
		const struct hn_exception_workload *w = &workloads->items[i];

		mix(digest, w->kind ? w->kind : "*");
		mix(digest, w->name ? w->name : "*");
		if (!w->group)
			continue;
		mix(digest, "group:");
		mix(digest, w->group);
	}
}

static void mix_labels(uint64_t *digest, const struct hn_exception_pairs *labels)
{
	mix(digest, "labels");
	for (size_t i = 0; i < labels->n; i++) {
		mix(digest, labels->items[i].first);
		mix(digest, labels->items[i].second);
	}
}

static uint64_t digest_of(const struct hn_exception *e)
{
	uint64_t digest = 0xcbf29ce484222325ULL;
	char number[32];

	mix(&digest, e->name);
	mix_globs(&digest, "namespaces", &e->namespaces);
	mix_globs(&digest, "images", &e->images);
	mix_globs(&digest, "categories", &e->categories);
	mix_globs(&digest, "products", &e->products);
	mix_workloads(&digest, &e->workloads);
	mix_labels(&digest, &e->labels);
	snprintf(number, sizeof(number), "%x", e->causes);
	mix(&digest, number);
	for (size_t i = 0; i < e->n_ports; i++) {
		snprintf(number, sizeof(number), "%u-%u", e->ports[i].first, e->ports[i].last);
		mix(&digest, number);
	}
	return digest;
}

/* One table for all rules of the file, made where the first needs it. */
static int give_kinds(struct hn_exception_reading *r, struct hn_exceptions *x)
{
	int err = r->e->workloads.n && !x->kinds ? hn_workload_kinds_new(NULL, 0, &x->kinds, r->reason) : 0;

	r->e->kinds = r->e->workloads.n ? x->kinds : NULL;
	return err;
}

static int keep_rule(struct hn_exception_reading *r, struct hn_exceptions *x, unsigned name_line)
{
	struct hn_exception *e = r->e;
	int err;

	if (hn_exceptions_find(x, e->name))
		return hn_yaml_mistake_at(r->yaml, name_line, r->reason, "name", "another rule has this name");
	if (x->n == HN_EXCEPTIONS_MAX)
		return hn_yaml_mistake_at(r->yaml, e->line, r->reason, "exceptions",
					  "there are more than 10000 rules");
	if (x->n == x->cap) {
		size_t cap = x->cap ? 2 * x->cap : 16;
		struct hn_exception **grown = reallocarray(x->items, cap, sizeof(struct hn_exception *));

		if (!grown)
			return -ENOMEM;
		x->items = grown;
		x->cap = cap;
	}
	e->digest = digest_of(e);
	err = give_kinds(r, x);
	if (err)
		return err;
	err = hn_map_put(x->by_name, e->name, strlen(e->name), e);
	if (err)
		return err;
	x->items[x->n++] = TAKE_PTR(r->e);
	return 0;
}

static int read_rule(struct hn_exception_reading *r, struct hn_exceptions *x)
{
	unsigned seen = 0, name_line = 0;
	int err;

	if (hn_yaml_event(r->yaml) != HN_YAML_MAP)
		return hn_yaml_mistake(r->yaml, r->reason, "exceptions", "each must hold keys, as in '- name: x'");
	r->e = calloc(1, sizeof(*r->e));
	if (!r->e)
		return -ENOMEM;
	r->e->line = hn_yaml_line(r->yaml);
	while (!(err = hn_yaml_next(r->yaml, r->reason)) && hn_yaml_event(r->yaml) != HN_YAML_MAP_END) {
		enum key k = find_key(hn_yaml_scalar(r->yaml));

		if (k < KEYS && seen & 1U << k)
			return hn_yaml_mistake(r->yaml, r->reason, keys[k], "stands there twice");
		seen |= 1U << k;
		r->line = hn_yaml_line(r->yaml);
		name_line = k == NAME ? r->line : name_line;
		if (k < KEYS)
			err = hn_yaml_next(r->yaml, r->reason);
		if (!err)
			err = read_value(r, k);
		if (err)
			return err;
	}
	for (enum key k = NAME; !err && k < KEYS; k++)
		if (required[k] && !(seen & 1U << k))
			err = hn_yaml_mistake_at(r->yaml, r->e->line, r->reason, keys[k], "is missing");
	return err ? err : keep_rule(r, x, name_line);
}

static int read_document(struct hn_exception_reading *r, struct hn_exceptions *x)
{
	static const enum hn_yaml_event opening[] = {HN_YAML_MAP, HN_YAML_SCALAR, HN_YAML_LIST};
	static const enum hn_yaml_event closing[] = {HN_YAML_MAP_END, HN_YAML_END};
	static const char shape[] = "the file must hold one key, exceptions, and a list below it";
	int err;

	for (size_t i = 0; i < HN_ARRAY_SIZE(opening); i++) {
		const char *text;

		err = hn_yaml_next(r->yaml, r->reason);
		if (err)
			return err;
		text = hn_yaml_scalar(r->yaml);
		if (hn_yaml_event(r->yaml) != opening[i] ||
		    (opening[i] == HN_YAML_SCALAR && (!text || strcmp(text, "exceptions") != 0)))
			return hn_yaml_mistake(r->yaml, r->reason, "exceptions", shape);
	}
	while (!(err = hn_yaml_next(r->yaml, r->reason)) && hn_yaml_event(r->yaml) != HN_YAML_LIST_END) {
		err = read_rule(r, x);
		if (err)
			return err;
	}
	for (size_t i = 0; !err && i < HN_ARRAY_SIZE(closing); i++) {
		err = hn_yaml_next(r->yaml, r->reason);
		if (!err && hn_yaml_event(r->yaml) != closing[i])
			err = hn_yaml_mistake(r->yaml, r->reason, "exceptions", shape);
	}
	return err;
}

int hn_exceptions_parse(const char *file, const char *bytes, size_t n, struct hn_exceptions **ret,
			struct hn_reason *reason)
{
	_cleanup_(hn_exceptions_cleanup) struct hn_exceptions *x = calloc(1, sizeof(*x));
	_cleanup_(hn_yaml_cleanup) struct hn_yaml *yaml = hn_yaml_new(file, bytes, n);
	struct hn_exception_reading r = {.yaml = yaml, .reason = reason};
	int err = -ENOMEM;

	if (x && yaml && (x->by_name = hn_map_new(HN_EXCEPTIONS_MAX)))
		err = read_document(&r, x);
	hn_exception_free(r.e);
	if (err == -ENOMEM)
		return hn_reason_set(reason, err, "%s: out of memory", file);
	if (err)
		return err;
	*ret = TAKE_PTR(x);
	return 0;
}
