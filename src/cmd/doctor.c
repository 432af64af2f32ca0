// SPDX-License-Identifier: Apache-2.0
/* `hostnetd doctor`: each thing that detection rests on, tried for real, with a mend where it fails. */
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "exceptions.h"
#include "hostnetd/agent.h"
#include "hostnetd/capability.h"
#include "hostnetd/json.h"
#include "hostnetd/log.h"
#include "hostnetd/str.h"
#include "hostnetd/utf8.h"

#include "node_facts.h"
#include "rights.h"

#define ANSWER_SECONDS 12
#define CHECKS_MAX 32

enum status { STATUS_OK, STATUS_DEGRADED, STATUS_FAILED };
static const char *const status_names[] = {"ok", "degraded", "failed"};

struct check {
	char name[32];
	enum status status;
	char found[256];
	char mend[512]; /* "" where nothing is to mend */
};

struct doctor {
	struct check checks[CHECKS_MAX];
	size_t n;
	struct event_base *base;
};

static void add(struct doctor *d, const char *name, enum status status, const char *found, const char *mend)
{
	struct check *c = &d->checks[d->n];

	if (d->n == CHECKS_MAX)
		return;
	d->n++;
	c->status = status;
	hn_strcpy(c->name, sizeof(c->name), name);
	hn_strcpy(c->found, sizeof(c->found), found);
	hn_strcpy(c->mend, sizeof(c->mend), mend);
}

/* One row for each that is missing: what is not seen for it, and how it is given. */
static void check_rights(struct doctor *d)
{
	const struct hn_right *right;
	struct hn_str held = {0};
	char found[256];

	for (size_t i = 0; (right = hn_right_at(i)); i++) {
		if (hn_has_capability(right->capability)) {
			hn_str_printf(&held, "%s%s", held.len ? ", " : "", right->name);
			continue;
		}
		snprintf(found, sizeof(found), "%s is missing: %s", right->name, right->without);
		add(d, "capabilities", right->needed ? STATUS_DEGRADED : STATUS_OK, found, right->mend);
	}
	if (held.len)
		add(d, "capabilities", STATUS_OK, hn_str_get(&held), "");
	hn_str_done(&held);
}

static void check_node(struct doctor *d, const struct hn_settings *s)
{
	struct hn_str text = {0};

	hn_facts_kernel(&text);
	add(d, "kernel", STATUS_OK, hn_str_get(&text), "");
	hn_str_clear(&text);
	if (access("/sys/kernel/btf/vmlinux", R_OK) == 0)
		add(d, "btf", STATUS_OK, "/sys/kernel/btf/vmlinux", "");
	else
		add(d, "btf", STATUS_FAILED, strerror(errno),
		    "use a kernel with CONFIG_DEBUG_INFO_BTF; in a container mount /sys");
	hn_facts_lockdown(&text);
	if (strcmp(hn_str_get(&text), "confidentiality") == 0)
		add(d, "lockdown", STATUS_DEGRADED, "confidentiality: BPF may not read the kernel",
		    "boot with lockdown=integrity at most");
	check_rights(d);
	hn_str_clear(&text);
	hn_facts_cgroups(s->cgroup_root, &text);
	add(d, "cgroups", STATUS_OK, hn_str_get(&text), "");
	hn_str_done(&text);
}

static void ignore_sighting(const struct hn_sighting *s _unused_, void *arg)
{
	++*(size_t *)arg;
}

static void check_hooks(struct doctor *d, const struct hn_probe *probe)
{
	struct hn_probe_hook hook;

	for (size_t i = 0; hn_probe_hook_at(probe, i, &hook); i++) {
		char name[32], found[256];

		snprintf(name, sizeof(name), "hook %s", hook.purpose);
		if (hook.name) {
			snprintf(found, sizeof(found), "%s%s%s%s", hook.name,
				 hook.seen ? "; it ran when tried" :
					     "; it attaches, there is no way to try it here",
				 hook.cost[0] ? "; costs " : "", hook.cost);
			add(d, name, STATUS_OK, found, "");
			if (hook.refusals)
				add(d, "refusals", STATUS_OK, hook.refusals, "");
		} else {
			snprintf(found, sizeof(found), "none attaches: %s", hook.missing);
			add(d, name, STATUS_DEGRADED, found,
			    hook.mend ? hook.mend :
					"this kernel refuses them; sweeps (--sweep-interval) find the rest later");
		}
	}
}

