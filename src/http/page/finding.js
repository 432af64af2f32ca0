// SPDX-License-Identifier: Apache-2.0
// One finding: what it is, how it came, what it opened, why it is AI, what to do.
import { get, Latest } from "./api.js";
import { h, show, when, plain, ms, day, clock, span, count } from "./text.js";
import { severity, cause, state, who, whoText, table, notice, isLoopback, endpoint, eventName, eventKind, eventDetail, CAUSES, causeKey,
	VERDICTS, openFor, hasEnded, isBystander } from "./words.js";
import { exceptionForm } from "./exception.js";
import { Parts } from "./parts.js";
import { sound } from "./store.js";

const STEPS = 60; // of the timeline, at once
const TREE = 60; // processes at once
const isObject = (value) => typeof value === "object" && value !== null;

const panel = (id, title, ...body) => h("section.panel", { "aria-labelledby": id }, h("h2", { id }, title), body);

function facts(rows) {
	return h("dl.facts", rows.filter(([, value]) => value !== null && value !== undefined && value !== "" && value !== false)
		.map(([name, value]) => [h("dt", name), h("dd", value)]));
}

// --- timeline ---------------------------------------------------------------------------------------------------------

function timeline(events, f, cut, all, onall) {
	if (!events.length) return h("p.dim", "No event of it is recorded. Events come from the agent\u2019s store and from what happens while this page is open.");
	const first = ms(f.firstSeen);
	const shown = all ? events.slice(-150) : events.slice(-STEPS);
	const items = [];
	let today = "";
	for (const event of shown) {
		if (day(event.at) !== today) items.push(h("li.tl-day", (today = day(event.at)), " ", new Date(event.at).getUTCFullYear()));
		const after = event.at - first;
		items.push(h("li", { class: `tl k-${eventKind(event)}` },
			h("time", { datetime: new Date(event.at).toISOString(), title: plain(event.time, 40) }, clock(event.at)),
			h("span.tl-dot", { "aria-hidden": "true" }),
			h("div", h("strong", eventName(event)), " ", eventDetail(event),
				after >= 1000 ? h("span.dim.after", `${span(after)} after it was first seen`) : null)));
	}
	const hidden = events.length - shown.length;
	return [cut ? h("p.small.dim", "The agent started, stopped or did not watch more often than is shown: hostnetd history has all of it.") : null, hidden > 0 ? h("p.small", `${count(hidden, "earlier event")} not shown. `,
		all ? h("a", { href: `#/events?q=${encodeURIComponent(f.id)}&win=7d` }, "See all events") : h("button", { type: "button", onclick: onall }, "Show more")) : null,
	h("ol.timeline", items)];
}

// --- processes --------------------------------------------------------------------------------------------------------

// Processes of the finding and of its events, ancestors as far as they are known: a forest.
export function forest(f, events) {
	const all = [];
	const having = new Map(); // a pid -> the processes that had it, since a pid is used again
	// Who had it when that child started: the youngest of those that had started by then.
	const older = (pid, child) => (having.get(pid) || []).reduce((best, one) => (one !== child && !(one.startTime > child.startTime) && !(best?.startTime > (one.startTime || "")) ? one : best), null);
	const add = (pid, known) => {
		if (known) return known;
		const one = { pid, children: [], parent: null };
		all.push(one);
		having.set(pid, [...(having.get(pid) || []), one]);
		return one;
	};
	// One that was an ancestor so far may turn out to be this one, if it had started before its child had.
	const node = ({ pid, startTime, ...more }) => {
		const had = having.get(pid) || [];
		const one = add(pid, had.find((other) => other.startTime === startTime) || (startTime ? had.find((other) => !other.startTime && !(startTime > other.child)) : had.at(-1)));
		for (const [key, value] of Object.entries({ startTime, ...more })) if (value !== undefined && value !== "") one[key] = value;
		return one;
	};
	// Who started it is known best from the first look: a process whose parent has ended is another one's.
	const climb = (below, ancestors) => {
		for (const ancestor of Array.isArray(ancestors) ? ancestors.slice(0, 32) : []) {
			if (!ancestor?.pid || ancestor.pid === below.pid) break;
			const one = below.parent?.pid === ancestor.pid ? below.parent : add(ancestor.pid, older(ancestor.pid, below));
			one.comm ||= ancestor.comm;
			one.child ||= below.startTime || below.child;
			below.parent ||= one;
			below = one;
		}
	};
	for (const event of events) {
		if (!event.type?.startsWith("process.") || !event.process?.pid) continue;
		const { ancestors, parent, ...process } = event.process;
		const one = node({ ...process, container: containerOf(f, event.container) });
		one.gone = event.type === "process.exited" ? "ended" : event.type === "process.left" ? "left" : "";
		climb(one, [isObject(parent) ? parent : { pid: Number(parent) || 0 }]);
		climb(one, ancestors);
	}
	for (const { ancestors, parent, ...process } of f.processes || []) {
		const one = node({ ...process, container: containerOf(f, process.container) });
		one.gone = "";
		one.here = true;
		climb(one, ancestors);
	}
	// Hostile times could close a circle: who is above oneself is no parent.
	const above = (one, wanted) => {
		const seen = new Set();
		for (; one && one !== wanted && !seen.has(one); one = one.parent) seen.add(one);
		return one === wanted;
	};
	const roots = [];
	for (const one of all) {
		if (one.parent && !(one.parent.startTime < one.startTime) && above(one.parent, one)) one.parent = null;
		if (one.parent) one.parent.children.push(one);
		else roots.push(one);
	}
	return roots;
}

