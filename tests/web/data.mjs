// SPDX-License-Identifier: Apache-2.0
// Made-up state of an agent, in exactly the form of its API, the same at every run: a node as it is in the middle of an
// investigation, an empty one, a hostile one, one with thousands of findings.

const MIN = 60000;
const HOUR = 60 * MIN;
export const iso = (t) => new Date(t).toISOString().replace("Z", "456Z");
export const hex = (n, length = 32) => Math.abs(Math.imul(n + 1, 2654435761)).toString(16).padStart(8, "0").repeat(8).slice(0, length);

const REMEDY = ["Review why host networking is on: most AI workloads do not need it.", "Move the traffic to normal pod networking, or to a gateway.",
  "Expose only the required ports, through a Service, an Ingress or a private gateway.", "Add network policies and endpoint authentication."];

// Numbers that look random and are the same each time.
export function dice(seed) {
  let x = seed;
  return (n) => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return Math.floor((x / 2 ** 32) * n);
  };
}

export function makeFinding(n, { now, kind = "Deployment", name, namespace = "ml", cause = "declared", product = "vllm", category = "inference", verdict = "ai", state = "open",
  severity, ago = HOUR, resolvedAgo, image, argv, ports = [[8000, "0.0.0.0"]], metadata, control, exception, container = "server", pod, extra = {} }) {
  const first = now - ago;
  const uid = `0f3d2b6e-${hex(n, 4)}-4222-8333-${hex(n, 12)}`;
  const podName = pod ?? (kind === "Pod" ? name : `${name}-${n % 7}`);
  const last = resolvedAgo === undefined ? now - 5000 : now - resolvedAgo;
  return {
    id: hex(n), state, severity: severity || (cause === "declared" ? "high" : "critical"), way: cause === "socket" ? "socket" : "namespace", occurrences: 1,
    control: "ai-workload-host-network", ...(cause ? { cause } : {}),
    title: cause === "unmanaged" ? `AI workload in container ${hex(n, 12)} shares the host network and is unknown to the kubelet` : `AI workload ${kind} ${namespace}/${name} ${cause === "joined" ? "joined the host network behind its spec" : cause === "socket" ? "uses a socket of the host network" : "shares the host network by hostNetwork: true"}`,
    remediation: REMEDY, node: "worker-3",
    ...(cause === "unmanaged" ? {} : { pod: { namespace, name: podName, uid, static: false, hostNetwork: cause === "declared", hostPID: false, privileged: cause === "joined", mirror: false },
      workload: { apiVersion: kind === "Pod" ? "v1" : "apps/v1", kind, name } }),
    containers: [{ ...(cause === "unmanaged" ? {} : { name: container, image: image || `registry.example.org/ml/${product}:v0.6.3`, type: "container" }), id: hex(n, 64) }],
    ai: { verdict, category, product, score: verdict === "ai" ? 0.98 : 0.62, evidence: [
      { signal: "image", source: "declared", path: "spec.containers[0].image", value: `ml/${product}`, weight: 0.9, signature: product },
      { signal: "argv", source: "observed", path: "process 4711 argv[2]", value: `${product}.entrypoints.openai`, weight: 0.8, signature: product },
      { signal: "port", source: "observed", path: "listening tcp 8000", value: "8000", weight: 0.2, signature: product },
      { signal: "label", source: "declared", path: "metadata.labels[app.kubernetes.io/component]", value: "metrics", weight: -0.15, signature: "exporter" }] },
    processes: [
      { pid: 4711 + n * 10, startTime: iso(first - 900), comm: "python3", exe: "/usr/bin/python3.11", argv: argv || ["python3", "-m", `${product}.entrypoints.openai.api_server`, "--model", "mistral-7b", "--api-key", "[redacted]", "--port=8000"], uid: 0, container, threadsInHostNetns: 12, ancestors: [{ pid: 4600 + n, comm: "containerd-shim" }], exeSha256: hex(n + 7, 64) },
      { pid: 4712 + n * 10, startTime: iso(first + 4000), comm: "ray::worker", exe: "/usr/bin/python3.11", argv: ["ray", "worker", "--rank", "0"], uid: 1000, container, threadsInHostNetns: 1, ancestors: [{ pid: 4711 + n * 10, comm: "python3" }, { pid: 4600 + n, comm: "containerd-shim" }] }],
    network: { listening: ports.map(([port, address]) => ({ protocol: "tcp", address, port })), ...(metadata ? { metadataAccess: [{ address: "169.254.169.254", time: iso(now - metadata) }] } : {}),
      ...(control ? { controlAccess: [{ address: "127.0.0.1", port: 10250, time: iso(now - control) }] } : {}) },
    ...(exception ? { exception } : {}), firstSeen: iso(first), lastSeen: iso(last), ...(state === "resolved" ? { resolvedAt: iso(last) } : {}), ...extra,
  };
}

