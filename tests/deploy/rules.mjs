// SPDX-License-Identifier: Apache-2.0
// What holds of the objects of one rendering, whatever the values: one row a rule. A rule gives the texts of what is wrong.

import { readFileSync } from "node:fs";

const cluster = new Set(["Namespace", "ClusterRole", "ClusterRoleBinding", "PriorityClass", "SecurityContextConstraints"]);
// What the agent may have of its node. The store's folder and the certificate are the user's to move.
const hostPaths = { cgroup: ["/sys/fs/cgroup", "Directory"], tracefs: ["/sys/kernel/tracing", "Directory"], store: [null, "DirectoryOrCreate"], "kubelet-certificate": [null, "File"] };
const capabilities = ["BPF", "PERFMON", "NET_ADMIN", "SYS_PTRACE"];
// What the sinks use of the API server is written once: the stand-in of tests/node grants the same and nothing else.
const used = JSON.parse(readFileSync(new URL("../data/objects/rbac.json", import.meta.url), "utf8"));
const roles = {
	"/nodes/pods": ["get"],
	"/nodes/proxy": ["get"],
	"/pods": ["list"],
	"security.openshift.io/securitycontextconstraints": ["use"],
	...Object.fromEntries(Object.entries(used).filter(([part]) => part.startsWith("agent-")).flatMap(([, rules]) => rules)
		.flatMap((rule) => rule.resources.map((name) => [`${rule.apiGroups[0]}/${name}`, [...rule.verbs].sort()]))),
};

export class Rendering {
	constructor(objects) { this.objects = objects; }
	of(kind) { return this.objects.filter((o) => o.kind === kind); }
	one(kind) { return this.of(kind)[0]; }
	get daemonSet() { return this.one("DaemonSet"); }
	get pod() { return this.daemonSet.spec.template.spec; }
	get container() { return this.pod.containers[0]; }
	// Its settings, as arguments: those that are variables too.
	get args() {
		const variables = this.container.env.filter((e) => e.name.startsWith("HOSTNETD_") && e.value !== undefined);
		return this.container.args.concat(variables.map((e) => `--${e.name.slice(9).toLowerCase().replaceAll("_", "-")}=${e.value}`));
	}
	// "group/resource" -> its verbs, of every role.
	get rights() {
		const rows = this.of("ClusterRole").concat(this.of("Role")).flatMap((role) => role.rules);
		return Object.fromEntries(rows.flatMap((rule) => rule.apiGroups.flatMap((group) => rule.resources.map(
			(resource) => [`${group}/${resource}`, [...rule.verbs].sort()]))));
	}
	egress() {
		const policy = this.one("NetworkPolicy");
		return policy ? policy.spec.egress.flatMap((rule) => rule.ports ?? []).map((p) => `${p.protocol}/${p.port}`) : [];
	}
}

