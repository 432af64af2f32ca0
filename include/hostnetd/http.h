/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP API, on the caller's event loop. It knows neither findings nor history: a table of functions gives it JSON
 * that is ready to be sent, and a ring gives it what happened. No callback of it works longer than about 1 ms. */
#ifndef HOSTNETD_HTTP_H
#define HOSTNETD_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostnetd/macro.h"
#include "hostnetd/reason.h"
#include "hostnetd/time.h"

struct event_base;
struct hn_str;

/* --- what happened lately ---------------------------------------------------------------------------------------- */

struct hn_http_event {
	uint64_t seq; /* grows; what a reader of the stream gives to go on */
	struct hn_wall time;
	struct hn_wall since, until; /* that it tells of; 0: it tells of a moment */
	const char *type;            /* static: "finding.opened" ... */
	const char *finding;         /* its id; "" if none */
	const char *json;            /* one object, one line */
	size_t n;
};

struct hn_ring;
/* Keeps the last events, as many as fit into max_bytes. NULL: no memory. */
struct hn_ring *hn_ring_new(size_t max_bytes);
void hn_ring_free(struct hn_ring *ring);
HN_DEFINE_CLEANUP(struct hn_ring, hn_ring_free, hn_ring_cleanup)
/* Copies the event; its seq must be above all before it. What is larger than the whole ring, or finds no memory, leaves
 * a gap: readers are told. */
void hn_ring_put(struct hn_ring *ring, const struct hn_http_event *event);
/* The first event with a seq above `seq`. False: there is none. Borrowed until the next put. */
bool hn_ring_after(const struct hn_ring *ring, uint64_t seq, struct hn_http_event *ret);
/* The last event with a seq below `seq`. */
bool hn_ring_before(const struct hn_ring *ring, uint64_t seq, struct hn_http_event *ret);
/* Whether everything above `seq` is still there. */
bool hn_ring_reaches(const struct hn_ring *ring, uint64_t seq);
uint64_t hn_ring_last(const struct hn_ring *ring);  /* seq of the newest that was put; 0: none yet */
uint64_t hn_ring_begin(const struct hn_ring *ring); /* the seq before the first that was ever put; 0: none yet */

/* --- who answers ------------------------------------------------------------------------------------------------- */

enum hn_http_list {
	HN_HTTP_FINDINGS, /* {"items":[...],"total":N,"next":"..."} */
	HN_HTTP_FINDING,  /* {"finding":{...},"timeline":[...]}; the id is HN_HTTP_ID */
	HN_HTTP_SHARING,  /* {"items":[...]} */
	HN_HTTP_EVENTS,   /* {"items":[...],"next":"..."} */
};

enum hn_http_param {
	HN_HTTP_ID,
	HN_HTTP_STATE,
	HN_HTTP_CAUSE,
	HN_HTTP_SEVERITY,
	HN_HTTP_VERDICT,
	HN_HTTP_NAMESPACE,
	HN_HTTP_POD,
	HN_HTTP_WORKLOAD,
	HN_HTTP_Q,
	HN_HTTP_SINCE,
	HN_HTTP_UNTIL,
	HN_HTTP_OF_FINDING,
	HN_HTTP_TYPE,
	HN_HTTP_LIMIT,
	HN_HTTP_CURSOR,
	HN_HTTP_PARAM_MAX,
};
const char *hn_http_param_name(enum hn_http_param p); /* as in the query: "state", "q" ... */

#define HN_HTTP_QUERY_BYTES 2048
struct hn_http_query {
	const char *values[HN_HTTP_PARAM_MAX]; /* hostile; NULL: not given. They point into `bytes` */
	char bytes[HN_HTTP_QUERY_BYTES];
};

/* A long answer is made in pieces, with other work between them: what it speaks of may go meanwhile. */
struct hn_http_source {
	void *self;
	/* 0; -EINVAL (a value is wrong: the reason names it), -ENOENT (no such finding), -ENOMEM. `query` is gone when it
	 * returns. */
	int (*open)(void *self, enum hn_http_list list, const struct hn_http_query *query, void **ret_walk,
		    struct hn_reason *reason);
	/* Appends the next piece: some work, some 10 KiB. False: that was the last. */
	bool (*step)(void *walk, struct hn_str *out);
	void (*close)(void *walk);
	/* Whole, small documents. */
	void (*status)(void *self, struct hn_str *out);
	bool (*drift)(void *self, struct hn_str *out); /* false: nothing is compared */
	void (*metrics)(void *self, bool openmetrics, struct hn_str *out);
	/* Whether the agent watches: hooks are on, and a complete look has been had. Else `why` says what is missing. */
	bool (*ready)(void *self, struct hn_reason *why);
};

/* --- the server -------------------------------------------------------------------------------------------------- */

/* All borrowed; they must outlive the server. */
struct hn_http_settings {
	const char *listen; /* "ADDR:PORT", "[ADDR]:PORT", "unix:PATH" */
	const char *flag;   /* that gave it, for messages: "--listen" */
	bool metrics_only;  /* /metrics, /healthz and /readyz; no token, no TLS, any Host */
	bool own_netns;     /* the agent's loopback is not the host's */
	const char *token_file;
	const char *tls_cert_file, *tls_key_file; /* both or none */
	const char *const *hosts;                 /* names that a Host header may have besides localhost */
	size_t n_hosts;
	void (*log)(const char *text); /* what the operator should know: a file that cannot be used any more */
};

struct hn_http_stats {
	uint64_t requests, refused, evicted, streams; /* so far */
	uint64_t connections, open_streams;           /* now */
};

struct hn_http;
/* Listens. -EINVAL (a setting), -EACCES (needs a token: the reason names the flag) or another -errno with a reason. */
_must_check_ int hn_http_new(const struct hn_http_settings *settings, struct event_base *base,
			     const struct hn_http_source *source, struct hn_ring *ring, struct hn_http **ret,
			     struct hn_reason *reason);
void hn_http_free(struct hn_http *h); /* closes all connections */
HN_DEFINE_CLEANUP(struct hn_http, hn_http_free, hn_http_cleanup)
/* The ring has got something: streams go on, soon. Cheap. */
void hn_http_wake(struct hn_http *h);
void hn_http_stats(const struct hn_http *h, struct hn_http_stats *ret);

#endif
