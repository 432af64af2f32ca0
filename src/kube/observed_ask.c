// SPDX-License-Identifier: Apache-2.0
// An agent's answers in pages. What it could not see is in its status, which is asked first: without it there is no pass.
#include <cjson/cJSON.h>
#include <errno.h>
#include <event2/event.h>
#include <string.h>

#include "field.h"
#include "hostnetd/str.h"
#include "hostnetd/time.h"
#include "hostnetd/token.h"
#include "hostnetd/https.h"
#include "observed.h"
#include "hostnetd/unix_get.h"
#include "tree.h"

#define TIMEOUT_DEFAULT_NS (60 * HN_NSEC_PER_SEC)
#define PAGES 2000
#define UNIX "unix:"

struct agent {
	const struct hn_observed_settings *settings;
	const char *name, *socket; /* NULL: by `url` */
	struct hn_url url;
	struct hn_tls *tls;
	struct event_base *base;
	int64_t timeout_ns;
	struct hn_wall said; /* by the agent's clock, as the lines that it prints */
};

/* A running request. */
struct running {
	struct agent *a;
	struct hn_str *body;
	struct hn_https_answer answer;
	bool done;
};

static const char *const failures[] = {
	[HN_HTTPS_FINE] = "",
	[HN_HTTPS_TOKEN] = "its token cannot be used",
	[HN_HTTPS_FILES] = "a certificate's file cannot be used",
	[HN_HTTPS_MEMORY] = "no memory",
	[HN_HTTPS_LOOKUP] = "its name has no address",
	[HN_HTTPS_CONNECT] = "it cannot be reached",
	[HN_HTTPS_TLS] = "its certificate is not trusted, or it speaks no TLS (--runtime-ca-file)",
	[HN_HTTPS_TIMEOUT] = "it does not answer in time",
	[HN_HTTPS_CLOSED] = "it closed the connection too early",
	[HN_HTTPS_PROTOCOL] = "what answers there is no agent's API",
	[HN_HTTPS_TOO_LARGE] = "its answer is too large",
	[HN_HTTPS_BODY] = "its answer cannot be taken",
};

static int on_body(void *arg, const char *bytes, size_t n, struct hn_reason *reason)
{
	struct running *running = arg;

	hn_str_append(running->body, bytes, n);
	return running->body->failed ? hn_reason_set(reason, -ENOMEM, "no memory") : 0;
}

static void on_done(void *arg, const struct hn_https_answer *answer)
{
	struct running *running = arg;

	running->answer = *answer;
	running->done = true;
	event_base_loopbreak(running->a->base);
}

static int judge(const struct hn_https_answer *answer, struct hn_reason *reason)
{
	const char *why = answer->reason.text[0] ? answer->reason.text : answer->tls.detail;

	if (answer->failure != HN_HTTPS_FINE)
		return hn_reason_set(reason, -EIO, "%s%s%.300s", failures[answer->failure], why[0] ? ": " : "",
				     why);
	if (answer->status == 200)
		return 0;
	if (answer->token_withheld)
		return hn_reason_set(reason, -EACCES,
				     "%d: a token is not sent over plain HTTP to another machine: use https",
				     answer->status);
	if (answer->status == 401 || answer->status == 403)
		return hn_reason_set(reason, -EACCES, "%d: it asks for a token (--runtime-token-file)",
				     answer->status);
	return hn_reason_set(reason, -EPROTO, "it answers with status %d", answer->status);
}

static int get_by_url(struct agent *a, const char *path, struct hn_str *ret, struct hn_reason *reason)
{
	struct running running = {.a = a, .body = ret, .answer.failure = HN_HTTPS_MEMORY};
	const struct hn_https_settings settings = {
		.url = &a->url,
		.path = path,
		.tls = a->tls,
		.token_file = a->settings->token_file,
		.body_type = "application/json",
		.timeout_ns = a->timeout_ns,
		.max_bytes = HN_OBSERVED_BYTES,
		.body = on_body,
		.done = on_done,
		.arg = &running,
	};
	struct hn_https *https = hn_https_start(&settings, a->base);

	while (https && !running.done && event_base_dispatch(a->base) == 0)
		;
	hn_https_free(https);
	return judge(&running.answer, reason);
}

static int get_by_socket(struct agent *a, const char *path, struct hn_str *ret, struct hn_reason *reason)
{
	char token[HN_TOKEN_SIZE];
	int r = a->settings->token_file ? hn_token_read(a->settings->token_file, token, reason) : 0;

	if (r == 0)
		r = hn_unix_get(a->socket, path, a->settings->token_file ? token : NULL, a->timeout_ns,
				HN_OBSERVED_BYTES, ret, reason);
	explicit_bzero(token, sizeof(token));
	return r;
}

