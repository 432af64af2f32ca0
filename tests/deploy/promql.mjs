// SPDX-License-Identifier: Apache-2.0
// Names in PromQL, held against the table of METRICS.md (which a node test holds equal to what a real agent says).
const TARGET = ["job", "instance"]; // what a scrape adds
const OTHERS = { kube_node_info: ["node", "os_image"], up: [] };

export class Metrics {
	constructor(document) {
		this.labels = new Map(Object.entries(OTHERS));
		for (const [, name, kind, labels] of document.matchAll(/^\| `(hostnetd_\w+)` \| (\w+) \| ([^|]*) \|/gm)) {
			const list = [...labels.matchAll(/`(\w+)`/g)].map((m) => m[1]);
			for (const suffix of kind === "summary" ? ["_sum", "_count"] : [""]) this.labels.set(name + suffix, list);
		}
		this.all = new Set([...TARGET, ...[...this.labels.values()].flat()]);
	}

	legendMistakes(legend = "") {
		return [...legend.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map((m) => m[1]).filter((label) => !this.all.has(label)).map((label) => `legend: no label ${label}`);
	}

	mistakes(expr) {
		const wrong = [], selectors = /\b([a-z]+_[a-z_]+|up)\b(?!\s*\()\s*(?:\{([^}]*)\})?/g;
		const bare = expr.replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g, (_, word, list) => {
			for (const label of list.split(",").map((s) => s.trim()).filter(Boolean))
				if (!this.all.has(label)) wrong.push(`${word}: no label ${label}`);
			return " ";
		});
		let found = 0;
		for (const [, name, inside] of bare.matchAll(selectors)) {
			found++;
			if (!this.labels.has(name)) wrong.push(`no metric ${name}`);
			for (const [, label] of (inside ?? "").matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g))
				if (![...TARGET, ...(this.labels.get(name) ?? [])].includes(label)) wrong.push(`${name} has no label ${label}`);
		}
		return found ? wrong : [...wrong, "it names no metric"];
	}
}
