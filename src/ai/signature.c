/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the entries of a catalogue file. Every mistake names file, line and key; the first one ends the reading.
 * Owns the signature under construction and hands it over when it is complete. */
#include "signature.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/str.h"
#include "signature_reader.h"

static const char *const categories[] = {"inference", "gateway",  "agent",      "vector-db",
					 "training",  "notebook", "ml-platform"};

void hn_signature_free(struct hn_signature *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_patterns; i++)
		free(s->patterns[i].text);
	free(s->patterns);
	free(s->name);
	free(s->product);
	free(s->source);
	free(s);
}

/* {image: TEXT, argv: TEXT …}: the event is the mapping's start. */
static int read_example(struct hn_signature_reading *r, bool match)
{
	enum hn_pattern_kind kind;
	const char *text;
	int err;

	if (!hn_signature_at(r, HN_YAML_MAP))
		return hn_signature_mistake(r, "examples", "must be like {image: TEXT}");
	while (!(err = hn_signature_next(r)) && !hn_signature_at(r, HN_YAML_MAP_END)) {
		text = hn_signature_scalar(r);
		kind = text ? hn_pattern_kind_find(text) : HN_PATTERN_MAX;
		if (kind == HN_PATTERN_MAX)
			return hn_signature_mistake(r, "examples", "unknown kind of signal");
		err = hn_signature_next(r);
		if (err)
			return err;
		text = hn_signature_scalar(r);
		if (!text)
			return hn_signature_mistake(r, "examples", "must be a text");
		if (r->to->on_example) {
			err = r->to->on_example(r->to->arg, r->s->name, match, kind, text);
			if (err)
				return hn_signature_mistake(r, "examples", "is not as it says");
		}
	}
	return err;
}

static int read_examples(struct hn_signature_reading *r)
{
	const char *text;
	bool match;
	int err;

	if (!r->s->name)
		return hn_signature_mistake(r, "examples", "must come after the name");
	if (!hn_signature_at(r, HN_YAML_MAP))
		return hn_signature_mistake(r, "examples", "must hold match and near-miss");
	while (!(err = hn_signature_next(r)) && !hn_signature_at(r, HN_YAML_MAP_END)) {
		text = hn_signature_scalar(r);
		match = text && !strcmp(text, "match");
		if (!match && (!text || strcmp(text, "near-miss")))
			return hn_signature_mistake(r, "examples", "must hold match and near-miss");
		err = hn_signature_next(r);
		if (err)
			return err;
		if (!hn_signature_at(r, HN_YAML_LIST)) {
			err = read_example(r, match);
			if (err)
				return err;
			continue;
		}
		while (!(err = hn_signature_next(r)) && !hn_signature_at(r, HN_YAML_LIST_END)) {
			err = read_example(r, match);
			if (err)
				return err;
		}
		if (err)
			return err;
	}
	return err;
}

static int read_bool(struct hn_signature_reading *r, const char *key, const char *text, bool *ret)
{
	if (strcmp(text, "true") && strcmp(text, "false"))
		return hn_signature_mistake(r, key, "must be true or false");
	*ret = !strcmp(text, "true");
	return 0;
}

static int read_text(struct hn_signature_reading *r, const char *key, const char *text, size_t max, char **ret)
{
	if (strlen(text) > max)
		return hn_signature_mistake(r, key, "is too long");
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ')
			return hn_signature_mistake(r, key, "holds a control character");
	free(*ret);
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

static int read_category(struct hn_signature_reading *r, const char *text)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(categories); i++)
		if (!strcmp(categories[i], text)) {
			r->s->category = categories[i];
			return 0;
		}
	return hn_signature_mistake(
		r, "category", "must be inference, gateway, agent, vector-db, training, notebook or ml-platform");
}

/* The value of one key; the event is the value's first. */
static int read_value(struct hn_signature_reading *r, const char *key)
{
	enum hn_pattern_kind kind = hn_pattern_kind_find(key);
	struct hn_signature *s = r->s;
	const char *text = hn_signature_scalar(r);

	if (kind != HN_PATTERN_MAX)
		return hn_signature_read_patterns(r, kind);
	if (!strcmp(key, "examples"))
		return read_examples(r);
	if (!text)
		return hn_signature_mistake(r, key, "must be one text, or there is no such key");
	if (!strcmp(key, "name"))
		return *text ? read_text(r, key, text, 47, &s->name) : hn_signature_mistake(r, key, "is empty");
	if (!strcmp(key, "product"))
		return read_text(r, key, text, 47, &s->product);
	if (!strcmp(key, "category"))
		return read_category(r, text);
	if (!strcmp(key, "source"))
		return read_text(r, key, text, 399, &s->source);
	if (!strcmp(key, "not-ai"))
		return read_bool(r, key, text, &s->against);
	if (!strcmp(key, "vague"))
		return read_bool(r, key, text, &s->vague);
	if (!strcmp(key, "remove"))
		return read_bool(r, key, text, &s->remove);
	if (!strcmp(key, "cap")) {
		s->cap = hn_signature_fraction(text);
		return s->cap > 0 ? 0 : hn_signature_mistake(r, key, "must be a number above 0, at most 1");
	}
	return hn_signature_mistake(r, key, "there is no such key");
}

