// SPDX-License-Identifier: Apache-2.0
#include "apiserver_ask.h"

#include <errno.h>
#include <event2/event.h>
#include <time.h>

#define ATTEMPTS 6
#define SLOW_MAX 2

/* A running request. */
struct running {
	struct hn_apiserver *a;
	struct hn_apiserver_ask *ask;
	struct hn_https_answer answer;
	bool done;
};

static int on_body(void *arg, const char *bytes, size_t n, struct hn_reason *reason)
{
	struct running *running = arg;

	return running->ask->body(running->ask->arg, bytes, n, reason);
}

static void on_done(void *arg, const struct hn_https_answer *answer)
{
	struct running *running = arg;

	running->answer = *answer;
	running->done = true;
	event_base_loopbreak(running->a->base);
}

static void request(struct hn_apiserver *a, struct hn_apiserver_ask *ask, struct hn_https_answer *ret)
{
	struct running running = {.a = a, .ask = ask, .answer.failure = HN_HTTPS_MEMORY};
	const struct hn_https_settings settings = {
		.url = &a->login->url,
		.path = ask->path,
		.tls = a->tls,
		.server_name = a->login->server_name,
		.token_file = a->login->token_file,
		.token = a->login->token,
		.body_type = "application/json",
		.timeout_ns = a->timeout_ns,
		.max_bytes = ask->max_bytes,
		.body = on_body,
		.done = on_done,
		.arg = &running,
	};
	struct hn_https *https = hn_https_start(&settings, a->base);

	while (https && !running.done && event_base_dispatch(a->base) == 0)
		;
	hn_https_free(https);
	*ret = running.answer;
}

/* The TLS context holds the client certificate: a new one needs a new context. */
static int log_in(struct hn_apiserver *a, bool refused, struct hn_reason *ret)
{
	int r = hn_login_refresh(a->login, hn_wall_now(), refused, ret);

	if (r < 0)
		return r;
	if (!a->login->url.tls || (a->tls && r == 0))
		return 0;
	hn_tls_free(a->tls);
	a->tls = NULL;
	r = hn_tls_new(&a->login->tls, &a->tls, ret);
	return r < 0 ? hn_reason_wrap(ret, r, "API server %.200s", a->login->name) : 0;
}

static bool has_credentials(const struct hn_login *l)
{
	return l->token || l->token_file || l->tls.client_cert || l->tls.client_cert_pem;
}

static enum hn_apiserver_step ask_once(struct hn_apiserver *a, struct hn_apiserver_ask *ask, bool refused,
				       struct hn_apiserver_status *status, unsigned *ret_after,
				       struct hn_reason *ret)
{
	const struct hn_apiserver_question question = {
		.server = a->login->name,
		.path = ask->path,
		.timeout_ns = a->timeout_ns,
		.credentials = has_credentials(a->login),
	};
	struct hn_https_answer answer;
	enum hn_apiserver_step step;

	if (log_in(a, refused, ret) < 0)
		return HN_APISERVER_UNREACHABLE;
	request(a, ask, &answer);
	hn_apiserver_status_read(answer.text, status);
	step = hn_apiserver_judge(&question, &answer, status, ret);
	*ret_after = answer.retry_after ? answer.retry_after : status->retry_after;
	return step;
}

void hn_apiserver_pause(int64_t ns)
{
	struct timespec left = {ns / HN_NSEC_PER_SEC, ns % HN_NSEC_PER_SEC};

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

/* False: it would take too long. Without a wish of the server's: 1 s, 2 s, 4 s ... */
static bool wait_for_it(struct hn_apiserver *a, unsigned after, unsigned attempt)
{
	int64_t ns = (int64_t)(after ? after : 1U << attempt) * HN_NSEC_PER_SEC;

	if (attempt == ATTEMPTS || ns > a->patience_ns)
		return false;
	a->patience_ns -= ns;
	hn_apiserver_pause(ns);
	return true;
}

/* Not of this question only: of every other too. */
static void bury(struct hn_apiserver *a, enum hn_apiserver_step step, const struct hn_reason *why)
{
	a->slow = step == HN_APISERVER_SLOW ? a->slow + 1 : 0;
	if (step != HN_APISERVER_UNREACHABLE && step != HN_APISERVER_UNKNOWN_US && a->slow < SLOW_MAX)
		return;
	a->dead = hn_apiserver_outcome_of(step);
	a->dead_reason = *why;
}

enum hn_apiserver_step hn_apiserver_ask(struct hn_apiserver *a, struct hn_apiserver_ask *ask,
					struct hn_apiserver_status *ret_status, struct hn_reason *ret)
{
	enum hn_apiserver_step step;
	bool refused = false;
	unsigned after;

	for (unsigned attempt = 0;; attempt++) {
		step = ask_once(a, ask, refused, ret_status, &after, ret);
		/* The plugin may know that what it gave has been revoked. */
		if (step == HN_APISERVER_UNKNOWN_US && !refused && a->login->choice.user &&
		    a->login->choice.user->exec) {
			refused = true;
			continue;
		}
		if (step != HN_APISERVER_LATER)
			break;
		if (!wait_for_it(a, after, attempt)) {
			hn_reason_wrap(ret, 0, "tried %u times, and it was too much to wait longer", attempt + 1);
			step = HN_APISERVER_USELESS;
			break;
		}
	}
	bury(a, step, ret);
	return step;
}

enum hn_apiserver_outcome hn_apiserver_outcome_of(enum hn_apiserver_step step)
{
	switch (step) {
	case HN_APISERVER_WHOLE:
		return HN_APISERVER_LISTED;
	case HN_APISERVER_NOT_THERE:
		return HN_APISERVER_ABSENT;
	case HN_APISERVER_UNKNOWN_US:
	case HN_APISERVER_FORBIDDEN:
		return HN_APISERVER_DENIED;
	case HN_APISERVER_GONE:
	case HN_APISERVER_LATER:
	case HN_APISERVER_BROKEN_OFF:
	case HN_APISERVER_SLOW:
	case HN_APISERVER_UNREACHABLE:
	case HN_APISERVER_USELESS:
		break;
	}
	return HN_APISERVER_FAILED;
}
