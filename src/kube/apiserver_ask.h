/* SPDX-License-Identifier: Apache-2.0 */
/* One question to the API server and its answer, with what is between: logging in, waiting where it asks to. */
#ifndef HN_KUBE_APISERVER_ASK_H
#define HN_KUBE_APISERVER_ASK_H

#include "apiserver_answer.h"
#include "login.h"

struct cJSON;
struct event_base;
struct hn_discovery;

struct hn_apiserver {
	struct hn_login *login;
	struct hn_tls *tls; /* NULL: http, or not made yet */
	struct event_base *base;
	int64_t timeout_ns;
	int64_t patience_ns; /* what is left of the time that we wait because the server asks for it */
	unsigned slow;       /* questions in a row without an answer */
	/* Every question has this answer from now on; LISTED: not yet. */
	enum hn_apiserver_outcome dead;
	struct hn_reason dead_reason;
	struct hn_discovery *discovery; /* NULL: nothing asked yet */
};

struct hn_apiserver_ask {
	const char *path; /* with its query */
	size_t max_bytes;
	int (*body)(void *arg, const char *bytes, size_t n, struct hn_reason *reason);
	void *arg;
};

/* Blocks. The step is none of LATER (it gave up: USELESS). `ret_status` is filled unless the step is WHOLE. After
 * UNREACHABLE, UNKNOWN_US and a second SLOW the server counts as dead: nothing is asked any more. */
enum hn_apiserver_step hn_apiserver_ask(struct hn_apiserver *a, struct hn_apiserver_ask *ask,
					struct hn_apiserver_status *ret_status, struct hn_reason *ret);
/* What a step that ends a list is for the caller. */
enum hn_apiserver_outcome hn_apiserver_outcome_of(enum hn_apiserver_step step);

void hn_apiserver_pause(int64_t ns);

void hn_discovery_free(struct hn_discovery *d);

#endif
