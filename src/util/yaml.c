/* SPDX-License-Identifier: Apache-2.0 */
/* YAML by libyaml. util/option_config.c knows it too: it wants a document, not a row of events. */
#include "hostnetd/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define SCALAR_MAX 4096

struct hn_yaml {
	yaml_parser_t parser;
	yaml_event_t event;
	bool has_event;
	const char *file, *bytes;
	size_t n;
};

struct hn_yaml *hn_yaml_new(const char *file, const char *bytes, size_t n)
{
	struct hn_yaml *y = calloc(1, sizeof(*y));

	if (!y)
		return NULL;
	if (!yaml_parser_initialize(&y->parser)) {
		free(y);
		return NULL;
	}
	y->file = file;
	y->bytes = bytes;
	y->n = n;
	yaml_parser_set_input_string(&y->parser, (const unsigned char *)bytes, n);
	return y;
}

void hn_yaml_free(struct hn_yaml *y)
{
	if (!y)
		return;
	if (y->has_event)
		yaml_event_delete(&y->event);
	yaml_parser_delete(&y->parser);
	free(y);
}

/* Of bytes that are no text libyaml tells the offset only. */
static size_t reader_line(const struct hn_yaml *y)
{
	size_t line = 0;

	for (size_t i = 0; i < y->n && i < y->parser.problem_offset; i++)
		line += y->bytes[i] == '\n';
	return line;
}

unsigned hn_yaml_line(const struct hn_yaml *y)
{
	size_t line = y->has_event                         ? y->event.start_mark.line :
		      y->parser.error == YAML_READER_ERROR ? reader_line(y) :
							     y->parser.problem_mark.line;

	return (unsigned)line + 1;
}

int hn_yaml_mistake(const struct hn_yaml *y, struct hn_reason *reason, const char *key, const char *what)
{
	return hn_yaml_mistake_at(y, hn_yaml_line(y), reason, key, what);
}

int hn_yaml_mistake_at(const struct hn_yaml *y, unsigned line, struct hn_reason *reason, const char *key,
		       const char *what)
{
	return hn_reason_set(reason, -EINVAL, "%s:%u: %s: %s", y->file, line, key, what);
}

static bool framing(yaml_event_type_t type)
{
	return type == YAML_STREAM_START_EVENT || type == YAML_DOCUMENT_START_EVENT ||
	       type == YAML_DOCUMENT_END_EVENT;
}

int hn_yaml_next(struct hn_yaml *y, struct hn_reason *reason)
{
	do {
		if (y->has_event)
			yaml_event_delete(&y->event);
		y->has_event = false;
		if (!yaml_parser_parse(&y->parser, &y->event)) {
			if (y->parser.error == YAML_MEMORY_ERROR)
				return -ENOMEM;
			return hn_yaml_mistake(y, reason, "YAML",
					       y->parser.problem ? y->parser.problem : "cannot be read");
		}
		y->has_event = true;
		if (y->event.type == YAML_ALIAS_EVENT)
			return hn_yaml_mistake(y, reason, "YAML", "aliases are not allowed");
	} while (framing(y->event.type));
	return 0;
}

enum hn_yaml_event hn_yaml_event(const struct hn_yaml *y)
{
	switch (y->event.type) {
	case YAML_SCALAR_EVENT:
		return HN_YAML_SCALAR;
	case YAML_MAPPING_START_EVENT:
		return HN_YAML_MAP;
	case YAML_MAPPING_END_EVENT:
		return HN_YAML_MAP_END;
	case YAML_SEQUENCE_START_EVENT:
		return HN_YAML_LIST;
	case YAML_SEQUENCE_END_EVENT:
		return HN_YAML_LIST_END;
	default:
		return HN_YAML_END;
	}
}

const char *hn_yaml_scalar_up_to(const struct hn_yaml *y, size_t max)
{
	const char *text;

	if (y->event.type != YAML_SCALAR_EVENT || y->event.data.scalar.length > max)
		return NULL;
	text = (const char *)y->event.data.scalar.value;
	return strlen(text) == y->event.data.scalar.length ? text : NULL;
}

const char *hn_yaml_scalar(const struct hn_yaml *y)
{
	return hn_yaml_scalar_up_to(y, SCALAR_MAX);
}

bool hn_yaml_is_null(const struct hn_yaml *y)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
	const char *text = hn_yaml_scalar(y);

	if (!text || y->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (size_t i = 0; i < HN_ARRAY_SIZE(nulls); i++)
		if (strcmp(text, nulls[i]) == 0)
			return true;
	return false;
}
