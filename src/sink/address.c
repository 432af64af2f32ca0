// SPDX-License-Identifier: Apache-2.0
#include "address.h"

#include "hostnetd/sink.h"

int hn_address_open(struct hn_address *a, const char *url, const char *flag, const char *ca_file,
		    struct hn_reason *reason)
{
	struct hn_tls_settings settings = {.ca_file = ca_file};
	int r = hn_url_parse(url, &a->url, reason);

	if (r < 0)
		return hn_reason_wrap(reason, r, "%s", flag);
	if (!a->url.tls)
		return 0;
	r = hn_tls_new(&settings, &a->tls, reason);
	return r < 0 ? hn_reason_wrap(reason, r, "%s", flag) : 0;
}

void hn_address_done(struct hn_address *a)
{
	hn_tls_free(a->tls);
	a->tls = NULL;
}

struct hn_courier_settings hn_address_courier(const struct hn_address *a, const struct hn_sink_parts *parts)
{
	return (struct hn_courier_settings){
		.base = parts->base, .url = &a->url, .tls = a->tls, .seed = parts->seed};
}
