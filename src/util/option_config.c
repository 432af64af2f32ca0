/* SPDX-License-Identifier: Apache-2.0 */
/* --config FILE: a flat YAML mapping of option names. Bounded in size; no anchors, nesting or second document. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

#include "hostnetd/str.h"
#include "option_row.h"

#define FILE_MAX (1024 * 1024)

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int read_whole(const char *path, struct hn_str *out, struct hn_reason *reason)
{
	_cleanup_(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char buf[4096];

	if (fd < 0)
		return hn_reason_set(reason, -EINVAL, "--config %.300s: %s", path, strerror(errno));
	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return hn_reason_set(reason, -EINVAL, "--config %.300s: %s", path, strerror(errno));
		if (n == 0)
			break;
		hn_str_append(out, buf, (size_t)n);
		if (out->len > FILE_MAX)
			return hn_reason_set(reason, -EINVAL, "--config %.300s: larger than 1 MiB", path);
	}
	return out->failed ? hn_reason_set(reason, -ENOMEM, "out of memory") : 0;
}

/* The parser and the event that was read last, both freed at once. */
struct document {
	const struct hn_option_run *run;
	const char *path;
	bool *seen; /* rows that this file has set: a key twice is an error */
	yaml_parser_t parser;
	yaml_event_t event;
	bool has_event;
};

static void document_done(struct document *d)
{
	if (d->has_event)
		yaml_event_delete(&d->event);
	yaml_parser_delete(&d->parser);
	free(d->seen);
}

static int fail_at(const struct document *d, yaml_mark_t mark, const char *fmt, ...) _printf_(3, 4);
static int fail_at(const struct document *d, yaml_mark_t mark, const char *fmt, ...)
{
	_cleanup_(hn_str_done) struct hn_str text = {0};
	va_list ap;

	va_start(ap, fmt);
	hn_str_vprintf(&text, fmt, ap);
	va_end(ap);
	return hn_reason_set(d->run->reason, -EINVAL, "%.200s:%zu:%zu: %s", d->path, mark.line + 1,
			     mark.column + 1, hn_str_get(&text));
}

static int next_event(struct document *d)
{
	if (d->has_event)
		yaml_event_delete(&d->event);
	d->has_event = false;
	if (!yaml_parser_parse(&d->parser, &d->event)) {
		if (d->parser.error == YAML_MEMORY_ERROR)
			return hn_reason_set(d->run->reason, -ENOMEM, "out of memory");
		return fail_at(d, d->parser.problem_mark, "%s",
			       d->parser.problem ? d->parser.problem : "no valid YAML");
	}
	d->has_event = true;
	return 0;
}

/* Copies the scalar; it must be text without NUL. */
static int take_scalar(struct document *d, const char *what, struct hn_str *out)
{
	const yaml_event_t *e = &d->event;

	if (e->type != YAML_SCALAR_EVENT)
		return fail_at(d, e->start_mark, "%s must be plain text, a number, true or false", what);
	if (e->data.scalar.anchor)
		return fail_at(d, e->start_mark, "anchors are not supported");
	if (memchr(e->data.scalar.value, '\0', e->data.scalar.length))
		return fail_at(d, e->start_mark, "%s holds a NUL", what);
	hn_str_clear(out);
	hn_str_append(out, e->data.scalar.value, e->data.scalar.length);
	return out->failed ? hn_reason_set(d->run->reason, -ENOMEM, "out of memory") : 0;
}

static int assign_value(struct document *d, const struct hn_option *row, bool wanted)
{
	_cleanup_(hn_str_done) struct hn_str value = {0};
	yaml_mark_t mark = d->event.start_mark;
	int r = take_scalar(d, row->name, &value);

	if (r < 0 || !wanted)
		return r;
	r = hn_option_assign(d->run, row, row->name, hn_str_get(&value));
	if (r == -EINVAL)
		return hn_reason_wrap(d->run->reason, r, "%.200s:%zu:%zu", d->path, mark.line + 1,
				      mark.column + 1);
	return r;
}

