// SPDX-License-Identifier: Apache-2.0
/* A recording as a source: one sweep, no events. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"
#include "source.h"

struct replay_source {
	char *path;
	uint64_t host_netns;
};

static void ignore_sighting(const struct hn_sighting *s _unused_, void *arg _unused_)
{
}

static void replay_close(void *self)
{
	struct replay_source *s = self;

	free(s->path);
	free(s);
}

static int replay_open(const struct hn_probe_settings *settings, void **ret_self, struct hn_reason *reason)
{
	struct replay_source *s = calloc(1, sizeof(*s));
	int r;

	if (!s || !(s->path = strdup(settings->replay_file))) {
		free(s);
		return hn_reason_set(reason, -ENOMEM, "no memory");
	}
	r = hn_replay_file(s->path, ignore_sighting, NULL, &s->host_netns, reason);
	if (r < 0) {
		replay_close(s);
		return r;
	}
	*ret_self = s;
	return 0;
}

static int replay_sweep(void *self, hn_sighting_callback *callback, void *arg, struct hn_reason *reason)
{
	struct replay_source *s = self;

	return hn_replay_file(s->path, callback, arg, &s->host_netns, reason);
}

static uint64_t replay_host_netns(const void *self)
{
	return ((const struct replay_source *)self)->host_netns;
}

static const char *replay_text(const void *self _unused_)
{
	return "recording";
}

const struct hn_source_ops hn_source_replay = {
	.name = "a recording",
	.open = replay_open,
	.sweep = replay_sweep,
	.host_netns = replay_host_netns,
	.host_netns_source = replay_text,
	.hooks = replay_text,
	.close = replay_close,
};
