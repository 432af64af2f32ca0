// SPDX-License-Identifier: Apache-2.0
#include "encoding.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#define SPACE " \t"

/* "gzip ; q=0.5": whether the weight is above 0. What is malformed is taken for no. */
static bool has_weight(const char *text, size_t n)
{
	const char *end = text + n;

	text += strspn(text, SPACE);
	if (text >= end)
		return true;
	if (*text++ != ';')
		return false;
	text += strspn(text, SPACE);
	if (end - text < 3 || strncasecmp(text, "q=", 2) != 0)
		return false;
	for (text += 2; text < end; text++)
		if (*text >= '1' && *text <= '9')
			return true;
	return false;
}

bool hn_http_takes_gzip(const char *accept)
{
	bool any = false;

	while (accept && *accept) {
		size_t n, name;

		accept += strspn(accept, SPACE ",");
		n = strcspn(accept, ",");
		name = strcspn(accept, SPACE ";,");
		if ((name == 4 && strncasecmp(accept, "gzip", 4) == 0) ||
		    (name == 6 && strncasecmp(accept, "x-gzip", 6) == 0))
			return has_weight(accept + name, n - name);
		if (name == 1 && *accept == '*')
			any = has_weight(accept + name, n - name);
		accept += n;
	}
	return any;
}

int hn_http_unpack(const char *packed, size_t n, struct hn_str *ret)
{
	z_stream z = {.next_in = (z_const Bytef *)packed, .avail_in = (uInt)n};
	char part[4096];
	int r = inflateInit2(&z, MAX_WBITS + 16); /* gzip's header, not zlib's */

	if (r != Z_OK)
		return -ENOMEM;
	do {
		z.next_out = (Bytef *)part;
		z.avail_out = sizeof(part);
		r = inflate(&z, Z_NO_FLUSH);
		hn_str_append(ret, part, sizeof(part) - z.avail_out);
	} while (r == Z_OK && z.avail_out == 0);
	inflateEnd(&z);
	if (ret->failed || r == Z_MEM_ERROR)
		return -ENOMEM;
	return r == Z_STREAM_END ? 0 : -EBADMSG;
}
