/* SPDX-License-Identifier: Apache-2.0 */
/* A request's head: what two servers could read in two ways is refused, and the connection with it: what follows may be the body
 * of this request, or another one. */
#ifndef HN_HTTP_HEAD_H
#define HN_HTTP_HEAD_H

struct evhttp_request;

/* NULL: it is fine. Else what is wrong with it. */
const char *hn_head_judge(struct evhttp_request *raw);

#endif
