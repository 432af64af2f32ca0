// SPDX-License-Identifier: Apache-2.0
/* Asks a receiver once, in a loop of its own. */
#include <errno.h>
#include <event2/event.h>

#include "courier.h"
#include "sink.h"

#define TIMEOUT_NS (10 * HN_NSEC_PER_SEC)

struct asked {
	struct event_base *base;
	struct hn_https_answer answer;
	bool done;
};

static void on_done(void *arg, const struct hn_https_answer *answer)
{
	struct asked *a = arg;

	a->answer = *answer;
	a->done = true;
	event_base_loopbreak(a->base);
}

/* Any answer of HTTP shows that name, route and certificate are right; what 401 and 403 say is not for a person to guess. */
static int judge(const struct asked *a, enum hn_https_method method, struct hn_reason *ret)
{
	int status = a->answer.status;

	if (status == 0 || status >= 500 || status == 401 || status == 403 || status == 407 ||
	    (method != HN_HTTPS_GET && !hn_https_is_good(status))) {
		hn_delivery_why(&a->answer, ret);
		return -EIO;
	}
	hn_reason_set(ret, 0, "it answers %d", status);
	return 0;
}

int hn_sink_ask(const struct hn_sink_row *row, void *self, struct event_base *base, struct hn_reason *ret)
{
	struct asked asked = {.base = base, .answer.failure = HN_HTTPS_MEMORY};
	struct hn_courier_settings where = {0};
	struct hn_parcel parcel = {.path = ""};
	struct hn_https_settings settings;
	struct hn_https *https;
	int r = row->question(self, &where, &parcel, ret);

	if (r < 0)
		return r;
	settings = (struct hn_https_settings){
		.url = where.url,
		.method = parcel.method,
		.path = parcel.path,
		.content = parcel.content,
		.content_len = parcel.content_len,
		.content_type = parcel.content_type,
		.headers = parcel.headers,
		.n_headers = parcel.n_headers,
		.tls = where.tls,
		.server_name = where.server_name,
		.token_file = where.token_file,
		.timeout_ns = TIMEOUT_NS,
		.max_bytes = 65536,
		.done = on_done,
		.arg = &asked,
	};
	https = hn_https_start(&settings, base);
	while (https && !asked.done && event_base_dispatch(base) == 0)
		;
	hn_https_free(https);
	return judge(&asked, parcel.method, ret);
}
