/* SPDX-License-Identifier: Apache-2.0 */
/* When to ask the kubelet for its pods, and what its last complete answer was. Never blocks: everything runs in the
 * caller's event_base. Source: a kubelet over HTTPS or HTTP, or a file; none: everything stays unknown. */
#ifndef HOSTNETD_KUBELET_H
#define HOSTNETD_KUBELET_H

#include <stdbool.h>
#include <stdint.h>

#include "hostnetd/macro.h"
#include "hostnetd/pod.h"
#include "hostnetd/reason.h"
#include "hostnetd/time.h"

struct event_base;
struct hn_kubelet;

struct hn_kubelet_settings {
	const char *url;        /* base URL; "/pods" is added. NULL with pods_file */
	const char *pods_file;  /* NULL: ask `url` */
	const char *token_file; /* NULL: none. All files are read again when they change */
	const char *ca_file;    /* NULL: the system's */
	const char *client_cert, *client_key;
	const char *tls_server_name; /* NULL: the URL's host */
	bool insecure_tls;
	int64_t interval_ns; /* between two routine readings */
	int64_t timeout_ns;  /* of one request, connect to last byte; 0: 10 s */
	uint64_t seed;       /* for the jitter */
};

enum hn_kubelet_state {
	HN_KUBELET_NONE,    /* no source was given */
	HN_KUBELET_UNASKED, /* no answer yet */
	HN_KUBELET_OK,
	HN_KUBELET_UNREACHABLE,  /* refused, timed out, name not found */
	HN_KUBELET_TLS,          /* certificate not accepted, by either side */
	HN_KUBELET_UNAUTHORIZED, /* 401 */
	HN_KUBELET_FORBIDDEN,    /* 403 */
	HN_KUBELET_BAD_ANSWER,   /* another status, half an answer, too large, not a PodList */
	HN_KUBELET_STATE_MAX,
};
const char *hn_kubelet_state_name(enum hn_kubelet_state state); /* "ok", "unreachable", "bad-answer" ... */

/* Called after every finished request, good or bad. On success `kubelet` holds a new list. */
typedef void hn_kubelet_callback(struct hn_kubelet *kubelet, void *arg);

/* `settings` and its strings are borrowed and must outlive the kubelet. -EINVAL for an URL or file that cannot be
 * used, with a reason. Asks nothing yet. */
_must_check_ int hn_kubelet_new(const struct hn_kubelet_settings *settings, struct event_base *base,
				hn_kubelet_callback *callback, void *arg, struct hn_kubelet **ret,
				struct hn_reason *reason);
void hn_kubelet_free(struct hn_kubelet *k); /* cancels what is running; the callback is not called any more */
HN_DEFINE_CLEANUP(struct hn_kubelet, hn_kubelet_free, hn_kubelet_cleanup)

enum hn_kubelet_urgency {
	HN_KUBELET_NOW,  /* an unknown pod uid: at once, but at most once a second */
	HN_KUBELET_SOON, /* a container id is missing in a known pod: in about 1 s */
};
/* Asks, or makes sure that a request will be started: requests never run side by side; one that is wanted while
 * another runs starts after it (its answer must have been *requested after* this call). While the kubelet fails,
 * the growing back-off (1 s to 60 s, with jitter) holds for all. Cheap: may be called for every event. */
void hn_kubelet_want(struct hn_kubelet *k, enum hn_kubelet_urgency urgency);

enum hn_kubelet_state hn_kubelet_state(const struct hn_kubelet *k);
/* Why the last request failed and how to mend it; "" while all is well. */
const char *hn_kubelet_problem(const struct hn_kubelet *k);
/* The last complete list; NULL before the first. Borrowed: until the next callback. An old list stays while the
 * kubelet fails. */
const struct hn_podlist *hn_kubelet_pods(const struct hn_kubelet *k);
/* When the request for that list was *sent* (for a file: when it was opened). */
struct hn_mono hn_kubelet_requested(const struct hn_kubelet *k);
/* Number of complete answers so far. */
uint64_t hn_kubelet_answers(const struct hn_kubelet *k);
uint64_t hn_kubelet_failures(const struct hn_kubelet *k); /* requests that came to nothing */
/* A uid that any answer of this run listed. Bounded: forgets the oldest beyond 65,536. */
bool hn_kubelet_ever_listed(const struct hn_kubelet *k, const char *uid);

#endif
