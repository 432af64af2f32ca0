// SPDX-License-Identifier: Apache-2.0
// Everything that shares the host network, AI or not.
import { h, show, when, plain } from "./text.js";
import { cause, who, link, findingPath, notice, VERDICTS } from "./words.js";
import { termsOf } from "./store.js";
import { Filter, Rows } from "./rows.js";

const COLUMNS = [
	{ id: "name", label: "Workload", sort: true, cls: "main" }, { id: "container", label: "Container", sort: true, cls: "wide" }, { id: "cause", label: "Cause", sort: true }, { id: "ai", label: "Verdict", sort: true },
	{ id: "processes", label: "Processes", sort: true, cls: "wide num" }, { id: "first", label: "Since", sort: true, cls: "wide num" }, { id: "last", label: "Last seen", sort: true, cls: "wider num" },
];
const containerOf = (row) => String((typeof row.container === "string" ? row.container : row.container?.name || row.container?.id) ?? "").replace(/^([0-9a-f]{12})[0-9a-f]{52}$/, "$1");
const imageOf = (row) => (typeof row.container === "object" ? row.container?.image : row.image) || "";
const VALUES = {
	name: (row) => `${who(row).namespace}/${who(row).name}`, container: containerOf, cause: (row) => row.cause || "~", ai: (row) => ["ai", "likely", "not-ai"].indexOf(row.ai?.verdict),
	processes: (row) => -(row.processes || 0), first: (row) => -Date.parse(row.firstSeen) || 0, last: (row) => -Date.parse(row.lastSeen) || 0,
};

function cells(row) {
	const { kind, name, namespace } = who(row);
	const text = [namespace ? h("span.dim", show(namespace, { max: 40, expand: false }), "/") : null, show(name, { max: 60, expand: false })];
	const verdict = row.ai?.verdict;
	return [
		[row.finding ? link(findingPath(row.finding), null, text) : h("span", text), h("div.sub", show(kind, { max: 30, expand: false }), row.pod?.name && row.pod.name !== name ? [", pod ", show(row.pod.name, { max: 60, expand: false })] : null,
			h("span.narrow-only", ", ", show(containerOf(row), { max: 30, expand: false })))],
		[show(containerOf(row), { max: 40, expand: false }), imageOf(row) ? h("div.sub", show(imageOf(row), { max: 70, mono: true, expand: false })) : null],
		cause(row.cause),
		[h("span", { class: `tag ai-${verdict === "ai" ? "yes" : verdict === "likely" ? "likely" : "no"}` }, VERDICTS[verdict] || plain(verdict || "not judged yet", 20)), row.ai?.product ? h("div.sub", show(row.ai.product, { max: 30, expand: false })) : null],
		row.processes ?? "",
		row.firstSeen ? when(row.firstSeen, { short: true }) : "",
		row.lastSeen ? when(row.lastSeen, { short: true }) : "",
	];
}

export function sharing(app) {
	const { store } = app;
	const filter = new Filter(app, "Inventory", "namespace, workload, container, image \u2026", [["ai", "Verdict", Object.entries(VERDICTS)]]);
	const param = filter.get;
	const rows = new Rows({ caption: "Containers in the host network", columns: COLUMNS, size: 100, key: (row) => `${row.pod?.uid}|${containerOf(row)}|${row.container?.id}|${row.way}`, cells,
		onsort: (id) => filter.sort(id, "ai"), onpage: filter.turn });
	const node = h("section.panel", { "aria-labelledby": "title" }, h("h1", { id: "title", tabindex: "-1" }, "In the host network now"),
		h("p.dim", "Every container on this node that shares the host network, AI or not."),
		filter.node, rows.node);

	function draw() {
		filter.draw();
		const terms = termsOf(param("q"));
		const sort = param("sort") || "ai";
		const value = VALUES[sort.replace("-", "")] || VALUES.ai;
		const sign = sort.startsWith("-") ? -1 : 1;
		const items = (store.sharing || []).filter((row) => {
			const text = [who(row).namespace, who(row).kind, who(row).name, row.pod?.name, containerOf(row), imageOf(row), row.cause, row.ai?.product, row.ai?.category].join(" ").toLowerCase();
			return (!param("ai") || row.ai?.verdict === param("ai")) && terms.every((term) => text.includes(term));
		}).map((row) => [value(row), VALUES.name(row), row]).sort(([a, x], [b, y]) => sign * (a < b ? -1 : a > b ? 1 : 0) || (x < y ? -1 : 1)).map(([, , row]) => row);
		const empty = store.errors.sharing ? notice("bad", "The inventory cannot be read", plain(store.errors.sharing.message, 300)) : !store.sharing ? notice("", "Reading\u2026")
			: store.sharing.length ? notice("", "No container matches the filter") : notice("good", "No container shares the host network", "Most nodes have some that must: the CNI\u2019s, kube-proxy, exporters. If you expect them, look at the agent\u2019s page.");
		rows.set(items, { page: filter.page, sort, empty, noun: "container" });
	}

	return {
		title: "Inventory", node,
		update: (what) => (what === "all" || what === "route" || what === "sharing") && draw(),
		escape: filter.escape,
	};
}
