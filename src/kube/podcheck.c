// SPDX-License-Identifier: Apache-2.0
#include "hostnetd/podcheck.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/apiaccess.h"
#include "hostnetd/https.h"
#include "hostnetd/pace.h"
#include "podlist.h"

#define SOON_NS (60 * HN_NSEC_PER_SEC) /* the second look, or the interval if that is shorter */
#define RETRY_AFTER_MAX 3600
#define TIMEOUT_NS (30 * HN_NSEC_PER_SEC)
#define KEY_SIZE 320
#define NODE_NAME_MAX 253

struct suspect {
	enum hn_pod_difference kind;
	char uid[KEY_SIZE];
	bool told;
};

struct look {
	size_t n;
	struct suspect suspects[HN_PODCHECK_SUSPECTS];
};

struct hn_podcheck {
	struct hn_podcheck_settings settings;
	struct event_base *base;
	struct event *next;
	struct hn_apiaccess *access;
	struct hn_str path;
	struct hn_pace pace;
	struct hn_podlist_reader *reader;
	struct hn_https *request;
	struct hn_podlist *there; /* waits for a list of the kubelet's that is newer */
	struct hn_mono got;
	struct look looks[2];
	unsigned now; /* index of the newer look */
	struct hn_podcheck_stats stats;
	struct hn_reason problem;
};

static void schedule(struct hn_podcheck *p)
{
	int64_t wait = hn_pace_next(&p->pace, hn_mono_now());
	struct timeval when;

	if (wait == HN_PACE_NEVER) {
		event_del(p->next);
		return;
	}
	wait += HN_NSEC_PER_MSEC;
	when.tv_sec = wait / HN_NSEC_PER_SEC;
	when.tv_usec = wait % HN_NSEC_PER_SEC / 1000;
	event_add(p->next, &when);
}

static int64_t soon(const struct hn_podcheck *p)
{
	return p->settings.interval_ns < SOON_NS ? p->settings.interval_ns : SOON_NS;
}

/* --- looks ---------------------------------------------------------------------------------------------------------- */

static struct suspect *find(struct look *l, enum hn_pod_difference kind, const char *uid)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->suspects[i].kind == kind && strcmp(l->suspects[i].uid, uid) == 0)
			return &l->suspects[i];
	}
	return NULL;
}

static void on_difference(void *arg, enum hn_pod_difference kind, const struct hn_pod *here,
			  const struct hn_pod *there)
{
	struct hn_podcheck *p = arg;
	struct look *now = &p->looks[p->now];
	const char *uid = here ? here->uid : there->uid;
	_cleanup_(hn_str_done) struct hn_str text = {0};
	const struct suspect *before;
	struct suspect *s;

	/* What is beyond the room is not told; that there is so much is. */
	if (now->n == HN_PODCHECK_SUSPECTS || strlen(uid) >= KEY_SIZE)
		return;
	before = find(&p->looks[!p->now], kind, uid);
	s = &now->suspects[now->n++];
	*s = (struct suspect){.kind = kind, .told = before != NULL};
	hn_strcpy(s->uid, sizeof(s->uid), uid);
	if (!before)
		return;
	p->stats.differ[kind]++;
	if (before->told)
		return;
	hn_pod_difference_text(kind, here, there, &text);
	if (!text.failed)
		p->settings.differs(p->settings.arg, text.data);
}

static bool has_untold(const struct look *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (!l->suspects[i].told)
			return true;
	}
	return false;
}

void hn_podcheck_answered(struct hn_podcheck *p)
{
	const struct hn_podlist *here;
	struct hn_podlist *there;

	if (!p || !p->there || hn_kubelet_state(p->settings.kubelet) != HN_KUBELET_OK)
		return;
	if (hn_kubelet_requested(p->settings.kubelet).ns < p->got.ns) {
		hn_kubelet_want(p->settings.kubelet, HN_KUBELET_NOW);
		return;
	}
	here = hn_kubelet_pods(p->settings.kubelet);
	there = TAKE_PTR(p->there);
	p->now = !p->now;
	p->looks[p->now].n = 0;
	memset(p->stats.differ, 0, sizeof(p->stats.differ));
	hn_pods_compare(here, there, on_difference, p);
	hn_podlist_free(there);
	p->stats.compared = hn_wall_now();
	hn_pace_finished(&p->pace, hn_mono_now(), true);
	if (has_untold(&p->looks[p->now]))
		hn_pace_want(&p->pace, hn_mono_now(), soon(p));
	schedule(p);
}

/* --- requests ------------------------------------------------------------------------------------------------------- */

static void end_request(struct hn_podcheck *p)
{
	hn_podlist_reader_free(p->reader);
	p->reader = NULL;
	hn_https_free(p->request);
	p->request = NULL;
}