static void check_probe(struct doctor *d, const struct hn_settings *s)
{
	_cleanup_(hn_probe_cleanup) struct hn_probe *probe = NULL;
	struct hn_probe_settings settings;
	struct hn_probe_stats stats;
	struct hn_reason reason = {{0}};
	size_t sightings = 0;
	char found[256];
	int r;

	hn_settings_probe(s, true, &settings);
	if (hn_probe_open(&settings, &probe, &reason) < 0) {
		add(d, "bpf", STATUS_FAILED, "the agent's programs cannot run", reason.text);
		return;
	}
	if (hn_probe_degraded(probe)[0])
		add(d, "bpf", STATUS_DEGRADED, "the agent's programs cannot run: only /proc is read, in sweeps",
		    hn_probe_degraded(probe));
	else
		add(d, "bpf", STATUS_OK, "the agent's programs load", "");
	check_hooks(d, probe);
	snprintf(found, sizeof(found), "%llu (%s)", (unsigned long long)hn_probe_host_netns(probe),
		 hn_probe_host_netns_source(probe));
	add(d, "host netns", STATUS_OK, found, "");
	r = hn_probe_sweep(probe, ignore_sighting, &sightings, &reason);
	if (r < 0) {
		add(d, "sweep", STATUS_FAILED, reason.text,
		    r == -ENOENT ? "leave --host-netns out: auto takes PID 1's" :
				   "the kernel needs BPF task iterators (5.8 or newer)");
		return;
	}
	hn_probe_stats(probe, &stats);
	snprintf(found, sizeof(found), "%llu threads looked at, %zu of containers are in the host netns",
		 (unsigned long long)stats.swept, sightings);
	add(d, "sweep", STATUS_OK, found, "");
	if (hn_probe_sweep_sockets(probe, ignore_sighting, &sightings, &reason) < 0)
		add(d, "socket sweep", STATUS_DEGRADED, reason.text, "ports are seen from listen on only");
	else
		add(d, "socket sweep", STATUS_OK,
		    hn_probe_degraded(probe)[0] ? "/proc/1/net and /proc/PID/fd" : "iter/task_file", "");
}

static void on_answer(struct hn_kubelet *kubelet _unused_, void *arg)
{
	event_base_loopbreak(((struct doctor *)arg)->base);
}

static void check_kubelet(struct doctor *d, const struct hn_settings *s)
{
	struct hn_kubelet *kubelet = NULL;
	struct hn_kubelet_settings settings;
	struct hn_reason reason = {{0}};
	const struct timeval limit = {ANSWER_SECONDS, 0};
	char found[256];

	hn_settings_kubelet(s, &settings);
	if (hn_kubelet_new(&settings, d->base, on_answer, d, &kubelet, &reason) < 0) {
		add(d, "kubelet", STATUS_FAILED, "cannot be asked", reason.text);
		return;
	}
	hn_kubelet_want(kubelet, HN_KUBELET_NOW);
	event_base_loopexit(d->base, &limit);
	event_base_dispatch(d->base);
	if (hn_kubelet_state(kubelet) == HN_KUBELET_OK) {
		snprintf(found, sizeof(found), "%zu pods from %s", hn_podlist_count(hn_kubelet_pods(kubelet)),
			 s->pods_file ? s->pods_file : s->kubelet_url);
		add(d, "kubelet", s->kubelet_insecure_tls ? STATUS_DEGRADED : STATUS_OK, found,
		    s->kubelet_insecure_tls ? "its certificate is not verified: give --kubelet-ca-file" : "");
	} else {
		snprintf(found, sizeof(found), "%s: findings have no pod names and no cause",
			 hn_kubelet_state_name(hn_kubelet_state(kubelet)));
		add(d, "kubelet", STATUS_DEGRADED, found, hn_kubelet_problem(kubelet));
	}
	hn_kubelet_free(kubelet);
}

static void check_exceptions(struct doctor *d, const struct hn_settings *s)
{
	struct hn_exception_file file;
	const struct hn_exceptions *rules;
	struct hn_reason reason = {""};
	size_t expired = 0;
	char found[256];

	if (!s->exceptions)
		return;
	if (hn_exception_file_open(&file, s->exceptions, &reason) < 0) {
		add(d, "exceptions", STATUS_FAILED, "the file cannot be used: scan and run do not start",
		    reason.text);
	} else {
		rules = hn_exception_book_rules(file.book);
		for (size_t i = 0; i < hn_exceptions_count(rules); i++)
			expired += hn_exception_expired(hn_exceptions_at(rules, i), hn_wall_now());
		snprintf(found, sizeof(found), "%zu rules, %zu of them expired", hn_exceptions_count(rules),
			 expired);
		add(d, "exceptions", STATUS_OK, found, "");
	}
	hn_exception_file_done(&file);
}

