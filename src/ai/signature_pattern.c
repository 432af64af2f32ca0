/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the patterns of a catalogue's entry, with or without weights. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/str.h"
#include "signature_reader.h"

#define PATTERNS_MAX 400

/* "0.75": digits and at most one dot, whatever the locale. -1: no such number. */
float hn_signature_fraction(const char *text)
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

static int add_pattern(struct hn_signature_reading *r, enum hn_pattern_kind kind, const char *text, float weight)
{
	struct hn_signature *s = r->s;
	struct hn_pattern *p;

	if (s->n_patterns == PATTERNS_MAX)
		return hn_signature_mistake(r, hn_pattern_kind_name(kind),
					    "more than 400 patterns in one signature");
	if (s->n_patterns == r->patterns_cap) {
		size_t cap = r->patterns_cap ? 2 * r->patterns_cap : 8;

		p = reallocarray(s->patterns, cap, sizeof(*p));
		if (!p)
			return -ENOMEM;
		s->patterns = p;
		r->patterns_cap = cap;
	}
	p = &s->patterns[s->n_patterns];
	*p = (struct hn_pattern){.kind = kind, .weight = weight, .text = strdup(text)};
	if (!p->text)
		return -ENOMEM;
	s->n_patterns++;
	return 0;
}

/* One pattern; -1 for `weight`: the kind's own. A two-part image is known flattened too, as mirrors do it. */
static int read_pattern(struct hn_signature_reading *r, enum hn_pattern_kind kind, const char *given, float weight)
{
	char text[HN_PATTERN_TEXT_MAX];
	const char *slash;
	const char *wrong;
	int err;

	if (!hn_strcpy(text, sizeof(text), given))
		return hn_signature_mistake(r, hn_pattern_kind_name(kind), "is longer than 199 bytes");
	wrong = hn_pattern_normalise(kind, text);
	if (wrong)
		return hn_signature_mistake(r, hn_pattern_kind_name(kind), wrong);
	if (weight < 0)
		weight = hn_pattern_kind_weight(kind);
	err = add_pattern(r, kind, text, weight);
	if (err || kind != HN_PATTERN_IMAGE || strchr(text, '*'))
		return err;
	slash = strchr(text, '/');
	if (!slash || strchr(slash + 1, '/'))
		return 0;
	for (char *p = text; *p; p++)
		if (*p == '/' || *p == '_')
			*p = '-';
	err = add_pattern(r, kind, text, weight);
	if (!err)
		r->s->patterns[r->s->n_patterns - 1].flattened = true;
	return err;
}

/* "text", or {text: weight}. The event is the item's first. */
static int read_item(struct hn_signature_reading *r, enum hn_pattern_kind kind)
{
	_cleanup_(hn_str_done) struct hn_str text = {0};
	const char *key = hn_pattern_kind_name(kind), *value = hn_signature_scalar(r);
	float weight;
	int err;

	if (value)
		return read_pattern(r, kind, value, -1);
	if (!hn_signature_at(r, HN_YAML_MAP))
		return hn_signature_mistake(r, key, "must be a text, or a text with its weight");
	err = hn_signature_next(r);
	if (err)
		return err;
	value = hn_signature_scalar(r);
	if (!value)
		return hn_signature_mistake(r, key, "must be a text, or a text with its weight");
	hn_str_puts(&text, value);
	err = hn_signature_next(r);
	if (err)
		return err;
	value = hn_signature_scalar(r);
	weight = value ? hn_signature_fraction(value) : -1;
	if (weight < 0 || text.failed)
		return hn_signature_mistake(r, key, "the weight must be a number from 0 to 1");
	err = read_pattern(r, kind, hn_str_get(&text), weight);
	if (err)
		return err;
	err = hn_signature_next(r);
	if (err)
		return err;
	return hn_signature_at(r, HN_YAML_MAP_END) ?
		       0 :
		       hn_signature_mistake(r, key, "one text and its weight, no more");
}

int hn_signature_read_patterns(struct hn_signature_reading *r, enum hn_pattern_kind kind)
{
	int err;

	if (!hn_signature_at(r, HN_YAML_LIST))
		return read_item(r, kind);
	while (!(err = hn_signature_next(r)) && !hn_signature_at(r, HN_YAML_LIST_END)) {
		err = read_item(r, kind);
		if (err)
			break;
	}
	return err;
}
