// SPDX-License-Identifier: Apache-2.0
/* The table of metrics: one row each. Labels have a bounded set of values, whatever runs on the node. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hostnetd/health.h"
#include "hostnetd/str.h"
#include "sheet.h"

static void build_info(struct hn_sheet *s)
{
	hn_str_printf(s->out, "%s{version=\"", s->name);
	hn_sheet_value(s->out, s->h->identity.agent_version);
	hn_str_puts(s->out, "\"} 1\n");
}

static void node_info(struct hn_sheet *s)
{
	hn_str_printf(s->out, "%s{node=\"", s->name);
	hn_sheet_value(s->out, s->h->identity.node);
	hn_str_puts(s->out, "\",cluster=\"");
	hn_sheet_value(s->out, s->h->identity.cluster);
	hn_str_puts(s->out, "\"} 1\n");
}

static void start_time(struct hn_sheet *s)
{
	hn_sheet_seconds(s, "", s->h->started.ns);
}

static void passed(struct hn_sheet *s)
{
	hn_sheet_put(s, s->h->passed);
}

static void complete(struct hn_sheet *s)
{
	hn_sheet_put(s, s->h->complete);
}

static void hook_info(struct hn_sheet *s)
{
	for (size_t i = 0; i < s->h->n_hooks; i++) {
		hn_str_printf(s->out, "%s{purpose=\"%s\",hook=\"", s->name, s->h->hooks[i].purpose);
		hn_sheet_value(s->out, s->h->hooks[i].name ? s->h->hooks[i].name : "none");
		hn_str_puts(s->out, "\"} 1\n");
	}
}

static void tier_info(struct hn_sheet *s)
{
	hn_sheet_labelled(s, "tier", s->h->tier, 1);
}

static void records(struct hn_sheet *s)
{
	hn_sheet_put(s, s->h->probe.records);
}

static void lost(struct hn_sheet *s)
{
	hn_sheet_labelled(s, "why", "ring_full", s->h->probe.lost);
	hn_sheet_labelled(s, "why", "malformed", s->h->probe.malformed);
	hn_sheet_labelled(s, "why", "unmarked", s->h->probe.unmarked);
	hn_sheet_labelled(s, "why", "table_full", s->h->dropped);
}

static void suppressed(struct hn_sheet *s)
{
	hn_sheet_put(s, s->h->probe.suppressed);
}

static void sweep_seconds(struct hn_sheet *s)
{
	hn_sheet_seconds(s, "_sum", s->h->sweep_sum_ns);
	hn_str_printf(s->out, "%s_count %" PRIu64 "\n", s->name, s->h->sweeps);
}

static void sweep_last(struct hn_sheet *s)
{
	hn_sheet_seconds(s, "", s->h->sweep_last_ns);
}

static void sweep_at(struct hn_sheet *s)
{
	hn_sheet_seconds(s, "", s->h->swept.ns);
}

static void sweeps_failed(struct hn_sheet *s)
{
	hn_sheet_put(s, s->h->sweeps_failed);
}

static void kubelet_up(struct hn_sheet *s)
{
	hn_sheet_put(s, s->h->kubelet_ok);
}

static void kubelet_requests(struct hn_sheet *s)
{
	hn_sheet_labelled(s, "result", "ok", s->h->kubelet_answers);
	hn_sheet_labelled(s, "result", "failed", s->h->kubelet_failures);
}

static void pods_differ(struct hn_sheet *s)
{
	for (unsigned d = 0; s->h->compares && d < HN_POD_DIFFERENCE_MAX; d++)
		hn_sheet_labelled(s, "how", hn_pod_difference_name((enum hn_pod_difference)d),
				  s->h->compared.differ[d]);
}

static void apiserver_requests(struct hn_sheet *s)
{
	if (!s->h->compares)
		return;
	hn_sheet_labelled(s, "result", "ok", s->h->compared.answers);
	hn_sheet_labelled(s, "result", "failed", s->h->compared.failures);
}

static void kubelet_state(struct hn_sheet *s)
{
	hn_sheet_labelled(s, "state", s->h->kubelet, 1);
}

static void pods(struct hn_sheet *s)
{
	hn_sheet_put(s, s->h->pods);
}

static void exceptions_up(struct hn_sheet *s)
{
	if (s->h->excepts)
		hn_sheet_put(s, s->h->exceptions_problem[0] == '\0');
}

static bool has_store(const struct hn_sheet *s)
{
	return s->h->store[0] != '\0';
}

static void store_up(struct hn_sheet *s)
{
	if (has_store(s))
		hn_sheet_put(s, s->h->store_works);
}

static void store_bytes(struct hn_sheet *s)
{
	if (has_store(s))
		hn_sheet_put(s, s->h->store_bytes);
}

static void store_events(struct hn_sheet *s)
{
	if (!has_store(s))
		return;
	hn_sheet_labelled(s, "result", "stored", s->h->store_stored);
	hn_sheet_labelled(s, "result", "lost", s->h->store_not_stored);
}

static void last_run_clean(struct hn_sheet *s)
{
	if (s->h->last_run_end.ns)
		hn_sheet_put(s, s->h->last_run_clean);
}

static void last_run_end(struct hn_sheet *s)
{
	if (s->h->last_run_end.ns)
		hn_sheet_seconds(s, "", s->h->last_run_end.ns);
}

static void http_requests(struct hn_sheet *s)
{
	hn_sheet_put(s, s->h->http_requests);
}

static void http_refused(struct hn_sheet *s)
{
	hn_sheet_put(s, s->h->http_refused);
}

static void http_connections(struct hn_sheet *s)
{
	hn_sheet_put(s, s->h->http_connections);
}

static void http_streams(struct hn_sheet *s)
{
	hn_sheet_put(s, s->h->http_streams);
}

static void sinks_sent(struct hn_sheet *s)
{
	for (size_t i = 0; i < s->h->n_sinks; i++)
		hn_sheet_labelled(s, "sink", s->h->sinks[i].name, s->h->sinks[i].sent);
}

static void sinks_failed(struct hn_sheet *s)
{
	for (size_t i = 0; i < s->h->n_sinks; i++)
		hn_sheet_labelled(s, "sink", s->h->sinks[i].name, s->h->sinks[i].failed);
}

static void sinks_dropped(struct hn_sheet *s)
{
	for (size_t i = 0; i < s->h->n_sinks; i++)
		hn_sheet_labelled(s, "sink", s->h->sinks[i].name, s->h->sinks[i].dropped);
}

static void sinks_queued(struct hn_sheet *s)
{
	for (size_t i = 0; i < s->h->n_sinks; i++)
		hn_sheet_labelled(s, "sink", s->h->sinks[i].name, s->h->sinks[i].queued);
}

static void sinks_up(struct hn_sheet *s)
{
	for (size_t i = 0; i < s->h->n_sinks; i++)
		hn_sheet_labelled(s, "sink", s->h->sinks[i].name, s->h->sinks[i].problem[0] == '\0');
}

static void sinks_last_sent(struct hn_sheet *s)
{
	for (size_t i = 0; i < s->h->n_sinks; i++)
		hn_sheet_labelled(s, "sink", s->h->sinks[i].name,
				  (uint64_t)(s->h->sinks[i].last_sent.ns / HN_NSEC_PER_SEC));
}

/* A counter's name has no "_total" here: the formats differ in where they want it. */
/* clang-format off */
static const struct {
	const char *name, *type, *help;
	void (*collect)(struct hn_sheet *s);
} rows[] = {
	{"hostnetd_build_info", "gauge", "The agent's version.", build_info},
	{"hostnetd_node_info", "gauge", "The node that the agent watches, and its cluster where one was named.", node_info},
	{"hostnetd_start_time_seconds", "gauge", "When the agent started, in seconds since the epoch.", start_time},
	{"hostnetd_control_passed", "gauge", "1: no AI workload is known to share the host network, and everything is seen.",
	 passed},
	{"hostnetd_complete", "gauge", "1: nothing stands against believing that everything is seen.", complete},
	{"hostnetd_findings", "gauge", "What shares or shared the host network and is kept in memory, AI or not.", hn_sheet_findings},
	{"hostnetd_findings_open", "gauge", "AI workloads that share the host network now.", hn_sheet_open_findings},
	{"hostnetd_finding_info", "gauge", "A finding that is open or excepted; of too many the worst.", hn_sheet_finding_info},
	{"hostnetd_finding_first_seen_timestamp_seconds", "gauge", "Since when a finding of hostnetd_finding_info is known.",
	 hn_sheet_finding_first_seen},
	{"hostnetd_finding_info_cut", "gauge", "Findings that are open or excepted and have no series, because there are too many.",
	 hn_sheet_finding_cut},
	{"hostnetd_sharing_containers", "gauge", "Containers that share the host network now, AI or not.", hn_sheet_sharing},
	{"hostnetd_tier_info", "gauge", "Where sightings come from: bpf or procfs.", tier_info},
	{"hostnetd_hook_info", "gauge", "Which kernel hook serves which purpose.", hook_info},
	{"hostnetd_events", "counter", "Records that were read from the kernel.", records},
	{"hostnetd_events_lost", "counter", "Events that were lost; a sweep repairs the state.", lost},
	{"hostnetd_events_suppressed", "counter", "Records that the kernel side counted and did not send: more of the known.",
	 suppressed},
	{"hostnetd_sweep_duration_seconds", "summary", "How long sweeps took.", sweep_seconds},
	{"hostnetd_sweep_last_duration_seconds", "gauge", "How long the last sweep took.", sweep_last},
	{"hostnetd_last_sweep_timestamp_seconds", "gauge", "When the last complete sweep ended; 0: none yet.", sweep_at},
	{"hostnetd_sweeps_failed", "counter", "Sweeps that failed.", sweeps_failed},
	{"hostnetd_kubelet_up", "gauge", "1: the last request to the kubelet was answered.", kubelet_up},
	{"hostnetd_kubelet_state_info", "gauge", "What the last request to the kubelet came to.", kubelet_state},
	{"hostnetd_kubelet_requests", "counter", "Requests to the kubelet.", kubelet_requests},
	{"hostnetd_kubelet_pods", "gauge", "Pods in the kubelet's last complete answer.", pods},
	{"hostnetd_pods_differ", "gauge", "This node's pods that the API server does not have as the kubelet has them.",
	 pods_differ},
	{"hostnetd_apiserver_requests", "counter", "Requests for this node's pods to the API server.", apiserver_requests},
	{"hostnetd_exceptions_up", "gauge", "1: the rules in force are those of the file of --exceptions.", exceptions_up},
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
	{"hostnetd_last_run_clean", "gauge", "1: the run before this one ended as it should. Needs a history.", last_run_clean},
	{"hostnetd_last_run_end_timestamp_seconds", "gauge", "Until when the run before this one is known to have watched.",
	 last_run_end},
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
		struct hn_sheet s = {.h = health, .name = rows[i].name, .out = out};

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
