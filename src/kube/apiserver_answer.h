/* SPDX-License-Identifier: Apache-2.0 */
/* An answer of the API server: what to do next, and in words why. Pure. What the server sent is hostile: bounded, and made
 * visible before it is shown. */
#ifndef HN_KUBE_APISERVER_ANSWER_H
#define HN_KUBE_APISERVER_ANSWER_H

#include "hostnetd/https.h"

enum hn_apiserver_step {
	HN_APISERVER_WHOLE,       /* 200, all of it */
	HN_APISERVER_NOT_THERE,   /* 404 */
	HN_APISERVER_UNKNOWN_US,  /* 401 */
	HN_APISERVER_FORBIDDEN,   /* 403 */
	HN_APISERVER_GONE,        /* 410: the continue token is too old */
	HN_APISERVER_LATER,       /* 429, 503 ...: the same again, after a while */
	HN_APISERVER_BROKEN_OFF,  /* the connection broke: once more, from the list's start */
	HN_APISERVER_SLOW,        /* connected, and no answer in time */
	HN_APISERVER_UNREACHABLE, /* no connection that can be trusted: nothing else will work either */
	HN_APISERVER_USELESS,     /* anything else, of this one question */
};

#define HN_APISERVER_CONTINUE 2048

/* What a Status in the answer says. */
struct hn_apiserver_status {
	char message[512];
	char token[HN_APISERVER_CONTINUE]; /* metadata.continue of a 410: goes on, at the cost of one snapshot */
	unsigned retry_after;              /* details.retryAfterSeconds */
};

/* `text` is no Status: its start is the message. */
void hn_apiserver_status_read(const char *text, struct hn_apiserver_status *ret);

/* What words need to know of the question. */
struct hn_apiserver_question {
	const char *server; /* its name for messages */
	const char *path;
	int64_t timeout_ns;
	bool credentials; /* some were sent */
};

/* `ret` is "" for WHOLE. */
enum hn_apiserver_step hn_apiserver_judge(const struct hn_apiserver_question *question,
					  const struct hn_https_answer *answer,
					  const struct hn_apiserver_status *status, struct hn_reason *ret);

#endif
