// SPDX-License-Identifier: Apache-2.0
// Renders the chart with each set of values and judges every object; refuses what must be refused; holds the plain manifests
// equal to the chart. usage: lint.mjs RENDER HOSTNETD MODULES
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { cases } from "./cases.mjs";
import { Schemas } from "./objects.mjs";
import { Rendering, rules } from "./rules.mjs";

const [render, hostnetd, modules] = process.argv.slice(2).map((path) => resolve(path));
const yaml = createRequire(join(modules, "x.js"))("yaml");
const here = new URL(".", import.meta.url).pathname;
const chart = join(here, "../../deploy/helm/hostnetd"), base = join(here, "../../deploy/kustomize/base");
const work = mkdtempSync(join(tmpdir(), "hostnetd-deploy-"));
const schemas = new Schemas(modules);
let passed = 0, failed = 0;

// `wrong` is a list of texts; what holds has none.
function check(what, wrong) {
	if (wrong.length === 0) passed++;
	else failed++;
	for (const one of wrong) console.log(`FAIL  ${what}: ${one}`);
}

function rendered(files, { kube = "v1.33.0", from = chart } = {}) {
	const done = spawnSync(render, ["-kube-version", kube, ...files.flatMap((file) => ["-f", file]), from], { encoding: "utf8", maxBuffer: 1 << 26 });
	return { error: done.status === 0 ? "" : done.stderr, ...(done.status === 0 ? JSON.parse(done.stdout) : {}) };
}

function written(name, content) {
	const file = join(work, name);
	writeFileSync(file, content);
	return file;
}

const flags = new Set(execFileSync(hostnetd, ["run", "--help"], { encoding: "utf8" }).match(/^ *(-[a-z], )?--[a-z-]+/gm)
	.map((line) => line.match(/--[a-z-]+/)[0]));

// The files that the chart makes, read by the program that will read them.
function read(r) {
	const wrong = [];
	for (const map of r.of("ConfigMap"))
		for (const [name, content] of Object.entries(map.data)) {
			const flag = { "signatures.yaml": "--signatures", "exceptions.yaml": "--exceptions" }[name];
			if (!flag) continue;
			const pods = written("pods.json", '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{"containers":[{"name":"x"}]}}');
			const done = spawnSync(hostnetd, ["audit", "--file", pods, flag, written(name, content)], { encoding: "utf8" });
			if (done.status !== 0) wrong.push(`${name}: ${done.stderr}`);
		}
	return wrong;
}

async function good(name) {
	const file = join(here, "values/good", `${name}.yaml`);
	const { error, objects, notes } = rendered([file]);
	if (error) return check(name, [error]);
	const r = new Rendering(objects.map((o) => o.object));
	for (const object of r.objects) check(`${name}: ${object.kind} ${object.metadata.name}`, await schemas.mistakes(object));
	for (const [what, rule] of rules) check(`${name}: ${what}`, rule(r));
	(cases[name] ?? [() => ["cases.mjs expects nothing of it"]]).forEach((expectation, i) => check(`${name}, expectation ${i + 1}`, expectation(r)));
	check(`${name}: the agent knows its arguments`, r.args.slice(1).map((arg) => arg.split("=")[0]).filter((flag) => !flags.has(flag)));
	// Values too: it reads them all before it shows its help.
	const taken = spawnSync(hostnetd, [...r.args, "--help"], { encoding: "utf8" });
	check(`${name}: the agent takes their values`, taken.status === 0 ? [] : [taken.stderr]);
	check(`${name}: the agent reads its files`, read(r));
	check(`${name}: notes`, notes.includes("finding.opened") && !notes.includes("before 1.33") ? [] : [notes]);
	const old = rendered([file], { kube: "v1.31.2" });
	if (!r.args.includes("--kubelet-insecure-tls=true") && name !== "everything") /* those have the right, or may not be rendered */
		check(`${name}: notes of an old cluster`, old.notes?.includes("before 1.33") ? [] : [old.error, old.notes]);
	return r;
}

// The check of objects can fail: each of these is the DaemonSet with one mistake.
async function selftest(daemonSet) {
	const broken = {
		"an unknown field": (o) => { o.spec.template.spec.hostPid = true; },
		"an unknown field in a list": (o) => { o.spec.template.spec.containers[0].ports[0].portName = "x"; },
		"a field that is missing": (o) => { delete o.spec.selector; },
		"a number as a text": (o) => { o.spec.template.spec.containers[0].ports[0].containerPort = "9465"; },
		"another kind": (o) => { o.kind = "DaemonSets"; },
	};
	for (const [what, breaking] of Object.entries(broken)) {
		const object = structuredClone(daemonSet);
		breaking(object);
		check(`self-test: ${what}`, (await schemas.mistakes(object)).length ? [] : ["went through"]);
	}
	const lax = structuredClone(daemonSet);
	lax.spec.template.spec.hostNetwork = true;
	check("self-test: the host's network", rules[0][1](new Rendering([lax])).length ? [] : ["went through"]);
}