// The hash of what a process ran, where the agent could read it: of two files that had one path in the container neither is named.
function hashesOf(executables) {
	const hashes = new Map();
	const key = (container, path) => `${container || ""}|${path}`;
	for (const { container, path, sha256 } of executables) hashes.set(key(container, path), (hashes.get(key(container, path)) ?? sha256) === sha256 ? sha256 : "");
	return (process) => process.exeSha256 || (process.exe && hashes.get(key(process.container, process.exe))) || "";
}

function hashTable(executables) {
	if (!executables.length) return null;
	return [h("h3", "Executables"), h("p.small.dim", "SHA-256 of the very files that ran, read when they did: the image may be gone."),
		table("Executables", ["SHA-256", "Program", "Container"], executables.slice(0, 40).map((one) => h("tr", h("td", show(one.sha256, { max: 64, mono: true, expand: false })), h("td.fact", show(one.path, { max: 120, mono: true })), h("td", show(one.container, { max: 24, expand: false }))))),
		executables.length > 40 ? h("p.small.dim", `${executables.length - 40} more not shown.`) : null];
}

// What happened before the pod was known has the container's id.
function containerOf(f, given) {
	const one = String((isObject(given) ? given.name || given.id : given) ?? "");
	return f.containers?.find(({ id }) => id === one)?.name || one.replace(/^([0-9a-f]{12})[0-9a-f]{52}$/, "$1");
}

function branch(one, left, hash) {
	if (left.n-- <= 0) return null;
	const words = one.argv?.length ? one.argv.join(" ") : one.exe || "";
	return h("li", h("div", { class: `process${one.here ? "" : " elsewhere"}` },
		h("strong", one.comm ? show(one.comm, { max: 40, mono: true }) : h("span.dim", "name not known")), " ",
		h("span.dim", `pid ${plain(one.pid, 12)}`, one.uid === undefined ? "" : `, uid ${plain(one.uid, 12)}`,
			one.threadsInHostNetns > 1 ? `, ${one.threadsInHostNetns} threads in the host network` : ""),
		one.uid === 0 ? h("span.tag.warn", "root") : null,
		one.container ? h("span.tag", show(one.container, { max: 24, expand: false })) : null,
		one.gone ? h("span.tag", one.gone) : null,
		words ? h("div.argv", show(words, { max: 240, mono: true }), one.argvTruncated ? h("span.dim", " (cut by the agent)") : null) : null,
		h("div.dim.small", one.exe && one.argv?.length ? [show(one.exe, { max: 120, mono: true }), " "] : null,
			hash(one) ? [h("span.mono", `sha256 ${plain(hash(one), 64)}`), " "] : null,
			one.startTime ? ["started ", when(one.startTime)] : null)),
	one.children.length ? h("ul", one.children.map((child) => branch(child, left, hash))) : null);
}

function named(f, executables) {
	const rows = executables.map((one) => ({ ...one, container: containerOf(f, one.container) }));
	return rows.filter((one, i) => rows.findIndex((two) => two.container === one.container && two.path === one.path && two.sha256 === one.sha256) === i);
}

function processes(f, events, given) {
	const executables = named(f, given);
	const roots = forest(f, events);
	if (!roots.length) return h("p.dim", "No process of it is known.");
	const left = { n: TREE };
	const hash = hashesOf(executables);
	const tree = h("ul.tree", roots.map((root) => branch(root, left, hash)));
	const notKept = (f.processesNotKept || 0) + Math.max(0, -left.n);
	return [h("p.small.dim", "In bold what is in the host network now. Above it stands who started it."), tree, notKept ? h("p.small.dim", `${count(notKept, "more process", "more processes")} not shown.`) : null, hashTable(executables)];
}

// --- sockets and evidence ---------------------------------------------------------------------------------------------

