// SPDX-License-Identifier: Apache-2.0
#include "headers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "hostnetd/file.h"
#include "hostnetd/macro.h"

#define VALUE_MAX 8192
/* RFC 9110's characters of a name. */
#define NAME_CHARACTERS "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* They say how the request itself is to be read. */
static const char *const own[] = {"Host",
				  "Content-Length",
				  "Content-Type",
				  "Content-Encoding",
				  "Transfer-Encoding",
				  "Connection",
				  "Accept-Encoding",
				  "User-Agent",
				  "Accept",
				  "Expect",
				  "Upgrade",
				  "TE"};

void hn_headers_done(struct hn_headers *h)
{
	if (h->text)
		explicit_bzero(h->text, h->text_len);
	free(h->text);
	h->text = NULL;
	h->n = 0;
}

static bool is_ours(const char *name)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(own); i++)
		if (strcasecmp(name, own[i]) == 0)
			return true;
	return false;
}

static bool is_good_value(const char *value)
{
	if (!value[0] || strlen(value) > VALUE_MAX)
		return false;
	for (; *value; value++)
		if ((unsigned char)*value < 0x20 && *value != '\t')
			return false;
	return true;
}

/* Cuts the line in place. */
static const char *take_line(struct hn_headers *h, char *line)
{
	char *colon = strchr(line, ':'), *value, *end = line + strlen(line);

	while (end > line && strchr(" \t\r", end[-1]))
		*--end = '\0';
	if (!line[0] || line[0] == '#')
		return NULL;
	if (!colon || colon >= end)
		return "no KEY: VALUE";
	*colon = '\0';
	value = colon + 1 + strspn(colon + 1, " \t");
	if (!line[0] || line[strspn(line, NAME_CHARACTERS)])
		return "no name of a header in front of the colon";
	if (is_ours(line))
		return "a header that hostnetd itself sets";
	if (!is_good_value(value))
		return "the value is empty, too long, or has a control character";
	if (h->n == HN_HEADERS_MAX)
		return "too many headers";
	h->list[h->n++] = (struct hn_https_header){line, value, true};
	return NULL;
}

static int read_text(struct hn_headers *h, struct hn_reason *reason)
{
	struct hn_file file = {0};
	int r = hn_file_read(h->path, &file, reason);

	if (r < 0)
		return r;
	if (memchr(file.bytes, '\0', file.n))
		r = hn_reason_set(reason, -EINVAL, "%s: no text", h->path);
	else if (!(h->text = malloc(file.n + 1)))
		r = hn_reason_set(reason, -ENOMEM, "no memory");
	else {
		memcpy(h->text, file.bytes, file.n);
		h->text[file.n] = '\0';
		h->text_len = file.n;
	}
	explicit_bzero(file.bytes, file.n);
	hn_file_done(&file);
	return r;
}

int hn_headers_refresh(struct hn_headers *h, struct hn_reason *reason)
{
	struct hn_filestamp now;
	unsigned number = 0;
	int r;

	if (!h->path)
		return 0;
	hn_filestamp_take(h->path, &now);
	if (h->text && hn_filestamp_same(&h->stamp, &now))
		return 0;
	hn_headers_done(h);
	r = read_text(h, reason);
	if (r < 0)
		return r;
	for (char *next = h->text; next;) {
		const char *problem = take_line(h, strsep(&next, "\n"));

		number++;
		if (problem) {
			hn_headers_done(h);
			return hn_reason_set(reason, -EINVAL, "%s:%u: %s", h->path, number, problem);
		}
	}
	h->stamp = now;
	return 0;
}