// The renderer does as Helm does, and refuses where Helm would print nothing.
function renderer() {
	const from = join(here, "render/testdata");
	const { error, objects } = rendered([], { from });
	const wrong = error ? [error] : Object.entries(objects[0].object.data).filter(([, value]) => value !== "ok").map(([key, value]) => `${key}: ${value}`);
	check("the renderer", wrong);
	for (const [mistake, says] of Object.entries({ missing: "a value that is not there was printed", failing: "error calling fail: told",
		endless: "includes itself without end", twice: "already set in map" }))
		check(`the renderer refuses: ${mistake}`, rendered([written("mistake.yaml", `mistake: ${mistake}\n`)], { from }).error.includes(says) ? [] : ["no"]);
}

function bad() {
	const image = written("image.yaml", "image: {repository: localhost/hostnetd}\n");
	for (const { says, values, kube } of yaml.parse(readFileSync(join(here, "values/bad.yaml"), "utf8"))) {
		const { error } = rendered([image, written("bad.yaml", yaml.stringify(values))], { kube });
		check(`refused: ${JSON.stringify(values)}`, error.includes(says) ? [] : [`'${says}' expected; ${error || "it was taken"}`]);
	}
}

function plain() {
	const fresh = join(work, "base");
	mkdirSync(fresh);
	execFileSync(render, ["-f", join(here, "values/good/base.yaml"), "-each", fresh, chart]);
	const listed = yaml.parse(readFileSync(join(base, "kustomization.yaml"), "utf8")).resources.concat("kustomization.yaml").sort();
	check("the base has the files that its list names", JSON.stringify(listed) === JSON.stringify(readdirSync(base).sort()) ? [] : [`${listed}`]);
	for (const name of new Set([...readdirSync(fresh), ...readdirSync(base)])) {
		const [made, kept] = [join(fresh, name), join(base, name)].map((file) => { try { return readFileSync(file, "utf8"); } catch { return ""; } });
		check(`base/${name} is what the chart renders`, made === kept ? [] : ["it is not: run `make manifests`"]);
	}
}

// Each value is documented, and used: a key that no template names does nothing.
function values() {
	const text = readFileSync(join(chart, "values.yaml"), "utf8");
	const templates = readdirSync(join(chart, "templates")).map((name) => readFileSync(join(chart, "templates", name), "utf8")).join("\n");
	const keys = new Set();
	yaml.visit(yaml.parseDocument(text), { Pair: (_, pair) => { keys.add(String(pair.key)); } });
	const data = new Set(["nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms", "matchExpressions", "key", "operator",
		"values", "grafana_dashboard", "requests", "limits", "cpu", "memory"]);
	check("each value is used", [...keys].filter((key) => !data.has(key) && !new RegExp(`\\.${key}\\b`).test(templates)));
	const version = readFileSync(join(here, "../../VERSION"), "utf8").trim();
	const { version: own, appVersion } = yaml.parse(readFileSync(join(chart, "Chart.yaml"), "utf8"));
	check("the chart's versions are the program's", [own, appVersion].filter((v) => v !== version));
	schemas.compile(join(chart, "values.schema.json"));
	passed++;
}

// What the README says will be found, is.
function demo() {
	const file = join(here, "../../deploy/demo.yaml");
	const done = spawnSync(hostnetd, ["audit", "--file", file, "--output", "json"], { encoding: "utf8" });
	const pods = done.status === 1 ? JSON.parse(done.stdout).results.pods : [];
	check("the demo is a finding", pods[0]?.ai.verdict === "ai" ? [] : [done.stdout + done.stderr]);
	return yaml.parse(readFileSync(file, "utf8"));
}

try {
	let first;
	for (const file of readdirSync(join(here, "values/good")).sort()) {
		const r = await good(basename(file, ".yaml"));
		if (file === "base.yaml") first = r;
	}
	check("each case has its values", Object.keys(cases).filter((name) => !readdirSync(join(here, "values/good")).includes(`${name}.yaml`)));
	if (first) await selftest(first.daemonSet);
	renderer();
	bad();
	plain();
	values();
	check("the demo obeys its schema", await schemas.mistakes(demo()));
} finally {
	rmSync(work, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
