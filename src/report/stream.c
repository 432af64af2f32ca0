/* SPDX-License-Identifier: Apache-2.0 */
/* A change becomes one line, the line goes into a queue, the queue goes out as fast as it is read. */
#include "stream.h"

#include <errno.h>
#include <stdlib.h>

#include "hostnetd/ocsf.h"
#include "hostnetd/str.h"
#include "queue.h"

struct stream {
	const struct hn_identity *who;
	bool colour;
	struct hn_str line; /* kept from one line to the next */
	struct hn_queue queue;
	struct hn_ocsf_control control; /* ocsf */
};

static int stream_open(void **ret_self, int fd, bool colour, const struct hn_identity *who)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->who = who;
	s->colour = colour;
	hn_queue_init(&s->queue, fd, HN_QUEUE_LIMIT);
	*ret_self = s;
	return 0;
}

static void push_line(struct stream *s)
{
	if (s->line.failed)
		hn_queue_drop(&s->queue);
	else if (s->line.len > 0)
		hn_queue_push(&s->queue, s->line.data, s->line.len);
	hn_str_clear(&s->line);
	hn_queue_flush(&s->queue);
}

static void json_change(void *self, const struct hn_change *change)
{
	struct stream *s = self;

	hn_report_change_json(s->who, change, &s->line);
	push_line(s);
}

static void json_notice(void *self, const struct hn_notice *notice)
{
	struct stream *s = self;

	hn_report_notice_json(s->who, notice, &s->line);
	push_line(s);
}

static void table_change(void *self, const struct hn_change *change)
{
	struct stream *s = self;

	hn_report_change_text(s->who, change, s->colour, &s->line);
	push_line(s);
}

static void table_notice(void *self, const struct hn_notice *notice)
{
	struct stream *s = self;

	hn_report_notice_text(s->who, notice, s->colour, &s->line);
	push_line(s);
}

static void ocsf_change(void *self, const struct hn_change *change)
{
	struct stream *s = self;

	hn_report_ocsf_change(s->who, change, 0, &s->line);
	if (s->line.len > 0)
		hn_str_putc(&s->line, '\n');
	push_line(s);
}

static void ocsf_control(void *self, const struct hn_health *health)
{
	struct stream *s = self;

	hn_report_ocsf_control(health, &s->control, &s->line);
	hn_str_putc(&s->line, '\n');
	push_line(s);
}

static bool stream_flush(void *self)
{
	struct stream *s = self;

	return hn_queue_flush(&s->queue);
}

static uint64_t stream_dropped(const void *self)
{
	const struct stream *s = self;

	return s->queue.dropped;
}

static void stream_close(void *self)
{
	struct stream *s = self;

	if (!s)
		return;
	hn_queue_flush(&s->queue);
	hn_queue_done(&s->queue);
	hn_str_done(&s->line);
	free(s);
}

const struct hn_printer_ops hn_printer_json = {
	.name = "json",
	.open = stream_open,
	.on_change = json_change,
	.on_notice = json_notice,
	.flush = stream_flush,
	.dropped = stream_dropped,
	.close = stream_close,
};

const struct hn_printer_ops hn_printer_table = {
	.name = "table",
	.open = stream_open,
	.on_change = table_change,
	.on_notice = table_notice,
	.flush = stream_flush,
	.dropped = stream_dropped,
	.close = stream_close,
};

/* Findings and the control alone: OCSF has no class for what else `run` says. */
const struct hn_printer_ops hn_printer_ocsf = {
	.name = "ocsf",
	.open = stream_open,
	.on_change = ocsf_change,
	.on_control = ocsf_control,
	.flush = stream_flush,
	.dropped = stream_dropped,
	.close = stream_close,
};
