// SPDX-License-Identifier: Apache-2.0
/* POST of log records to an OpenTelemetry collector's /v1/logs, as OTLP/HTTP says: what it answers with 429, 502, 503 and 504 is
 * tried again, nothing else is. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>

#include "address.h"
#include "feed.h"
#include "headers.h"
#include "hostnetd/otlp.h"

struct otlp {
	const struct hn_identity *who;
	struct hn_address address;
	struct hn_headers headers;
	struct hn_feed *feed;
	struct hn_str question;
};

static void render(void *self _unused_, const struct hn_event *event, struct hn_str *out)
{
	hn_report_otlp_event(event, out);
}

static void wrap(void *self, const struct hn_feed_batch *batch, struct hn_str *out)
{
	struct otlp *o = self;

	hn_report_otlp_begin(o->who, out);
	for (const struct hn_record *one = batch->records; one; one = one->next) {
		hn_str_append(out, one->text, one->n);
		if (one->next)
			hn_str_putc(out, ',');
	}
	hn_report_otlp_end(out);
}

static int address(void *self, struct hn_parcel *ret, struct hn_reason *reason)
{
	struct otlp *o = self;
	int r = hn_headers_refresh(&o->headers, reason);

	if (r < 0)
		return r;
	ret->path = "/v1/logs";
	ret->headers = o->headers.list;
	ret->n_headers = o->headers.n;
	return 0;
}

/* {"partialSuccess": {"rejectedLogRecords": "2", "errorMessage": "why"}}: the rest was taken. */
static void read_partial(struct otlp *o, const char *body, struct hn_reason *reason)
{
	_cleanup_(hn_str_done) struct hn_str shown = {0};
	cJSON *json = body[0] ? cJSON_Parse(body) : NULL;
	const cJSON *partial = cJSON_GetObjectItemCaseSensitive(json, "partialSuccess");
	const cJSON *rejected = cJSON_GetObjectItemCaseSensitive(partial, "rejectedLogRecords");
	const char *message = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(partial, "errorMessage"));
	const char *text = cJSON_GetStringValue(rejected);
	double n = text ? strtod(text, NULL) : cJSON_IsNumber(rejected) ? cJSON_GetNumberValue(rejected) : 0;

	if (n >= 1) {
		hn_feed_reject(o->feed, n < 1e9 ? (uint64_t)n : (uint64_t)1e9);
		hn_reason_set(reason, 0, "it rejected %.0f of the records that it was sent%s%s", n < 1e9 ? n : 1e9,
			      message && message[0] ? ": " : "",
			      hn_str_excerpt(&shown, message ? message : "", 160));
	}
	cJSON_Delete(json);
}

static enum hn_delivery judge(void *self, const struct hn_https_answer *answer, const char *body,
			      struct hn_reason *reason)
{
	switch (answer->status) {
	case 0:
	case 429:
	case 502:
	case 503:
	case 504:
		return HN_DELIVER_AGAIN;
	}
	if (!hn_https_is_good(answer->status))
		return HN_UNDELIVERABLE;
	read_partial(self, body, reason);
	return HN_DELIVERED;
}

static const struct hn_feed_ops feed_ops = {.render = render, .wrap = wrap, .address = address, .judge = judge};

/* --- the row ------------------------------------------------------------------------------------------------------- */

static bool wanted(const struct hn_sink_settings *s)
{
	return s->otlp_url != NULL;
}

static void otlp_free(void *self)
{
	struct otlp *o = self;

	if (!o)
		return;
	hn_feed_free(o->feed);
	hn_address_done(&o->address);
	hn_headers_done(&o->headers);
	hn_str_done(&o->question);
	free(o);
}

static int read_settings(struct otlp *o, const struct hn_sink_settings *s, struct hn_reason *reason)
{
	int r = hn_address_open(&o->address, s->otlp_url, "--otlp-url", s->otlp_ca_file, reason);

	if (r < 0)
		return r;
	o->headers.path = s->otlp_headers_file;
	if (o->headers.path && !o->address.url.tls && !o->address.url.is_loopback)
		return hn_reason_set(
			reason, -EINVAL,
			"--otlp-headers-file: secrets are not sent over plain HTTP to another machine: "
			"use https in --otlp-url");
	r = hn_headers_refresh(&o->headers, reason);
	return r < 0 ? hn_reason_wrap(reason, r, "--otlp-headers-file") : 0;
}

static int otlp_open(const struct hn_sink_parts *parts, void **ret_self, struct hn_reason *reason)
{
	struct hn_courier_settings courier;
	struct otlp *o = calloc(1, sizeof(*o));
	int r;

	if (!o)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	o->who = parts->who;
	r = read_settings(o, parts->settings, reason);
	if (r == 0) {
		courier = hn_address_courier(&o->address, parts);
		o->feed = hn_feed_new(&feed_ops, o, &courier);
		if (!o->feed)
			r = hn_reason_set(reason, -ENOMEM, "no memory");
	}
	if (r < 0) {
		otlp_free(o);
		return r;
	}
	*ret_self = o;
	return 0;
}

static void otlp_take(void *self, const struct hn_event *event)
{
	hn_feed_take(((struct otlp *)self)->feed, event);
}

static void otlp_control(void *self, const struct hn_health *health)
{
	_cleanup_(hn_str_done) struct hn_str text = {0};

	hn_report_otlp_control(health, &text);
	hn_feed_put(((struct otlp *)self)->feed, HN_WEIGHT_FINDING, &text);
}

static void otlp_hurry(void *self)
{
	hn_feed_hurry(((struct otlp *)self)->feed);
}

static bool otlp_is_idle(const void *self)
{
	return hn_feed_is_idle(((const struct otlp *)self)->feed);
}

static void otlp_health(const void *self, struct hn_sink_health *ret)
{
	hn_feed_health(((const struct otlp *)self)->feed, ret);
}

/* A request without a record is a whole one. */
static int otlp_question(void *self, struct hn_courier_settings *ret_where, struct hn_parcel *ret,
			 struct hn_reason *reason)
{
	struct otlp *o = self;
	int r = address(o, ret, reason);

	if (r < 0)
		return r;
	hn_str_clear(&o->question);
	hn_str_puts(&o->question, "{\"resourceLogs\":[]}");
	*ret_where = (struct hn_courier_settings){.url = &o->address.url, .tls = o->address.tls};
	ret->method = HN_HTTPS_POST;
	ret->content = hn_str_get(&o->question);
	ret->content_len = o->question.len;
	ret->content_type = "application/json";
	return 0;
}

const struct hn_sink_row hn_sink_otlp = {
	.name = "otlp",
	.wanted = wanted,
	.open = otlp_open,
	.take = otlp_take,
	.control = otlp_control,
	.hurry = otlp_hurry,
	.is_idle = otlp_is_idle,
	.health = otlp_health,
	.question = otlp_question,
	.free = otlp_free,
};