static int finish_signature(struct hn_signature_reading *r)
{
	struct hn_signature *s = r->s;

	if (!s->name)
		return hn_signature_mistake(r, "name", "is missing");
	if (s->remove)
		return s->n_patterns ? hn_signature_mistake(r, "remove", "an entry that removes has no signals") :
				       0;
	if (!s->n_patterns)
		return hn_signature_mistake(r, s->name, "has no signals");
	if (s->against == (*s->category != '\0'))
		return hn_signature_mistake(r, "category", s->against ? "a not-ai entry has none" : "is missing");
	if (!s->product) {
		s->product = strdup(s->against ? "" : s->name);
		if (!s->product)
			return -ENOMEM;
	}
	if (!s->source && !(s->source = strdup("")))
		return -ENOMEM;
	for (size_t i = 0; i < s->n_patterns; i++) {
		if (!s->against && s->patterns[i].weight <= 0)
			return hn_signature_mistake(r, hn_pattern_kind_name(s->patterns[i].kind),
						    "weight 0 is for not-ai only");
		if (s->against)
			s->patterns[i].weight = -s->patterns[i].weight;
	}
	return 0;
}

static int read_signature(struct hn_signature_reading *r)
{
	const char *text;
	char key[64];
	int err;

	if (!hn_signature_at(r, HN_YAML_MAP))
		return hn_signature_mistake(r, "signatures", "each must hold keys, as in '- name: x'");
	r->s = calloc(1, sizeof(*r->s));
	if (!r->s)
		return -ENOMEM;
	r->s->category = "";
	r->s->cap = 0.99f;
	r->s->line = hn_yaml_line(r->yaml);
	r->patterns_cap = 0;
	while (!(err = hn_signature_next(r)) && !hn_signature_at(r, HN_YAML_MAP_END)) {
		text = hn_signature_scalar(r);
		if (!text || !hn_strcpy(key, sizeof(key), text))
			return hn_signature_mistake(r, "signatures", "a key must be a short text");
		err = hn_signature_next(r);
		if (!err)
			err = read_value(r, key);
		if (err)
			return err;
	}
	if (!err)
		err = finish_signature(r);
	return err ? err : r->to->on_signature(r->to->arg, TAKE_PTR(r->s), r->reason);
}

static int read_document(struct hn_signature_reading *r)
{
	static const enum hn_yaml_event opening[] = {HN_YAML_MAP, HN_YAML_SCALAR, HN_YAML_LIST};
	static const enum hn_yaml_event closing[] = {HN_YAML_MAP_END, HN_YAML_END};
	const char *shape = "the file must hold one key, signatures, and a list below it", *text;
	int err;

	for (size_t i = 0; i < HN_ARRAY_SIZE(opening); i++) {
		err = hn_signature_next(r);
		if (err)
			return err;
		text = hn_signature_scalar(r);
		if (!hn_signature_at(r, opening[i]) ||
		    (opening[i] == HN_YAML_SCALAR && (!text || strcmp(text, "signatures") != 0)))
			return hn_signature_mistake(r, "signatures", shape);
	}
	while (!(err = hn_signature_next(r)) && !hn_signature_at(r, HN_YAML_LIST_END)) {
		err = read_signature(r);
		if (err)
			return err;
	}
	for (size_t i = 0; !err && i < HN_ARRAY_SIZE(closing); i++) {
		err = hn_signature_next(r);
		if (!err && !hn_signature_at(r, closing[i]))
			err = hn_signature_mistake(r, "signatures", shape);
	}
	return err;
}

int hn_signature_read(const char *file, const char *bytes, size_t n, const struct hn_signature_reader *to,
		      struct hn_reason *reason)
{
	_cleanup_(hn_yaml_cleanup) struct hn_yaml *yaml = hn_yaml_new(file, bytes, n);
	struct hn_signature_reading r = {.yaml = yaml, .to = to, .reason = reason};
	int err;

	err = yaml ? read_document(&r) : -ENOMEM;
	if (err == -ENOMEM)
		(void)hn_reason_set(reason, err, "%s: out of memory", file);
	hn_signature_free(r.s);
	return err;
}