const brief = (f) => ({ finding: f.id, ...(f.pod ? { pod: { namespace: f.pod.namespace, name: f.pod.name, uid: f.pod.uid } } : {}), ...(f.workload ? { workload: { kind: f.workload.kind, name: f.workload.name } } : {}),
  container: f.containers[0].name || f.containers[0].id });

// The events that explain a finding, without seq.
export function storyOf(f, now) {
  const first = Date.parse(f.firstSeen);
  const at = (ms, type, more) => ({ time: iso(first + ms), type, ...brief(f), ...more });
  const [main, worker] = f.processes;
  const process = ({ pid, startTime, comm, exe, exeSha256, argv, uid }, parent) => ({ pid, startTime, comm, exe, exeSha256, argv, uid, parent });
  const list = [
    at(-800, "process.entered", { process: process(main, main.ancestors?.[0]?.pid ?? 1), cause: f.cause }),
    at(-700, "container.joined", { cause: f.cause, ai: { verdict: "ai" } }),
    at(0, "finding.opened", { state: "open", severity: f.severity, changed: ["state"] }),
    at(900, "finding.updated", { state: "open", severity: f.severity, changed: ["cause", "pod", "workload"] }),
  ];
  if (worker) list.push(at(4000, "process.exec", { process: process(worker, main.pid) }));
  f.network.listening.forEach((one, i) => list.push(at(6000 + i * 1500, "network.listening", { endpoint: one, process: process(main) })));
  for (const one of f.network.metadataAccess || []) list.push({ ...at(0, "network.contact", { contact: "metadata", endpoint: { protocol: "tcp", address: one.address, port: 80 }, process: process(main) }), time: one.time });
  for (const one of f.network.controlAccess || []) list.push({ ...at(0, "network.contact", { contact: "control", endpoint: { protocol: "tcp", ...one, time: undefined }, process: process(main) }), time: one.time });
  if (f.state === "resolved") {
    const gone = Date.parse(f.resolvedAt);
    list.push({ ...at(0, "process.exited", { process: process(main) }), time: iso(gone - 400) }, { ...at(0, "container.left", { cause: f.cause }), time: iso(gone - 200) },
      { ...at(0, "finding.resolved", { state: "resolved", severity: f.severity, changed: ["state", "resolvedAt"] }), time: f.resolvedAt });
  }
  return list.filter((event) => Date.parse(event.time) <= now);
}

const OTHERS = [["kube-system", "DaemonSet", "kube-proxy", "kube-proxy", "registry.k8s.io/kube-proxy:v1.29.4"], ["kube-system", "DaemonSet", "cilium", "cilium-agent", "quay.io/cilium/cilium:v1.15.3"],
  ["monitoring", "DaemonSet", "node-exporter", "node-exporter", "quay.io/prometheus/node-exporter:v1.8.2"], ["monitoring", "DaemonSet", "node-exporter", "kube-rbac-proxy", "quay.io/brancz/kube-rbac-proxy:v0.18.1"],
  ["kube-system", "DaemonSet", "nvidia-device-plugin", "plugin", "nvcr.io/nvidia/k8s-device-plugin:v0.15.0"], ["storage", "DaemonSet", "csi-node", "driver", "registry.k8s.io/sig-storage/csi-node:v1.11.0"]];

export function statusOf(findings, now, more = {}) {
  const open = findings.filter((f) => f.state === "open" && f.ai.verdict === "ai");
  const bySeverity = {};
  for (const f of open) bySeverity[f.severity] = (bySeverity[f.severity] || 0) + 1;
  return {
    schema: "hostnetd.status/v1", time: iso(now), node: "worker-3", cluster: "prod-eu-1", agentVersion: "0.1.0", bootId: "5a1b2c3d-0000-4000-8000-000000000001", hostNetns: 4026531833, startedAt: iso(now - 3.2 * HOUR),
    control: { passed: open.length === 0, open: open.length, bySeverity }, complete: true, incomplete: [],
    tier: "bpf", hooks: [{ name: "exec", state: "on", hook: "tp_btf/sched_process_exec" }, { name: "fork", state: "on", hook: "tp_btf/task_newtask" }, { name: "netns", state: "on", hook: "tp_btf/sys_exit", text: "71 ns a system call" }, { name: "first use", state: "off", text: "refused: the agent is inside a cgroup namespace" }],
    losses: { events: 0, malformed: 0, unmarked: 0, notKept: 0 }, kubelet: { state: "ok", pods: 41, answers: 39, failures: 0 },
    sweeps: { done: 388, failed: 0, lastAt: iso(now - 12000), lastMs: 3.4, threads: 12877 }, store: { path: "/var/lib/hostnetd/hostnetd.db", bytes: 4210688, events: 18211, oldest: iso(now - 9 * 24 * HOUR), ok: true }, ...more,
  };
}

