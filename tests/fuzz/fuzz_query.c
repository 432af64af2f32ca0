/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a query, a path, a Host header: values stay inside their buffer, refusals have a reason. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/host.h"
#include "http/query.h"
#include "http/routes.h"

static void must(_Bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"node-4.example"};
	char *text = malloc(size + 1);
	struct hn_http_query query;
	struct hn_reason reason = {{0}};
	const char *id;
	size_t total = 0;

	must(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (hn_http_query_parse(text, ~0U, &query, &reason) < 0) {
		must(reason.text[0] != '\0');
	} else {
		for (unsigned p = 0; p < HN_HTTP_PARAM_MAX; p++) {
			if (!query.values[p])
				continue;
			must(query.values[p] >= query.bytes &&
			     query.values[p] < query.bytes + sizeof(query.bytes));
			must(query.values[p][0] != '\0');
			total += strlen(query.values[p]) + 1;
		}
		must(total <= strlen(text) + 1);
	}
	if (hn_route_find(text, &id))
		must(!id || (id > text && id[0] != '\0' && !strchr(id, '/')));
	hn_host_judge(text, names, 1);
	free(text);
	return 0;
}
