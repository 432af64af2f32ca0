// SPDX-License-Identifier: Apache-2.0
#include "https_head.h"

#include <errno.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "hostnetd/str.h"

/* An HTTP date is left alone: it needs a clock that both sides share. */
static unsigned retry_after(struct evkeyvalq *headers)
{
	const char *text = evhttp_find_header(headers, "Retry-After");

	return text && strlen(text) < 9 && strspn(text, "0123456789") == strlen(text) ?
		       (unsigned)strtoul(text, NULL, 10) :
		       0;
}

/* "application/json; charset=utf-8" is application/json. */
static bool is_type(const char *given, const char *wanted)
{
	size_t n = strlen(wanted);

	return given && strncasecmp(given, wanted, n) == 0 && (given[n] == '\0' || strchr("; \t", given[n]));
}

static int wrong_type(const char *type, const char *wanted, struct hn_reason *reason)
{
	_cleanup_(hn_str_done) struct hn_str shown = {0};

	hn_str_visible(&shown, type ? type : "", type ? strnlen(type, 60) : 0);
	return hn_reason_set(reason, -EBADMSG, "the answer is \"%s\", not %s", hn_str_get(&shown), wanted);
}

bool hn_https_is_good(int status)
{
	return status >= 200 && status <= 299;
}

int hn_https_head_read(struct evkeyvalq *headers, const char *body_type, struct hn_https_answer *answer)
{
	const char *encoding = evhttp_find_header(headers, "Content-Encoding");
	const char *type = evhttp_find_header(headers, "Content-Type");

	answer->retry_after = retry_after(headers);
	hn_strcpy(answer->location, sizeof(answer->location), evhttp_find_header(headers, "Location"));
	if (encoding && strcasecmp(encoding, "identity") != 0)
		return hn_reason_set(&answer->reason, -EBADMSG,
				     "the answer is compressed, which was not asked for");
	if (hn_https_is_good(answer->status) && answer->status != 204 && body_type && !is_type(type, body_type))
		return wrong_type(type, body_type, &answer->reason);
	return 0;
}