/* The value of a key, which is the next event: a scalar, or for a list a sequence of scalars. */
static int read_value(struct document *d, const struct hn_option *row, bool wanted)
{
	int r = next_event(d);

	if (r < 0)
		return r;
	if (d->event.type != YAML_SEQUENCE_START_EVENT || row->type != HN_OPTION_LIST)
		return assign_value(d, row, wanted);
	for (;;) {
		r = next_event(d);
		if (r < 0)
			return r;
		if (d->event.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		r = assign_value(d, row, wanted);
		if (r < 0)
			return r;
	}
}

static int unknown_key(const struct document *d, yaml_mark_t mark, const char *name)
{
	const struct hn_option *nearest = hn_option_nearest(d->run, name, strlen(name));

	if (nearest)
		return fail_at(d, mark, "unknown key '%.80s': did you mean '%s'?", name, nearest->name);
	return fail_at(d, mark, "unknown key '%.80s'", name);
}

/* The key is the event that was just read. */
static int read_member(struct document *d)
{
	_cleanup_(hn_str_done) struct hn_str name = {0};
	yaml_mark_t mark = d->event.start_mark;
	const struct hn_option *row;
	int r = take_scalar(d, "a key", &name);

	if (r < 0)
		return r;
	row = hn_option_find(d->run, hn_str_get(&name), name.len);
	if (!row)
		return unknown_key(d, mark, hn_str_get(&name));
	if (hn_streq(row->name, "config") || hn_streq(row->name, "help"))
		return fail_at(d, mark, "'%s' is a flag only, no key of the file", row->name);
	if (d->seen[row - d->run->rows])
		return fail_at(d, mark, "key '%s' is there twice", row->name);
	d->seen[row - d->run->rows] = true;
	return read_value(d, row, hn_option_is_valid(d->run, row) && !*hn_option_set_mark(d->run, row));
}

static int read_mapping(struct document *d)
{
	for (;;) {
		int r = next_event(d);

		if (r < 0)
			return r;
		if (d->event.type == YAML_MAPPING_END_EVENT)
			return 0;
		r = read_member(d);
		if (r < 0)
			return r;
	}
}

static int read_stream(struct document *d)
{
	bool had_document = false;

	for (;;) {
		int r = next_event(d);

		if (r < 0)
			return r;
		switch (d->event.type) {
		case YAML_STREAM_END_EVENT:
			return 0;
		case YAML_DOCUMENT_START_EVENT:
			if (had_document)
				return fail_at(d, d->event.start_mark, "a second document");
			had_document = true;
			break;
		case YAML_MAPPING_START_EVENT:
			r = read_mapping(d);
			if (r < 0)
				return r;
			break;
		case YAML_STREAM_START_EVENT:
		case YAML_DOCUMENT_END_EVENT:
			break;
		case YAML_SCALAR_EVENT:
			/* A document of comments only is an empty scalar. */
			if (d->event.data.scalar.length == 0)
				break;
			__attribute__((fallthrough));
		default:
			return fail_at(d, d->event.start_mark, "expected a mapping of option names to values");
		}
	}
}

int hn_option_load_file(const struct hn_option_run *run, const char *path)
{
	_cleanup_(hn_str_done) struct hn_str text = {0};
	_cleanup_(document_done) struct document d = {.run = run, .path = path};
	size_t n = 0;
	int r;

	if (!yaml_parser_initialize(&d.parser))
		return hn_reason_set(run->reason, -ENOMEM, "out of memory");
	while (run->rows[n].name)
		n++;
	d.seen = calloc(n + 1, sizeof(*d.seen));
	if (!d.seen)
		return hn_reason_set(run->reason, -ENOMEM, "out of memory");
	r = read_whole(path, &text, run->reason);
	if (r < 0)
		return r;
	yaml_parser_set_input_string(&d.parser, (const unsigned char *)hn_str_get(&text), text.len);
	return read_stream(&d);
}