const numbered = (events) => events.sort((a, b) => Date.parse(a.time) - Date.parse(b.time)).map((event, i) => ({ seq: i + 1, monoNs: (i + 1) * 1e6, ...event }));

export function investigation(now) {
  const f = (n, more) => makeFinding(n, { now, ...more });
  const findings = [
    f(1, { kind: "StatefulSet", name: "vllm", ago: 5.1 * HOUR, ports: [[8000, "0.0.0.0"], [9000, "127.0.0.1"]], metadata: 3.9 * HOUR, control: 2.1 * HOUR }),
    f(2, { kind: "Pod", name: "notebook-7f2c", namespace: "research", cause: "joined", product: "jupyter", category: "notebook", ago: 1.4 * HOUR, ports: [[8888, "0.0.0.0"]], metadata: 0.9 * HOUR, container: "jupyter" }),
    f(3, { kind: "Deployment", name: "rag-gateway", namespace: "agents", cause: "socket", product: "litellm", category: "gateway", ago: 3.3 * HOUR, ports: [[4000, "0.0.0.0"]] }),
    f(4, { cause: "unmanaged", name: "", product: "ollama", category: "inference", ago: 0.6 * HOUR, ports: [[11434, "::"]], argv: ["ollama", "serve"] }),
    f(5, { kind: "PyTorchJob", name: "llm-pretrain", namespace: "train-a", product: "pytorch", category: "training", ago: 5.8 * HOUR, state: "excepted", ports: [[29500, "10.0.0.13"]], container: "pytorch", exception: { name: "rdma-training", reason: "NCCL over RoCE needs the node's interfaces", expires: "2027-01-31" } }),
    f(6, { kind: "Deployment", name: "qdrant", namespace: "search", verdict: "likely", severity: "medium", product: "qdrant", category: "vector-db", ago: 2.6 * HOUR, ports: [[6333, "0.0.0.0"], [6334, "0.0.0.0"]] }),
    f(7, { kind: "CronJob", name: "embed-nightly", namespace: "search", state: "resolved", product: "sentence-transformers", category: "inference", ago: 4.7 * HOUR, resolvedAgo: 4.1 * HOUR, ports: [], container: "embed" }),
    f(8, { kind: "Pod", name: "debug-agent", namespace: "agents", cause: "joined", state: "resolved", product: "open-interpreter", category: "agent", ago: 2.9 * HOUR, resolvedAgo: 2.75 * HOUR, ports: [], metadata: 2.8 * HOUR, container: "debugger" }),
  ];
  const events = findings.flatMap((one) => storyOf(one, now));
  const sharing = findings.filter((one) => one.state !== "resolved").map((one) => ({ ...(one.pod ? { pod: one.pod, workload: one.workload } : {}), container: one.containers[0], cause: one.cause, way: one.way, ai: { verdict: one.ai.verdict, category: one.ai.category, product: one.ai.product }, processes: 2, finding: one.id, firstSeen: one.firstSeen, lastSeen: one.lastSeen }));
  OTHERS.forEach(([namespace, kind, name, container, image], i) => {
    const pod = { namespace, name: `${name}-x7x${i}l`, uid: `0f3d2b6e-9999-4222-8333-${hex(50 + i, 12)}`, static: false, hostNetwork: true };
    sharing.push({ pod, workload: { apiVersion: "apps/v1", kind, name }, container: { name: container, id: hex(900 + i, 64), image, type: "container" }, cause: "declared", way: "namespace", ai: { verdict: "not-ai" }, processes: 1 + (i % 3), firstSeen: iso(now - (40 - i) * HOUR), lastSeen: iso(now - 4000) });
  });
  const agent = (ago, type, more) => events.push({ time: iso(now - ago), type, ...more });
  agent(3.36 * HOUR, "agent.stopped", { text: "told to stop" });
  agent(3.2 * HOUR, "agent.started", { text: "hostnetd 0.1.0, tier 2" });
  agent(1.05 * HOUR, "agent.gap", { text: "not watched for 140 s", since: iso(now - 1.05 * HOUR - 140000), until: iso(now - 1.05 * HOUR) });
  agent(0.3 * HOUR, "agent.lost", { count: 12 });
  events.push({ time: iso(now - 1.8 * HOUR), type: "attempt.refused", pod: { namespace: "default", name: "web-5d9", uid: "0f3d2b6e-8888-4222-8333-000000000001" }, container: "nginx", attempt: { call: "setns", errno: "EPERM", process: { pid: 9121, comm: "nsenter", uid: 1000 }, way: "namespace", ai: { verdict: "not-ai" } } },
    { time: iso(now - 1.79 * HOUR), type: "attempt.refused", pod: { namespace: "default", name: "web-5d9", uid: "0f3d2b6e-8888-4222-8333-000000000001" }, container: "nginx", attempt: { call: "setns", errno: "EPERM", process: { pid: 9125, comm: "nsenter", uid: 1000 }, way: "namespace", ai: { verdict: "not-ai" } } });
  return { findings, sharing, events: numbered(events), status: statusOf(findings, now, { losses: { events: 12, malformed: 0, unmarked: 0, notKept: 0 } }) };
}