static int get(struct agent *a, const char *path, cJSON **ret, struct hn_reason *reason)
{
	_cleanup_(hn_str_done) struct hn_str body = {0};
	int r = a->socket ? get_by_socket(a, path, &body, reason) : get_by_url(a, path, &body, reason);

	if (r < 0)
		return r;
	*ret = hn_tree_parse(hn_str_get(&body), body.len, NULL);
	return *ret ? 0 : hn_reason_set(reason, -EBADMSG, "%s is no JSON", path);
}

static int ask_status(struct agent *a, struct hn_reason *ret_gap, struct hn_reason *reason)
{
	cJSON *status = NULL;
	const cJSON *schema, *time;
	int r = get(a, "/api/v1/status", &status, reason);

	if (r < 0)
		return r;
	schema = hn_field_find(status, "schema");
	time = hn_field_find(status, "time");
	if (!cJSON_IsString(time) || hn_wall_parse(time->valuestring, &a->said) < 0)
		a->said.ns = 0;
	if (cJSON_IsString(schema) && strcmp(schema->valuestring, "hostnetd.status/v1") == 0)
		hn_observed_gap(status, ret_gap);
	else
		r = hn_reason_set(reason, -EBADMSG, "what answers there is no agent's API");
	cJSON_Delete(status);
	return r;
}

/* Only what needs no escape: the agents' cursors do not. */
static bool set_cursor(const cJSON *page, char *cursor, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	const cJSON *next = hn_field_find(page, "next");

	if (!next) {
		cursor[0] = '\0';
		return true;
	}
	return cJSON_IsString(next) && next->valuestring[0] &&
	       next->valuestring[strspn(next->valuestring, plain)] == '\0' &&
	       strcmp(next->valuestring, cursor) != 0 && hn_strcpy(cursor, size, next->valuestring);
}

typedef int take(struct hn_observations *o, const struct hn_observed_speaker *speaker, const cJSON *list,
		 struct hn_reason *reason);

static int ask_list(struct hn_observations *o, struct agent *a, const char *what, take *put,
		    struct hn_reason *reason)
{
	const struct hn_observed_speaker speaker = {.source = a->name, .said = a->said};
	char cursor[512] = "", path[640];
	int r = 0;

	for (unsigned page = 0; r == 0 && (page == 0 || cursor[0]); page++) {
		cJSON *answer = NULL;
		const cJSON *items;

		if (page == PAGES)
			return hn_reason_set(reason, -ELOOP, "%s has no end", what);
		snprintf(path, sizeof(path), "%s?limit=200%s%s", what, cursor[0] ? "&cursor=" : "", cursor);
		r = get(a, path, &answer, reason);
		items = hn_field_find(answer, "items");
		if (r == 0 && (!cJSON_IsArray(items) || !set_cursor(answer, cursor, sizeof(cursor))))
			r = hn_reason_set(reason, -EBADMSG, "%s is no page of an agent's list", what);
		if (r == 0)
			r = put(o, &speaker, items, reason);
		cJSON_Delete(answer);
	}
	return r;
}

static int open_agent(struct agent *a, const char *url, struct hn_reason *reason)
{
	const struct hn_tls_settings tls = {.ca_file = a->settings->ca_file};
	int r;

	if (hn_starts_with(url, UNIX)) {
		a->socket = url + strlen(UNIX);
		return a->socket[0] == '/' ? 0 :
					     hn_reason_set(reason, -EINVAL,
							   "--with-runtime %.200s: unix: wants a whole path", url);
	}
	r = hn_url_parse(url, &a->url, reason);
	if (r < 0)
		return hn_reason_wrap(reason, r, "--with-runtime");
	a->base = event_base_new();
	if (!a->base)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	return a->url.tls ? hn_tls_new(&tls, &a->tls, reason) : 0;
}

/* Findings first: an entry of the inventory makes no row where a finding has one. */
int hn_observations_ask(struct hn_observations *o, const char *url, const struct hn_observed_settings *settings,
			struct hn_reason *ret_gap, struct hn_reason *reason)
{
	struct agent a = {.settings = settings,
			  .name = url,
			  .timeout_ns = settings->timeout_ns ? settings->timeout_ns : TIMEOUT_DEFAULT_NS};
	struct hn_reason why = {{0}};
	int r = open_agent(&a, url, reason), asked = 0;

	ret_gap->text[0] = '\0';
	if (r == 0)
		asked = ask_status(&a, ret_gap, &why);
	if (r == 0 && asked == 0)
		asked = ask_list(o, &a, "/api/v1/findings", hn_observed_findings, &why);
	if (r == 0 && asked == 0)
		asked = ask_list(o, &a, "/api/v1/sharing", hn_observed_sharing, &why);
	if (asked < 0)
		*ret_gap = why;
	if (asked == -ENOMEM)
		r = hn_reason_set(reason, asked, "%.200s: no memory", url);
	hn_tls_free(a.tls);
	if (a.base)
		event_base_free(a.base);
	return r;
}
