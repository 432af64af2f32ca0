// SPDX-License-Identifier: Apache-2.0
// What `audit` claims that an admission policy would have stopped, held against the policy that it writes, as CEL says it: over
// the labelled pods as each kind of object, over pods made of the policy's own patterns and of near misses, and with
// exceptions. usage: claim.mjs HOSTNETD CORPUS MODULES
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { check, corpus, exceptionsFile, finish, kinds, podOf, policy, rowsOf, run, work } from "./policy.mjs";

const plain = (x) => JSON.parse(JSON.stringify(x));

// The same numbers in each run.
let seed = 20261128;
const random = (n) => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0, Math.floor(seed / 2 ** 32 * n));
const pick = (list) => list[random(list.length)];
const maybe = (n, value) => random(n) === 0 ? value() : undefined;

// Objects that no policy is asked about, or whose pods are elsewhere.
const strangers = {
	RayCluster: (pod) => ({ apiVersion: "ray.io/v1", kind: "RayCluster", metadata: pod.metadata, spec: { headGroupSpec: { template: { spec: pod.spec } } } }),
	ReplicationController: (pod) => ({ apiVersion: "v1", kind: "ReplicationController", metadata: { ...pod.metadata, ownerReferences: undefined }, spec: { template: { metadata: { labels: pod.metadata.labels }, spec: pod.spec } } }),
	"older Deployment": (pod) => ({ ...kinds.Deployment(pod), apiVersion: "apps/v1beta1" }),
	"oldest Deployment": (pod) => ({ ...kinds.Deployment(pod), apiVersion: "extensions/v1beta1" }),
};

// Each object is a workload of its own, so that the claim about the workload is the claim about the object.
function alone(object, i) {
	const metadata = { ...object.metadata, name: `${object.metadata.name ?? "x"}-o${i}`, uid: undefined };
	metadata.ownerReferences &&= metadata.ownerReferences.map((o) => ({ ...o, name: `${o.name}-o${i}` }));
	return plain({ ...object, metadata });
}

function claims(objects, exceptions) {
	const list = join(work, "objects.json"), none = join(work, "none.json"), found = new Map();
	writeFileSync(list, JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
	writeFileSync(none, "");
	const { runtime } = JSON.parse(run("audit", "--file", list, "--findings", none, "--output", "json", ...exceptionsFile(exceptions)));
	for (const one of runtime.declaredNotRunning) found.set(/-o([0-9]+)$/.exec(one.name)[1], one.admission);
	return objects.map((_, i) => found.get(String(i)));
}

const forms = ["vap", "kyverno", "gatekeeper"];
const truly = (p, object) => p.covers(object) && p.denies(object);

// What is no AI to `audit` has no claim, and must not be denied either.
function compare(what, objects, exceptions) {
	const named = objects.map(alone), policies = forms.map((form) => policy(form, exceptions)), counts = {};
	check(new Set(policies.map((p) => JSON.stringify(p.variables))).size === 1, `${what}: all forms have the same variables`);
	claims(named, exceptions).forEach((claim, i) => {
		for (const [k, p] of policies.entries()) {
			// The three judge alike; which objects they are asked about is each one's own.
			const denied = k === 0 || p.covers(named[i]) !== policies[0].covers(named[i]) ? truly(p, named[i]) : undefined;
			if (denied === undefined) continue;
			const weaker = k > 0 && claim?.denies === false && /of this kind/.test(claim.why);
			check((claim?.denies ?? false) === denied || weaker, `${what}: ${forms[k]} ${denied ? "denies" : "lets in"}, the claim is ${JSON.stringify(claim)}: ${JSON.stringify(named[i])}`);
		}
		counts[claim ? claim.why : "none: no AI"] ??= 0;
		counts[claim ? claim.why : "none: no AI"]++;
	});
	console.log(`${what}: ${objects.length} objects; ${Object.entries(counts).map(([why, n]) => `${n} ${why}`).join("; ")}`);
	return counts;
}

const rows = rowsOf(corpus);
for (const [kind, make] of Object.entries({ ...kinds, ...strangers })) compare(kind, rows.map((row) => make(podOf(row))));

// The policy's own patterns, of each sign, out of the alternations between these.
const around = /matches\('(?:\(\^\|\/\)|\^\(\[\^ \]\*\/\)\?|\^)\(([^']*?)\)(?:\(:\[\^\/@\]\*\)\?\(@\.\*\)\?|\(\[\.\]\.\*\)\?|\(=\.\*\)\?)?\$'/g;
const words = {};
for (const { name, expression } of policy("vap").variables) for (const [, alternation] of expression.matchAll(around))
	(words[name.replace(/[0-9]+$/, "")] ??= []).push(...alternation.replace(/\[\^[^\]]*\][+*]/g, "STAR").replace(/\[(.)\]/g, "$1").split("|"));
check(["images", "programs", "commands", "modules", "environment", "labels"].every((sign) => words[sign]?.length > 0), "the policy's patterns are read");
const star = (word) => word.replace("STAR", () => pick(["a", "x/y", "b-1", ""]));
const near = (pattern) => ((word) => pick([word, word, word, word.toUpperCase(), `${word}x`, `x${word}`, `x-${word}`, word.slice(1), `${word}/x`, `${word} `, `${word}\u00e9`, `\u00e9${word}`, word.replace("/", "-")]))(star(pattern));
// Another's name in capitals is no image: no runtime takes it.
const image = () => pick(["", "", "docker.io/", "a.example:5000/b/", "/", "x"]) + pick([() => near(pick(words.images)), () => pick(["nginx", "busybox", "redis/redis-stack-server", "chroma", "a//b"])])() +
	pick(["", "", ":v1", ":", "@sha256:0", ":v1@sha256:0", ":a:b", ":a/b", "@", "\n", ":x\ny"]);