export function empty(now) {
  return { findings: [], sharing: [], events: numbered([{ time: iso(now - 2 * HOUR), type: "agent.started" }]), status: statusOf([], now) };
}

export function incomplete(now) {
  return { ...empty(now), status: statusOf([], now, { control: { passed: false, open: 0, bySeverity: {} }, complete: false, incomplete: ["kubelet: 403: grant get on nodes/proxy, or nodes/pods where the cluster knows it"], kubelet: { state: "unreachable", error: "403 Forbidden" } }) };
}

export const HOSTILE = {
  script: "<script>window.pwned=1</script><img src=x onerror=window.pwned=1>",
  ansi: "\u001b[31mred\u001b[0m\u0007",
  rtl: "vllm\u202e1v:elgoog\u2066\u200b\u200f",
  long: "A".repeat(9990) + "THE-END-10",
};

export function hostile(now) {
  const f = makeFinding(1, { now, kind: "Pod", name: HOSTILE.script, namespace: HOSTILE.ansi, cause: "joined", product: HOSTILE.rtl, container: HOSTILE.script, image: HOSTILE.rtl, argv: ["sh", "-c", HOSTILE.script, HOSTILE.ansi, HOSTILE.long, "\ud800", "line\nbreak\r\n\0end"] });
  f.title = HOSTILE.rtl + HOSTILE.script;
  f.remediation = [HOSTILE.script, "javascript:alert(1)"];
  f.ai.evidence.push({ signal: HOSTILE.ansi, source: "declared", path: HOSTILE.script, value: HOSTILE.long, weight: 0.1, signature: HOSTILE.rtl });
  f.network.listening.push({ protocol: HOSTILE.script, address: HOSTILE.rtl, port: 1 });
  const events = numbered([...storyOf(f, now), { time: iso(now - 1000), type: HOSTILE.script, text: HOSTILE.long }, { time: iso(now - 900), type: "agent.gap", text: HOSTILE.ansi }]);
  const sharing = [{ pod: f.pod, workload: f.workload, container: f.containers[0], cause: f.cause, ai: { verdict: HOSTILE.script, product: HOSTILE.rtl }, processes: 1, finding: f.id, firstSeen: f.firstSeen, lastSeen: f.lastSeen }];
  return { findings: [f], sharing, events, status: statusOf([f], now, { node: HOSTILE.rtl + HOSTILE.script, cluster: HOSTILE.ansi, incomplete: [HOSTILE.long], complete: false, kubelet: { state: HOSTILE.script } }) };
}

export function many(now, n) {
  const roll = dice(7);
  const products = [["vllm", "inference"], ["ollama", "inference"], ["litellm", "gateway"], ["jupyter", "notebook"], ["pytorch", "training"], ["qdrant", "vector-db"], ["langgraph", "agent"]];
  const findings = [];
  for (let i = 0; i < n; i++) {
    const [product, category] = products[roll(products.length)];
    const cause = ["declared", "declared", "declared", "joined", "socket"][roll(5)];
    const state = ["open", "open", "resolved", "excepted"][roll(4)];
    const ago = (1 + roll(7 * 24 * 60)) * MIN;
    findings.push(makeFinding(i + 100, { now, kind: ["Deployment", "StatefulSet", "Job", "Pod"][roll(4)], name: `${product}-${i}`, namespace: `team-${roll(40)}`, product, category, cause, state, ago, resolvedAgo: state === "resolved" ? roll(ago / MIN) * MIN : undefined,
      verdict: roll(5) ? "ai" : "likely", ports: roll(3) ? [[8000 + roll(900), roll(2) ? "0.0.0.0" : "127.0.0.1"]] : [], exception: state === "excepted" ? { name: `team-rule-${roll(9)}`, reason: "RDMA", expires: "2027-01-31" } : undefined }));
  }
  const events = numbered(findings.slice(0, 400).flatMap((one) => storyOf(one, now)));
  const sharing = findings.filter((one) => one.state !== "resolved").slice(0, 300).map((one) => ({ pod: one.pod, workload: one.workload, container: one.containers[0], cause: one.cause, ai: { verdict: one.ai.verdict }, processes: 2, finding: one.id, firstSeen: one.firstSeen, lastSeen: one.lastSeen }));
  return { findings, sharing, events, status: statusOf(findings, now) };
}
