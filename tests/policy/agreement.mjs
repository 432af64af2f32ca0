// SPDX-License-Identifier: Apache-2.0
// Evaluates each form of the admission policy over the labelled pods, as each kind of object, and prints how far it agrees
// with `classify`. usage: agreement.mjs HOSTNETD CORPUS MODULES
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { check, corpus, finish, kinds, owned, podOf, policy, rowsOf, run, work } from "./policy.mjs";

// What the API server counts for the regular expressions of a large pod: a quarter of the pattern times a tenth of the text, rounded
// up (cel-go's interpreter/runtimecost.go). Beyond 1,000,000 an expression, or 10,000,000 in all, it refuses the pod, AI or not.
// 20 containers whose images have 200 characters and 40 variables each, one that is `python -m` with 60 long arguments, 30 labels.
const large = { "c.image": [20, 200], "w[s]": [20, 256], "1])": [20, 513], "1]": [20, 256], "e.name": [20 * 40, 60], "variables.podLabels[k])": [30, 120] };
const cost = (expression) => [...expression.matchAll(/(\S+?)\.matches\('([^']*)'\)/g)].reduce((sum, [, subject, pattern]) => {
	const [times, length] = large[Object.keys(large).find((name) => subject.replace(/^[!(]+/, "") === name)] ?? [20, 256];
	return sum + times * Math.ceil((length + 1) / 10) * Math.ceil(pattern.length / 4);
}, 0);

const rows = rowsOf(corpus);
const pods = rows.map(podOf);
const list = join(work, "pods.json");
writeFileSync(list, JSON.stringify({ apiVersion: "v1", kind: "PodList", items: pods }));
const verdicts = run("classify", "--pods-file", list, "--output", "json")
	.trim().split("\n").map((line) => JSON.parse(line).verdict);
check(verdicts.length === pods.length && pods.length > 100, "classify speaks of every pod");

for (const form of ["vap", "kyverno", "gatekeeper"]) {
	const p = policy(form);
	const counts = {};
	let wrong = 0;
	pods.forEach((pod, i) => {
		const denied = p.denies(pod);
		counts[verdicts[i]] ??= [0, 0];
		counts[verdicts[i]][denied ? 0 : 1]++;
		check(!denied || rows[i].expect !== "not-ai", `${form}: denies ${rows[i].id} ${rows[i].name}, which is no AI`);
		check(!denied || verdicts[i] !== "not-ai", `${form}: denies ${rows[i].id}, which classify calls not-ai`);
		wrong += denied !== (verdicts[i] === "ai");
		// Nothing is denied that does not ask for the host's network.
		for (const spec of [{ ...pod.spec, hostNetwork: false }, { ...pod.spec, hostNetwork: undefined }])
			check(!p.denies(JSON.parse(JSON.stringify({ ...pod, spec }))), `${form}: ${rows[i].id} without hostNetwork`);
		for (const [kind, make] of Object.entries(kinds))
			check(p.denies(JSON.parse(JSON.stringify(make(pod)))) === denied, `${form}: ${rows[i].id} as ${kind}`);
	});
	const say = Object.entries(counts).map(([verdict, [yes, no]]) => `${verdict}: ${yes} of ${yes + no} denied`).join(", ");
	console.log(`${form}: ${pods.length - wrong} of ${pods.length} as classify says; ${say}; ${p.size} bytes of CEL`);
	const costs = p.variables.map((v) => [v.name, cost(v.expression)]);
	const most = costs.reduce((a, b) => (b[1] > a[1] ? b : a)), all = costs.reduce((sum, [, one]) => sum + one, 0);
	console.log(`${form}: a large pod costs ${all} of 10,000,000; the dearest variable, ${most[0]}, ${most[1]} of 1,000,000`);
	check(most[1] < 1e6 && all < 1e7 && most[1] > 1e5, `${form}: it costs the API server too much`);
	check(p.size < 100000, `${form}: CEL takes 100,000 characters at most`);
	check(!/\.\?|optional\.|\\/.test(p.text), `${form}: optional syntax, or a backslash`);
	check(counts.ai[0] >= 0.5 * (counts.ai[0] + counts.ai[1]), `${form}: says little of what classify calls ai`);
}

