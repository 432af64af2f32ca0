/* SPDX-License-Identifier: Apache-2.0 */
/* The API from inside: serve.c listens and tells how the agent is, walk.c, walk_events.c and walk_watch.c make the long answers, past.c
 * gives them the store, filter.c decides what is in them. */
#ifndef HOSTNETD_SERVE_SELF_H
#define HOSTNETD_SERVE_SELF_H

#include "hostnetd/http.h"
#include "past.h"
#include "serve.h"

struct hn_serve {
	struct hn_serve_parts parts;
	struct hn_ring *ring;
	struct hn_str line; /* kept from one event to the next */
	struct hn_http_source source;
	struct hn_http *api, *metrics;
	struct hn_past past;
};

#define HN_FILTER_TEXT 256
#define HN_FILTER_ANY (-1)
/* What a query asks for. Texts are "" where nothing is asked. */
struct hn_filter {
	int state, cause, severity, verdict;
	char namespace[HN_FILTER_TEXT], pod[HN_FILTER_TEXT], workload[HN_FILTER_TEXT], q[HN_FILTER_TEXT];
	struct hn_wall since, until;
	char finding[HN_FINDING_ID_SIZE], type[HN_FILTER_TEXT];
	unsigned limit;
};
/* -EINVAL with a reason that names the parameter. */
_must_check_ int hn_filter_read(const struct hn_http_query *query, struct hn_filter *ret,
				struct hn_reason *reason);
/* Whether it is a finding's id, whole. */
bool hn_filter_is_id(const char *text);
bool hn_filter_takes(const struct hn_filter *f, const struct hn_finding *finding);
bool hn_filter_takes_event(const struct hn_filter *f, const struct hn_http_event *event);

int hn_walk_open(void *self, enum hn_http_list list, const struct hn_http_query *query, void **ret_walk,
		 struct hn_reason *reason);
bool hn_walk_step(void *walk, struct hn_str *out);
void hn_walk_close(void *walk);

#endif
