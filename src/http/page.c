// SPDX-License-Identifier: Apache-2.0
/* The files in the program. They hold no data of this node and need no token. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "hostnetd/embed.h"
#include "hostnetd/macro.h"
#include "hostnetd/str.h"
#include "encoding.h"
#include "routes.h"
#include "page_files.h" /* made by scripts/page_files.sh */
#include "server_self.h"

#define HTML "text/html; charset=utf-8"
#define SCRIPT "text/javascript; charset=utf-8"
#define STYLE "text/css; charset=utf-8"
#define SVG "image/svg+xml"

/* clang-format off */
const struct hn_http_file hn_http_files[] = {
	HN_PAGE_ROWS
};
/* clang-format on */
const size_t hn_n_http_files = HN_ARRAY_SIZE(hn_http_files);

const struct hn_http_file *hn_http_file_find(const char *path)
{
	for (size_t i = 0; i < hn_n_http_files; i++)
		if (strcmp(hn_http_files[i].path, path) == 0)
			return &hn_http_files[i];
	return NULL;
}

/* Each is here once, packed: whoever takes no gzip waits a millisecond longer. */
void hn_http_file_answer(struct hn_request *r, const struct hn_http_file *file)
{
	_cleanup_(hn_str_done) struct hn_str plain = {0};
	bool packed = hn_http_takes_gzip(hn_request_header(r, "Accept-Encoding"));
	size_t n = (size_t)(file->packed_end - file->packed);
	uint64_t hash = 14695981039346656037U; /* FNV-1a: the files are ours, nobody chooses them to collide */
	char tag[32];

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)file->packed[i]) * 1099511628211U;
	snprintf(tag, sizeof(tag), "\"%016llx%s\"", (unsigned long long)hash, packed ? "" : "-plain");
	if (!packed && hn_http_unpack(file->packed, n, &plain) < 0) {
		hn_reply_error(r, 503, "no memory");
		return;
	}
	hn_reply_header(r, "Vary", "Accept-Encoding");
	if (packed)
		hn_reply_header(r, "Content-Encoding", "gzip");
	hn_reply_file(r, file->type, tag, packed ? file->packed : hn_str_get(&plain), packed ? n : plain.len);
}
