// SPDX-License-Identifier: Apache-2.0
#include "query.h"

#include <errno.h>
#include <string.h>

#include "hostnetd/str.h"

static const char *const names[] = {
	[HN_HTTP_ID] = "id",
	[HN_HTTP_STATE] = "state",
	[HN_HTTP_CAUSE] = "cause",
	[HN_HTTP_SEVERITY] = "severity",
	[HN_HTTP_VERDICT] = "verdict",
	[HN_HTTP_NAMESPACE] = "namespace",
	[HN_HTTP_POD] = "pod",
	[HN_HTTP_WORKLOAD] = "workload",
	[HN_HTTP_Q] = "q",
	[HN_HTTP_SINCE] = "since",
	[HN_HTTP_UNTIL] = "until",
	[HN_HTTP_OF_FINDING] = "finding",
	[HN_HTTP_TYPE] = "type",
	[HN_HTTP_LIMIT] = "limit",
	[HN_HTTP_CURSOR] = "cursor",
};
_Static_assert(HN_ARRAY_SIZE(names) == HN_HTTP_PARAM_MAX, "a name for each parameter");

const char *hn_http_param_name(enum hn_http_param p)
{
	return (unsigned)p < HN_HTTP_PARAM_MAX ? names[p] : "";
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes n bytes to `to`, which has room for them and a NUL. -1 for a broken escape, or a NUL. */
static int decode(const char *from, size_t n, char *to)
{
	for (size_t i = 0; i < n; i++) {
		char c = from[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			if (i + 2 >= n || digit(from[i + 1]) < 0 || digit(from[i + 2]) < 0)
				return -1;
			c = (char)((unsigned)digit(from[i + 1]) << 4 | (unsigned)digit(from[i + 2]));
			i += 2;
		}
		if (c == '\0')
			return -1;
		*to++ = c;
	}
	*to = '\0';
	return 0;
}

/* The parameter's number; HN_HTTP_PARAM_MAX if there is none of this name. */
static unsigned find(const char *name, size_t n)
{
	unsigned p = 0;

	while (p < HN_HTTP_PARAM_MAX && (strlen(names[p]) != n || memcmp(names[p], name, n) != 0))
		p++;
	return p;
}

static int unknown(const char *name, size_t n, unsigned allowed, struct hn_reason *reason)
{
	_cleanup_(hn_str_done) struct hn_str list = {0}, shown = {0};

	for (unsigned p = 0; p < HN_HTTP_PARAM_MAX; p++)
		if (allowed & HN_HTTP_BIT(p))
			hn_str_printf(&list, "%s%s", list.len ? ", " : "", names[p]);
	hn_str_visible(&shown, name, n < 64 ? n : 64);
	return hn_reason_set(reason, -EINVAL, "unknown parameter '%s': %s%s", hn_str_get(&shown),
			     list.len ? "there are " : "there is none here", hn_str_get(&list));
}

int hn_http_query_parse(const char *text, unsigned allowed, struct hn_http_query *ret, struct hn_reason *reason)
{
	char *to = ret->bytes;

	memset(ret->values, 0, sizeof(ret->values));
	if (!text || !text[0])
		return 0;
	if (strlen(text) >= sizeof(ret->bytes))
		return hn_reason_set(reason, -E2BIG, "the query is longer than %zu bytes", sizeof(ret->bytes) - 1);
	for (;;) {
		size_t n = strcspn(text, "&"), key = strcspn(text, "=&");
		unsigned p = find(text, key);

		if (p == HN_HTTP_PARAM_MAX || !(allowed & HN_HTTP_BIT(p)))
			return unknown(text, key, allowed, reason);
		if (ret->values[p])
			return hn_reason_set(reason, -EINVAL, "parameter '%s' is given twice", names[p]);
		if (key + 1 >= n)
			return hn_reason_set(reason, -EINVAL, "parameter '%s' has no value", names[p]);
		if (decode(text + key + 1, n - key - 1, to) < 0)
			return hn_reason_set(reason, -EINVAL, "parameter '%s': malformed %% escape", names[p]);
		ret->values[p] = to;
		to += strlen(to) + 1;
		if (text[n] == '\0')
			return 0;
		text += n + 1;
	}
}
