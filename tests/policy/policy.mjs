// SPDX-License-Identifier: Apache-2.0
// What the tests of the policy share: the labelled pods as objects of each kind, and the policy, read and evaluated.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const [hostnetd, corpus, modules] = process.argv.slice(2);
const require = createRequire(resolve(modules, "x.js"));
const { Environment } = await import(require.resolve("@marcbachmann/cel-js"));
export const yaml = require("yaml");
export const work = mkdtempSync(join(tmpdir(), "hostnetd-policy-"));
let passed = 0, failed = 0;

export function check(holds, what) {
	if (holds) passed++;
	else failed++;
	if (!holds) console.log(`FAIL  ${what}`);
}

export function finish() {
	rmSync(work, { recursive: true });
	console.log(`${passed} passed, ${failed} failed`);
	process.exit(failed ? 1 : 0);
}

// Its output, whatever it thinks of what it finds.
export function run(...args) {
	try {
		return execFileSync(hostnetd, [...args, "--log-level", "error"], { encoding: "utf8", maxBuffer: 1 << 29, stdio: ["ignore", "pipe", "inherit"] });
	} catch (e) {
		if ((e.status === 1 || e.status === 2) && e.stdout) return e.stdout;
		throw e;
	}
}

export const rowsOf = (file) => readFileSync(file, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));

export function podOf(row) {
	const containers = (init) => row.containers.filter((c) => Boolean(c.init) === init).map((c) => ({
		name: c.name, image: c.image, command: c.command, args: c.args,
		env: c.envNames?.map((name) => ({ name, value: "x" })),
		ports: c.ports?.map((containerPort) => ({ containerPort })), resources: c.resources,
	}));
	const owner = row.ownerKinds?.[0];
	return JSON.parse(JSON.stringify({
		apiVersion: "v1", kind: "Pod",
		metadata: {
			name: row.name, namespace: row.namespace, uid: row.id, labels: row.labels, annotations: row.annotations,
			ownerReferences: owner && [{ apiVersion: "apps/v1", kind: owner, name: "owner", uid: "u", controller: true }],
		},
		spec: { hostNetwork: true, containers: containers(false), initContainers: containers(true) },
	}));
}

// CEL's numbers of an object are integers.
const celValue = (v) => typeof v === "number" ? BigInt(v) : Array.isArray(v) ? v.map(celValue) :
	v && typeof v === "object" ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, celValue(x)])) : v;

export function exceptionsFile(exceptions) {
	if (!exceptions) return [];
	writeFileSync(join(work, "exceptions.yaml"), yaml.stringify({ exceptions }));
	return ["--exceptions", join(work, "exceptions.yaml")];
}

// Is a new object one that is asked about? By resource and version, or, Gatekeeper's, by kind.
function coverage(documents) {
	const rules = documents[0].spec.matchConstraints?.resourceRules, constraint = documents.at(-1).spec.match?.kinds;
	return ({ apiVersion, kind }) => {
		// Another version of the group is asked about as v1: matchPolicy Equivalent, the default.
		const [, group = ""] = apiVersion.split("/").reverse(), version = "v1", resource = `${kind.toLowerCase()}s`;
		if (rules)
			return rules.some((r) => r.apiGroups.includes(group) && r.apiVersions.includes(version) &&
				r.resources.includes(resource) && r.operations.includes("CREATE"));
		return constraint.some((r) => r.apiGroups.includes(group) && r.kinds.includes(kind));
	};
}

export function policy(form, exceptions) {
	const text = run("audit", "--emit-policy", form, ...exceptionsFile(exceptions));
	const documents = yaml.parseAllDocuments(text).map((d) => { check(d.errors.length === 0, `${form}: ${d.errors[0]}`); return d.toJS(); });
	const spec = documents[0].spec.targets?.[0].code[0].source ?? documents[0].spec;
	// The language's own functions only: what the program does not declare it may not use.
	const env = new Environment().registerVariable("object", "dyn").registerVariable("oldObject", "dyn").registerVariable("variables", "map");
	const variables = spec.variables.map((v) => [v.name, env.parse(v.expression)]);
	const validations = spec.validations.map((v) => env.parse(v.expression));
	const size = spec.variables.reduce((n, v) => n + v.expression.length, 0);
	return {
		text, size, documents, variables: spec.variables,
		covers: coverage(documents),
		denies(object, oldObject = null) {
			const known = { object: celValue(object), oldObject: celValue(oldObject), variables: {} };
			for (const [name, expression] of variables) known.variables[name] = expression(known);
			return !validations.every((v) => v(known));
		},
	};
}

const groups = { Job: "batch", CronJob: "batch" };
const template = (pod) => ({ metadata: { labels: pod.metadata.labels }, spec: pod.spec });
export const owned = (pod, kind, spec) => ({ apiVersion: `${groups[kind] ?? "apps"}/v1`, kind, metadata: { name: pod.metadata.name, namespace: pod.metadata.namespace }, spec });
export const kinds = {
	Pod: (pod) => pod,
	...Object.fromEntries(["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"].map((kind) =>
		[kind, (pod) => owned(pod, kind, { template: template(pod) })])),
	CronJob: (pod) => owned(pod, "CronJob", { jobTemplate: { spec: { template: template(pod) } } }),
};
