// SPDX-License-Identifier: Apache-2.0
// The alert rules and Grafana's dashboards: every query parses, and names only metrics, labels and fields that there are.
// usage: monitoring.mjs MODULES
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { alerts, unitTests } from "./alerts.mjs";
import { mistakesOfBoard, promqlOf } from "./boards.mjs";
import { Fields, logqlMistakes } from "./logql.mjs";
import { Metrics } from "./promql.mjs";

const modules = resolve(process.argv[2]);
const require = createRequire(join(modules, "x.js"));
const yaml = require("yaml");
const { parser } = await import(pathToFileURL(require.resolve("@grafana/lezer-logql")));
const top = new URL("../../", import.meta.url).pathname;
const chart = join(top, "deploy/helm/hostnetd"), rules = join(chart, "rules/hostnetd.yaml");
const document = readFileSync(join(top, "deploy/METRICS.md"), "utf8");
const metrics = new Metrics(document);
const fields = new Fields(JSON.parse(readFileSync(join(top, "src/report/schema/event.v1.json"), "utf8")));
const work = mkdtempSync(join(tmpdir(), "hostnetd-monitoring-"));
let passed = 0, failed = 0;

// `wrong` is a list of texts; what holds has none.
function check(what, wrong) {
	if (wrong.length === 0) passed++;
	else failed++;
	for (const one of wrong) console.log(`FAIL  ${what}: ${one}`);
}

function promtool(...args) {
	const done = spawnSync("promtool", args, { encoding: "utf8" });
	return done.status === 0 ? [] : [`${done.error ?? ""}${done.stdout}${done.stderr}`];
}

function parsed(expressions) {
	const file = join(work, "queries.yaml");
	if (!expressions.length) return [];
	writeFileSync(file, yaml.stringify({ groups: [{ name: "queries", rules: expressions.map((expr, i) => ({ record: `query:${i}`, expr })) }] }));
	return promtool("check", "rules", file);
}

// --- rules ---

check("promtool check rules", promtool("check", "rules", rules));
const all = yaml.parse(readFileSync(rules, "utf8")).groups.flatMap((group) => group.rules);
for (const rule of all) {
	const { summary, description, runbook } = rule.annotations;
	check(rule.alert, [
		...["critical", "high", "warning"].includes(rule.labels.severity) ? [] : ["its severity"],
		...summary && description && runbook ? [] : ["summary, description and runbook are needed"],
		...metrics.mistakes(rule.expr),
		...alerts[rule.alert]?.fires.length && alerts[rule.alert].quiet.length ? [] : ["alerts.mjs has no rows for it"],
		...document.includes(`| \`${rule.alert}\` | ${rule.labels.severity} | `) ? [] : ["METRICS.md has no row for it"],
	]);
}
check("each alert of METRICS.md and alerts.mjs is a rule", [...document.matchAll(/^\| `(Hostnetd\w+)` \|/gm)].map((m) => m[1]).concat(Object.keys(alerts))
	.filter((name) => !all.some((rule) => rule.alert === name)));

// One run for all of them: each start of promtool costs more than its test.
function tested(tests) {
	const file = join(work, "tests.yaml");
	writeFileSync(file, yaml.stringify({ ...unitTests(rules), tests }));
	return promtool("test", "rules", file);
}
const { tests } = unitTests(rules);
const together = tested(tests);
for (const test of tests) check(test.name, together.length ? tested([test]) : []);

// --- dashboards ---

const boards = readdirSync(join(chart, "dashboards")).sort();
const uids = new Set();
for (const name of boards) {
	const board = JSON.parse(readFileSync(join(chart, "dashboards", name), "utf8"));
	check(`${name}: its form`, mistakesOfBoard(board));
	check(`${name}: its uid`, uids.has(board.uid) ? ["another has it"] : []);
	uids.add(board.uid);
	const queries = promqlOf(board);
	const broken = parsed(queries.map((query) => query.expr)).length > 0;
	for (const { where, expr, legend } of queries) check(`${name}: ${where}`, [...broken ? parsed([expr]) : [], ...metrics.mistakes(expr), ...metrics.legendMistakes(legend)]);
	for (const panel of board.panels)
		for (const target of panel.targets ?? [])
			if (target.datasource.type === "loki") check(`${name}: ${panel.title}`, logqlMistakes(parser, fields, board, target));
}
check("both dashboards are there", ["fleet.json", "forensics.json"].filter((name) => !boards.includes(name)));

// --- the checks can fail ---

const mutants = {
	"PromQL that is none": () => parsed(["sum(hostnetd_complete"]),
	"an alert that does not fire": () => tested([{ ...tests[0], input_series: [] }]),
	"an unknown metric": () => metrics.mistakes("hostnetd_findigs_open > 0"),
	"an unknown label in a selector": () => metrics.mistakes('hostnetd_findings{severety="high"}'),
	"a label of another metric": () => metrics.mistakes('hostnetd_findings_open{cause="joined"}'),
	"an unknown label in a grouping": () => metrics.mistakes("sum by (sevrity) (hostnetd_findings)"),
	"an unknown label in a legend": () => metrics.legendMistakes("{{clster}}"),
	"LogQL that is none": () => logqlMistakes(parser, fields, { templating: { list: [] } }, { expr: '{a="b"} | json x=' }),
	"an unknown field": () => logqlMistakes(parser, fields, { templating: { list: [] } }, { expr: '{a="b"} | json x="finding.pod.nam"' }),
	"a label that nothing extracts": () => logqlMistakes(parser, fields, { templating: { list: [] } }, { expr: '{a="b"} | json x="type" | y="z"' }),
	"an unknown variable": () => logqlMistakes(parser, fields, { templating: { list: [] } }, { expr: '{a="b"} | json x="type" | x="$other"' }),
	"panels that overlap": () => {
		const board = JSON.parse(readFileSync(join(chart, "dashboards", boards[0]), "utf8"));
		board.panels[2].gridPos = { ...board.panels[1].gridPos };
		return mistakesOfBoard(board);
	},
};
for (const [what, run] of Object.entries(mutants)) check(`${what} is found`, run().length ? [] : ["it is not"]);

rmSync(work, { recursive: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
