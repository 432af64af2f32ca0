// SPDX-License-Identifier: Apache-2.0
/* The BPF source: loads the embedded object, attaches the best hooks that this kernel allows, reads the ring and the
 * iterators. The one file that knows libbpf's objects. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hostnetd/abi.h"
#include "hostnetd/cgroup.h"
#include "hostnetd/log.h"
#include "hostnetd/str.h"

#include "bpf_support.h"
#include "hooks.h"
#include "hostnetd.skel.h"
#include "record.h"
#include "source.h"

#define READ_BYTES (64 * 1024)

struct bpf_source {
	struct hostnetd_bpf *skel;
	struct ring_buffer *ring;
	struct bpf_link *links[HN_HOOK_GROUP_MAX][2];
	const struct hn_hook *hooks[HN_HOOK_GROUP_MAX]; /* NULL: none could be attached */
	struct hn_str description;
	uint64_t host_netns;
	const char *host_netns_source;
	uint64_t records, malformed, suppressed_seen;
	/* during drain and sweep */
	hn_sighting_callback *callback;
	void *arg;
	unsigned budget;
	int64_t offset_ns;
	struct hn_record_text text;
	unsigned char *buffer; /* READ_BYTES, for iterators */
};

static void bpf_close(void *self)
{
	struct bpf_source *s = self;

	if (!s)
		return;
	for (int g = 0; g < HN_HOOK_GROUP_MAX; g++)
		for (int i = 0; i < 2; i++)
			bpf_link__destroy(s->links[g][i]);
	ring_buffer__free(s->ring);
	hostnetd_bpf__destroy(s->skel);
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

/* Sets which programs are loaded: a sweep needs no hook, and of the tiers only those that can work. */
static void choose_programs(struct bpf_source *s, const struct hn_probe_settings *settings)
{
	for (size_t i = 0; i < hn_n_hooks; i++) {
		bool wanted = settings->events && hn_bpf_has(hn_hooks[i].need);

		for (int k = 0; k < 2 && hn_hooks[i].programs[k]; k++)
			bpf_program__set_autoload(
				bpf_object__find_program_by_name(s->skel->obj, hn_hooks[i].programs[k]), wanted);
	}
	if (!settings->events)
		bpf_map__set_max_entries(s->skel->maps.ring, (uint32_t)sysconf(_SC_PAGESIZE));
}

static bool attach_hook(struct bpf_source *s, const struct hn_hook *hook)
{
	struct bpf_link **links = s->links[hook->group];

	for (int k = 0; k < 2 && hook->programs[k]; k++) {
		struct bpf_program *program = bpf_object__find_program_by_name(s->skel->obj, hook->programs[k]);

		links[k] = bpf_program__autoload(program) ? bpf_program__attach(program) : NULL;
		if (!links[k]) {
			bpf_link__destroy(links[0]);
			links[0] = links[1] = NULL;
			return false;
		}
	}
	s->hooks[hook->group] = hook;
	return true;
}

static void attach_hooks(struct bpf_source *s)
{
	for (size_t i = 0; i < hn_n_hooks; i++)
		if (!s->hooks[hn_hooks[i].group] && attach_hook(s, &hn_hooks[i]))
			hn_debug("attached %s", hn_hooks[i].name);
	for (int g = 0; g < HN_HOOK_GROUP_MAX; g++)
		hn_str_printf(&s->description, "%s%s: %s", g ? "; " : "", hn_hook_group_name(g),
			      s->hooks[g] ? s->hooks[g]->name : "none");
}

/* What the names of a cgroup say, as the kernel side cached them. */
static void cgroup_of_key(struct bpf_source *s, uint64_t key, struct hn_container_ref *ret, unsigned *ret_levels)
{
	struct hn_cgroup_names names = {0};
	char path[HN_CGROUP_NAMES + 2];
	size_t n = 0;

	*ret_levels = 0;
	bpf_map__lookup_elem(s->skel->maps.cgroups, &key, sizeof(key), &names, sizeof(names), 0);
	for (size_t at = 0; at < names.len && at < sizeof(names.names);) {
		size_t len = strnlen(names.names + at, sizeof(names.names) - at);

		path[n++] = '/';
		memcpy(path + n, names.names + at, len);
		n += len;
		at += len + 1;
		hn_cgroup_parse(path, n, ret);
		++*ret_levels;
		if (hn_cgroup_is_container(ret) && ret->kind != HN_CGROUP_POD)
			return;
	}
	hn_cgroup_parse(path, n, ret);
}

/* Finds PID 1's namespaces, and whether it is the node's: -ENOTSUP if the agent has a pid namespace of its own. */
static int find_host(struct bpf_source *s, const struct hn_probe_settings *settings, struct hn_reason *reason)
{
	struct hn_host *host = &s->skel->bss->host;
	struct hn_container_ref own, first;
	unsigned own_levels, levels;
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int r = bpf_prog_test_run_opts(bpf_program__fd(s->skel->progs.find_host), &opts);

	if (r < 0)
		return hn_reason_set(reason, r, "cannot read the node's namespaces: %s", strerror(-r));
	s->host_netns_source = "netns of PID 1, read in BPF";
	if (settings->host_netns) {
		host->netns = (uint32_t)settings->host_netns;
		s->host_netns_source = "given by --host-netns";
	}
	s->host_netns = host->netns;
	if (!host->netns)
		return hn_reason_set(reason, -ENOTSUP, "PID 1 has no netns: give --host-netns");
	cgroup_of_key(s, host->own_cgroup, &own, &own_levels);
	cgroup_of_key(s, host->pid1_cgroup, &first, &levels);
	if (hn_cgroup_is_container(&own) && hn_cgroup_is_container(&first) &&
	    (strcmp(own.pod_uid, first.pod_uid) == 0 && (own.pod_uid[0] || strcmp(own.container_id, first.container_id) == 0)))
		return hn_reason_set(reason, -ENOTSUP,
				     "PID 1 is a process of the agent's own pod: the agent sees no process of the node; "
				     "set hostPID: true in its pod spec");
	if (host->pid1_is_own)
		return hn_reason_set(reason, -ENOTSUP,
				     "the agent is PID 1 of a pid namespace of its own and sees no process of the node; "
				     "set hostPID: true in its pod spec");
	if (hn_cgroup_is_container(&first)) {
		/* kind, k3d: the node is a container. What its own cgroups are called says nothing about pods. */
		host->root_levels = levels;
		hn_info("this node is itself a container: the topmost %u cgroup levels are its own", levels);
		bpf_map__delete_elem(s->skel->maps.cgroups, &host->own_cgroup, sizeof(host->own_cgroup), 0);
		bpf_map__delete_elem(s->skel->maps.cgroups, &host->pid1_cgroup, sizeof(host->pid1_cgroup), 0);
	}
	return 0;
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
	s->skel = hostnetd_bpf__open();
	if (!s->skel)
		return hn_reason_set(reason, -errno, "cannot open the built-in BPF object: %s", strerror(errno));
	choose_programs(s, settings);
	r = hostnetd_bpf__load(s->skel);
	if (r < 0)
		return hn_bpf_load_reason(r, reason);
	r = find_host(s, settings, reason);
	if (r < 0)
		return r;
	if (settings->events) {
		s->ring = ring_buffer__new(bpf_map__fd(s->skel->maps.ring), on_record, s, NULL);
		if (!s->ring)
			return hn_reason_set(reason, -errno, "cannot map the ring buffer: %s", strerror(errno));
		attach_hooks(s);
		if (!s->hooks[HN_HOOK_EXEC])
			return hn_reason_set(reason, -ENOTSUP,
					     "cannot attach to process execution (tp_btf/sched_process_exec): %s",
					     strerror(errno));
	} else {
		hn_str_puts(&s->description, "sweep: iter/task, iter/task_file");
	}
	/* libbpf read the kernel's whole BTF for a moment. */
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
static int read_iterator(struct bpf_source *s, struct bpf_program *program, struct hn_reason *reason)
{
	struct bpf_link *link = bpf_program__attach_iter(program, NULL);
	size_t have = 0;
	ssize_t n = 0;
	int fd, r = 0;

	if (!link)
		return hn_reason_set(reason, -errno, "cannot start the sweep (%s): %s", bpf_program__name(program),
				     strerror(errno));
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0)
		r = hn_reason_set(reason, fd, "cannot start the sweep: %s", strerror(-fd));
	while (fd >= 0 && r == 0) {
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
	if (fd >= 0 && n < 0 && r == 0)
		r = hn_reason_set(reason, -errno, "the sweep was cut off: %s", strerror(errno));
	if (r == 0 && have)
		r = hn_reason_set(reason, -EBADMSG, "the sweep ended within a record");
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return r;
}

static int bpf_sweep(void *self, hn_sighting_callback *callback, void *arg, struct hn_reason *reason)
{
	struct bpf_source *s = self;
	struct hn_host *host = &s->skel->bss->host;
	bool first = host->generation == 0;
	int r = 0;

	begin(s, callback, arg);
	host->generation++;
	if (first) {
		/* Which mount namespaces are a runtime's must be known before any task is judged by its own. */
		host->arming = 0;
		r = read_iterator(s, s->skel->progs.sweep_tasks, reason);
	}
	host->arming = 1;
	return r < 0 ? r : read_iterator(s, s->skel->progs.sweep_tasks, reason);
}

static int bpf_sweep_sockets(void *self, hn_sighting_callback *callback, void *arg, struct hn_reason *reason)
{
	struct bpf_source *s = self;

	begin(s, callback, arg);
	return read_iterator(s, s->skel->progs.sweep_files, reason);
}

static uint64_t counter(const struct bpf_source *s, uint32_t which)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t sum = 0, *values;

	if (cpus <= 0 || !(values = calloc((size_t)cpus, sizeof(*values))))
		return 0;
	if (bpf_map__lookup_elem(s->skel->maps.counters, &which, sizeof(which), values, sizeof(*values) * (size_t)cpus,
				 0) == 0)
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
	*ret = (struct hn_probe_hook){hn_hook_group_name((enum hn_hook_group)i), NULL,
				      hn_hook_group_missing((enum hn_hook_group)i), ""};
	if (s->hooks[i]) {
		ret->name = s->hooks[i]->name;
		ret->cost = s->hooks[i]->cost;
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

	bpf_map__update_elem(s->skel->maps.quotas, &key, sizeof(key), &quota, sizeof(quota), BPF_NOEXIST);
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
