// SPDX-License-Identifier: Apache-2.0
#include "address.h"

#include <errno.h>
#include <string.h>

#include "hostnetd/sink.h"
#include "hostnetd/str.h"

static int open_tls(struct hn_address *a, const char *ca_file, const struct hn_sink_parts *parts,
		    struct hn_reason *reason)
{
	const struct hn_tls_settings settings = {.ca_file = ca_file};
	int r;

	if (ca_file || !parts->system_tls)
		return hn_tls_new(&settings, &a->tls, reason);
	r = *parts->system_tls ? 0 : hn_tls_new(&settings, parts->system_tls, reason);
	a->tls = *parts->system_tls;
	a->shared = true;
	return r;
}

int hn_address_open(struct hn_address *a, const char *url, const char *flag, const char *ca_file,
		    const struct hn_sink_parts *parts, struct hn_reason *reason)
{
	int r;

	/* The parser's words would show it. */
	if (strchr(url, '@'))
		return hn_reason_set(reason, -EINVAL, "%s: no user or password may be in a URL", flag);
	r = hn_url_parse(url, &a->url, reason);
	if (r < 0)
		return hn_reason_wrap(reason, r, "%s", flag);
	if (!a->url.tls)
		return 0;
	r = open_tls(a, ca_file, parts, reason);
	return r < 0 ? hn_reason_wrap(reason, r, "%s", flag) : 0;
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text <= 0x20 || *text >= 0x7f)
			return false;
	return true;
}

int hn_address_open_whole(struct hn_address *a, const char *url, const char *flag, const char *ca_file,
			  const struct hn_sink_parts *parts, struct hn_reason *reason)
{
	/* One in the path or the query is none: what stands there is not shown. */
	const char *scheme = url + strcspn(url, ":/?#"), *rest = strncmp(scheme, "://", 3) == 0 ? scheme + 3 : url;
	char base[512];

	rest += strcspn(rest, "/?#");
	if (memchr(url, '@', (size_t)(rest - url)))
		return hn_reason_set(reason, -EINVAL, "%s: no user or password may be in a URL", flag);
	if (!hn_strncpy(base, sizeof(base), url, (size_t)(rest - url)))
		return hn_reason_set(reason, -EINVAL, "%s: too long", flag);
	if (strchr(rest, '#') || !is_printable(rest))
		return hn_reason_set(reason, -EINVAL,
				     "%s %.200s/...: no fragment, blank or control character may be in it", flag,
				     base);
	a->target[0] = '/';
	if (!hn_strcpy(a->target + (*rest != '/'), sizeof(a->target) - 1, *rest ? rest : ""))
		return hn_reason_set(reason, -EINVAL, "%s %.200s/...: too long", flag, base);
	return hn_address_open(a, base, flag, ca_file, parts, reason);
}

void hn_address_done(struct hn_address *a)
{
	if (!a->shared)
		hn_tls_free(a->tls);
	a->tls = NULL;
}

struct hn_courier_settings hn_address_courier(const struct hn_address *a, const struct hn_sink_parts *parts)
{
	return (struct hn_courier_settings){
		.base = parts->base, .url = &a->url, .tls = a->tls, .seed = parts->seed};
}
