// SPDX-License-Identifier: Apache-2.0
/* What an answer means for what was sent. Pure. */
#include <errno.h>

#include "courier.h"
#include "hostnetd/macro.h"

static const char *const failures[] = {
	[HN_HTTPS_FINE] = "",
	[HN_HTTPS_TOKEN] = "its credentials cannot be sent",
	[HN_HTTPS_FILES] = "its certificate's files cannot be used",
	[HN_HTTPS_MEMORY] = "no memory",
	[HN_HTTPS_LOOKUP] = "its name has no address",
	[HN_HTTPS_CONNECT] = "it cannot be reached",
	[HN_HTTPS_TLS] = "no TLS with it",
	[HN_HTTPS_TIMEOUT] = "it does not answer in time",
	[HN_HTTPS_CLOSED] = "it closed the connection",
	[HN_HTTPS_PROTOCOL] = "it does not speak HTTP as we do",
	[HN_HTTPS_TOO_LARGE] = "its answer is too large",
	[HN_HTTPS_BODY] = "its answer cannot be used",
};

static const int mended_later[] = {401, 403, 404, 407, 408, 421, 423, 425, 429};

enum hn_delivery hn_delivery_of(const struct hn_https_answer *answer)
{
	if (hn_https_is_good(answer->status))
		return HN_DELIVERED;
	if (answer->status < 400 || answer->status >= 500)
		return HN_DELIVER_AGAIN;
	for (size_t i = 0; i < HN_ARRAY_SIZE(mended_later); i++)
		if (answer->status == mended_later[i])
			return HN_DELIVER_AGAIN;
	return HN_UNDELIVERABLE;
}

void hn_delivery_why(const struct hn_https_answer *answer, struct hn_reason *reason)
{
	_cleanup_(hn_str_done) struct hn_str shown = {0};
	const char *detail = answer->reason.text[0] ? answer->reason.text : answer->tls.detail;

	if (answer->status >= 300 && answer->status < 400)
		hn_reason_set(reason, 0, "it answers %d: a redirect is not followed", answer->status);
	else if (answer->status && answer->token_withheld)
		hn_reason_set(reason, 0,
			      "it answers %d: a secret is not sent over plain HTTP to another machine: use https",
			      answer->status);
	else if (answer->status && !(hn_https_is_good(answer->status) && answer->failure != HN_HTTPS_FINE))
		hn_reason_set(reason, 0, "it answers %d%s%s", answer->status, answer->text[0] ? ": " : "",
			      hn_str_excerpt(&shown, answer->text, 160));
	else
		hn_reason_set(reason, 0, "%s%s%.200s", failures[answer->failure], detail[0] ? ": " : "", detail);
}
