// SPDX-License-Identifier: Apache-2.0
// The pod list reader with hostile bytes in odd pieces. Whatever the pieces, the outcome must be the same; a list
// that was read must be consistent.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hostnetd/pod.h"

#define MAX_BYTES (1UL << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(int truth)
{
	if (!truth)
		abort();
}

static int read_all(const char *bytes, size_t n, size_t step, struct hn_podlist **ret)
{
	_cleanup_(hn_podlist_reader_cleanup) struct hn_podlist_reader *reader = hn_podlist_reader_new(MAX_BYTES);
	struct hn_reason reason = {""};
	int r = 0;

	need(reader != NULL);
	for (size_t at = 0; at < n && r == 0; at += step) {
		size_t length = n - at < step ? n - at : step;
		char *piece = malloc(length); /* a block of its own: a read past it is seen */

		need(piece != NULL);
		memcpy(piece, bytes + at, length);
		r = hn_podlist_reader_feed(reader, piece, length, &reason);
		free(piece);
	}
	if (r == 0)
		r = hn_podlist_reader_finish(reader, ret, &reason);
	need((r == 0) == (reason.text[0] == '\0'));
	need(memchr(reason.text, '\0', sizeof(reason.text)) != NULL);
	return r;
}

static void check_container(const struct hn_pod *pod, const struct hn_container *c)
{
	size_t length = strlen(c->name) + strlen(c->image) + strlen(c->image_id) + strlen(c->runtime);

	need(c->name[0] && c->type < HN_CONTAINER_TYPE_MAX && length < SIZE_MAX);
	need(!c->id[0] || hn_pod_container(pod, c->id) != NULL);
	for (size_t i = 0; i < c->n_command; i++)
		need(strlen(c->command[i]) <= 4096);
	for (size_t i = 0; i < c->n_args; i++)
		need(strlen(c->args[i]) <= 4096);
	for (size_t i = 0; i < c->n_env; i++)
		need(strlen(c->env[i]) <= 4096);
	for (size_t i = 0; i < c->n_mounts; i++)
		need(strlen(c->mounts[i]) <= 4096);
	for (size_t i = 0; i < c->n_ports; i++)
		need(c->ports[i].number != 0 && c->ports[i].protocol[0]);
	for (size_t i = 0; i < c->n_resources; i++)
		need(strlen(c->resources[i].key) < 4096 && strlen(c->resources[i].value) <= 64);
}

static void check_list(const struct hn_podlist *list)
{
	need(hn_podlist_memory(list) < 64UL << 20);
	for (size_t i = 0; i < hn_podlist_count(list); i++) {
		const struct hn_pod *pod = hn_podlist_at(list, i);

		need(pod->name[0] && pod->workload.kind[0] && pod->workload.name[0]);
		need(pod->uid[0] == '\0' || hn_podlist_find(list, pod->uid) == pod);
		for (size_t j = 0; j < pod->n_annotations; j++)
			need(strlen(pod->annotations[j].value) <= 256);
		for (size_t j = 0; j < pod->n_containers; j++)
			check_container(pod, &pod->containers[j]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(hn_podlist_cleanup) struct hn_podlist *whole = NULL, *pieces = NULL;
	size_t step = size ? 1 + data[size - 1] % 61 : 1;
	int r = read_all((const char *)data, size, size + 1, &whole);

	need(read_all((const char *)data, size, step, &pieces) == r);
	if (r < 0)
		return 0;
	need(hn_podlist_count(whole) == hn_podlist_count(pieces));
	check_list(whole);
	check_list(pieces);
	return 0;
}
