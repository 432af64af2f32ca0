// SPDX-License-Identifier: Apache-2.0
// The first page: the control's verdict, the picture, the findings, what happened lately.
import { h, show, when, plain, clock, stamp, count, ms } from "./text.js";
import { severity, cause, state, who, link, findingPath, notice, SEVERITIES, CAUSES, STATES, VERDICTS, openFor, isLoopback } from "./words.js";
import { select, order } from "./store.js";
import { Filter, Rows } from "./rows.js";
import { Swimlanes, WINDOWS } from "./lanes.js";
import { eventKey, eventRow, eventColumns, eventsOf } from "./events.js";
import { controlOf } from "./control.js";
import { Parts } from "./parts.js";

const USUAL = "6h"; // length of the picture
const SIZE = 30; // findings a page
const EVENTS = 25; // under them

const COLUMNS = [
	{ id: "severity", label: "Severity", sort: true },
	{ id: "name", label: "Workload", sort: true, cls: "main" },
	{ id: "cause", label: "Cause", sort: true, cls: "wide" },
	{ id: "ai", label: "AI", sort: true, cls: "wide" },
	{ id: "ports", label: "Exposes", sort: true, cls: "wide" },
	{ id: "first", label: "Since", sort: true, cls: "wide num" },
	{ id: "last", label: "Last seen", sort: true, cls: "wider num" },
	{ id: "state", label: "State", sort: true, cls: "wide" },
];

function exposes(network) {
	const ports = network?.listening || [];
	const seen = new Set();
	const tags = ports.filter(({ port }) => !seen.has(port) && seen.add(port)).slice(0, 3).map((one) => {
		const local = ports.filter(({ port }) => port === one.port).every(({ address }) => isLoopback(address));
		return h("span", { class: `port${local ? " local" : ""}`, title: plain(`${one.protocol} ${one.address} port ${one.port}`, 80) }, `:${plain(one.port, 6)}`);
	});
	if (new Set(ports.map(({ port }) => port)).size > 3) tags.push(h("span.dim", `+${new Set(ports.map(({ port }) => port)).size - 3}`));
	if (network?.metadataAccess?.length) tags.push(h("span.tag.warn", { title: "contacted a metadata service" }, "metadata"));
	if (network?.controlAccess?.length) tags.push(h("span.tag.warn", { title: "contacted kubelet, API server or etcd" }, "control"));
	return tags;
}

function cells({ f }) {
	const { kind, name, namespace } = who(f);
	const ai = f.ai || {};
	return [
		severity(f.severity),
		[link(findingPath(f.id), null, namespace ? h("span.dim", show(namespace, { max: 40, expand: false }), "/") : null, show(name, { max: 60, expand: false })),
			h("div.sub", show(kind, { max: 30, expand: false }), f.pod?.name && f.pod.name !== name ? [", pod ", show(f.pod.name, { max: 60, expand: false })] : null,
				h("div.narrow-only", cause(f.cause), " ", state(f.state), " ", h("span.dim.whole", openFor(f))), h("div.narrow-only", exposes(f.network)))],
		cause(f.cause),
		[ai.product ? show(ai.product, { max: 30, expand: false }) : h("span.dim", "product not known"), h("div.sub", ai.verdict === "likely" ? "likely " : "", ai.category ? show(ai.category, { max: 20, expand: false }) : "")],
		exposes(f.network),
		[when(f.firstSeen, { short: true }), h("div.sub", openFor(f))],
		when(f.lastSeen, { short: true }),
		state(f.state),
	];
}

