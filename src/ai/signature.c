/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the entries of a catalogue file. Every mistake names file, line and key; the first one ends the reading.
 * Owns the signature under construction and hands it over when it is complete. */
#include "signature.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/str.h"
#include "yaml_event.h"

#define PATTERNS_MAX 400

struct reader {
	struct hn_yaml *yaml;
	const struct hn_signature_reader *to;
	struct hn_reason *reason;
	struct hn_signature *s;
	size_t patterns_cap;
};

static const char *const categories[] = { "inference", "gateway",  "agent",	 "vector-db",
					  "training",  "notebook", "ml-platform" };

void hn_signature_free(struct hn_signature *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_patterns; i++)
		free(s->patterns[i].text);
	free(s->patterns);
	free(s->name);
	free(s->product);
	free(s);
}

static int mistake(struct reader *r, const char *key, const char *what)
{
	return hn_yaml_mistake(r->yaml, r->reason, key, what);
}

static int next(struct reader *r)
{
	return hn_yaml_next(r->yaml, r->reason);
}

static const char *scalar(const struct reader *r)
{
	return hn_yaml_scalar(r->yaml);
}

static bool at(const struct reader *r, enum hn_yaml_event event)
{
	return hn_yaml_event(r->yaml) == event;
}

/* "0.75": digits and at most one dot, whatever the locale. -1: no such number. */
static float fraction(const char *text)
{
	float v = 0, unit = 0;

	if (!*text || strlen(text) > 8)
		return -1;
	for (; *text; text++) {
		if (*text == '.' && unit == 0) {
			unit = 1;
			continue;
		}
		if (*text < '0' || *text > '9')
			return -1;
		if (unit > 0)
			v += (unit /= 10) * (float)(*text - '0');
		else
			v = v * 10 + (float)(*text - '0');
	}
	return v <= 1 ? v : -1;
}

static int add_pattern(struct reader *r, enum hn_pattern_kind kind, const char *text, float weight)
{
	struct hn_signature *s = r->s;
	struct hn_pattern *p;

	if (s->n_patterns == PATTERNS_MAX)
		return mistake(r, hn_pattern_kind_name(kind), "more than 400 patterns in one signature");
	if (s->n_patterns == r->patterns_cap) {
		size_t cap = r->patterns_cap ? 2 * r->patterns_cap : 8;

		p = reallocarray(s->patterns, cap, sizeof(*p));
		if (!p)
			return -ENOMEM;
		s->patterns = p;
		r->patterns_cap = cap;
	}
	p = &s->patterns[s->n_patterns];
	*p = (struct hn_pattern){ .kind = kind, .weight = weight, .text = strdup(text) };
	if (!p->text)
		return -ENOMEM;
	s->n_patterns++;
	return 0;
}

/* One pattern; -1 for `weight`: the kind's own. A two-part image is known flattened too, as mirrors do it. */
static int read_pattern(struct reader *r, enum hn_pattern_kind kind, const char *given, float weight)
{
	char text[HN_PATTERN_TEXT_MAX], *slash;
	const char *wrong;
	int err;

	if (!hn_strcpy(text, sizeof(text), given))
		return mistake(r, hn_pattern_kind_name(kind), "is longer than 199 bytes");
	wrong = hn_pattern_normalise(kind, text);
	if (wrong)
		return mistake(r, hn_pattern_kind_name(kind), wrong);
	if (weight < 0)
		weight = hn_pattern_kind_weight(kind);
	err = add_pattern(r, kind, text, weight);
	if (err || kind != HN_PATTERN_IMAGE || strchr(text, '*'))
		return err;
	slash = strchr(text, '/');
	if (!slash || strchr(slash + 1, '/'))
		return 0;
	*slash = '-';
	return add_pattern(r, kind, text, weight);
}

