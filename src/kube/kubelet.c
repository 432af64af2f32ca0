// SPDX-License-Identifier: Apache-2.0
// When to ask, whom to ask, and what the last answer was. pace.c says when; https.c and podsfile.c ask; problem.c says
// what went wrong. At most one of the two requests exists at a time.
#include "hostnetd/kubelet.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostnetd/str.h"
#include "hostnetd/token.h"
#include "hostnetd/https.h"
#include "hostnetd/pace.h"
#include "podlist.h"
#include "podsfile.h"
#include "problem.h"
#include "uidset.h"

#define TIMEOUT_DEFAULT_NS (10 * HN_NSEC_PER_SEC)
#define SOON_NS HN_NSEC_PER_SEC
#define WATCH_SECONDS 1
#define UIDS_MAX 65536

struct hn_kubelet {
	struct hn_kubelet_settings settings;
	struct event_base *base;
	hn_kubelet_callback *callback;
	void *arg;
	struct hn_url url;
	struct hn_tls *tls;
	struct hn_pace pace;
	struct event *next;  /* starts the next request */
	struct event *watch; /* looks whether the pods file has changed */
	struct hn_https *request;
	struct hn_podsfile *reading;
	struct hn_podlist_reader *reader;
	struct hn_mono asked;      /* start of the running or last request */
	struct hn_filestamp stamp; /* of the file that `pods` came from */
	enum hn_kubelet_state state;
	struct hn_reason problem;
	struct hn_podlist *pods;
	struct hn_mono requested;
	uint64_t answers, failures;
	struct hn_uidset *listed;
};

static const char *const state_names[] = {
	[HN_KUBELET_NONE] = "none",
	[HN_KUBELET_UNASKED] = "unasked",
	[HN_KUBELET_OK] = "ok",
	[HN_KUBELET_UNREACHABLE] = "unreachable",
	[HN_KUBELET_TLS] = "tls",
	[HN_KUBELET_UNAUTHORIZED] = "unauthorized",
	[HN_KUBELET_FORBIDDEN] = "forbidden",
	[HN_KUBELET_BAD_ANSWER] = "bad-answer",
};
_Static_assert(HN_ARRAY_SIZE(state_names) == HN_KUBELET_STATE_MAX, "each state has a name");

const char *hn_kubelet_state_name(enum hn_kubelet_state state)
{
	return (size_t)state < HN_ARRAY_SIZE(state_names) ? state_names[state] : "";
}

static void schedule(struct hn_kubelet *k)
{
	int64_t wait = hn_pace_next(&k->pace, hn_mono_now());
	struct timeval when;

	if (wait == HN_PACE_NEVER) {
		event_del(k->next);
		return;
	}
	/* Rounded up: a timer that fires too early would only be set again. */
	when.tv_sec = wait / HN_NSEC_PER_SEC;
	when.tv_usec = (wait % HN_NSEC_PER_SEC + 999) / 1000;
	if (when.tv_usec == 1000000)
		when = (struct timeval){when.tv_sec + 1, 0};
	event_add(k->next, &when);
}

/* --- the end of a request ---------------------------------------------------------------------------------------- */

static int take_list(struct hn_kubelet *k, struct hn_podlist *list, struct hn_reason *reason)
{
	for (size_t i = 0; i < hn_podlist_count(list); i++) {
		if (hn_uidset_add(k->listed, hn_podlist_at(list, i)->uid) < 0)
			return hn_reason_set(reason, -ENOMEM, "no memory for the pod list");
	}
	hn_podlist_free(k->pods);
	k->pods = list;
	return 0;
}

/* The callback is the last: it may free the kubelet. */
static void finish(struct hn_kubelet *k, enum hn_kubelet_state state)
{
	bool ok = state == HN_KUBELET_OK;

	k->state = state;
	if (ok) {
		k->problem.text[0] = '\0';
		k->requested = k->asked;
		k->answers++;
	} else {
		k->failures++;
	}
	hn_podlist_reader_free(k->reader);
	k->reader = NULL;
	hn_https_free(k->request);
	k->request = NULL;
	hn_podsfile_free(k->reading);
	k->reading = NULL;
	hn_pace_finished(&k->pace, hn_mono_now(), ok);
	schedule(k);
	if (k->callback)
		k->callback(k, k->arg);
}

static int on_body(void *arg, const char *bytes, size_t n, struct hn_reason *reason)
{
	struct hn_kubelet *k = arg;

	return hn_podlist_reader_feed(k->reader, bytes, n, reason);
}