function verdict(store) {
	const control = controlOf(store);
	const numbers = SEVERITIES.map((key) => [key, control.bySeverity[key] || 0]).filter(([, n]) => n);
	const chips = control.kind === "loading" || control.kind === "unknown" ? [] : numbers.map(([key, n]) => h("li", link("", { state: "open", severity: key }, severity(key), ` ${n.toLocaleString("en")}`)));
	const status = store.status;
	const shares = store.sharing?.length;
	const facts = [
		shares !== undefined ? [count(shares, "container shares", "containers share"), "the host network", "sharing"] : null,
		status ? [(control.excepted ?? [...store.findings.values()].filter(({ f }) => f.state === "excepted").length).toLocaleString("en"), "excepted", "?state=excepted"] : null,
		status ? [[...store.findings.values()].filter(({ f }) => f.state === "resolved").length.toLocaleString("en"), "resolved, on record", "?state=resolved"] : null,
	].filter(Boolean);
	return h("div", { class: `verdict v-${control.kind}` },
		h("div.verdict-main", h("span.verdict-sign", { "aria-hidden": "true" }), h("div", null,
			h("p.eyebrow", "AI workload does not share the host network"),
			h("h1", { tabindex: "-1" }, control.title), control.lines.map((line) => h("p", line)), chips.length ? h("ul.chips", { "aria-label": "Open findings by severity" }, chips) : null)),
		facts.length ? h("ul.figures", facts.map(([n, text, to]) => h("li", h("a", { href: `#/${to}` }, h("strong", n.split(" ")[0]), " ", n.split(" ").slice(1).join(" "), " ", text)))) : null);
}

