// SPDX-License-Identifier: Apache-2.0
/* The table of metrics: one row each. Labels have a bounded set of values, whatever runs on the node. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hostnetd/health.h"
#include "hostnetd/str.h"

const char *const hn_health_categories[HN_HEALTH_CATEGORIES] = {
	"inference", "gateway", "agent", "vector-db", "training", "notebook", "ml-platform", "other",
};

unsigned hn_health_category(const char *category)
{
	unsigned i = 0;

	while (i < HN_HEALTH_CATEGORIES - 1 && strcmp(hn_health_categories[i], category) != 0)
		i++;
	return i;
}

struct sheet {
	const struct hn_health *h;
	const char *name;
	struct hn_str *out;
};

/* A label's value as the format wants it. */
static void put_value(struct hn_str *out, const char *value)
{
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			hn_str_putc(out, '\\');
		if (*value == '\n')
			hn_str_puts(out, "\\n");
		else
			hn_str_putc(out, *value);
	}
}

static void put(struct sheet *s, uint64_t value)
{
	hn_str_printf(s->out, "%s %" PRIu64 "\n", s->name, value);
}

static void put_seconds(struct sheet *s, const char *suffix, int64_t ns)
{
	hn_str_printf(s->out, "%s%s %lld.%09lld\n", s->name, suffix, (long long)(ns / HN_NSEC_PER_SEC),
		      (long long)(ns % HN_NSEC_PER_SEC));
}

static void put_labelled(struct sheet *s, const char *label, const char *value, uint64_t n)
{
	hn_str_printf(s->out, "%s{%s=\"", s->name, label);
	put_value(s->out, value);
	hn_str_printf(s->out, "\"} %" PRIu64 "\n", n);
}

static void build_info(struct sheet *s)
{
	hn_str_printf(s->out, "%s{version=\"", s->name);
	put_value(s->out, s->h->identity.agent_version);
	hn_str_puts(s->out, "\"} 1\n");
}

static void start_time(struct sheet *s)
{
	put_seconds(s, "", s->h->started.ns);
}

static void passed(struct sheet *s)
{
	put(s, s->h->passed);
}

static void complete(struct sheet *s)
{
	put(s, s->h->complete);
}

static const char *cause_label(unsigned cause)
{
	return cause == HN_CAUSE_UNKNOWN ? "unknown" : hn_cause_name((enum hn_cause)cause);
}

static void put_finding_row(struct sheet *s, unsigned state, unsigned cause, unsigned severity, unsigned category)
{
	uint64_t n = s->h->findings[state][cause][severity][category];

	if (n)
		hn_str_printf(s->out,
			      "%s{state=\"%s\",cause=\"%s\",severity=\"%s\",category=\"%s\"} %" PRIu64 "\n",
			      s->name, hn_state_name((enum hn_state)state), cause_label(cause),
			      hn_severity_name((enum hn_severity)severity), hn_health_categories[category], n);
}

static void findings(struct sheet *s)
{
	for (unsigned state = 0; state < HN_STATE_MAX; state++)
		for (unsigned cause = 0; cause < HN_CAUSE_MAX; cause++)
			for (unsigned severity = 0; severity < HN_SEVERITY_MAX; severity++)
				for (unsigned category = 0; category < HN_HEALTH_CATEGORIES; category++)
					put_finding_row(s, state, cause, severity, category);
}

static void open_findings(struct sheet *s)
{
	for (unsigned i = 0; i < HN_SEVERITY_MAX; i++)
		put_labelled(s, "severity", hn_severity_name((enum hn_severity)i), s->h->open_by_severity[i]);
}

static void sharing(struct sheet *s)
{
	for (unsigned i = 0; i < HN_CAUSE_MAX; i++)
		put_labelled(s, "cause", cause_label(i), s->h->sharing[i]);
}

static void hook_info(struct sheet *s)
{
	for (size_t i = 0; i < s->h->n_hooks; i++) {
		hn_str_printf(s->out, "%s{purpose=\"%s\",hook=\"", s->name, s->h->hooks[i].purpose);
		put_value(s->out, s->h->hooks[i].name ? s->h->hooks[i].name : "none");
		hn_str_puts(s->out, "\"} 1\n");
	}
}

static void tier_info(struct sheet *s)
{
	put_labelled(s, "tier", s->h->tier, 1);
}

static void records(struct sheet *s)
{
	put(s, s->h->probe.records);
}

