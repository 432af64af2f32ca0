// SPDX-License-Identifier: Apache-2.0
#include "address.h"

#include <errno.h>
#include <string.h>

#include "hostnetd/sink.h"
#include "hostnetd/str.h"

int hn_address_open(struct hn_address *a, const char *url, const char *flag, const char *ca_file,
		    struct hn_reason *reason)
{
	struct hn_tls_settings settings = {.ca_file = ca_file};
	int r;

	/* The parser's words would show it. */
	if (strchr(url, '@'))
		return hn_reason_set(reason, -EINVAL, "%s: no user or password may be in a URL", flag);
	r = hn_url_parse(url, &a->url, reason);
	if (r < 0)
		return hn_reason_wrap(reason, r, "%s", flag);
	if (!a->url.tls)
		return 0;
	r = hn_tls_new(&settings, &a->tls, reason);
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
			  struct hn_reason *reason)
{
	const char *scheme = strstr(url, "://"), *rest = scheme ? scheme + 3 : url;
	char base[512];

	rest += strcspn(rest, "/?#");
	if (!hn_strncpy(base, sizeof(base), url, (size_t)(rest - url)))
		return hn_reason_set(reason, -EINVAL, "%s: too long", flag);
	if (strchr(rest, '#') || !is_printable(rest))
		return hn_reason_set(reason, -EINVAL,
				     "%s %.200s/...: no fragment, blank or control character may be in it", flag,
				     base);
	a->target[0] = '/';
	if (!hn_strcpy(a->target + (*rest != '/'), sizeof(a->target) - 1, *rest ? rest : ""))
		return hn_reason_set(reason, -EINVAL, "%s %.200s/...: too long", flag, base);
	return hn_address_open(a, base, flag, ca_file, reason);
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
