// SPDX-License-Identifier: Apache-2.0
// Every list is bounded: by pages, by restarts, by the time and the bytes of a page.
#include "hostnetd/nodepods.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "apiserver_answer.h"
#include "hostnetd/apiaccess.h"
#include "hostnetd/pace.h"
#include "hostnetd/str.h"

#define PAGE_OBJECTS 250 /* what a node has, by Kubernetes' own advice */
#define PAGES 40
#define PAGE_BYTES (64UL << 20)
#define RESTARTS 3
#define TIMEOUT_NS (60 * HN_NSEC_PER_SEC)

struct hn_nodepods {
	struct hn_nodepods_settings settings;
	struct event_base *base;
	struct event *timer;
	struct hn_apiaccess *access;
	struct hn_pace pace;
	struct hn_https *https;
	struct hn_asset_reader *reader; /* of the open page */
	struct hn_str path, token;      /* continue; "" on the first page */
	unsigned pages, restarts;
};

static void ask(struct hn_nodepods *n);

static void arm(struct hn_nodepods *n)
{
	int64_t ns = hn_pace_next(&n->pace, hn_mono_now());
	struct timeval after = {ns / HN_NSEC_PER_SEC, ns % HN_NSEC_PER_SEC / 1000};

	if (ns == HN_PACE_NEVER)
		evtimer_del(n->timer);
	else
		evtimer_add(n->timer, &after);
}

static void close_page(struct hn_nodepods *n)
{
	hn_https_free(n->https);
	n->https = NULL;
	hn_asset_reader_free(n->reader);
	n->reader = NULL;
}

static void begin(struct hn_nodepods *n)
{
	close_page(n);
	hn_str_clear(&n->token);
	n->pages = 0;
	n->settings.begin(n->settings.arg);
}

/* Last of all: the caller may free it. */
static void finish(struct hn_nodepods *n, const char *problem)
{
	close_page(n);
	hn_pace_finished(&n->pace, hn_mono_now(), problem[0] == '\0');
	arm(n);
	n->settings.done(n->settings.arg, problem);
}

static int on_body(void *arg, const char *bytes, size_t size, struct hn_reason *reason)
{
	struct hn_nodepods *n = arg;

	return hn_asset_reader_feed(n->reader, bytes, size, reason);
}

/* The page is whole: the next one, or the end. */
static void turn_page(struct hn_nodepods *n)
{
	struct hn_reason reason = {{0}};
	const char *token;

	if (hn_asset_reader_finish(n->reader, &reason) < 0) {
		finish(n, reason.text);
		return;
	}
	token = hn_asset_reader_continue(n->reader);
	if (!token[0]) {
		finish(n, "");
		return;
	}
	if (strlen(token) > HN_APISERVER_CONTINUE || hn_streq(token, hn_str_get(&n->token)) ||
	    ++n->pages == PAGES) {
		finish(n, "the API server's list of this node's pods has no end");
		return;
	}
	hn_str_clear(&n->token);
	hn_str_puts(&n->token, token);
	close_page(n);
	ask(n);
}

static void on_done(void *arg, const struct hn_https_answer *answer)
{
	struct hn_nodepods *n = arg;
	const struct hn_apiserver_question question = {.server = n->access->name,
						       .path = hn_str_get(&n->path),
						       .timeout_ns = TIMEOUT_NS,
						       .credentials = n->access->token || n->access->token_file};
	struct hn_apiserver_status status;
	struct hn_reason reason = {{0}};
	enum hn_apiserver_step step;

	hn_apiserver_status_read(answer->text, &status);
	step = hn_apiserver_judge(&question, answer, &status, &reason);
	if (step == HN_APISERVER_WHOLE) {
		turn_page(n);
	} else if (step == HN_APISERVER_GONE && n->token.len && n->restarts++ < RESTARTS) {
		begin(n);
		ask(n);
	} else {
		unsigned wait =
			status.retry_after > answer->retry_after ? status.retry_after : answer->retry_after;

		hn_pace_hold(&n->pace, hn_mono_now(), (int64_t)(wait > 600 ? 600 : wait) * HN_NSEC_PER_SEC);
		finish(n, reason.text);
	}
}

static void ask(struct hn_nodepods *n)
{
	const struct hn_asset_source source = {.name = "the API server's pods of this node",
					       .api_version = "v1",
					       .kind = "Pod",
					       .kinds = n->settings.kinds,
					       .found = n->settings.found,
					       .arg = n->settings.arg};
	struct hn_https_settings settings = {.url = n->access->url,
					     .tls = n->access->tls,
					     .server_name = n->access->server_name,
					     .token_file = n->access->token_file,
					     .token = n->access->token,
					     .body_type = "application/json",
					     .timeout_ns = TIMEOUT_NS,
					     .max_bytes = PAGE_BYTES,
					     .body = on_body,
					     .done = on_done,
					     .arg = n};

	hn_str_clear(&n->path);
	hn_str_printf(&n->path, "/api/v1/pods?limit=%d&fieldSelector=", PAGE_OBJECTS);
	hn_str_puts(&n->path, "spec.nodeName%3D");
	hn_str_query(&n->path, n->settings.node);
	if (n->token.len) {
		hn_str_puts(&n->path, "&continue=");
		hn_str_query(&n->path, n->token.data);
	}
	settings.path = hn_str_get(&n->path);
	n->reader = hn_asset_reader_new(&source);
	n->https = n->reader && !n->path.failed && !n->token.failed ? hn_https_start(&settings, n->base) : NULL;
	if (!n->https)
		finish(n, "no memory to ask the API server");
}

static void on_timer(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct hn_nodepods *n = arg;

	hn_pace_started(&n->pace, hn_mono_now());
	n->restarts = 0;
	begin(n);
	ask(n);
}

int hn_nodepods_new(const struct hn_nodepods_settings *settings, struct event_base *base, struct hn_nodepods **ret,
		    struct hn_reason *reason)
{
	_cleanup_(hn_nodepods_cleanup) struct hn_nodepods *n = calloc(1, sizeof(*n));
	int r;

	if (!n)
		return hn_reason_set(reason, -ENOMEM, "no memory for the API server");
	n->settings = *settings;
	n->base = base;
	r = hn_apiaccess_open(&settings->apiserver, &n->access, reason);
	if (r < 0)
		return r;
	n->timer = evtimer_new(base, on_timer, n);
	if (!n->timer)
		return hn_reason_set(reason, -ENOMEM, "no memory for the API server");
	hn_pace_init(&n->pace, settings->interval_ns, (uint64_t)hn_mono_now().ns);
	hn_pace_want(&n->pace, hn_mono_now(), 0);
	arm(n);
	*ret = TAKE_PTR(n);
	return 0;
}

void hn_nodepods_free(struct hn_nodepods *n)
{
	if (!n)
		return;
	close_page(n);
	if (n->timer)
		event_free(n->timer);
	hn_apiaccess_free(n->access);
	hn_str_done(&n->path);
	hn_str_done(&n->token);
	free(n);
}

void hn_nodepods_again(struct hn_nodepods *n)
{
	if (!n)
		return;
	close_page(n);
	if (n->pace.running)
		hn_pace_finished(&n->pace, hn_mono_now(), true);
	hn_pace_want(&n->pace, hn_mono_now(), 0);
	arm(n);
}

const char *hn_nodepods_warning(const struct hn_nodepods *n)
{
	return n->access->warning;
}