function sockets(network = {}) {
	const reach = (address) => (isLoopback(address) ? "this node only, and all who share its network"
		: ["0.0.0.0", "::", "*"].includes(address) ? h("strong", "every interface of the node") : "that address of the node");
	const contact = (list, title, why) => (list?.length ? [h("h3", title), h("p.small.dim", why),
		table(title, ["Endpoint", "Time"], list.slice(0, 20).map((one) => h("tr", h("td.fact", show(one.name || endpoint(one), { mono: true })), h("td.num", one.time ? when(one.time) : ""))))] : null);
	const ports = network.listening || [];
	return [
		ports.length ? table("Listening sockets", ["Socket", "Can be reached from"], ports.slice(0, 30).map((one) => h("tr", h("td.fact", show(endpoint(one), { mono: true })), h("td", reach(one.address)))))
			: h("p.dim", "It listens on no port of the node, as far as is known."),
		ports.length > 30 ? h("p.small.dim", `${ports.length - 30} more not shown.`) : null,
		contact(network.metadataAccess, "Metadata service", "A pod of the host network can get the node\u2019s own cloud credentials there."),
		contact(network.controlAccess, "The cluster\u2019s control", "Kubelet, API server or etcd, reached with the node\u2019s address."),
		contact(network.abstractAccess, "Abstract sockets", "Unix sockets without a file: they belong to the network, and the runtime\u2019s may be among them."),
	];
}

function evidence(ai) {
	if (!ai) return h("p.dim", "No verdict yet.");
	const rows = (ai.evidence || []).slice(0, 20).map((one) => {
		const weight = Number(one.weight) || 0;
		const bar = h("span", { class: `weight ${weight < 0 ? "against" : "for"}`, "aria-hidden": "true" });
		bar.style.setProperty("--w", `${Math.min(1, Math.abs(weight)) * 100}%`);
		return h("tr", h("td.num", bar, `${weight < 0 ? "\u2212" : "+"}${Math.abs(weight).toFixed(2)}`), h("td", show(one.signal, { max: 40 }), h("div.dim.small", show(one.source, { max: 20 }))),
			h("td.fact", one.value ? show(one.value, { mono: true }) : "", h("div.dim.small", show(one.path, { max: 120, mono: true }))), h("td", show(one.signature, { max: 40 })));
	});
	return [h("p", h("strong", VERDICTS[ai.verdict] || show(ai.verdict, { max: 20 })), ai.product ? [": ", show(ai.product, { max: 60 })] : null, ai.category ? [", ", show(ai.category, { max: 30 })] : null,
		`, score ${Number(ai.score ?? 0).toFixed(2)}`), rows.length ? table("Evidence of the verdict", ["Weight", "Sign", "What was seen, and where", "Signature"], rows)
		: h("p.dim", "The agent gave no evidence.")];
}

// --- the page ---------------------------------------------------------------------------------------------------------