/* "text", or {text: weight}. The event is the item's first. */
static int read_item(struct reader *r, enum hn_pattern_kind kind)
{
	_cleanup_(hn_str_done) struct hn_str text = { 0 };
	const char *key = hn_pattern_kind_name(kind), *value = scalar(r);
	float weight;
	int err;

	if (value)
		return read_pattern(r, kind, value, -1);
	if (!at(r, HN_YAML_MAP))
		return mistake(r, key, "must be a text, or a text with its weight");
	err = next(r);
	if (err)
		return err;
	value = scalar(r);
	if (!value)
		return mistake(r, key, "must be a text, or a text with its weight");
	hn_str_puts(&text, value);
	err = next(r);
	if (err)
		return err;
	value = scalar(r);
	weight = value ? fraction(value) : -1;
	if (weight < 0 || text.failed)
		return mistake(r, key, "the weight must be a number from 0 to 1");
	err = read_pattern(r, kind, hn_str_get(&text), weight);
	if (err)
		return err;
	err = next(r);
	if (err)
		return err;
	return at(r, HN_YAML_MAP_END) ? 0 : mistake(r, key, "one text and its weight, no more");
}

static int read_patterns(struct reader *r, enum hn_pattern_kind kind)
{
	int err;

	if (!at(r, HN_YAML_LIST))
		return read_item(r, kind);
	while (!(err = next(r)) && !at(r, HN_YAML_LIST_END)) {
		err = read_item(r, kind);
		if (err)
			break;
	}
	return err;
}

/* {image: TEXT, argv: TEXT …}: the event is the mapping's start. */
static int read_example(struct reader *r, bool match)
{
	enum hn_pattern_kind kind;
	const char *text;
	int err;

	if (!at(r, HN_YAML_MAP))
		return mistake(r, "examples", "must be like {image: TEXT}");
	while (!(err = next(r)) && !at(r, HN_YAML_MAP_END)) {
		text = scalar(r);
		kind = text ? hn_pattern_kind_find(text) : HN_PATTERN_MAX;
		if (kind == HN_PATTERN_MAX)
			return mistake(r, "examples", "unknown kind of signal");
		err = next(r);
		if (err)
			return err;
		text = scalar(r);
		if (!text)
			return mistake(r, "examples", "must be a text");
		if (r->to->on_example) {
			err = r->to->on_example(r->to->arg, r->s->name, match, kind, text);
			if (err)
				return mistake(r, "examples", "is not as it says");
		}
	}
	return err;
}

static int read_examples(struct reader *r)
{
	const char *text;
	bool match;
	int err;

	if (!r->s->name)
		return mistake(r, "examples", "must come after the name");
	if (!at(r, HN_YAML_MAP))
		return mistake(r, "examples", "must hold match and near-miss");
	while (!(err = next(r)) && !at(r, HN_YAML_MAP_END)) {
		text = scalar(r);
		match = text && !strcmp(text, "match");
		if (!match && (!text || strcmp(text, "near-miss")))
			return mistake(r, "examples", "must hold match and near-miss");
		err = next(r);
		if (err)
			return err;
		if (!at(r, HN_YAML_LIST)) {
			err = read_example(r, match);
			if (err)
				return err;
			continue;
		}
		while (!(err = next(r)) && !at(r, HN_YAML_LIST_END)) {
			err = read_example(r, match);
			if (err)
				return err;
		}
		if (err)
			return err;
	}
	return err;
}

static int read_bool(struct reader *r, const char *key, const char *text, bool *ret)
{
	if (strcmp(text, "true") && strcmp(text, "false"))
		return mistake(r, key, "must be true or false");
	*ret = !strcmp(text, "true");
	return 0;
}

static int read_text(struct reader *r, const char *key, const char *text, size_t max, char **ret)
{
	if (strlen(text) > max)
		return mistake(r, key, "is too long");
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ')
			return mistake(r, key, "holds a control character");
	free(*ret);
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

static int read_category(struct reader *r, const char *text)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(categories); i++)
		if (!strcmp(categories[i], text)) {
			r->s->category = categories[i];
			return 0;
		}
	return mistake(r, "category",
		       "must be inference, gateway, agent, vector-db, training, notebook or ml-platform");
}

