/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that read a catalogue's entries share: the entry under construction, and where the reading stands. */
#ifndef AI_SIGNATURE_READER_H
#define AI_SIGNATURE_READER_H

#include "hostnetd/yaml.h"
#include "signature.h"

struct hn_signature_reading {
	struct hn_yaml *yaml;
	const struct hn_signature_reader *to;
	struct hn_reason *reason;
	struct hn_signature *s;
	size_t patterns_cap;
};

static inline int hn_signature_mistake(struct hn_signature_reading *r, const char *key, const char *what)
{
	return hn_yaml_mistake(r->yaml, r->reason, key, what);
}

static inline int hn_signature_next(struct hn_signature_reading *r)
{
	return hn_yaml_next(r->yaml, r->reason);
}

static inline const char *hn_signature_scalar(const struct hn_signature_reading *r)
{
	return hn_yaml_scalar(r->yaml);
}

static inline bool hn_signature_at(const struct hn_signature_reading *r, enum hn_yaml_event event)
{
	return hn_yaml_event(r->yaml) == event;
}

/* A number from 0 to 1, or -1. */
float hn_signature_fraction(const char *text);
/* The value of a pattern's key: one, or a list of them. The event is the value's first. */
_must_check_ int hn_signature_read_patterns(struct hn_signature_reading *r, enum hn_pattern_kind kind);

#endif