/* Detection goes on without them: what they should have told is late, or lost. */
static void check_sinks(struct doctor *d, const struct hn_settings *s)
{
	struct hn_sink_settings settings;
	struct hn_identity who;
	struct hn_sink_parts parts = {.settings = &settings, .base = d->base, .who = &who};
	const char *name;

	hn_identity_of(s, 0, &who);
	hn_settings_sinks(s, &settings);
	for (size_t n = 0;; n++) {
		struct hn_reason found = {{0}};
		int r = hn_sinks_try(&parts, n, &name, &found);

		if (!name)
			return;
		add(d, name, r < 0 ? STATUS_DEGRADED : STATUS_OK, found.text,
		    r < 0 ? "mend its address, files or receiver: until then what it should get waits, and the oldest of it is "
			    "dropped" :
			    "");
	}
}

/* Texts of the outside: made visible, and broken at the terminal's width. */
static void put_wrapped(struct hn_str *out, const char *text, unsigned column)
{
	struct hn_str visible = {0};

	hn_str_visible(&visible, text, strlen(text));
	hn_str_wrap(out, hn_str_get(&visible), column, column, hn_settings_width());
	hn_str_putc(out, '\n');
	hn_str_done(&visible);
}

static int print_table(const struct doctor *d, enum status worst, bool colour)
{
	static const char *const answers[] = {"This node can be watched in full.",
					      "This node can be watched, with gaps.",
					      "Detection does NOT work here."};
	static const char *const colours[] = {"\033[32m", "\033[33m", "\033[31m"};
	struct hn_str text = {0};
	int r;

	hn_str_printf(&text, "%s\n\n", answers[worst]);
	for (size_t i = 0; i < d->n; i++) {
		const struct check *c = &d->checks[i];

		hn_str_printf(&text, "  %s%-8s%s  %-13s ", colour ? colours[c->status] : "",
			      status_names[c->status], colour ? "\033[0m" : "", c->name);
		put_wrapped(&text, c->found, 26);
		if (c->mend[0]) {
			hn_str_puts(&text, "            -> ");
			put_wrapped(&text, c->mend, 15);
		}
	}
	r = hn_output_write(&text);
	hn_str_done(&text);
	return r;
}

static int print_json(const struct doctor *d, enum status worst, const struct hn_settings *s)
{
	struct hn_str text = {0};
	struct hn_json j;
	int r;

	hn_json_init(&j, &text);
	hn_json_object(&j);
	hn_json_kv_string(&j, "schema", "hostnetd.doctor/v1");
	hn_json_kv_string(&j, "agentVersion", HN_VERSION);
	hn_json_kv_string(&j, "node", s->node_name);
	hn_json_kv_string(&j, "status", status_names[worst]);
	hn_json_key(&j, "checks");
	hn_json_array(&j);
	for (size_t i = 0; i < d->n; i++) {
		hn_json_object(&j);
		hn_json_kv_string(&j, "name", d->checks[i].name);
		hn_json_kv_string(&j, "status", status_names[d->checks[i].status]);
		hn_json_kv_string(&j, "found", d->checks[i].found);
		hn_json_kv_opt(&j, "mend", d->checks[i].mend);
		hn_json_object_end(&j);
	}
	hn_json_array_end(&j);
	hn_json_object_end(&j);
	hn_str_putc(&text, '\n');
	r = hn_output_write(&text);
	hn_str_done(&text);
	return r;
}

int hn_command_doctor(const struct hn_settings *s)
{
	struct doctor d = {.base = event_base_new()};
	enum status worst = STATUS_OK;
	int r;

	if (!d.base) {
		hn_error("no memory");
		return HN_EXIT_TROUBLE;
	}
	check_node(&d, s);
	check_probe(&d, s);
	check_kubelet(&d, s);
	check_exceptions(&d, s);
	check_sinks(&d, s);
	event_base_free(d.base);
	for (size_t i = 0; i < d.n; i++)
		if (d.checks[i].status > worst)
			worst = d.checks[i].status;
	r = hn_settings_table(s) ? print_table(&d, worst, hn_settings_colour()) : print_json(&d, worst, s);
	return r == HN_EXIT_OK ? (int)worst : r;
}
