// SPDX-License-Identifier: Apache-2.0
/* The BPF source: reads the ring and the iterators, and the counters. */
#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostnetd/log.h"

#include "bpf_holds.h"
#include "bpf_self.h"
#include "bpf_support.h"

#define READ_BYTES (64 * 1024)

static_assert(HN_QUIET_NS == HN_PROBE_QUIET_NS, "the kernel side wakes as user space looks");

static void bpf_close(void *self)
{
	struct bpf_source *s = self;

	if (!s)
		return;
	ring_buffer__free(s->ring);
	hn_bpf_unload(s);
	hn_str_done(&s->description);
	free(s->buffer);
	free(s);
}

static void bpf_cleanup(struct bpf_source **s)
{
	bpf_close(*s);
}

static int deliver(struct bpf_source *s, const void *bytes, size_t n)
{
	struct hn_sighting sighting;
	int r = hn_record_read(bytes, n, s->offset_ns, &s->text, &sighting);

	if (r < 0)
		return r;
	s->records++;
	/* 0: a task of another pid namespace, as an outer host's on a node that is a container itself. */
	if (sighting.pid > 0 && sighting.tid > 0)
		s->callback(&sighting, s->arg);
	return r;
}

static int on_record(void *arg, void *bytes, size_t n)
{
	struct bpf_source *s = arg;

	if (deliver(s, bytes, n) < 0)
		s->malformed++;
	/* A negative value stops the reader; this record is taken all the same. */
	return --s->budget == 0 ? -ECANCELED : 0;
}

static void describe(struct bpf_source *s)
{
	if (!s->ring) {
		hn_str_puts(&s->description, "sweep: iter/task, iter/task_file");
		return;
	}
	for (int g = 0; g < HN_HOOK_GROUP_MAX; g++)
		hn_str_printf(&s->description, "%s%s: %s", g ? "; " : "", hn_hook_group_name(g),
			      s->hooks[g] ? s->hooks[g]->name : "none");
}

static int bpf_open(const struct hn_probe_settings *settings, void **ret_self, struct hn_reason *reason)
{
	_cleanup_(bpf_cleanup) struct bpf_source *s = calloc(1, sizeof(*s));
	int r;

	if (!s || !(s->buffer = malloc(READ_BYTES)))
		return hn_reason_set(reason, -ENOMEM, "no memory");
	r = hn_bpf_ready(reason);
	if (r < 0)
		return r;
	hn_bpf_log_quietly();
	r = hn_bpf_load(s, settings, reason);
	if (r < 0)
		return r;
	if (settings->events) {
		s->ring = ring_buffer__new(s->handles.fd[HN_BPF_RING], on_record, s, NULL);
		if (!s->ring)
			return hn_reason_set(reason, -errno, "cannot map the ring buffer: %s", strerror(errno));
	}
	describe(s);
	/* libbpf read the kernel's whole BTF for a moment, and held what the object was made of. */
	malloc_trim(0);
	*ret_self = TAKE_PTR(s);
	return 0;
}

static int bpf_fd(const void *self)
{
	const struct bpf_source *s = self;

	return s->ring ? ring_buffer__epoll_fd(s->ring) : -1;
}

static void begin(struct bpf_source *s, hn_sighting_callback *callback, void *arg)
{
	s->callback = callback;
	s->arg = arg;
	s->offset_ns = hn_wall_now().ns - hn_mono_now().ns;
}

static int bpf_drain(void *self, unsigned budget, hn_sighting_callback *callback, void *arg)
{
	struct bpf_source *s = self;
	int r;

	if (!s->ring || budget == 0)
		return 0;
	begin(s, callback, arg);
	s->budget = budget;
	r = ring_buffer__consume(s->ring);
	return r < 0 && r != -ECANCELED ? r : (int)(budget - s->budget);
}

/* Reads an iterator to its end. A record may lie across two reads. */
static int read_iterator(struct bpf_source *s, enum hn_bpf_handle which, struct hn_reason *reason)
{
	int fd = hn_bpf_iterate(&s->handles, which, 0), r = 0;
	size_t have = 0;
	ssize_t n = 0;

	if (fd < 0)
		return hn_reason_set(reason, fd, "cannot start the sweep of %s: %s",
				     which == HN_BPF_SWEEP_TASKS ? "tasks" : "sockets", strerror(-fd));
	while (r == 0) {
		size_t at = 0;

		do
			n = read(fd, s->buffer + have, READ_BYTES - have);
		while (n < 0 && (errno == EAGAIN || errno == EINTR));
		if (n <= 0)
			break;
		have += (size_t)n;
		while (at < have) {
			int used = deliver(s, s->buffer + at, have - at);

			if (used == -EAGAIN)
				break;
			if (used < 0) {
				s->malformed++;
				r = hn_reason_set(reason, used, "the sweep's records cannot be read");
				break;
			}
			at += (size_t)used;
		}
		have -= at;
		memmove(s->buffer, s->buffer + at, have);
	}
	if (n < 0 && r == 0)
		r = hn_reason_set(reason, -errno, "the sweep was cut off: %s", strerror(errno));
	if (r == 0 && have)
		r = hn_reason_set(reason, -EBADMSG, "the sweep ended within a record");
	close(fd);
	return r;
}