/* The value of one key; the event is the value's first. */
static int read_value(struct reader *r, const char *key)
{
	enum hn_pattern_kind kind = hn_pattern_kind_find(key);
	struct hn_signature *s = r->s;
	const char *text = scalar(r);

	if (kind != HN_PATTERN_MAX)
		return read_patterns(r, kind);
	if (!strcmp(key, "examples"))
		return read_examples(r);
	if (!text)
		return mistake(r, key, "must be one text, or there is no such key");
	if (!strcmp(key, "name"))
		return *text ? read_text(r, key, text, 47, &s->name) : mistake(r, key, "is empty");
	if (!strcmp(key, "product"))
		return read_text(r, key, text, 47, &s->product);
	if (!strcmp(key, "category"))
		return read_category(r, text);
	if (!strcmp(key, "source"))
		return 0; /* for the people who read the file */
	if (!strcmp(key, "not-ai"))
		return read_bool(r, key, text, &s->against);
	if (!strcmp(key, "remove"))
		return read_bool(r, key, text, &s->remove);
	if (!strcmp(key, "cap")) {
		s->cap = fraction(text);
		return s->cap > 0 ? 0 : mistake(r, key, "must be a number above 0, at most 1");
	}
	return mistake(r, key, "there is no such key");
}

static int finish_signature(struct reader *r)
{
	struct hn_signature *s = r->s;

	if (!s->name)
		return mistake(r, "name", "is missing");
	if (s->remove)
		return s->n_patterns ? mistake(r, "remove", "an entry that removes has no signals") : 0;
	if (!s->n_patterns)
		return mistake(r, s->name, "has no signals");
	if (s->against == (*s->category != '\0'))
		return mistake(r, "category", s->against ? "a not-ai entry has none" : "is missing");
	if (!s->product) {
		s->product = strdup(s->against ? "" : s->name);
		if (!s->product)
			return -ENOMEM;
	}
	for (size_t i = 0; i < s->n_patterns; i++) {
		if (!s->against && s->patterns[i].weight <= 0)
			return mistake(r, hn_pattern_kind_name(s->patterns[i].kind), "weight 0 is for not-ai only");
		if (s->against)
			s->patterns[i].weight = -s->patterns[i].weight;
	}
	return 0;
}

static int read_signature(struct reader *r)
{
	const char *text;
	char key[64];
	int err;

	if (!at(r, HN_YAML_MAP))
		return mistake(r, "signatures", "each must hold keys, as in '- name: x'");
	r->s = calloc(1, sizeof(*r->s));
	if (!r->s)
		return -ENOMEM;
	r->s->category = "";
	r->s->cap = 0.99f;
	r->s->line = hn_yaml_line(r->yaml);
	r->patterns_cap = 0;
	while (!(err = next(r)) && !at(r, HN_YAML_MAP_END)) {
		text = scalar(r);
		if (!text || !hn_strcpy(key, sizeof(key), text))
			return mistake(r, "signatures", "a key must be a short text");
		err = next(r);
		if (!err)
			err = read_value(r, key);
		if (err)
			return err;
	}
	if (!err)
		err = finish_signature(r);
	return err ? err : r->to->on_signature(r->to->arg, TAKE_PTR(r->s), r->reason);
}

static int read_document(struct reader *r)
{
	static const enum hn_yaml_event opening[] = { HN_YAML_MAP, HN_YAML_SCALAR, HN_YAML_LIST };
	static const enum hn_yaml_event closing[] = { HN_YAML_MAP_END, HN_YAML_END };
	const char *shape = "the file must hold one key, signatures, and a list below it", *text;
	int err;

	for (size_t i = 0; i < HN_ARRAY_SIZE(opening); i++) {
		err = next(r);
		if (err)
			return err;
		text = scalar(r);
		if (!at(r, opening[i]) || (opening[i] == HN_YAML_SCALAR && (!text || strcmp(text, "signatures") != 0)))
			return mistake(r, "signatures", shape);
	}
	while (!(err = next(r)) && !at(r, HN_YAML_LIST_END)) {
		err = read_signature(r);
		if (err)
			return err;
	}
	for (size_t i = 0; !err && i < HN_ARRAY_SIZE(closing); i++) {
		err = next(r);
		if (!err && !at(r, closing[i]))
			err = mistake(r, "signatures", shape);
	}
	return err;
}

int hn_signature_read(const char *file, const char *bytes, size_t n, const struct hn_signature_reader *to,
		      struct hn_reason *reason)
{
	_cleanup_(hn_yaml_cleanup) struct hn_yaml *yaml = hn_yaml_new(file, bytes, n);
	struct reader r = { .yaml = yaml, .to = to, .reason = reason };
	int err;

	err = yaml ? read_document(&r) : -ENOMEM;
	if (err == -ENOMEM)
		(void)hn_reason_set(reason, err, "%s: out of memory", file);
	hn_signature_free(r.s);
	return err;
}