// Updates: what cannot change its network, or goes, is let through; what can is judged as if it were new.
{
	const p = policy("vap"), spec = { hostNetwork: true, containers: [{ name: "c", image: "vllm/vllm-openai:v1" }] };
	for (const [kind, make] of Object.entries(kinds)) {
		const object = make({ kind: "Pod", metadata: { name: "a", namespace: "ml" }, spec });
		const going = { ...object, metadata: { ...object.metadata, deletionTimestamp: "2026-11-28T00:00:00Z" } };
		const fixed = ["Pod", "ReplicaSet", "Job"].includes(kind);
		check(p.denies(object), `${kind}: a new one is denied`);
		check(p.denies(object, object) === !fixed, `${kind}: an update`);
		check(!p.denies(going, object), `${kind}: an update of one that goes`);
	}
	const before = { kind: "Pod", metadata: { name: "a", namespace: "ml" }, spec: { ...spec, containers: [{ name: "c", image: "nginx" }] } };
	const labelled = { ...before, metadata: { ...before.metadata, labels: { a: "b" } } };
	check(p.denies({ ...before, spec }, before), "a pod whose image becomes one of AI's is denied");
	check(!p.denies(labelled, before) && !p.denies({ ...labelled, spec }, { ...before, spec }), "a pod whose image stays is not");
	check(!p.denies(before, { ...before, spec }), "nor one that is mended");
	check(policy("gatekeeper").denies({ ...before, spec }, before), "gatekeeper: a pod whose image becomes one of AI's");
}

// Exceptions.
const pod = { kind: "Pod", metadata: { name: "vllm-0", namespace: "ml", labels: { team: "research" }, ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "vllm-5d8", controller: true }] },
	spec: { hostNetwork: true, containers: [{ name: "c", image: "vllm/vllm-openai:v1", ports: [{ containerPort: 8000 }] }] } };
