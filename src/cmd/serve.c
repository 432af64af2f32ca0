// SPDX-License-Identifier: Apache-2.0
#include "serve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "hostnetd/health.h"
#include "hostnetd/log.h"
#include "hostnetd/str.h"
#include "serve_self.h"

#define RING_BYTES (512 * 1024)
#define LOOPBACK "127.0.0.1:9464"
#define SOCKET "unix:/run/hostnetd/api.sock"

/* --- how the agent is ---------------------------------------------------------------------------------------------- */

static void count_entry(struct hn_health *h, const struct hn_finding *f)
{
	bool shares = f->state == HN_STATE_OPEN || f->state == HN_STATE_EXCEPTED || f->state == HN_STATE_SHARING;

	h->findings[f->state][f->cause][f->severity][hn_health_category(f->ai.category)]++;
	if (f->state == HN_STATE_OPEN && f->ai.verdict == HN_AI) {
		h->open++;
		h->open_by_severity[f->severity]++;
	}
	for (size_t i = 0; shares && i < f->n_containers; i++)
		h->sharing[f->cause] += f->containers[i].present;
	if (shares && f->n_containers == 0)
		h->sharing[f->cause]++;
}

static void judge_completeness(const struct hn_serve *s, struct hn_health *h)
{
	if (hn_probe_degraded(s->parts.probe)[0])
		h->incomplete[h->n_incomplete++] =
			"BPF cannot be used, only /proc is read: what is short is missed ('hostnetd doctor' says why)";
	if (h->sweeps == 0)
		h->incomplete[h->n_incomplete++] = "the first sweep is not done";
	if (hn_kubelet_state(s->parts.kubelet) == HN_KUBELET_UNASKED)
		h->incomplete[h->n_incomplete++] = "the kubelet has not answered yet";
	else if (!h->kubelet_ok)
		h->incomplete[h->n_incomplete++] = hn_kubelet_problem(s->parts.kubelet);
	h->complete = h->n_incomplete == 0;
	h->passed = h->open == 0 && h->complete;
}

static void take_store(const struct hn_serve *s, struct hn_history_stats *stats, struct hn_health *h)
{
	h->store = h->store_problem = "";
	if (!s->parts.history)
		return;
	hn_history_stats(s->parts.history, stats);
	h->store = stats->path[0] ? stats->path : s->parts.settings->store;
	h->store_works = stats->works;
	h->store_problem = stats->problem.text;
	h->store_bytes = (uint64_t)stats->bytes;
	h->store_stored = stats->stored;
	h->store_not_stored = stats->not_stored;
}

/* Its texts live as long as the stats. */
static void take_health(const struct hn_serve *s, struct hn_history_stats *stats, struct hn_health *h)
{
	const struct hn_serve_parts *p = &s->parts;
	enum hn_kubelet_state kubelet = hn_kubelet_state(p->kubelet);
	const struct hn_podlist *pods = hn_kubelet_pods(p->kubelet);
	struct hn_sweep_stats sweeps;
	struct hn_http_stats http;
	const struct hn_entry *e;
	size_t cursor = 0;

	*h = (struct hn_health){
		.identity = *p->who,
		.time = hn_wall_now(),
		.started = s->started,
		.tier = hn_probe_degraded(p->probe)[0] ? "procfs" : "bpf",
		.dropped = hn_agent_dropped(p->agent),
		.kubelet = hn_kubelet_state_name(kubelet),
		.kubelet_ok = kubelet == HN_KUBELET_OK,
		.kubelet_problem = hn_kubelet_problem(p->kubelet),
		.pods = pods ? hn_podlist_count(pods) : 0,
		.kubelet_answers = hn_kubelet_answers(p->kubelet),
		.kubelet_failures = hn_kubelet_failures(p->kubelet),
	};
	while ((e = hn_agent_next(p->agent, &cursor)))
		count_entry(h, &e->finding);
	while (h->n_hooks < HN_HEALTH_HOOKS && hn_probe_hook_at(p->probe, h->n_hooks, &h->hooks[h->n_hooks]))
		h->n_hooks++;
	hn_probe_stats(p->probe, &h->probe);
	hn_agent_sweep_stats(p->agent, &sweeps);
	h->sweeps = sweeps.done;
	h->sweeps_failed = sweeps.failed;
	h->sweep_last_ns = sweeps.last_ns;
	h->sweep_sum_ns = sweeps.sum_ns;
	h->swept = sweeps.at;
	if (s->api) {
		hn_http_stats(s->api, &http);
		h->http_requests = http.requests;
		h->http_refused = http.refused;
		h->http_connections = http.connections;
		h->http_streams = http.open_streams;
	}
	take_store(s, stats, h);
	judge_completeness(s, h);
}

