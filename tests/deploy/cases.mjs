// SPDX-License-Identifier: Apache-2.0
// What a set of values must become, beside what holds of all: one row an expectation. values/good has the sets.

import { readFileSync, readdirSync } from "node:fs";

// What the chart brings besides templates: the metrics' rules and dashboards, as many as there are.
function brought(folder) {
	const dir = new URL(`../../deploy/helm/hostnetd/${folder}/`, import.meta.url);
	try {
		return readdirSync(dir).sort().map((name) => [name, readFileSync(new URL(name, dir), "utf8")]);
	} catch (error) {
		if (error.code === "ENOENT") return [];
		throw error;
	}
}

const has = (arg) => (r) => (r.args.includes(arg) ? [] : [`no ${arg} in ${r.args.join(" ")}`]);
const hasNot = (flag) => (r) => r.args.filter((arg) => arg === flag || arg.startsWith(`${flag}=`));
const kinds = (...wanted) => (r) => {
	const found = [...new Set(r.objects.map((o) => o.kind))].sort();
	return JSON.stringify(found) === JSON.stringify([...wanted].sort()) ? [] : [`${found}`];
};
const rights = (...wanted) => (r) => {
	const found = Object.keys(r.rights).sort();
	return JSON.stringify(found) === JSON.stringify([...wanted].sort()) ? [] : [`${found}`];
};
const egress = (...wanted) => (r) => {
	const found = r.egress();
	return JSON.stringify(found) === JSON.stringify(wanted) ? [] : [`${found}`];
};
const holds = (what, test) => (r) => (test(r) ? [] : [what]);
const usual = ["DaemonSet", "NetworkPolicy", "ClusterRole", "ClusterRoleBinding", "PriorityClass", "ServiceAccount"];

