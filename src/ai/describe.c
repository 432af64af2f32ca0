/* SPDX-License-Identifier: Apache-2.0 */
/* The catalogue for people: what an entry says, without how it is matched. Pure. */
#include <stdio.h>

#include "catalogue.h"

void hn_catalogue_describe(const struct hn_catalogue *c, size_t i, struct hn_signature_view *ret)
{
	const struct hn_signature *s = hn_catalogue_signature(c, i);

	*ret = (struct hn_signature_view){
		.name = s->name,
		.product = s->product,
		.category = s->category,
		.source = s->source,
		.against = s->against,
		.vague = s->vague,
		.cap = (double)s->cap,
		.n_patterns = s->n_patterns,
	};
}

void hn_catalogue_describe_pattern(const struct hn_catalogue *c, size_t i, size_t k, struct hn_pattern_view *ret)
{
	const struct hn_pattern *p = &hn_catalogue_signature(c, i)->patterns[k];

	_Static_assert(sizeof(ret->text) > HN_PATTERN_TEXT_MAX + 2, "a pattern and the \"*.\" of a file's");
	ret->kind = hn_pattern_kind_name(p->kind);
	ret->weight = (double)p->weight;
	/* The normal form of a file's ending is without what all of them begin with. */
	snprintf(ret->text, sizeof(ret->text), "%s%s", p->kind == HN_PATTERN_FILE ? "*." : "", p->text);
}
