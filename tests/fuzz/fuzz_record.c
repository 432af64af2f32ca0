/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what an iterator gives: record after record, as bpf.c reads them. */
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/probe/record.h"

#define OFFSET_NS 1800000000000000000LL

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* The text is terminated within its array. */
static void must_hold(const char *text, const char *array, size_t size)
{
	must(text[0] == '\0' || (text >= array && text < array + size));
	must(text[0] == '\0' || memchr(text, '\0', size - (size_t)(text - array)) != NULL);
}

static void check(const struct hn_sighting *s, const struct hn_record_text *text, const uint8_t *bytes,
		  size_t used)
{
	const uint8_t *argv = (const uint8_t *)s->argv;

	must(s->kind < HN_SIGHTING_KIND_MAX);
	must(s->mono.ns >= 0 && s->time.ns == s->mono.ns + OFFSET_NS && (int64_t)s->start_ns >= 0);
	must_hold(s->comm, text->comm, sizeof(text->comm));
	must_hold(s->cgroup, text->cgroup, sizeof(text->cgroup));
	must_hold(s->exe, text->exe, sizeof(text->exe));
	must(s->brief ? s->cgroup[0] == '\0' && s->exe[0] == '\0' : s->cgroup[0] == '/');
	must(s->exe[0] == '\0' || s->exe[0] == '/' || strncmp(s->exe, ".../", 4) == 0);
	must(s->argv_len == 0 ? argv == NULL : argv > bytes && argv + s->argv_len <= bytes + used);
	must(s->endpoint.family == 0 || s->endpoint.family == AF_INET || s->endpoint.family == AF_INET6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hn_record_text text;
	struct hn_sighting s;
	size_t at = 0;

	while (at < size) {
		uint8_t *rest =
			malloc(size - at); /* aligned, as in the reader's buffer; ASan sees a read beyond */
		int used;

		must(rest != NULL);
		memcpy(rest, data + at, size - at);
		used = hn_record_read(rest, size - at, OFFSET_NS, &text, &s);
		if (used > 0) {
			must((size_t)used <= size - at);
			check(&s, &text, rest, (size_t)used);
			at += (size_t)used;
		} else {
			must(used < 0);
			at = size;
		}
		free(rest);
	}
	return 0;
}