export const cases = {
	base: [
		kinds("Namespace", ...usual), rights("/nodes/pods"), egress("TCP/10250"),
		has("--listen=127.0.0.1:9464"), has("--metrics-listen=0.0.0.0:9465"), hasNot("--cgroup-root"),
		holds("two capabilities", (r) => r.container.securityContext.capabilities.add.join() === "BPF,PERFMON"),
		holds("nothing of the node but the store", (r) => r.pod.volumes.map((v) => v.name).join() === "store"),
		has("--store=/var/lib/hostnetd/hostnetd.db"), hasNot("--kubelet-insecure-tls"), hasNot("--cluster-name"),
		holds("the image", (r) => r.container.image === "localhost/hostnetd:0.1.0"),
		holds("every node", (r) => r.pod.tolerations[0].operator === "Exists" && r.pod.nodeSelector["kubernetes.io/os"] === "linux"),
		holds("a tenth at a time", (r) => r.daemonSet.spec.updateStrategy.rollingUpdate.maxUnavailable === "10%"),
	],
	everything: [
		kinds("Namespace", "ConfigMap", "PodMonitor", ...usual),
		rights("/nodes/pods"),
		has("--kubelet-ca-file=/etc/hostnetd/kubelet-ca/ca-bundle.crt"), has("--listen=0.0.0.0:9444"),
		has("--api-token-file=/etc/hostnetd/api-token/bearer"), has("--tls-key-file=/etc/hostnetd/api-tls/tls.key"),
		has("--netns-hook=free"), has("--cgroup-root=/host/sys/fs/cgroup"),
		holds("all rights", (r) => r.container.securityContext.capabilities.add.join() === "BPF,PERFMON,NET_ADMIN,SYS_PTRACE"), has("--metadata-address=192.0.2.80"), has("--cluster-name=prod: \"eu\""),
		has("--kubelet-url=https://$(HOST_IP):10251"), egress("TCP/10251", "TCP/16443"),
		holds("a digest", (r) => /@sha256:[0-9a-f]{64}$/.test(r.container.image)),
		holds("labels everywhere", (r) => r.objects.every((o) => o.metadata.labels.team === "ml-sec")),
		holds("its own name", (r) => r.daemonSet.metadata.name === "watcher"),
		holds("the fraction", (r) => r.daemonSet.spec.updateStrategy.rollingUpdate.maxUnavailable === 2),
	],
	file: [
		has("--kubelet-ca-file=/etc/hostnetd/kubelet/kubelet.crt"), has("--kubelet-tls-server-name=$(NODE_NAME)"),
		holds("one file, not its folder", (r) => {
			const volume = r.pod.volumes.find((v) => v.name === "kubelet-certificate");
			return volume.hostPath.path === "/etc/kubernetes/certs/kubeletserver.crt" && volume.hostPath.type === "File";
		}),
	],
	insecure: [has("--kubelet-insecure-tls=true"), rights("/nodes/pods", "/nodes/proxy"), hasNot("--kubelet-ca-file")],
	openshift: [
		kinds("SecurityContextConstraints", ...usual), rights("/nodes/pods", "security.openshift.io/securitycontextconstraints"),
		holds("spc_t", (r) => r.container.securityContext.seLinuxOptions.type === "spc_t"),
	],
	sinks: [
		has("--output=ocsf"), has("--webhook-url=https://soc.example.org:8443/hostnetd"), has("--webhook-format=ocsf"),
		has("--webhook-secret-file=/etc/hostnetd/webhook/hmac"), has("--webhook-ca-file=/etc/hostnetd/webhook-ca/ca.pem"),
		has("--otlp-url=https://collector.observability:4318"), has("--otlp-headers-file=/etc/hostnetd/otlp/headers"),
		has("--otlp-ca-file=/etc/hostnetd/otlp-ca/ca.crt"),
		has("--report-objects=auto"), has("--report-heartbeat=30m"), has("--kubernetes-events=true"),
		rights("/nodes", "/nodes/pods", "events.k8s.io/events", "openreports.io/clusterreports", "openreports.io/reports",
			"wgpolicyk8s.io/clusterpolicyreports", "wgpolicyk8s.io/policyreports"),
		egress("TCP/10250", "TCP/443", "TCP/6443", "UDP/53", "TCP/53", "TCP/8443", "TCP/4318"),
	],
	events: [
		rights("/nodes", "/nodes/pods", "events.k8s.io/events"), has("--webhook-format=hostnetd"), hasNot("--webhook-url"),
		hasNot("--report-objects"), egress("TCP/10250", "TCP/443", "TCP/6443", "UDP/53", "TCP/53", "TCP/443"),
		holds("the URL's Secret", (r) => r.container.env.find((e) => e.name === "HOSTNETD_WEBHOOK_URL").valueFrom.secretKeyRef.name === "chat"),
	],
	reports: [
		rights("/nodes", "/nodes/pods", "openreports.io/clusterreports", "openreports.io/reports"),
		has("--report-objects=openreports"), hasNot("--kubernetes-events"), hasNot("--webhook-format"),
		egress("TCP/10250", "TCP/443", "TCP/6443"),
	],
	monitoring: [
		holds("every rule file is in it", (r) => JSON.stringify(r.one("PrometheusRule").spec.groups.map((g) => g.name)) ===
			JSON.stringify(brought("rules").flatMap(([, text]) => [...text.matchAll(/^ *- name: *(.*)$/gm)].map((m) => m[1])))),
		holds("rules as they are written", (r) => brought("rules").every(([, text]) => [...text.matchAll(/\$labels\.\w+/g)]
			.every(([word]) => JSON.stringify(r.one("PrometheusRule")).includes(word)))),
		holds("each dashboard as it is", (r) => JSON.stringify(r.of("ConfigMap").map((c) => Object.entries(c.data)[0])) ===
			JSON.stringify(brought("dashboards").map(([name, text]) => [name, text.trimEnd()]))),
		holds("where Grafana's sidecar looks", (r) => r.of("ConfigMap").every((c) => c.metadata.namespace === "monitoring" &&
			c.metadata.labels.grafana_dashboard === "1" && Buffer.byteLength(JSON.stringify(c)) < 1 << 20)),
		holds("a node for each series", (r) => r.one("PodMonitor").spec.podMetricsEndpoints[0].relabelings[0].targetLabel === "node"),
	],
	bare: [
		kinds("DaemonSet"), has("--store=none"), has("--listen=none"),
		holds("its account", (r) => r.pod.serviceAccountName === "given"),
		holds("no priority", (r) => !r.pod.priorityClassName),
	],
};
