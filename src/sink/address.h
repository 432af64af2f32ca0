/* SPDX-License-Identifier: Apache-2.0 */
/* Where a sink sends to: its URL, and TLS with it. */
#ifndef HN_SINK_ADDRESS_H
#define HN_SINK_ADDRESS_H

#include "courier.h"
#include "hostnetd/tls.h"
#include "hostnetd/url.h"

struct hn_sink_parts;

struct hn_address {
	struct hn_url url;
	char target[2048];  /* path and query of a URL that was given whole; else "" */
	struct hn_tls *tls; /* NULL: plain HTTP */
};

/* `flag` is in the reason of an error: "--webhook-url". */
_must_check_ int hn_address_open(struct hn_address *a, const char *url, const char *flag, const char *ca_file,
				 struct hn_reason *reason);
/* A URL that is taken as it is: with a slash at its end and a query, which may hold a secret and is never shown. */
_must_check_ int hn_address_open_whole(struct hn_address *a, const char *url, const char *flag,
				       const char *ca_file, struct hn_reason *reason);
void hn_address_done(struct hn_address *a);
/* Settings that send there, without functions. */
struct hn_courier_settings hn_address_courier(const struct hn_address *a, const struct hn_sink_parts *parts);

#endif
