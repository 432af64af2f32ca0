// SPDX-License-Identifier: Apache-2.0
/* Answers that are whole from the start. */
#include <event2/buffer.h>
#include <event2/http.h>
#include <stdio.h>
#include <string.h>

#include "hostnetd/json.h"
#include "hostnetd/str.h"
#include "server_self.h"

static const struct {
	const char *name, *value;
} headers[] = {
	/* No inline script, nothing from elsewhere, and nobody may frame it. */
	{"Content-Security-Policy",
	 "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; "
	 "form-action 'none'; frame-ancestors 'none'"},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Embedder-Policy", "require-corp"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Permissions-Policy", "camera=(), microphone=(), geolocation=()"},
};

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{200, "OK"},           {304, "Not Modified"},        {400, "Bad Request"},
	{401, "Unauthorized"}, {404, "Not Found"},           {405, "Method Not Allowed"},
	{414, "URI Too Long"}, {421, "Misdirected Request"}, {503, "Service Unavailable"},
};

const char *hn_reply_reason(int status)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Error";
}

const char *hn_request_header(const struct hn_request *r, const char *name)
{
	return evhttp_find_header(evhttp_request_get_input_headers(r->raw), name);
}

void hn_reply_header(struct hn_request *r, const char *name, const char *value)
{
	evhttp_add_header(evhttp_request_get_output_headers(r->raw), name, value);
}

void hn_reply_headers(struct hn_request *r, const char *type)
{
	hn_reply_header(r, "Content-Type", type);
	for (size_t i = 0; i < HN_ARRAY_SIZE(headers); i++)
		hn_reply_header(r, headers[i].name, headers[i].value);
	hn_reply_header(r, "Cache-Control", r->tag ? "no-cache" : "no-store");
	if (r->tag)
		hn_reply_header(r, "ETag", r->tag);
}

static void send_buffer(struct hn_request *r, int status, struct evbuffer *body)
{
	char length[24];

	snprintf(length, sizeof(length), "%zu", body ? evbuffer_get_length(body) : 0);
	if (status != 304)
		hn_reply_header(r, "Content-Length", length);
	evhttp_send_reply(r->raw, status, hn_reply_reason(status), r->head ? NULL : body);
	if (body)
		evbuffer_free(body);
}

void hn_reply_bytes(struct hn_request *r, int status, const char *type, const void *bytes, size_t n)
{
	struct evbuffer *body = evbuffer_new();

	hn_reply_headers(r, type);
	if (!body || evbuffer_add(body, bytes, n) < 0)
		status = 503;
	send_buffer(r, status, body);
}

void hn_reply_text(struct hn_request *r, int status, const char *type, const struct hn_str *text)
{
	if (text->failed)
		hn_reply_error(r, 503, "no memory for the answer");
	else
		hn_reply_bytes(r, status, type, hn_str_get(text), text->len);
}

void hn_reply_file(struct hn_request *r, const char *type, const char *tag, const void *bytes, size_t n)
{
	const char *known = hn_request_header(r, "If-None-Match");
	struct evbuffer *body = evbuffer_new();

	r->tag = tag;
	hn_reply_headers(r, type);
	if (known && (strcmp(known, "*") == 0 || strstr(known, tag))) {
		send_buffer(r, 304, NULL);
		evbuffer_free(body);
		return;
	}
	if (body && evbuffer_add(body, bytes, n) < 0) {
		evbuffer_free(body);
		body = NULL;
	}
	send_buffer(r, body ? 200 : 503, body);
}

void hn_reply_error(struct hn_request *r, int status, const char *fmt, ...)
{
	_cleanup_(hn_str_done) struct hn_str words = {0}, text = {0};
	struct hn_json j;
	va_list ap;

	va_start(ap, fmt);
	hn_str_vprintf(&words, fmt, ap);
	va_end(ap);
	hn_json_init(&j, &text);
	hn_json_object(&j);
	hn_json_kv_string(&j, "error", hn_str_get(&words));
	hn_json_object_end(&j);
	hn_str_putc(&text, '\n');
	r->tag = NULL;
	if (status == 503)
		hn_reply_header(r, "Retry-After", "1");
	hn_reply_bytes(r, status, HN_HTTP_JSON, hn_str_get(&text), text.len);
}