export function finding(app, id) {
	const { store } = app;
	let detail = null; // of the API: {finding, timeline}
	let error = null;
	let all = false;
	let drawn = {};
	const title = h("h1", { tabindex: "-1" }, "Finding");
	const top = h("div");
	const left = h("div");
	const right = h("div");
	const parts = [title, top, left, right].map((place) => new Parts(place));
	const put = (...places) => places.forEach((wanted, i) => wanted && parts[i].put(Object.entries(wanted)));
	const node = h("div", h("p.crumb", h("a", { href: "#/" }, "Findings"), h("span", { "aria-hidden": "true" }, " / "), show(id, { max: 40, mono: true, expand: false })), title, h("div.finding", top, h("div.columns", left, right)));

	// What the agent said of itself last: which of it belongs to this finding, the agent decides.
	const lastOfAgent = () => store.events.findLast((event) => event.type?.startsWith("agent."))?.seq || 0;
	let asked = 0;
	let timer = 0;
	const latest = new Latest();

	async function load() {
		if (store.connection.name === "unauthorized") return draw();
		asked = lastOfAgent();
		await latest.put(async () => {
			const answer = await get("findings/" + encodeURIComponent(id));
			if (!isObject(answer.finding)) throw new Error("the answer holds no finding");
			return { ...answer, finding: sound(answer.finding), timeline: (answer.timeline || []).filter(isObject), executables: (answer.executables || []).filter(isObject) };
		}, (answer) => {
			detail = answer;
			error = null;
		}, (caught) => (error = caught));
		draw();
	}

	function events() {
		const bySeq = new Map();
		for (const event of detail?.timeline || []) bySeq.set(event.seq, { ...event, at: ms(event.time) });
		for (const event of store.events) if (event.finding === id && !bySeq.has(event.seq)) bySeq.set(event.seq, event);
		return [...bySeq.values()].filter((event) => Number.isFinite(event.at)).sort((a, b) => a.seq - b.seq);
	}

	function missing() {
		if (store.connection.name === "unauthorized") return notice("", "Nothing is read without a token");
		if (error?.status === 404 || error?.status === 400) return notice("bad", "There is no such finding", "Its id may be mistyped, it may be another node\u2019s, or it may be older than the history that this agent keeps.");
		if (error && error.status !== 401) return notice("bad", "This finding cannot be read", plain(error.message, 300), "The page tries again when the agent answers.");
		return notice("", "Reading\u2026");
	}

	// `aged`: what changes with the time alone is drawn too.
	function draw(aged = false) {
		// What the stream brought is newer than what was asked for.
		const f = store.findings.get(id)?.f || detail?.finding;
		const list = events();
		const now = { f, detail, error, all, n: list.length };
		if (f && !aged && Object.keys(now).every((key) => now[key] === drawn[key])) return;
		if (!f) {
			put(null, { missing: missing() }, {}, {});
			return;
		}
		drawn = now;
		view.title = whoText(f);
		const { kind, name } = who(f);
		const bystander = isBystander(f);
		const exception = f.state === "open" ? panel("p-exception", "Exception", exceptionForm(f))
			: f.exception ? panel("p-exception", f.state === "excepted" ? "Exception in force" : "Exception that covered it", facts([["Rule", show(f.exception.name)], ["Reason", show(f.exception.reason)], ["Until", show(f.exception.expires)],
				["Approved by", f.exception.approvedBy && show(f.exception.approvedBy)], ["Ticket", f.exception.ticket && show(f.exception.ticket)]])) : null;
		put({ title: show(whoText(f, 120), { max: 200 }) }, {
			head: h("div", { class: `finding-head sev-${bystander ? "none" : f.severity}` }, bystander ? h("span.tag", "no finding") : severity(f.severity), cause(f.cause), state(f.state), f.occurrences > 1 ? h("span.tag", `came back ${count(f.occurrences - 1, "time")}`) : null,
				h("p.lead", show(f.title, { max: 300 })), h("p.dim", `${CAUSES[causeKey(f.cause)].says}. `, hasEnded(f) ? `It lasted ${openFor(f)}.` : `For ${openFor(f)} now.`)),
			error: error && error.status !== 404 ? notice("bad", "Its timeline cannot be read", plain(error.message, 200)) : null,
		}, {
			timeline: panel("p-timeline", "Timeline", timeline(list, f, detail?.agentEventsLeftOut, all, () => {
				all = true;
				draw();
			})),
			tree: panel("p-tree", "Processes", processes(f, list, detail?.executables || [])),
			sockets: panel("p-sockets", "Sockets", sockets(f.network)),
		}, {
			what: panel("p-what", "What it is", facts([["Workload", [show(kind, { max: 40 }), " ", show(name)]], ["Namespace", f.pod?.namespace && show(f.pod.namespace)], ["Pod", f.pod?.name && show(f.pod.name)], ["Pod uid", f.pod?.uid && show(f.pod.uid, { mono: true })],
				["In its spec", f.pod?.name && ["hostNetwork", "hostPID", "privileged"].filter((key) => f.pod[key]).concat(f.pod.static ? ["static pod"] : []).join(", ") || (f.pod?.name ? "nothing of the host" : "")],
				["Containers", f.containers?.slice(0, 12).map((one) => h("div", one.name ? show(one.name, { max: 60 }) : show(one.id, { max: 16, mono: true, expand: false }), one.type && one.type !== "container" ? h("span.tag", show(one.type, { max: 12 })) : null, one.image ? h("div.dim", show(one.image, { mono: true })) : null))],
				["First seen", when(f.firstSeen)], ["Last seen", when(f.lastSeen)], ["Resolved", f.resolvedAt && when(f.resolvedAt)], ["Node", f.node && show(f.node)], ["Way", f.way && show(f.way, { max: 20 })]])),
			remedy: bystander ? null : panel("p-remedy", "What to do", h("ol.remedy", (f.remediation || []).slice(0, 12).map((one) => h("li", show(one, { max: 400 }))))),
			evidence: panel("p-evidence", bystander ? "AI or not" : "Why it counts as AI", evidence(f.ai)),
			exception,
		});
		app.frame();
	}

	const view = {
		title: "Finding", node,
		update(what) {
			if (what === "all") load();
			else if (what === "events" && lastOfAgent() > asked && !timer) timer = setTimeout(() => {
				timer = 0;
				load();
			}, 1000);
			if (what === "all") return;
			if (what !== "connection") draw(what === "clock");
		},
		close: () => clearTimeout(timer),
		escape() {
			if (node.contains(document.activeElement) && document.activeElement.closest("input")) return false;
			if (history.length > 1 && app.came) history.back();
			else location.hash = "#/";
			return true;
		},
	};
	return view;
}
