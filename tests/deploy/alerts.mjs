// SPDX-License-Identifier: Apache-2.0
// What each alert fires at and what leaves it quiet, as promtool's series: one row an alert. A value "a b" is one sample a minute,
// "1x30" thirty of them. All are asked at minute 30.
const of = (name, labels = "", values = "1x60", instance = "a") => [`${name}{job="hostnetd", instance="${instance}"${labels && ", "}${labels}}`, values];
const node = of("hostnetd_node_info", `node="n1", cluster=""`);
const finding = (state, severity, cause) => of("hostnetd_finding_info",
	`finding="f1", state="${state}", severity="${severity}", cause="${cause}", way="namespace", category="inference", namespace="ml", pod="p", workload_kind="Pod", workload="p"`);
const resolved = (severity) => of("hostnetd_findings", `state="resolved", severity="${severity}", cause="joined", category="agent"`);
const sink = (name, values) => of(name, `sink="webhook"`, values);
const kube = (name, os = "Debian GNU/Linux 12") => [`kube_node_info{job="kube-state-metrics", instance="k", node="${name}", os_image="${os}"}`, "1x60"];
const old = of("hostnetd_start_time_seconds", "", "0x200");
const kubelet = (up, state) => [of("hostnetd_kubelet_up", "", `${up}x60`), of("hostnetd_kubelet_state_info", `state="${state}"`)];

export const alerts = {
	HostnetdDrift: { fires: [[finding("open", "critical", "joined")], [finding("open", "critical", "unmanaged")]],
		quiet: [[finding("excepted", "critical", "joined")], [finding("open", "high", "declared")]] },
	HostnetdDriftEnded: { fires: [[resolved("critical")]], quiet: [[resolved("high")], [of("hostnetd_findings", `state="open", severity="critical", cause="joined", category="agent"`)]] },
	HostnetdDeclared: { fires: [[finding("open", "high", "declared")], [finding("open", "high", "unknown")]],
		quiet: [[finding("excepted", "high", "declared")], [finding("open", "critical", "joined")]] },
	HostnetdLikely: { fires: [[finding("open", "medium", "declared")]], quiet: [[finding("open", "high", "declared")]] },
	HostnetdFindingsCut: { fires: [[of("hostnetd_finding_info_cut", "", "7x60")]], quiet: [[of("hostnetd_finding_info_cut", "", "0x60")]] },
	HostnetdAgentAbsent: { fires: [[kube("n1"), kube("n2")]], quiet: [[kube("n1")], [kube("n1"), kube("w1", "Windows Server 2022 Datacenter")]] },
	HostnetdAgentDown: { fires: [[[`up{job="monitoring/hostnetd", instance="a"}`, "1x5 0x60"]]],
		quiet: [[[`up{job="monitoring/hostnetd", instance="a"}`, "1x60"]], [[`up{job="other", instance="a"}`, "0x60"]],
			[[`up{job="monitoring/hostnetd", instance="a"}`, "1x27 0 0 1x60"]]] },
	HostnetdNoAgents: { fires: [[]], quiet: [[of("hostnetd_build_info", `version="1"`)]] },
	HostnetdHeartbeatOld: { fires: [[old, of("hostnetd_last_sweep_timestamp_seconds", "", "600x60")], [old, of("hostnetd_last_sweep_timestamp_seconds", "", "0x60")]],
		quiet: [[old, of("hostnetd_last_sweep_timestamp_seconds", "", "0+60x60")],
			[of("hostnetd_start_time_seconds", "", "1500x60"), of("hostnetd_last_sweep_timestamp_seconds", "", "0x60")]] },
	HostnetdIncomplete: { fires: [[of("hostnetd_complete", "", "0x60")]], quiet: [[of("hostnetd_complete")], [of("hostnetd_complete", "", "1x24 0x60")]] },
	HostnetdUncleanRestart: { fires: [[old, of("hostnetd_last_run_clean", "", "0x60")]], quiet: [[old, of("hostnetd_last_run_clean")], [old]] },
	HostnetdRestarts: { fires: [[of("hostnetd_start_time_seconds", "", "1 1 1 2 2 2 3 3 3 4 4 4 5x60")]], quiet: [[of("hostnetd_start_time_seconds", "", "1 1 1 2 2 2 3x60")]] },
	HostnetdEventsLost: { fires: [[of("hostnetd_events_lost_total", `why="ring_full"`, "0x25 9x60")]],
		quiet: [[of("hostnetd_events_lost_total", `why="ring_full"`, "9x60")], [of("hostnetd_events_lost_total", `why="ring_full"`, "0 9x60")]] },
	HostnetdDegraded: { fires: [[of("hostnetd_tier_info", `tier="procfs"`)]], quiet: [[of("hostnetd_tier_info", `tier="bpf"`)]] },
	HostnetdHookLost: { fires: [[of("hostnetd_hook_info", `purpose="netns", hook="none"`)]],
		quiet: [[of("hostnetd_hook_info", `purpose="netns", hook="tp_btf/x"`)], [of("hostnetd_hook_info", `purpose="unix", hook="none"`)]] },
	HostnetdKubeletUnreachable: { fires: [kubelet(0, "forbidden")], quiet: [kubelet(1, "ok"), kubelet(0, "none")] },
	HostnetdExceptionsStale: { fires: [[of("hostnetd_exceptions_up", "", "0x60")]],
		quiet: [[of("hostnetd_exceptions_up")], [], [of("hostnetd_exceptions_up", "", "1x26 0x60")]] },
	HostnetdStoreFailing: { fires: [[of("hostnetd_store_up", "", "0x60")]], quiet: [[of("hostnetd_store_up")]] },
	HostnetdHistoryLost: { fires: [[of("hostnetd_store_events_total", `result="lost"`, "0x25 3x60")]],
		quiet: [[of("hostnetd_store_events_total", `result="lost"`, "0x60")], [of("hostnetd_store_events_total", `result="stored"`, "0+9x60")]] },
	HostnetdSinkFailing: { fires: [[sink("hostnetd_sink_up", "0x60")]], quiet: [[sink("hostnetd_sink_up", "1x60")], [sink("hostnetd_sink_up", "1x20 0x60")]] },
	HostnetdSinkDropped: { fires: [[sink("hostnetd_sink_dropped_total", "0x25 2x60")]], quiet: [[sink("hostnetd_sink_dropped_total", "2x60")]] },
};

// promtool's own file for them all: whether the alert's name fires, whatever its labels.
export function unitTests(rules) {
	const tests = Object.entries(alerts).flatMap(([alert, { fires, quiet }]) => [...fires.map((s) => [s, 1]), ...quiet.map((s) => [s, 0])].map(([series, fired], i) => ({
		name: `${alert} ${fired ? "fires" : "is quiet"} ${i}`,
		interval: "1m",
		input_series: [node, ...series].map(([name, values]) => ({ series: name, values })),
		promql_expr_test: [{ expr: `(count(ALERTS{alertname="${alert}", alertstate="firing"}) > bool 0) or vector(0)`, eval_time: "30m",
			exp_samples: [{ labels: "{}", value: fired }] }],
	})));
	return { rule_files: [rules], evaluation_interval: "1m", tests };
}