const program = () => pick(["", "", "/usr/bin/", "./", "a b/"]) + near(pick(words.programs));
const command = () => pick([
	() => [program()], () => [program(), "serve"], () => near(pick(words.commands)).split(" "), () => ["/x/" + pick(words.commands)],
	() => ["python3", "-m", near(pick(words.modules))], () => ["-m", pick(words.modules) + pick([".x", ":y", ""])],
	() => [pick(["python", "/opt/python3.11", "python3-config", "curl", "a/b"]), ...pick([["-u"], ["-m"], ["x"], ["-u", "-W"], []]), "-m", star(pick(words.modules)), "-m", "vllm"],
	() => [pick(["tini", "dumb-init", "-"]), ...pick([["-g"], ["-g", "-v"], ["x"], []]), "--", ...pick([[star(pick(words.programs))], ["python3", "-m", star(pick(words.modules))], star(pick(words.commands)).split(" "), []])], () => [pick(words.modules)],
	() => ["sh", "-c", `exec ${pick(words.commands)}`], () => [`${"a".repeat(pick([240, 245, 250, 252, 256]))}/${pick(words.programs)}`],
	() => [`${"\u00e9".repeat(pick([200, 250]))}/${pick(words.programs)}`], () => [""], () => [],
])();
const container = (name) => ({
	name, image: maybe(4, image) ?? "reg.example/app:1", command: maybe(3, command), args: maybe(3, command),
	env: maybe(4, () => [{ name: near(pick(words.environment)).replace(/[^A-Za-z0-9_]/g, "_") || "A", value: "x" }, { name: "OLLAMA_HOST", value: "x" }]),
	ports: maybe(3, () => [{ containerPort: pick([8000, 29500, 11434]) }]),
});
function randomPod(i) {
	const label = near(pick(words.labels.concat("app=vllm", "team=research"))).replace(/[^A-Za-z0-9_.\/=-]/g, "-");
	const [key, value = pick(["", "x"])] = label.split("=");
	return plain({
		apiVersion: "v1", kind: "Pod",
		metadata: { name: pick(["vllm", "llm-0", "web"]), namespace: pick(["ml", "train-1", "web"]), labels: maybe(3, () => ({ [key]: value, team: pick(["research", "ops"]) })),
			ownerReferences: maybe(2, () => [{ apiVersion: pick(["apps/v1", "apps/v1", "batch/v1", "batch/v1", "extensions/v1beta1", "apps.kruise.io/v1", "x.example/v1", "v1"]), kind: pick(["ReplicaSet", "ReplicaSet", "Job", "Job", "StatefulSet", "Deployment", "CronJob", "Set"]), name: pick(["vllm-5d8", "llm-29", "web"]), uid: "u", controller: pick([true, true, false]) }]) },
		spec: { hostNetwork: pick([true, true, true, false]), containers: [container("a"), ...(maybe(3, () => [container("b")]) ?? [])],
			initContainers: maybe(4, () => [container("i")]) },
	});
}
const many = Array.from({ length: 2000 }, (_, i) => pick(Object.values(kinds))(randomPod(i)));
const counts = compare("made up", many);
check(Object.entries(counts).some(([why, n]) => /that the policy carries/.test(why) && n > 200) && Object.entries(counts).some(([why, n]) => /strong enough/.test(why) && n > 20),
	"the made up pods are of both sorts");

// Each key alone, with others, and such that CEL cannot say.
const rule = (name, match, more) => ({ name, reason: "why", expires: "2199-01-31", match, ...more });
const matches = [
	{ namespaces: ["m*"] }, { namespaces: ["ml"], podLabels: { team: ["ops", "res*"] } }, { namespaces: ["ml"], images: ["*vllm*", "reg.example/*"] }, { images: ["reg.example/app:?"] },
	{ workloads: [{ kind: "Deployment", name: "vllm*" }] }, { workloads: [{ kind: "CronJob", name: "llm" }, { name: "we?*" }] }, { workloads: [{ kind: "S*" }] },
	{ workloads: [{ kind: "StatefulSet", name: "web*", group: "apps" }, { kind: "Set", name: "vllm*" }] }, { workloads: [{ kind: "*Job", group: "x.*" }, { kind: "Deployment", name: "vllm*", group: "*" }] },
	{ workloads: [{ kind: "Pod", group: "" }, { name: "web*", group: "*.kruise.io" }] }, { workloads: [{ name: "*", group: "batch" }] },
	{ namespaces: ["ml"], ports: [8000] }, { namespaces: ["*l*"], ports: ["8001-30000"] }, { namespaces: ["ml"], products: ["vllm"] },
	{ namespaces: ["ml"], products: ["vllm"], workloads: [{ name: "vllm*" }] }, { namespaces: ["ml", "it's"] }, { namespaces: ["ml"], causes: ["joined"] },
	{ namespaces: ["ml"], categories: ["inference"], images: ["*"] }, { namespaces: ["ml"], categories: ["training"], podLabels: { team: "research" } },
];
const some = many.filter((o, i) => i % 2 === 0);
for (const match of matches) compare(JSON.stringify(match), some.slice(0, 250), [rule("r", match)]);
compare("all rules", some, matches.map((match, i) => rule(`r${i}`, match)));
compare("an expired rule", some.slice(0, 250), [rule("old", { namespaces: ["ml"] }, { expires: "2020-01-31" })]);
finish();