static void on_answer(void *arg, const struct hn_https_answer *answer)
{
	struct hn_kubelet *k = arg;
	struct hn_podlist *list = NULL;
	struct hn_https_answer whole = *answer;
	enum hn_kubelet_state state;

	if (answer->failure == HN_HTTPS_FINE && answer->status == 200 &&
	    (hn_podlist_reader_finish(k->reader, &list, &whole.reason) < 0 ||
	     take_list(k, list, &whole.reason) < 0)) {
		whole.failure = HN_HTTPS_BODY;
		if (list != k->pods)
			hn_podlist_free(list);
	}
	state = hn_problem_explain(&k->settings, &whole, &k->problem);
	finish(k, state);
}

static void file_problem(struct hn_kubelet *k, const struct hn_reason *reason)
{
	_cleanup_(hn_str_done) struct hn_str shown = {0};

	hn_str_visible(&shown, reason->text, strlen(reason->text));
	hn_reason_set(&k->problem, 0, "--pods-file %.400s", hn_str_get(&shown));
}

static void on_file(void *arg, struct hn_podlist *list, const struct hn_reason *reason)
{
	struct hn_kubelet *k = arg;
	struct hn_reason why = *reason;

	if (list && take_list(k, list, &why) == 0) {
		k->stamp = *hn_podsfile_stamp(k->reading);
		finish(k, HN_KUBELET_OK);
		return;
	}
	hn_podlist_free(list);
	file_problem(k, &why);
	/* What it looked like when it was bad: the watch waits for another one. */
	k->stamp = *hn_podsfile_stamp(k->reading);
	finish(k, HN_KUBELET_BAD_ANSWER);
}

/* --- its start --------------------------------------------------------------------------------------------------- */

static void ask_kubelet(struct hn_kubelet *k)
{
	const struct hn_https_settings settings = {
		.url = &k->url,
		.path = "/pods",
		.tls = k->tls,
		.server_name = k->settings.tls_server_name,
		.token_file = k->settings.token_file,
		.timeout_ns = k->settings.timeout_ns,
		.max_bytes = HN_PODLIST_BYTES,
		.body = on_body,
		.done = on_answer,
		.arg = k,
	};

	k->reader = hn_podlist_reader_new(HN_PODLIST_BYTES);
	if (k->reader)
		k->request = hn_https_start(&settings, k->base);
	if (k->request)
		return;
	hn_reason_set(&k->problem, -ENOMEM, "kubelet %.200s: nothing was asked: no memory", k->settings.url);
	finish(k, HN_KUBELET_UNREACHABLE);
}

/* A file that is as it was is a complete answer without being read again. */
static void ask_file(struct hn_kubelet *k)
{
	struct hn_filestamp now;
	struct hn_reason reason;

	hn_filestamp_take(k->settings.pods_file, &now);
	if (k->state == HN_KUBELET_OK && hn_filestamp_same(&k->stamp, &now)) {
		finish(k, HN_KUBELET_OK);
		return;
	}
	if (hn_podsfile_read(k->settings.pods_file, k->base, on_file, k, &k->reading, &reason) == 0)
		return;
	k->stamp = now;
	file_problem(k, &reason);
	finish(k, HN_KUBELET_UNREACHABLE);
}

static void on_next(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct hn_kubelet *k = arg;

	k->asked = hn_mono_now();
	if (hn_pace_next(&k->pace, k->asked) != 0) {
		schedule(k);
		return;
	}
	hn_pace_started(&k->pace, k->asked);
	if (k->settings.pods_file)
		ask_file(k);
	else
		ask_kubelet(k);
}

/* A file that was being written when it was read may have changed without a new time: once it has settled, it is
 * read again. */
static void look_at_file(struct hn_kubelet *k)
{
	struct hn_filestamp now;

	if (k->pace.running)
		return;
	hn_filestamp_take(k->settings.pods_file, &now);
	if (!hn_filestamp_differs(&k->stamp, &now) && (k->stamp.settled || !now.settled))
		return;
	hn_pace_forgive(&k->pace);
	hn_pace_want(&k->pace, hn_mono_now(), 0);
	schedule(k);
}

static void on_watch(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	look_at_file(arg);
}

void hn_kubelet_want(struct hn_kubelet *k, enum hn_kubelet_urgency urgency)
{
	struct timeval every = {WATCH_SECONDS, 0};
	int64_t due = k->pace.due;

	if (k->state == HN_KUBELET_NONE)
		return;
	hn_pace_want(&k->pace, hn_mono_now(), urgency == HN_KUBELET_NOW ? 0 : SOON_NS);
	if (k->watch && !event_pending(k->watch, EV_TIMEOUT, NULL))
		event_add(k->watch, &every);
	/* Called for every event: an earlier wish covers this one. */
	if (k->pace.due < due)
		schedule(k);
}

/* --- life -------------------------------------------------------------------------------------------------------- */