export function overview(app) {
	const { store } = app;
	const top = h("div");
	const reset = h("button.quiet", { type: "button", onclick: () => clear() }, "Clear all");
	const bar = new Filter(app, "Findings", "namespace, workload, image, command, port \u2026", [["state", "State", STATES.map((one) => [one, one])], ["severity", "Severity", SEVERITIES.map((one) => [one, one])],
		["cause", "Cause", Object.keys(CAUSES).map((one) => [one || "unknown", one || "not known yet"])], ["verdict", "Verdict", [["ai", VERDICTS.ai], ["likely", VERDICTS.likely]]]], reset);
	const param = bar.get;
	const clear = () => bar.set({ q: "", state: "", severity: "", cause: "", verdict: "", from: "", to: "" });
	const filter = () => ({ q: param("q"), state: param("state"), severity: param("severity"), cause: param("cause"), verdict: param("verdict"),
		from: Date.parse(param("from")) || 0, to: Date.parse(param("to")) || Infinity });

	// The length that was chosen; else the usual one, or a shorter one that holds all that is known.
	function windowName() {
		if (Object.hasOwn(WINDOWS, param("win"))) return param("win");
		const began = ms(store.status?.startedAt);
		if (!store.loaded || !Number.isFinite(began) || !Number.isFinite(store.eventsSince)) return USUAL;
		let since = Math.min(began, store.events[0]?.at ?? began);
		for (const { first } of store.findings.values()) since = Math.min(since, first);
		for (const row of store.sharing || []) since = Math.min(since, ms(row.firstSeen) || since);
		const room = (name) => WINDOWS[name] * 0.9 >= Date.now() - since || name === USUAL;
		return Object.keys(WINDOWS).find(room);
	}

	// --- parts
	const rows = new Rows({ caption: "Findings", columns: COLUMNS, size: SIZE, key: ({ f }) => f.id, cells,
		rowClass: ({ f }) => `sev-${f.severity} is-${f.state}`,
		onsort: (id) => bar.sort(id, "severity"), onpage: bar.turn });
	const lanes = new Swimlanes(store, {
		onspan: (from, to) => bar.set({ from: from ? new Date(from).toISOString() : "", to: to ? new Date(to).toISOString() : "" }),
		onwindow: (win) => bar.set({ win, from: "", to: "" }),
	});
	const happened = new Rows({ caption: "Events", columns: eventColumns, size: EVENTS, key: (event) => eventKey(event, store), cells: (event) => eventRow(event, store) });
	const more = h("p.small");
	const [topParts, moreParts] = [new Parts(top), new Parts(more)];
	const spanNote = h("span.span-text");
	const node = h("div", top, lanes.node,
		h("section.panel", { "aria-labelledby": "findings-title" }, h("div.panel-head", h("h2", { id: "findings-title" }, "Findings"), spanNote), bar.node, rows.node),
		h("section.panel", { "aria-labelledby": "events-title" }, h("h2", { id: "events-title" }, "What happened"), happened.node, more));

	function nothing() {
		if (store.errors.findings) return notice("bad", "The findings cannot be read", plain(store.errors.findings.message, 300), store.loaded ? "What was read before is shown where there is any." : "The page tries again by itself.");
		if (!store.loaded && store.connection.name === "reconnecting") return notice("bad", "The findings are not known", "The agent does not answer.");
		if (store.connection.name === "unauthorized") return notice("", "Nothing is read without a token");
		if (!store.loaded) return notice("", "Reading the agent\u2019s findings\u2026");
		if (store.findings.size) return h("div.notice", h("p.notice-title", "No finding matches"), h("p", `${count(store.findings.size, "finding is", "findings are")} known; the filter hides all of them. `, h("button", { type: "button", onclick: () => clear() }, "Clear the filter")));
		return notice("good", "No finding", `No AI workload has been seen in this node\u2019s host network since ${store.status?.store ? "the history begins" : "the agent started"}.`, "What shares the host network without being AI is in the inventory.");
	}

	function draw(parts) {
		const now = filter();
		bar.draw();
		reset.hidden = !["q", "state", "severity", "cause", "verdict", "from"].some(param);
		spanNote.textContent = now.from ? `seen between ${stamp(now.from)} and ${Number.isFinite(now.to) ? stamp(now.to) : "now"} UTC` : "";
		const sort = param("sort") || "severity";
		rows.set(order(select(store, now), sort), { page: bar.page, sort, empty: nothing(), noun: "finding", aged: parts === "clock" });
		if (parts === "filter") return;
		const events = eventsOf(store, { from: now.from || Date.now() - (WINDOWS[windowName()]), to: now.to });
		happened.set(events.slice(0, EVENTS), { empty: store.errors.events ? notice("bad", "The events cannot be read", plain(store.errors.events.message, 200))
			: store.loaded ? notice("", `Nothing happened in this ${now.from ? "span" : "time"}`) : notice("", "Not known yet") });
		happened.text.textContent = "";
		moreParts.put([["", events.length > EVENTS && link("events", { win: windowName(), from: param("from"), to: param("to") }, `All ${count(events.length, "event")} of this time`)]]);
	}

	let slow = {};
	// The picture costs more than the table: it follows a little later when someone types or much happens.
	function picture(fresh, wait) {
		if (slow.fresh && fresh && wait) return; // it comes anyway, though events do not end
		clearTimeout(slow.timer);
		const again = fresh || slow.fresh;
		slow = { fresh: again, timer: setTimeout(() => {
			slow = {};
			const now = filter();
			lanes.update({ name: windowName(), from: now.from, to: Number.isFinite(now.to) ? now.to : 0, query: now.q, fresh: again });
		}, wait) };
	}

	const head = () => topParts.put([["", verdict(store)]]);

	let before = "";
	const spanKey = () => ["win", "from", "to"].map(param).join();
	// The events that picture and list need.
	const reach = () => {
		const length = WINDOWS[param("win")] || WINDOWS[USUAL];
		store.loadEvents(Math.min(Date.now() - length, (filter().from || Infinity) - length / 8));
	};
	return {
		title: "Findings", node,
		update(what) {
			if (["connection", "status", "sharing", "all", "findings"].includes(what)) head();
			if (what === "route") {
				const same = spanKey() === before;
				before = spanKey();
				reach();
				draw(same ? "filter" : "all");
				picture(!same, same ? 150 : 0);
				return;
			}
			if (what === "all") {
				before = spanKey();
				reach();
			}
			if (what === "events" && store.errors.events) reach();
			if (what === "connection" && !store.loaded) draw("all");
			if (what !== "connection" && what !== "status") {
				draw(what);
				picture(true, what === "all" ? 0 : 250);
			}
		},
		news: (f, event) => f && event.type === "finding.opened" && rows.mark(f.id),
		focus: (id) => rows.focusKey(id),
		escape() {
			if (bar.escape()) return true;
			if (!param("from") || document.activeElement === bar.search) return false;
			bar.set({ from: "", to: "" });
			return true;
		},
		close: () => {
			clearTimeout(slow.timer);
			lanes.close();
		},
	};
}