static void lost(struct sheet *s)
{
	put_labelled(s, "why", "ring_full", s->h->probe.lost);
	put_labelled(s, "why", "malformed", s->h->probe.malformed);
	put_labelled(s, "why", "unmarked", s->h->probe.unmarked);
	put_labelled(s, "why", "table_full", s->h->dropped);
}

static void suppressed(struct sheet *s)
{
	put(s, s->h->probe.suppressed);
}

static void sweep_seconds(struct sheet *s)
{
	put_seconds(s, "_sum", s->h->sweep_sum_ns);
	hn_str_printf(s->out, "%s_count %" PRIu64 "\n", s->name, s->h->sweeps);
}

static void sweep_last(struct sheet *s)
{
	put_seconds(s, "", s->h->sweep_last_ns);
}

static void sweeps_failed(struct sheet *s)
{
	put(s, s->h->sweeps_failed);
}

static void kubelet_up(struct sheet *s)
{
	put(s, s->h->kubelet_ok);
}

static void kubelet_requests(struct sheet *s)
{
	put_labelled(s, "result", "ok", s->h->kubelet_answers);
	put_labelled(s, "result", "failed", s->h->kubelet_failures);
}

static void pods_differ(struct sheet *s)
{
	for (unsigned d = 0; s->h->compares && d < HN_POD_DIFFERENCE_MAX; d++)
		put_labelled(s, "how", hn_pod_difference_name((enum hn_pod_difference)d), s->h->compared.differ[d]);
}

static void apiserver_requests(struct sheet *s)
{
	if (!s->h->compares)
		return;
	put_labelled(s, "result", "ok", s->h->compared.answers);
	put_labelled(s, "result", "failed", s->h->compared.failures);
}

static void kubelet_state(struct sheet *s)
{
	put_labelled(s, "state", s->h->kubelet, 1);
}

static void pods(struct sheet *s)
{
	put(s, s->h->pods);
}

static bool has_store(const struct sheet *s)
{
	return s->h->store[0] != '\0';
}

static void store_up(struct sheet *s)
{
	if (has_store(s))
		put(s, s->h->store_works);
}

static void store_bytes(struct sheet *s)
{
	if (has_store(s))
		put(s, s->h->store_bytes);
}

static void store_events(struct sheet *s)
{
	if (!has_store(s))
		return;
	put_labelled(s, "result", "stored", s->h->store_stored);
	put_labelled(s, "result", "lost", s->h->store_not_stored);
}

static void http_requests(struct sheet *s)
{
	put(s, s->h->http_requests);
}

static void http_refused(struct sheet *s)
{
	put(s, s->h->http_refused);
}

static void http_connections(struct sheet *s)
{
	put(s, s->h->http_connections);
}

static void http_streams(struct sheet *s)
{
	put(s, s->h->http_streams);
}

static void sinks_sent(struct sheet *s)
{
	for (size_t i = 0; i < s->h->n_sinks; i++)
		put_labelled(s, "sink", s->h->sinks[i].name, s->h->sinks[i].sent);
}

static void sinks_failed(struct sheet *s)
{
	for (size_t i = 0; i < s->h->n_sinks; i++)
		put_labelled(s, "sink", s->h->sinks[i].name, s->h->sinks[i].failed);
}

static void sinks_dropped(struct sheet *s)
{
	for (size_t i = 0; i < s->h->n_sinks; i++)
		put_labelled(s, "sink", s->h->sinks[i].name, s->h->sinks[i].dropped);
}

static void sinks_queued(struct sheet *s)
{
	for (size_t i = 0; i < s->h->n_sinks; i++)
		put_labelled(s, "sink", s->h->sinks[i].name, s->h->sinks[i].queued);
}

static void sinks_up(struct sheet *s)
{
	for (size_t i = 0; i < s->h->n_sinks; i++)
		put_labelled(s, "sink", s->h->sinks[i].name, s->h->sinks[i].problem[0] == '\0');
}

static void sinks_last_sent(struct sheet *s)
{
	for (size_t i = 0; i < s->h->n_sinks; i++)
		put_labelled(s, "sink", s->h->sinks[i].name,
			     (uint64_t)(s->h->sinks[i].last_sent.ns / HN_NSEC_PER_SEC));
}

