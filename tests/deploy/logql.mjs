// SPDX-License-Identifier: Apache-2.0
// LogQL over the agent's JSON lines: it parses, each field that it extracts is one of the event's schema, each label that it
// uses was extracted, each variable is the dashboard's.
const KEEPS = { __interval: "1m", __auto: "1m", __range: "1h" };

export class Fields {
	constructor(schema) { this.schema = schema; }

	// Whether "finding.processes[0].exe" is a place in a line.
	has(path) {
		let at = this.schema;
		for (const [, key, index] of path.matchAll(/([A-Za-z]\w*)|\[(\d+)\]/g)) {
			if (at?.$ref) at = at.$ref.split("/").slice(1).reduce((o, k) => o[k], this.schema);
			at = key ? at?.properties?.[key] : at?.items;
			if (!at) return false;
			if (at.$ref) at = at.$ref.split("/").slice(1).reduce((o, k) => o[k], this.schema);
		}
		return /^[A-Za-z]\w*(\.[A-Za-z]\w*|\[\d+\])*$/.test(path);
	}
}

export function filled(text, board, wrong) {
	const own = Object.fromEntries(board.templating.list.map((one) => [one.name, one.current?.value?.[0] === "$__all" ? ".*" : one.query]));
	return text.replace(/\$\{(\w+)(?::\w+)?\}|\$(\w+)/g, (whole, braced, bare) => {
		const name = braced ?? bare;
		const value = { ...own, ...KEEPS }[name];
		if (value === undefined) wrong.push(`no variable ${whole}`);
		return value ?? "x";
	});
}

export function logqlMistakes(parser, fields, board, { expr, legendFormat = "" }) {
	const wrong = [], query = filled(expr, board, wrong), extracted = new Set();
	parser.parse(query).iterate({ enter(at) {
		if (at.type.isError) wrong.push(`does not parse at ${at.from}: ${query.slice(at.from, at.from + 30)}`);
	} });
	for (const [, list] of query.matchAll(/\| json ((?:\w+="[^"]*",? ?)+)/g))
		for (const [, label, path] of list.matchAll(/(\w+)="([^"]*)"/g)) {
			extracted.add(label);
			if (!fields.has(path)) wrong.push(`the schema has no ${path}`);
		}
	if (!extracted.size) wrong.push("it extracts no field");
	const filters = query.replace(/\{[^}]*\}/, "").replace(/`[^`]*`/g, "").replace(/\| json (?:\w+="[^"]*",? ?)+/g, "");
	const used = [...[...filters.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map((m) => m[1]),
		...[...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap((m) => m[1].split(",").map((s) => s.trim())),
		...[...query.matchAll(/\{\{\.(\w+)\}\}/g)].map((m) => m[1]), ...[...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1])];
	return [...wrong, ...[...new Set(used)].filter((label) => !extracted.has(label)).map((label) => `nothing extracts ${label}`)];
}