/* Nothing waits for the answer: a server in trouble is asked no more often than one that is well. */
static void fail(struct hn_podcheck *p, unsigned retry_after)
{
	p->stats.failures++;
	end_request(p);
	hn_pace_finished(&p->pace, hn_mono_now(), true);
	if (retry_after > RETRY_AFTER_MAX)
		retry_after = RETRY_AFTER_MAX;
	hn_pace_hold(&p->pace, hn_mono_now(), (int64_t)retry_after * HN_NSEC_PER_SEC);
	schedule(p);
}

static int on_body(void *arg, const char *bytes, size_t n, struct hn_reason *reason)
{
	struct hn_podcheck *p = arg;

	return hn_podlist_reader_feed(p->reader, bytes, n, reason);
}

static void explain(struct hn_podcheck *p, const struct hn_https_answer *answer, const struct hn_reason *why)
{
	_cleanup_(hn_str_done) struct hn_str shown = {0};

	if (answer->failure == HN_HTTPS_FINE && answer->status != 200)
		hn_api_message(answer->text, &shown);
	else
		hn_str_visible(&shown, why->text, strlen(why->text));
	hn_reason_set(&p->problem, 0, "API server %.200s: this node's pods cannot be listed (HTTP %d): %.240s",
		      p->access->name, answer->status, hn_str_get(&shown));
}

static void on_answer(void *arg, const struct hn_https_answer *answer)
{
	struct hn_podcheck *p = arg;
	struct hn_podlist *list = NULL;
	struct hn_reason why = answer->reason;

	if (answer->failure == HN_HTTPS_FINE && answer->status == 200 &&
	    hn_podlist_reader_finish(p->reader, &list, &why) == 0) {
		end_request(p);
		hn_podlist_free(p->there);
		p->there = list;
		p->got = hn_mono_now();
		p->problem.text[0] = '\0';
		p->stats.answers++;
		hn_kubelet_want(p->settings.kubelet, HN_KUBELET_NOW);
		return;
	}
	explain(p, answer, &why);
	fail(p, answer->retry_after);
}

static void on_next(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct hn_podcheck *p = arg;
	const struct hn_https_settings settings = {
		.url = p->access->url,
		.path = p->path.data,
		.tls = p->access->tls,
		.server_name = p->access->server_name,
		.token_file = p->access->token_file,
		.token = p->access->token,
		.body_type = "application/json",
		.timeout_ns = TIMEOUT_NS,
		.max_bytes = HN_PODLIST_BYTES,
		.body = on_body,
		.done = on_answer,
		.arg = p,
	};

	if (hn_pace_next(&p->pace, hn_mono_now()) != 0) {
		schedule(p);
		return;
	}
	hn_pace_started(&p->pace, hn_mono_now());
	p->reader = hn_podlist_reader_new(HN_PODLIST_BYTES);
	if (p->reader)
		p->request = hn_https_start(&settings, p->base);
	if (p->request)
		return;
	hn_reason_set(&p->problem, -ENOMEM, "API server %.200s: nothing was asked: no memory", p->access->name);
	fail(p, 0);
}

/* --- life ----------------------------------------------------------------------------------------------------------- */

/* It goes into a query as it is: a name that Kubernetes takes has nothing in it to escape. */
static bool is_node_name(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= NODE_NAME_MAX && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == n;
}

int hn_podcheck_new(const struct hn_podcheck_settings *settings, struct event_base *base, struct hn_podcheck **ret,
		    struct hn_reason *reason)
{
	_cleanup_(hn_podcheck_cleanup) struct hn_podcheck *p = NULL;
	int r;

	if (settings->interval_ns <= 0)
		return hn_reason_set(reason, -EINVAL, "no interval");
	if (!is_node_name(settings->node))
		return hn_reason_set(reason, -EINVAL,
				     "--node-name is no name that a node can have on the API server");
	p = calloc(1, sizeof(*p));
	if (!p)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	p->settings = *settings;
	p->base = base;
	r = hn_apiaccess_open(&settings->apiserver, &p->access, reason);
	if (r < 0)
		return r;
	hn_str_printf(&p->path, "/api/v1/pods?fieldSelector=spec.nodeName%%3D%s&resourceVersion=0",
		      settings->node);
	p->next = evtimer_new(base, on_next, p);
	if (!p->next || p->path.failed)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	hn_pace_init(&p->pace, settings->interval_ns, settings->seed);
	/* Agents that are rolled out together do not ask together. */
	hn_pace_want(&p->pace, hn_mono_now(), (int64_t)(settings->seed % (uint64_t)soon(p)));
	schedule(p);
	*ret = TAKE_PTR(p);
	return 0;
}

void hn_podcheck_free(struct hn_podcheck *p)
{
	if (!p)
		return;
	end_request(p);
	hn_podlist_free(p->there);
	hn_apiaccess_free(p->access);
	hn_str_done(&p->path);
	if (p->next)
		event_free(p->next);
	free(p);
}

void hn_podcheck_stats(const struct hn_podcheck *p, struct hn_podcheck_stats *ret)
{
	*ret = p->stats;
	ret->problem = p->problem.text;
}

const char *hn_podcheck_warning(const struct hn_podcheck *p)
{
	return p->access->warning;
}
