// SPDX-License-Identifier: Apache-2.0
// Any bytes as manifests, in odd pieces: whatever the pieces, the outcome is the same, and an error has its reason.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/asset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(int truth)
{
	if (!truth)
		abort();
}

static int on_asset(void *arg, const struct hn_asset *asset, struct hn_reason *reason)
{
	size_t *n = arg;

	(void)reason;
	need(asset->kind[0] && asset->api_version[0] && asset->n_templates > 0 && asset->document > 0);
	for (size_t i = 0; i < asset->n_templates; i++)
		*n += 1 + strlen(asset->templates[i].path) + asset->templates[i].pod.n_containers;
	return 0;
}

static int read_all(const struct hn_workload_kinds *kinds, const uint8_t *data, size_t size, size_t step,
		    size_t *ret)
{
	const struct hn_asset_source source = {.name = "file", .kinds = kinds, .found = on_asset, .arg = ret};
	_cleanup_(hn_asset_reader_cleanup) struct hn_asset_reader *r = hn_asset_reader_new(&source);
	struct hn_reason reason = {""};
	int got = 0;

	need(r != NULL);
	for (size_t at = 0; at < size && got == 0; at += step) {
		size_t length = size - at < step ? size - at : step;
		char *piece = malloc(length); /* a block of its own: a read past it is seen */

		need(piece != NULL);
		memcpy(piece, data + at, length);
		got = hn_asset_reader_feed(r, piece, length, &reason);
		free(piece);
	}
	if (got == 0)
		got = hn_asset_reader_finish(r, &reason);
	need((got == 0) == (reason.text[0] == '\0'));
	return got;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hn_workload_kinds *kinds;
	struct hn_reason reason = {""};
	size_t whole = 0, pieces = 0;

	if (!kinds)
		need(hn_workload_kinds_new(NULL, 0, &kinds, &reason) == 0);
	need(read_all(kinds, data, size, size + 1, &whole) ==
	     read_all(kinds, data, size, size ? 1 + data[size - 1] % 61 : 1, &pieces));
	need(whole == pieces);
	return 0;
}
