/* SPDX-License-Identifier: Apache-2.0 */
/* Brings requests to a receiver, one at a time: at most one a second, after a failure again with a back-off that grows to a minute
 * and jitter, or when the receiver's Retry-After says. Never blocks. */
#ifndef HN_SINK_COURIER_H
#define HN_SINK_COURIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostnetd/health.h"
#include "hostnetd/https.h"
#include "hostnetd/reason.h"
#include "hostnetd/str.h"

struct event_base;
struct hn_courier;

/* Borrowed by the courier until judge() is called for it. */
struct hn_parcel {
	enum hn_https_method method;
	const char *path; /* added to the URL's; "" */
	const char *content;
	size_t content_len;
	const char *content_type;
	const struct hn_https_header *headers;
	size_t n_headers;
	uint64_t records; /* that count as sent where it is delivered */
};

enum hn_delivery {
	HN_DELIVERED,
	HN_DELIVER_AGAIN, /* later */
	HN_DELIVER_OTHER, /* no failure, and next() gives something else: the answer to a question leads to another request */
	HN_UNDELIVERABLE, /* no use to try it again: its records are dropped */
};

/* All borrowed. */
struct hn_courier_settings {
	struct event_base *base;
	const struct hn_url *url;
	struct hn_tls *tls;
	const char *server_name, *token_file; /* NULL: none */
	size_t answer_bytes;                  /* of the body of a 2xx that judge() gets; a longer one is cut */
	uint64_t seed;
	/* The next request, or the same again after AGAIN. 1; 0: nothing waits; negative with a reason: it cannot be made now, as
	 * where a file is missing, and is tried again. */
	int (*next)(void *self, struct hn_parcel *ret, struct hn_reason *reason);
	/* What an answer comes to. It may set the reason: what is wrong now. */
	enum hn_delivery (*judge)(void *self, const struct hn_https_answer *answer, const char *body,
				  struct hn_reason *reason);
	void *self;
};

/* NULL: no memory. */
struct hn_courier *hn_courier_new(const struct hn_courier_settings *settings);
void hn_courier_free(struct hn_courier *c);
/* In judge(): so many of the parcel's records were refused, although it is DELIVERED. */
void hn_courier_reject(struct hn_courier *c, uint64_t n);
/* There may be something to send. */
void hn_courier_wake(struct hn_courier *c);
/* The program ends: what waits is sent without a pause, and what fails then is not tried again. */
void hn_courier_hurry(struct hn_courier *c);
bool hn_courier_is_idle(const struct hn_courier *c); /* nothing is under way, and in a hurry nothing will be */
/* Fills what it knows: sent, failed, dropped by the receiver, last_sent, problem. */
void hn_courier_health(const struct hn_courier *c, struct hn_sink_health *ret);

/* The usual meaning of an answer: 2xx is delivered even if the rest of the answer was lost; what a time, a rate, a credential or a
 * proxy may mend is tried again; any other 4xx is the request's fault. */
enum hn_delivery hn_delivery_of(const struct hn_https_answer *answer);
/* Why it was not delivered, in words. */
void hn_delivery_why(const struct hn_https_answer *answer, struct hn_reason *reason);

#endif