static int bpf_sweep(void *self, hn_sighting_callback *callback, void *arg, struct hn_reason *reason)
{
	struct bpf_source *s = self;
	struct hn_host *host = s->handles.host;
	bool first = host->generation == 0;
	int r;

	begin(s, callback, arg);
	host->generation++;
	if (first) {
		/* Which mount namespaces are a runtime's must be known before any task is judged by its own. */
		host->arming = 0;
		r = read_iterator(s, HN_BPF_SWEEP_TASKS, reason);
		if (r < 0) {
			host->generation = 0; /* the next sweep is the first again */
			return r;
		}
	}
	host->arming = 1;
	host->netns_threads = 0;
	r = read_iterator(s, HN_BPF_SWEEP_TASKS, reason);
	if (r == 0 && host->netns_given && host->netns_threads == 0)
		r = hn_reason_set(
			reason, -ENOENT,
			"no process is in the network namespace %llu: --host-netns names none of this node's",
			(unsigned long long)s->host_netns);
	return r;
}

static int bpf_sweep_sockets(void *self, hn_sighting_callback *callback, void *arg, struct hn_reason *reason)
{
	struct bpf_source *s = self;

	begin(s, callback, arg);
	return read_iterator(s, HN_BPF_SWEEP_FILES, reason);
}

static int bpf_holds(void *self, const struct hn_holder *holders, size_t n, hn_held_callback *callback, void *arg,
		     struct hn_reason *reason)
{
	struct bpf_source *s = self;

	return hn_bpf_holds(&s->handles, holders, n, callback, arg, reason);
}

static uint64_t counter(const struct bpf_source *s, uint32_t which)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t sum = 0, *values;

	if (cpus <= 0 || !(values = calloc((size_t)cpus, sizeof(*values))))
		return 0;
	if (bpf_map_lookup_elem(s->handles.fd[HN_BPF_COUNTERS], &which, values) == 0)
		for (int i = 0; i < cpus; i++)
			sum += values[i];
	free(values);
	return sum;
}

static void bpf_stats(const void *self, struct hn_probe_stats *ret)
{
	const struct bpf_source *s = self;

	ret->records = s->records;
	ret->malformed = s->malformed;
	ret->lost = counter(s, HN_COUNTER_LOST);
	ret->suppressed = counter(s, HN_COUNTER_SUPPRESSED);
	ret->unmarked = counter(s, HN_COUNTER_UNMARKED);
	ret->swept = counter(s, HN_COUNTER_SWEPT);
}

static uint64_t bpf_host_netns(const void *self)
{
	return ((const struct bpf_source *)self)->host_netns;
}

static const char *bpf_host_netns_source(const void *self)
{
	return ((const struct bpf_source *)self)->host_netns_source;
}

static const char *bpf_hooks(const void *self)
{
	return hn_str_get(&((const struct bpf_source *)self)->description);
}

static bool bpf_hook_at(const void *self, size_t i, struct hn_probe_hook *ret)
{
	const struct bpf_source *s = self;

	if (!s->ring || i >= HN_HOOK_GROUP_MAX)
		return false;
	*ret = (struct hn_probe_hook){hn_hook_group_name((enum hn_hook_group)i),
				      NULL,
				      hn_hook_group_missing((enum hn_hook_group)i),
				      s->hooks[i] ? NULL : s->mends[i],
				      "",
				      NULL,
				      false};
	if (s->hooks[i]) {
		ret->name = s->hooks[i]->name;
		ret->cost = s->hooks[i]->cost;
		ret->refusals = s->hooks[i]->refusals;
		ret->seen = hn_hook_silent(s->hooks[i], s->handles.host->fired, 0) == HN_PROGRAM_NONE;
	}
	return true;
}

static bool bpf_sees_netns(const void *self)
{
	return ((const struct bpf_source *)self)->hooks[HN_HOOK_NETNS] != NULL;
}

static void bpf_limit(void *self, uint64_t cgroup_id, bool v2)
{
	struct bpf_source *s = self;
	uint64_t key = v2 ? cgroup_id | HN_CGROUP_KEY_V2 : cgroup_id;
	struct hn_quota quota = {0};

	bpf_map_update_elem(s->handles.fd[HN_BPF_QUOTAS], &key, &quota, BPF_NOEXIST);
}

static bool bpf_held_back(void *self)
{
	struct bpf_source *s = self;
	uint64_t now = counter(s, HN_COUNTER_SUPPRESSED);
	bool more = now != s->suppressed_seen;

	s->suppressed_seen = now;
	return more;
}

const struct hn_source_ops hn_source_bpf = {
	.name = "bpf",
	.open = bpf_open,
	.fd = bpf_fd,
	.drain = bpf_drain,
	.sweep = bpf_sweep,
	.sweep_sockets = bpf_sweep_sockets,
	.holds = bpf_holds,
	.stats = bpf_stats,
	.host_netns = bpf_host_netns,
	.host_netns_source = bpf_host_netns_source,
	.hooks = bpf_hooks,
	.hook_at = bpf_hook_at,
	.sees_netns = bpf_sees_netns,
	.limit = bpf_limit,
	.held_back = bpf_held_back,
	.close = bpf_close,
};
