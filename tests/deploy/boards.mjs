// SPDX-License-Identifier: Apache-2.0
// The form of a dashboard that Grafana imports, and its PromQL with the variables filled.
import { filled } from "./logql.mjs";

const NO_UNIT = ["row", "logs", "text"];

function overlap(a, b) {
	return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

export function mistakesOfBoard(board) {
	const wrong = [], say = (holds, text) => { if (!holds) wrong.push(text); };
	const variables = board.templating?.list ?? [];
	say(board.schemaVersion >= 36, "schemaVersion");
	say(/^[\w-]{1,40}$/.test(board.uid ?? ""), "uid");
	say(board.id === undefined || board.id === null, "an id is the server's to give");
	say(board.title && board.description && board.time?.from && board.tags?.length, "title, description, time or tags");
	say(variables[0]?.type === "datasource" && variables[0].name === "datasource", "the first variable chooses the data source");
	say(new Set(variables.map((one) => one.name)).size === variables.length, "two variables of one name");
	for (const one of variables) say(one.label && ["datasource", "query", "textbox"].includes(one.type), `variable ${one.name}`);
	say(new Set(board.panels.map((panel) => panel.id)).size === board.panels.length, "two panels of one id");
	for (const panel of board.panels) {
		const { x, y, w, h } = panel.gridPos ?? {};
		say([x, y, w, h].every(Number.isInteger) && x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= 24, `${panel.title}: gridPos`);
		say(panel.title && (panel.type === "row" || panel.description), `${panel.title}: title or description`);
		say(NO_UNIT.includes(panel.type) || panel.fieldConfig?.defaults?.unit, `${panel.title}: unit`);
		if (panel.type === "row") continue;
		say(panel.targets?.length, `${panel.title}: no query`);
		say([panel, ...panel.targets].every((one) => one.datasource?.uid === "${datasource}" && one.datasource.type === variables[0].query), `${panel.title}: data source`);
		say(new Set(panel.targets.map((one) => one.refId)).size === panel.targets.length, `${panel.title}: refId`);
	}
	board.panels.forEach((a, i) => board.panels.slice(i + 1).forEach((b) => say(!overlap(a.gridPos, b.gridPos), `${a.title} and ${b.title} overlap`)));
	return wrong;
}

export function promqlOf(board) {
	const out = [], fill = (text) => {
		const wrong = [], expr = filled(text.replace(/\$__rate_interval/g, "5m"), board, wrong);
		return wrong.length ? `${expr} # ${wrong}` : expr;
	};
	for (const one of board.templating.list) {
		const selector = one.type === "query" && one.query.query.match(/^label_values\((.*), (\w+)\)$/);
		if (selector) out.push({ where: `variable ${one.name}`, expr: `count by (${selector[2]}) (${fill(selector[1])})` });
	}
	for (const panel of board.panels)
		for (const target of panel.targets ?? [])
			if (target.datasource.type === "prometheus") out.push({ where: panel.title, expr: fill(target.expr), legend: target.legendFormat });
	return out;
}
