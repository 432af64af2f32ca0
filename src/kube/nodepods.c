// SPDX-License-Identifier: Apache-2.0
// A list is one page: what a node has fits into it, and a continue token means that it is no list of a node.
#include "hostnetd/nodepods.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "apiserver_answer.h"
#include "hostnetd/apiaccess.h"
#include "hostnetd/pace.h"
#include "hostnetd/str.h"

#define PODS 1000 /* in one page: Kubernetes' own advice for a node is 110, the largest that are known have 500 */
#define BYTES (50UL << 20)
#define TIMEOUT_NS (30 * HN_NSEC_PER_SEC)
#define SPREAD_NS (60 * HN_NSEC_PER_SEC)
#define RETRY_AFTER_MAX 3600

struct hn_nodepods {
	struct hn_nodepods_settings settings;
	struct event_base *base;
	struct event *timer;
	struct hn_apiaccess *access;
	struct hn_pace pace;
	struct hn_https *https;
	struct hn_asset_reader *reader;
	struct hn_podlist_reader *list;
	struct hn_str path;
};

static void arm(struct hn_nodepods *n)
{
	int64_t ns = hn_pace_next(&n->pace, hn_mono_now());
	struct timeval after = {ns / HN_NSEC_PER_SEC, ns % HN_NSEC_PER_SEC / 1000};

	if (ns == HN_PACE_NEVER)
		evtimer_del(n->timer);
	else
		evtimer_add(n->timer, &after);
}

static void end_request(struct hn_nodepods *n)
{
	hn_https_free(n->https);
	n->https = NULL;
	hn_asset_reader_free(n->reader);
	n->reader = NULL;
	hn_podlist_reader_free(n->list);
	n->list = NULL;
}

/* Last of all: the caller may free it. Nothing waits for the answer, so a failure is no reason to hurry. */
static void finish(struct hn_nodepods *n, struct hn_podlist *list, unsigned retry_after, const char *problem)
{
	end_request(n);
	hn_pace_finished(&n->pace, hn_mono_now(), true);
	if (retry_after > RETRY_AFTER_MAX)
		retry_after = RETRY_AFTER_MAX;
	hn_pace_hold(&n->pace, hn_mono_now(), (int64_t)retry_after * HN_NSEC_PER_SEC);
	arm(n);
	n->settings.done(n->settings.arg, list, problem);
}

static int on_body(void *arg, const char *bytes, size_t size, struct hn_reason *reason)
{
	struct hn_nodepods *n = arg;
	int r = hn_asset_reader_feed(n->reader, bytes, size, reason);

	return r < 0 ? r : hn_podlist_reader_feed(n->list, bytes, size, reason);
}

static void close_list(struct hn_nodepods *n)
{
	struct hn_podlist *list = NULL;
	struct hn_reason reason = {{0}};
	int r = hn_asset_reader_finish(n->reader, &reason);

	if (r == 0 && hn_asset_reader_continue(n->reader)[0])
		r = hn_reason_set(&reason, -E2BIG, "the API server says that this node has more than %d pods",
				  PODS);
	if (r == 0)
		r = hn_podlist_reader_finish(n->list, &list, &reason);
	finish(n, r == 0 ? list : NULL, 0, r == 0 ? "" : reason.text);
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

	hn_apiserver_status_read(answer->text, &status);
	if (hn_apiserver_judge(&question, answer, &status, &reason) == HN_APISERVER_WHOLE)
		close_list(n);
	else
		finish(n, NULL,
		       status.retry_after > answer->retry_after ? status.retry_after : answer->retry_after,
		       reason.text);
}

static void ask(struct hn_nodepods *n)
{
	const struct hn_asset_source source = {.name = "the API server's pods of this node",
					       .api_version = "v1",
					       .kind = "Pod",
					       .kinds = n->settings.kinds,
					       .found = n->settings.found,
					       .arg = n->settings.arg};
	const struct hn_https_settings settings = {.url = n->access->url,
						   .path = hn_str_get(&n->path),
						   .tls = n->access->tls,
						   .server_name = n->access->server_name,
						   .token_file = n->access->token_file,
						   .token = n->access->token,
						   .body_type = "application/json",
						   .timeout_ns = TIMEOUT_NS,
						   .max_bytes = BYTES,
						   .body = on_body,
						   .done = on_done,
						   .arg = n};

	n->reader = hn_asset_reader_new(&source);
	n->list = hn_podlist_reader_new(BYTES);
	n->https = n->reader && n->list ? hn_https_start(&settings, n->base) : NULL;
	if (!n->https)
		finish(n, NULL, 0, "no memory to ask the API server");
}

static void on_timer(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct hn_nodepods *n = arg;

	/* A timer may come early. */
	if (hn_pace_next(&n->pace, hn_mono_now()) != 0) {
		arm(n);
		return;
	}
	hn_pace_started(&n->pace, hn_mono_now());
	n->settings.begin(n->settings.arg);
	ask(n);
}

int hn_nodepods_new(const struct hn_nodepods_settings *settings, struct event_base *base, struct hn_nodepods **ret,
		    struct hn_reason *reason)
{
	_cleanup_(hn_nodepods_cleanup) struct hn_nodepods *n = calloc(1, sizeof(*n));
	int64_t spread;
	int r;

	if (!n)
		return hn_reason_set(reason, -ENOMEM, "no memory for the API server");
	n->settings = *settings;
	n->base = base;
	r = hn_apiaccess_open(&settings->apiserver, &n->access, reason);
	if (r < 0)
		return r;
	hn_str_printf(&n->path, "/api/v1/pods?limit=%d&fieldSelector=spec.nodeName%%3D", PODS);
	hn_str_query(&n->path, settings->node);
	n->timer = evtimer_new(base, on_timer, n);
	if (!n->timer || n->path.failed)
		return hn_reason_set(reason, -ENOMEM, "no memory for the API server");
	hn_pace_init(&n->pace, settings->interval_ns, settings->seed);
	spread = settings->interval_ns < SPREAD_NS ? settings->interval_ns : SPREAD_NS;
	hn_pace_want(&n->pace, hn_mono_now(), spread ? (int64_t)(settings->seed % (uint64_t)spread) : 0);
	arm(n);
	*ret = TAKE_PTR(n);
	return 0;
}

void hn_nodepods_free(struct hn_nodepods *n)
{
	if (!n)
		return;
	end_request(n);
	if (n->timer)
		event_free(n->timer);
	hn_apiaccess_free(n->access);
	hn_str_done(&n->path);
	free(n);
}

void hn_nodepods_again(struct hn_nodepods *n, int64_t delay_ns)
{
	end_request(n);
	if (n->pace.running)
		hn_pace_finished(&n->pace, hn_mono_now(), true);
	hn_pace_want(&n->pace, hn_mono_now(), delay_ns);
	arm(n);
}

const char *hn_nodepods_warning(const struct hn_nodepods *n)
{
	return n->access->warning;
}
