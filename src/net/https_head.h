/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer's headers say. */
#ifndef HN_NET_HTTPS_HEAD_H
#define HN_NET_HTTPS_HEAD_H

#include "hostnetd/https.h"

struct evkeyvalq;

/* Fills `retry_after` and `location`. -EBADMSG with a reason in the answer: a body like this was not asked for. */
_must_check_ int hn_https_head_read(struct evkeyvalq *headers, const char *body_type,
				    struct hn_https_answer *answer);

#endif
