// SPDX-License-Identifier: Apache-2.0
// libyaml's composer has no bounds: it looks at every open bracket for every token, at every anchor for each new one and each
// alias, and holds a document whole before anybody may count it. As a row of events it can be stopped in time. Events also
// tell tags apart that the composed nodes have lost.
#include "manifest_bounds.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <yaml.h>

#include "cutter.h"

/* Of the open document. */
struct counts {
	unsigned number;
	int depth;
	size_t values, anchors, aliases;
};

static const yaml_char_t *anchor_of(const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		return e->data.scalar.anchor;
	case YAML_SEQUENCE_START_EVENT:
		return e->data.sequence_start.anchor;
	case YAML_MAPPING_START_EVENT:
		return e->data.mapping_start.anchor;
	default:
		return NULL;
	}
}

static void count(struct counts *c, const yaml_event_t *e)
{
	bool opens = e->type == YAML_MAPPING_START_EVENT || e->type == YAML_SEQUENCE_START_EVENT;

	if (e->type == YAML_DOCUMENT_START_EVENT)
		*c = (struct counts){.number = c->number + 1};
	c->depth += opens;
	c->depth -= e->type == YAML_MAPPING_END_EVENT || e->type == YAML_SEQUENCE_END_EVENT;
	c->values += opens || e->type == YAML_SCALAR_EVENT;
	c->anchors += anchor_of(e) != NULL;
	c->aliases += e->type == YAML_ALIAS_EVENT;
}

static const char *too_much(const struct counts *c)
{
	if (c->values > HN_MANIFEST_VALUES)
		return "too many values: give it as JSON, which is read in pieces";
	if (c->anchors > HN_MANIFEST_ANCHORS)
		return "more than 2000 anchors";
	return c->aliases > HN_MANIFEST_ALIASED ? "more than 200000 aliases" : NULL;
}

/* ! before a quoted << makes it a merge for some readers, !!str before a plain one makes it none. */
static bool is_strange(const yaml_event_t *e)
{
	bool plain;

	if (e->type != YAML_SCALAR_EVENT)
		return false;
	plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if (!plain && e->data.scalar.plain_implicit)
		return true;
	return plain && e->data.scalar.tag && strcmp((const char *)e->data.scalar.tag, YAML_STR_TAG) == 0 &&
	       strcmp((const char *)e->data.scalar.value, "<<") == 0;
}

int hn_manifest_bounds(const char *bytes, size_t n, struct hn_reason *reason)
{
	struct counts c = {.number = 0};
	yaml_parser_t parser;
	yaml_event_t event;
	bool more = true;
	int r = 0;

	if (!yaml_parser_initialize(&parser))
		return hn_reason_set(reason, -ENOMEM, "no memory");
	yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, n);
	while (more && r == 0 && yaml_parser_parse(&parser, &event)) {
		size_t line = event.start_mark.line + 1;
		const char *what;

		more = event.type != YAML_STREAM_END_EVENT;
		count(&c, &event);
		what = too_much(&c);
		if (c.depth > HN_CUTTER_DEPTH)
			r = hn_reason_set(reason, -EBADMSG, "document %u, line %zu: nested too deeply", c.number,
					  line);
		else if (what)
			r = hn_reason_set(reason, -E2BIG, "document %u, line %zu: %s", c.number, line, what);
		else if (is_strange(&event))
			r = hn_reason_set(reason, -EBADMSG,
					  "document %u, line %zu: a tag that readers understand differently",
					  c.number, line);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return r;
}