static void on_status(void *self, struct hn_str *out)
{
	struct hn_history_stats stats;
	struct hn_health health;

	take_health(self, &stats, &health);
	hn_report_status_json(&health, out);
}

static void on_metrics(void *self, bool openmetrics, struct hn_str *out)
{
	struct hn_history_stats stats;
	struct hn_health health;

	take_health(self, &stats, &health);
	hn_report_metrics(&health, openmetrics, out);
}

static bool on_ready(void *self, struct hn_reason *why)
{
	struct hn_history_stats stats;
	struct hn_health health;

	take_health(self, &stats, &health);
	if (health.sweeps > 0 && (health.kubelet_answers > 0 || strcmp(health.kubelet, "none") == 0))
		return true;
	hn_reason_set(why, 0, "%s", health.n_incomplete ? health.incomplete[health.n_incomplete - 1] : "not yet");
	return false;
}

/* --- what happens -------------------------------------------------------------------------------------------------- */

void hn_serve_event(struct hn_serve *s, const struct hn_event *event)
{
	const struct hn_finding *f = hn_event_finding(event);
	struct hn_http_event served = {
		.seq = event->seq,
		.time = event->time,
		.type = hn_event_type_name(event),
		.finding = f ? f->id : "",
	};

	if (!s || !s->api)
		return;
	hn_report_event_json(event, &s->line);
	if (event->change && s->line.len > 0) {
		s->line.len--; /* its last brace */
		hn_str_puts(&s->line, ",\"findingObject\":");
		hn_report_finding_json(s->parts.who, f, &s->line);
		hn_str_putc(&s->line, '}');
	}
	served.json = hn_str_get(&s->line);
	served.n = s->line.len;
	if (!s->line.failed)
		hn_ring_put(s->ring, &served);
	hn_str_clear(&s->line);
	hn_http_wake(s->api);
}

/* --- begin and end ------------------------------------------------------------------------------------------------- */

static void say(const char *text)
{
	hn_warning("%s", text);
}

static bool has_own_netns(const struct hn_serve *s)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) == 0 && st.st_ino != hn_probe_host_netns(s->parts.probe);
}

static int listen_api(struct hn_serve *s, struct hn_reason *reason)
{
	const struct hn_settings *set = s->parts.settings;
	bool own = has_own_netns(s);
	struct hn_http_settings settings = {
		.listen = set->listen ? set->listen :
			  own         ? LOOPBACK :
					SOCKET,
		.flag = "--listen",
		.own_netns = own,
		.token_file = set->api_token_file,
		.tls_cert_file = set->tls_cert_file,
		.tls_key_file = set->tls_key_file,
		.hosts = (const char *const *)set->api_hosts.items,
		.n_hosts = set->api_hosts.n,
		.log = say,
	};
	int r;

	if (hn_streq(settings.listen, "none"))
		return 0;
	r = hn_http_new(&settings, s->parts.base, &s->source, s->ring, &s->api, reason);
	if (r == 0)
		hn_info("API and dashboard: %s", settings.listen);
	/* Nobody asked for it; a second agent on the node, a root file system that cannot be written. A token that cannot be read
	 * is another thing: somebody did ask. */
	if (r < 0 && !set->listen && !set->api_token_file && !set->tls_cert_file && !set->tls_key_file) {
		hn_warning("no API: %s", reason->text);
		return 0;
	}
	return r;
}

static int listen_metrics(struct hn_serve *s, struct hn_reason *reason)
{
	struct hn_http_settings settings = {
		.listen = s->parts.settings->metrics_listen,
		.flag = "--metrics-listen",
		.metrics_only = true,
		.log = say,
	};

	if (!settings.listen)
		return 0;
	return hn_http_new(&settings, s->parts.base, &s->source, s->ring, &s->metrics, reason);
}

int hn_serve_new(const struct hn_serve_parts *parts, struct hn_serve **ret, struct hn_reason *reason)
{
	_cleanup_(hn_serve_cleanup) struct hn_serve *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	s->parts = *parts;
	s->started = hn_wall_now();
	s->past.history = parts->history;
	s->source = (struct hn_http_source){
		.self = s,
		.open = hn_walk_open,
		.step = hn_walk_step,
		.close = hn_walk_close,
		.status = on_status,
		.metrics = on_metrics,
		.ready = on_ready,
	};
	s->ring = hn_ring_new(RING_BYTES);
	if (!s->ring)
		return hn_reason_set(reason, -ENOMEM, "no memory");
	r = listen_api(s, reason);
	if (r == 0)
		r = listen_metrics(s, reason);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

void hn_serve_free(struct hn_serve *s)
{
	if (!s)
		return;
	hn_http_free(s->api);
	hn_http_free(s->metrics);
	hn_past_done(&s->past);
	hn_ring_free(s->ring);
	hn_str_done(&s->line);
	free(s);
}
