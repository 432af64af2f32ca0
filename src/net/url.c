// SPDX-License-Identifier: Apache-2.0
// Strict, since what it lets through ends in a request: no byte that could end a header line.
#include "hostnetd/url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "hostnetd/str.h"

static int bad(struct hn_reason *reason, const char *text, const char *why)
{
	_cleanup_(hn_str_done) struct hn_str shown = {0};

	hn_str_visible(&shown, text, strnlen(text, 200));
	return hn_reason_set(reason, -EINVAL,
			     "%s: %s; an URL looks like https://10.0.0.5:10250 or https://[fd00::5]:10250",
			     hn_str_get(&shown), why);
}

static int parse_port(const char *text, size_t n, uint16_t *ret)
{
	unsigned value = 0;

	if (n == 0 || n > 5)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		value = value * 10 + (unsigned)(text[i] - '0');
	}
	if (value == 0 || value > 65535)
		return -EINVAL;
	*ret = (uint16_t)value;
	return 0;
}

static bool is_ipv6(const char *host)
{
	unsigned char address[16];
	char bare[254];
	char *scope;

	hn_strcpy(bare, sizeof(bare), host);
	scope = strchr(bare, '%');
	if (scope)
		*scope = '\0';
	return inet_pton(AF_INET6, bare, address) == 1;
}

static void judge_host(struct hn_url *url)
{
	unsigned char v4[4];
	bool is_v4 = inet_pton(AF_INET, url->host, v4) == 1;

	url->is_address = is_v4 || is_ipv6(url->host);
	url->is_loopback = (is_v4 && v4[0] == 127) || strcmp(url->host, "::1") == 0 ||
			   strcasecmp(url->host, "localhost") == 0;
}

/* RFC 6874 writes the % before a scope as %25. */
static void plain_scope(char *host)
{
	char *scope = strstr(host, "%25");

	if (scope)
		memmove(scope + 1, scope + 3, strlen(scope + 3) + 1);
}

/* host, host:port, [v6], [v6]:port */
static const char *parse_authority(const char *text, size_t n, struct hn_url *url)
{
	bool bracket = n > 0 && text[0] == '[';
	const char *end = bracket ? memchr(text, ']', n) : memchr(text, ':', n);
	const char *host = text + (bracket ? 1 : 0);
	size_t host_len = end ? (size_t)(end - host) : n;
	size_t used = host_len + (bracket ? 2 : 0);

	if (memchr(text, '@', n))
		return "a user in it is not supported";
	if (bracket && !end)
		return "the bracket is not closed";
	if (host_len == 0 || !hn_strncpy(url->host, sizeof(url->host), host, host_len))
		return "the host is missing or too long";
	url->port = url->tls ? 443 : 80;
	if (used < n && (text[used] != ':' || parse_port(text + used + 1, n - used - 1, &url->port) < 0))
		return bracket || !memchr(text + used + 1, ':', n - used - 1) ?
			       "the port is not a number from 1 to 65535" :
			       "an IPv6 address needs brackets";
	if (bracket) {
		plain_scope(url->host);
		if (!is_ipv6(url->host))
			return "what is in the brackets is no IPv6 address";
	} else if (strspn(url->host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") !=
		   host_len) {
		return "the host name has a wrong character";
	}
	snprintf(url->authority, sizeof(url->authority), "%.*s", (int)n, text);
	return NULL;
}

int hn_url_parse(const char *text, struct hn_url *ret, struct hn_reason *reason)
{
	struct hn_url url = {.tls = false};
	const char *rest, *why;
	size_t n;

	for (const char *p = text; *p; p++) {
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			return bad(reason, text, "a space, control or non-ASCII character");
	}
	url.tls = strncasecmp(text, "https://", 8) == 0;
	if (!url.tls && strncasecmp(text, "http://", 7) != 0)
		return bad(reason, text, "only https:// and http:// are supported");
	rest = text + (url.tls ? 8 : 7);
	if (strpbrk(rest, "?#"))
		return bad(reason, text, "a query or fragment is not supported");
	n = strcspn(rest, "/");
	why = parse_authority(rest, n, &url);
	if (why)
		return bad(reason, text, why);
	if (!hn_strcpy(url.path, sizeof(url.path), rest + n))
		return bad(reason, text, "the path is too long");
	for (n = strlen(url.path); n > 0 && url.path[n - 1] == '/'; n--)
		url.path[n - 1] = '\0';
	judge_host(&url);
	*ret = url;
	return 0;
}