const matches = [
	[{ namespaces: ["m*"] }, false], [{ namespaces: ["mlx"] }, true], [{ namespaces: ["m"] }, true],
	[{ namespaces: ["ml"], podLabels: { team: "res*" } }, false], [{ podLabels: { team: "ops" } }, true], [{ podLabels: { zone: "a" } }, true],
	[{ podLabels: { team: ["ops", "research"] } }, false],
	[{ workloads: [{ kind: "Deployment", name: "vllm" }] }, false], [{ workloads: [{ kind: "Deployment", name: "vll" }] }, true],
	[{ workloads: [{ kind: "StatefulSet", name: "vllm" }] }, true], [{ workloads: [{ kind: "Pod", name: "vllm-*" }] }, false],
	[{ images: ["vllm/*"] }, false], [{ images: ["vllm.*"] }, true],
	[{ namespaces: ["ml"], ports: [8000] }, false], [{ namespaces: ["ml"], ports: ["8001-9000"] }, true], [{ namespaces: ["ml"], ports: ["7000-9000"] }, false],
	[{ namespaces: ["ml"], causes: ["joined"] }, true],
	[{ namespaces: ["it's"] }, true],
	// What no CEL can tell is left away where the other keys name workloads, else the rule is.
	[{ namespaces: ["ml"], products: ["vllm"] }, true], [{ products: ["vllm"], images: ["vllm/*"] }, true],
	[{ namespaces: ["*"], products: ["vllm"], images: ["vllm/*"] }, true], [{ namespaces: ["ml"], products: ["vllm"], images: ["*"] }, true],
	[{ namespaces: ["ml"], products: ["vllm"], images: ["vllm/*"] }, false],
	[{ namespaces: ["ml"], categories: ["inference"], podLabels: { team: "research" } }, false],
	[{ namespaces: ["ml"], categories: ["inference"], workloads: [{ kind: "Deployment" }] }, true],
	[{ namespaces: ["ml"], categories: ["inference"], workloads: [{ name: "vllm" }] }, false],
];
// A kind of that name in another group is another kind; and no pod is a Deployment's or a CronJob's directly.
const owners = [
	["apps/v1", "StatefulSet", "vllm", { kind: "StatefulSet", name: "vllm" }, false], ["evil.example.org/v1", "StatefulSet", "vllm", { kind: "StatefulSet", name: "vllm" }, true],
	["apps.evil.org/v1", "StatefulSet", "vllm", { kind: "StatefulSet", name: "vllm" }, true], ["apps.kruise.io/v1beta1", "StatefulSet", "vllm", { kind: "StatefulSet", name: "vllm" }, false],
	["appsxkruise.io/v1", "StatefulSet", "vllm", { kind: "StatefulSet", name: "vllm" }, true], ["v1", "StatefulSet", "vllm", { kind: "StatefulSet", name: "vllm" }, true],
	["evil.example.org/v1", "StatefulSet", "vllm", { name: "vllm" }, true], ["evil.example.org/v1", "StatefulSet", "vllm", { kind: "Stateful*", name: "vllm" }, true],
	["evil.example.org/v1", "StatefulSet", "vllm", { kind: "StatefulSet", name: "vllm", group: "evil.example.org" }, false],
	["apps/v1", "StatefulSet", "vllm", { kind: "StatefulSet", name: "vllm", group: "evil.example.org" }, true],
	["our.example.org/v1", "OurSet", "vllm", { kind: "OurSet", name: "vllm" }, false], ["v1", "Pod", "vllm", { kind: "Pod", name: "vllm", group: "" }, false],
	["apps/v1", "ReplicaSet", "vllm-5d8", { kind: "Deployment", name: "vllm" }, false], ["extensions/v1beta1", "ReplicaSet", "vllm-5d8", { kind: "Deployment", name: "vllm" }, false],
	["evil.example.org/v1", "ReplicaSet", "vllm-5d8", { kind: "Deployment", name: "vllm" }, true], ["evil.example.org/v1", "ReplicaSet", "vllm-5d8", { kind: "Deployment", name: "vllm", group: "*" }, true],
	["batch/v1", "Job", "vllm-29", { kind: "CronJob", name: "vllm" }, false], ["evil.example.org/v1", "Job", "vllm-29", { kind: "CronJob", name: "vllm" }, true],
	["apps/v1", "Deployment", "vllm", { kind: "Deployment", name: "vllm" }, true], ["batch/v1", "CronJob", "vllm", { kind: "CronJob", name: "vllm" }, true],
	["apps/v1", "Deployment", "vllm", { kind: "Deployment", name: "vllm", group: "*" }, true],
];
for (const form of ["vap", "kyverno", "gatekeeper"]) {
	check(policy(form).denies(pod), `${form}: the example is denied without exceptions`);
	for (const [match, denied] of matches) {
		const p = policy(form, [{ name: "r", reason: "why", expires: "2199-01-31", match }]);
		check(p.denies(pod) === denied, `${form}: ${JSON.stringify(match)}`);
	}
	const expired = policy(form, [{ name: "old", reason: "why", expires: "2020-01-31", match: { namespaces: ["ml"] } }]);
	check(expired.denies(pod) && /exception old, .*LEFT OUT, it has expired/.test(expired.text), `${form}: an expired rule`);
	const two = policy(form, [{ name: "a", reason: "why", expires: "2199-01-31", match: { namespaces: ["x"] } }, { name: "b", reason: "why", expires: "2199-01-31", match: { namespaces: ["ml"] } }]);
	check(!two.denies(pod), `${form}: the second of two rules`);
	const deployment = owned(pod, "Deployment", { template: { spec: pod.spec } });
	deployment.metadata.name = "vllm";
	const rule = policy(form, [{ name: "r", reason: "why", expires: "2199-01-31", match: { workloads: [{ kind: "Deployment", name: "vllm" }] } }]);
	check(!rule.denies(deployment) && !rule.denies(pod), `${form}: a Deployment and its pod`);
	for (const [apiVersion, kind, name, match, denied] of owners) {
		const p = policy(form, [{ name: "r", reason: "why", expires: "2199-01-31", match: { workloads: [match] } }]);
		const one = { ...pod, metadata: { ...pod.metadata, ownerReferences: [{ apiVersion, kind, name, controller: true }] } };
		check(p.denies(one) === denied, `${form}: ${JSON.stringify(match)} and a pod of ${apiVersion} ${kind} ${name}`);
		const [, most] = p.variables.map((v) => [v.name, cost(v.expression)]).reduce((a, b) => (b[1] > a[1] ? b : a));
		check(most < 1e6, `${form}: ${JSON.stringify(match)} costs the API server too much`);
	}
}
finish();