/* A counter's name has no "_total" here: the formats differ in where they want it. */
/* clang-format off */
static const struct {
	const char *name, *type, *help;
	void (*collect)(struct sheet *s);
} rows[] = {
	{"hostnetd_build_info", "gauge", "The agent's version.", build_info},
	{"hostnetd_start_time_seconds", "gauge", "When the agent started, in seconds since the epoch.", start_time},
	{"hostnetd_control_passed", "gauge", "1: no AI workload is known to share the host network, and everything is seen.",
	 passed},
	{"hostnetd_complete", "gauge", "1: nothing stands against believing that everything is seen.", complete},
	{"hostnetd_findings", "gauge", "What shares or shared the host network and is kept in memory, AI or not.", findings},
	{"hostnetd_findings_open", "gauge", "AI workloads that share the host network now.", open_findings},
	{"hostnetd_sharing_containers", "gauge", "Containers that share the host network now, AI or not.", sharing},
	{"hostnetd_tier_info", "gauge", "Where sightings come from: bpf or procfs.", tier_info},
	{"hostnetd_hook_info", "gauge", "Which kernel hook serves which purpose.", hook_info},
	{"hostnetd_events", "counter", "Records that were read from the kernel.", records},
	{"hostnetd_events_lost", "counter", "Events that were lost; a sweep repairs the state.", lost},
	{"hostnetd_events_suppressed", "counter", "Records that the kernel side counted and did not send: more of the known.",
	 suppressed},
	{"hostnetd_sweep_duration_seconds", "summary", "How long sweeps took.", sweep_seconds},
	{"hostnetd_sweep_last_duration_seconds", "gauge", "How long the last sweep took.", sweep_last},
	{"hostnetd_sweeps_failed", "counter", "Sweeps that failed.", sweeps_failed},
	{"hostnetd_kubelet_up", "gauge", "1: the last request to the kubelet was answered.", kubelet_up},
	{"hostnetd_kubelet_state_info", "gauge", "What the last request to the kubelet came to.", kubelet_state},
	{"hostnetd_kubelet_requests", "counter", "Requests to the kubelet.", kubelet_requests},
	{"hostnetd_kubelet_pods", "gauge", "Pods in the kubelet's last complete answer.", pods},
	{"hostnetd_pods_differ", "gauge", "This node's pods that the API server does not have as the kubelet has them.",
	 pods_differ},
	{"hostnetd_apiserver_requests", "counter", "Requests for this node's pods to the API server.", apiserver_requests},
	{"hostnetd_store_up", "gauge", "1: the last write to the history succeeded.", store_up},
	{"hostnetd_store_bytes", "gauge", "Size of the history's file, its log included.", store_bytes},
	{"hostnetd_store_events", "counter", "Events for the history: stored, or lost to it.", store_events},
	{"hostnetd_sink_sent", "counter", "Events or objects that a sink's receiver has taken.", sinks_sent},
	{"hostnetd_sink_failed", "counter", "A sink's requests that failed; most are tried again.", sinks_failed},
	{"hostnetd_sink_dropped", "counter", "Events or objects that a sink gave up: its queue was full, or the receiver refused them.",
	 sinks_dropped},
	{"hostnetd_sink_queued", "gauge", "Events or objects that wait for a sink's receiver.", sinks_queued},
	{"hostnetd_sink_up", "gauge", "1: nothing is known to be wrong with a sink.", sinks_up},
	{"hostnetd_sink_last_success_timestamp_seconds", "gauge", "When a sink's receiver last took something; 0: never.",
	 sinks_last_sent},
	{"hostnetd_http_requests", "counter", "Requests to the API.", http_requests},
	{"hostnetd_http_refused", "counter", "Connections that were refused because there were too many.", http_refused},
	{"hostnetd_http_connections", "gauge", "Connections to the API now.", http_connections},
	{"hostnetd_http_streams", "gauge", "Streams of events that are open now.", http_streams},
};
/* clang-format on */

void hn_report_metrics(const struct hn_health *health, bool openmetrics, struct hn_str *out)
{
	for (size_t i = 0; i < HN_ARRAY_SIZE(rows); i++) {
		bool counter = strcmp(rows[i].type, "counter") == 0;
		char total[64];
		struct sheet s = {.h = health, .name = rows[i].name, .out = out};

		snprintf(total, sizeof(total), "%s_total", rows[i].name);
		if (counter)
			s.name = total;
		hn_str_printf(out, "# HELP %s %s\n# TYPE %s %s\n", openmetrics ? rows[i].name : s.name,
			      rows[i].help, openmetrics ? rows[i].name : s.name, rows[i].type);
		rows[i].collect(&s);
	}
	if (openmetrics)
		hn_str_puts(out, "# EOF\n");
}