function* every(value, path = "") {
	if (typeof value !== "object" || value === null) return;
	for (const [key, one] of Object.entries(value)) {
		yield [`${path}/${key}`, key, one];
		yield* every(one, `${path}/${key}`);
	}
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const subset = (small, large) => Object.entries(small).every(([key, value]) => large[key] === value);

export const rules = [
	["nobody has the host's network, and nobody is privileged", (r) => r.objects.flatMap((o) =>
		[...every(o)].filter(([, key, value]) => ["hostNetwork", "privileged", "allowPrivilegedContainer", "allowPrivilegeEscalation",
			"allowHostNetwork", "allowHostIPC", "allowHostPorts", "hostIPC", "hostPort"].includes(key) && value !== false)
			.map(([path]) => `${o.kind}${path}`))],
	["no object twice", (r) => r.objects.map((o) => `${o.kind} ${o.metadata.namespace ?? ""}/${o.metadata.name}`)
		.filter((name, i, all) => all.indexOf(name) !== i)],
	["each name is one that Kubernetes takes", (r) => r.objects.map((o) => o.metadata.name)
		.filter((name) => !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name) || name.length > 63)],
	["a namespace where there is one", (r) => r.objects.filter((o) => Boolean(o.metadata.namespace) === cluster.has(o.kind))
		.map((o) => `${o.kind} ${o.metadata.name}: namespace ${o.metadata.namespace}`)],
	["every object has the common labels", (r) => r.objects.filter((o) => !o.metadata.labels?.["app.kubernetes.io/name"])
		.map((o) => `${o.kind} ${o.metadata.name}`)],
	["one DaemonSet with one container and no other workload", (r) => [
		...(r.of("DaemonSet").length === 1 && r.pod.containers.length === 1 && !r.pod.initContainers ? [] : ["not so"]),
		...["Pod", "Deployment", "Job", "StatefulSet", "Role", "Secret", "Service"].flatMap((kind) => r.of(kind)).map((o) => o.kind)]],
	["selectors choose the agent's pods", (r) => [r.daemonSet.spec.selector, r.one("PodMonitor")?.spec.selector,
		r.one("NetworkPolicy")?.spec.podSelector].filter((s) => s && !subset(s.matchLabels, r.daemonSet.spec.template.metadata.labels))
		.map((s) => JSON.stringify(s))],
	["the container gives away all that it can", (r) => {
		const context = r.container.securityContext;
		return Object.entries({
			readOnlyRootFilesystem: context.readOnlyRootFilesystem === true,
			"capabilities.drop": same(context.capabilities.drop, ["ALL"]),
			"capabilities.add": context.capabilities.add.every((name) => capabilities.includes(name)),
			seccompProfile: ["RuntimeDefault", "Localhost"].includes(context.seccompProfile.type),
			hostPID: r.pod.hostPID === true,
		}).filter(([, holds]) => !holds).map(([name]) => name);
	}],
	["each mount has its volume, and each volume its mount", (r) => {
		const volumes = (r.pod.volumes ?? []).map((v) => v.name).sort();
		const mounts = r.container.volumeMounts.map((m) => m.name).sort();
		return same(volumes, mounts) ? [] : [`${volumes} against ${mounts}`];
	}],
	["of the node no more than is listed, and written to the store alone", (r) => r.pod.volumes.filter((v) => v.hostPath).flatMap((v) => {
		const [path, type] = hostPaths[v.name] ?? ["none", "none"];
		const mount = r.container.volumeMounts.find((m) => m.name === v.name);
		const wrong = v.hostPath.type !== type || (path && v.hostPath.path !== path) || (!mount.readOnly && v.name !== "store");
		return wrong ? [`${v.name}: ${JSON.stringify(v.hostPath)}`] : [];
	})],
	["each file in the arguments is in a mount", (r) => r.args.map((arg) => arg.match(/^--[a-z-]+-file=(.*)$|^--(?:store|signatures|exceptions|cgroup-root)=(\/.*)$/))
		.map((m) => m?.[1] ?? m?.[2]).filter(Boolean)
		.filter((file) => !r.container.volumeMounts.some((m) => file === m.mountPath || file.startsWith(`${m.mountPath}/`)))],
	["each ConfigMap of the chart's own that is mounted is there", (r) => r.pod.volumes.map((v) => v.configMap?.name)
		.filter((name) => name?.startsWith(r.daemonSet.metadata.name) && !r.of("ConfigMap").some((c) => c.metadata.name === name))],
	["probes and monitors name a port of the container", (r) => {
		const ports = r.container.ports.map((p) => p.name);
		const named = ["startupProbe", "livenessProbe", "readinessProbe"].map((probe) => r.container[probe].httpGet.port)
			.concat(r.of("PodMonitor").flatMap((m) => m.spec.podMetricsEndpoints.map((e) => e.port)));
		return named.filter((name) => !ports.includes(name));
	}],
	["the network policy lets the metrics in", (r) => r.of("NetworkPolicy").filter((p) =>
		!p.spec.ingress.some((rule) => rule.ports.some((port) => port.port === r.container.ports[0].containerPort)))
		.map((p) => p.metadata.name)],
	["rights are of the list, and nothing more", (r) => Object.entries(r.rights)
		.filter(([name, verbs]) => !same(roles[name], verbs)).map(([name, verbs]) => `${name}: ${verbs}`)],
	["the binding binds the DaemonSet's account to its own role", (r) => r.of("ClusterRoleBinding").filter((b) =>
		b.roleRef.name !== r.one("ClusterRole").metadata.name || b.subjects[0].name !== r.pod.serviceAccountName ||
		b.subjects[0].namespace !== r.daemonSet.metadata.namespace).map((b) => b.metadata.name)],
	["OpenShift allows the capabilities and volumes that are asked for, and no other", (r) => r.of("SecurityContextConstraints").flatMap((s) => [
		...(same([...s.allowedCapabilities].sort(), [...r.container.securityContext.capabilities.add].sort()) ? [] : ["capabilities"]),
		...r.pod.volumes.map((v) => Object.keys(v).find((key) => key !== "name")).filter((kind) => !s.volumes.includes(kind)),
		...(r.rights["security.openshift.io/securitycontextconstraints"] ? [] : ["no right to use it"]),
	])],
	["of the pods' namespace, Pod Security lets them in", (r) => r.of("Namespace").filter((n) =>
		n.metadata.name !== r.daemonSet.metadata.namespace || n.metadata.labels["pod-security.kubernetes.io/enforce"] !== "privileged")
		.map((n) => n.metadata.name)],
];