static int check_readable(const char *path, const char *flag, struct hn_reason *reason)
{
	if (!path || access(path, R_OK) == 0)
		return 0;
	return hn_reason_set(reason, -EINVAL, "%s %s: %s", flag, path, strerror(errno));
}

static int check_token(const char *path, struct hn_reason *reason)
{
	char token[HN_TOKEN_SIZE];
	int r = hn_token_read(path, token, reason);

	explicit_bzero(token, sizeof(token));
	return r < 0 ? hn_reason_wrap(reason, -EINVAL, "--kubelet-token-file") : 0;
}

static int init_kubelet(struct hn_kubelet *k, struct hn_reason *reason)
{
	const struct hn_kubelet_settings *s = &k->settings;
	const struct hn_tls_settings tls = {
		.ca_file = s->ca_file,
		.client_cert = s->client_cert,
		.client_key = s->client_key,
		.insecure = s->insecure_tls,
	};
	int r = hn_url_parse(s->url, &k->url, reason);

	if (r < 0)
		return hn_reason_wrap(reason, r, "--kubelet-url");
	if (s->client_key && !s->client_cert)
		return hn_reason_set(reason, -EINVAL, "--kubelet-client-key needs --kubelet-client-cert");
	if (s->token_file && (k->url.tls || k->url.is_loopback))
		r = check_token(s->token_file, reason);
	if (r == 0 && k->url.tls)
		r = check_readable(s->ca_file, "--kubelet-ca-file", reason);
	if (r == 0 && k->url.tls)
		r = check_readable(s->client_cert, "--kubelet-client-cert", reason);
	if (r == 0 && k->url.tls)
		r = check_readable(s->client_key, "--kubelet-client-key", reason);
	if (r == 0 && k->url.tls)
		r = hn_tls_new(&tls, &k->tls, reason);
	return r;
}

static int init(struct hn_kubelet *k, uint64_t seed, struct hn_reason *reason)
{
	int r = 0;

	k->state = k->settings.pods_file || k->settings.url ? HN_KUBELET_UNASKED : HN_KUBELET_NONE;
	if (k->settings.timeout_ns <= 0)
		k->settings.timeout_ns = TIMEOUT_DEFAULT_NS;
	hn_pace_init(&k->pace, k->settings.interval_ns, seed);
	if (k->settings.pods_file)
		r = check_readable(k->settings.pods_file, "--pods-file", reason);
	else if (k->settings.url)
		r = init_kubelet(k, reason);
	if (r < 0)
		return r;
	k->listed = hn_uidset_new(UIDS_MAX);
	k->next = evtimer_new(k->base, on_next, k);
	if (k->settings.pods_file)
		k->watch = event_new(k->base, -1, EV_PERSIST, on_watch, k);
	if (!k->listed || !k->next || (k->settings.pods_file && !k->watch))
		return hn_reason_set(reason, -ENOMEM, "no memory for the kubelet");
	return 0;
}

int hn_kubelet_new(const struct hn_kubelet_settings *settings, struct event_base *base,
		   hn_kubelet_callback *callback, void *arg, struct hn_kubelet **ret, struct hn_reason *reason)
{
	_cleanup_(hn_kubelet_cleanup) struct hn_kubelet *k = calloc(1, sizeof(*k));
	int r;

	if (!k)
		return hn_reason_set(reason, -ENOMEM, "no memory for the kubelet");
	k->settings = *settings;
	k->base = base;
	k->callback = callback;
	k->arg = arg;
	r = init(k, settings->seed, reason);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(k);
	return 0;
}

void hn_kubelet_free(struct hn_kubelet *k)
{
	if (!k)
		return;
	hn_https_free(k->request);
	hn_podsfile_free(k->reading);
	hn_podlist_reader_free(k->reader);
	if (k->next)
		event_free(k->next);
	if (k->watch)
		event_free(k->watch);
	hn_tls_free(k->tls);
	hn_podlist_free(k->pods);
	hn_uidset_free(k->listed);
	free(k);
}

enum hn_kubelet_state hn_kubelet_state(const struct hn_kubelet *k)
{
	return k->state;
}

const char *hn_kubelet_problem(const struct hn_kubelet *k)
{
	return k->problem.text;
}

const struct hn_podlist *hn_kubelet_pods(const struct hn_kubelet *k)
{
	return k->pods;
}

struct hn_mono hn_kubelet_requested(const struct hn_kubelet *k)
{
	return k->requested;
}

uint64_t hn_kubelet_failures(const struct hn_kubelet *k)
{
	return k->failures;
}

uint64_t hn_kubelet_answers(const struct hn_kubelet *k)
{
	return k->answers;
}

bool hn_kubelet_ever_listed(const struct hn_kubelet *k, const char *uid)
{
	return hn_uidset_has(k->listed, uid);
}
