// SPDX-License-Identifier: Apache-2.0
#include "head.h"

#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "hostnetd/macro.h"
#include "hostnetd/str.h"

static bool is_token_text(const char *name)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";

	for (const char *p = name; *p; p++)
		if (!((*p >= '0' && *p <= '9') || ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z') || strchr(marks, *p)))
			return false;
	return name[0] != '\0';
}

static const char *judge_headers(const struct evkeyvalq *headers)
{
	static const char *const once[] = {"Host", "Authorization", "Last-Event-ID"};
	unsigned seen[HN_ARRAY_SIZE(once)] = {0};
	const struct evkeyval *h;

	TAILQ_FOREACH(h, headers, next)
	{
		if (!is_token_text(h->key))
			return "a header's name has a character that no name has";
		for (const char *p = h->value; *p; p++)
			if ((unsigned char)*p < ' ' && *p != '\t')
				return "a header has a control character";
		for (size_t i = 0; i < HN_ARRAY_SIZE(once); i++)
			if (strcasecmp(h->key, once[i]) == 0 && ++seen[i] > 1)
				return "a header is there twice";
		if (strcasecmp(h->key, "Transfer-Encoding") == 0)
			return "a request has no body here";
		if (strcasecmp(h->key, "Content-Length") == 0 && strcmp(h->value, "0") != 0)
			return "a request has no body here";
	}
	return NULL;
}

/* evhttp takes `//host/path` for a host and a path. Whoever stands in front sees a path, and lets through what it would not. */
static const char *judge_target(const struct evhttp_request *raw)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(raw);

	if (hn_starts_with(evhttp_request_get_uri(raw), "//"))
		return "a path does not begin with two slashes";
	if (evhttp_uri_get_userinfo(uri))
		return "an address names a user";
	if (evhttp_uri_get_fragment(uri))
		return "a fragment is not for a server";
	return NULL;
}

const char *hn_head_judge(struct evhttp_request *raw)
{
	const char *problem = judge_target(raw);

	return problem ? problem : judge_headers(evhttp_request_get_input_headers(raw));
}
