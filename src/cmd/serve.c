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
#include "vitals.h"

#define RING_BYTES (512 * 1024)
#define LOOPBACK "127.0.0.1:9464"
#define SOCKET "unix:/run/hostnetd/api.sock"

/* --- how the agent is ---------------------------------------------------------------------------------------------- */

static void take_health(const struct hn_serve *s, struct hn_health *h)
{
	struct hn_http_stats http;

	hn_vitals_take(s->parts.vitals, h);
	if (!s->api)
		return;
	hn_http_stats(s->api, &http);
	h->http_requests = http.requests;
	h->http_refused = http.refused;
	h->http_connections = http.connections;
	h->http_streams = http.open_streams;
}

static void on_status(void *self, struct hn_str *out)
{
	struct hn_health health;

	take_health(self, &health);
	hn_report_status_json(&health, out);
}

static bool on_drift(void *self, struct hn_str *out)
{
	const struct hn_str *drift = ((const struct hn_serve *)self)->parts.drift;

	if (drift)
		hn_str_append(out, hn_str_get(drift), drift->len);
	return drift;
}

static void on_metrics(void *self, bool openmetrics, struct hn_str *out)
{
	struct hn_health health;

	take_health(self, &health);
	hn_report_metrics(&health, openmetrics, out);
}

static bool on_ready(void *self, struct hn_reason *why)
{
	struct hn_health health;

	take_health(self, &health);
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
		.since = event->notice ? event->notice->since : (struct hn_wall){0},
		.until = event->notice ? event->notice->until : (struct hn_wall){0},
		.type = hn_event_type_name(event),
		.finding = f ? f->id : "",
	};

	if (!s || !s->api)
		return;
	hn_report_event_whole_json(s->parts.who, event, &s->line);
	served.json = hn_str_get(&s->line);
	served.n = s->line.len;
	if (!s->line.failed)
		hn_ring_put(s->ring, &served);
	hn_str_clear(&s->line);
	hn_http_wake(s->api);
}

void hn_serve_look(struct hn_serve *s)
{
	if (s)
		hn_past_look(&s->past);
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
	s->past.history = parts->history;
	s->source = (struct hn_http_source){
		.self = s,
		.open = hn_walk_open,
		.step = hn_walk_step,
		.close = hn_walk_close,
		.status = on_status,
		.drift = on_drift,
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
