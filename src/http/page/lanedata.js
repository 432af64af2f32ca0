// SPDX-License-Identifier: Apache-2.0
// What the swimlanes show, from what the store knows: one lane a container, its stays in the host network, the marks on
// them, and the times in which nobody watched.
import { ms, plain } from "./text.js";
import { who, eventKind, eventName, endpoint, causeKey, SEVERITIES } from "./words.js";

const MARKED = new Set(["port", "contact", "control", "refused"]);

const nameOf = (container) => (typeof container === "string" ? container : container?.name || container?.id || "");
const idOf = (container) => (typeof container === "string" ? container : container?.id || "");

class Lanes {
	lanes = new Map(); // key -> lane
	names = new Map(); // container id -> name
	ofFinding = new Map(); // finding id -> its first lane

	learn(id, name) {
		if (id && name) this.names.set(id, name);
	}

	lane(thing, container) {
		const name = this.names.get(idOf(container)) || nameOf(container);
		const { namespace, name: owner } = who(thing);
		const key = `${thing.pod?.uid || thing.pod?.name || (name ? "" : owner)}|${name}`;
		let lane = this.lanes.get(key);
		if (!lane) {
			lane = { key, namespace, owner: thing.pod?.name || owner, container: /^[0-9a-f]{64}$/.test(name) ? name.slice(0, 12) : name, verdict: "", cause: "", severity: "", finding: "", story: "", stays: [], marks: [] };
			this.lanes.set(key, lane);
		}
		if (thing.pod?.name) Object.assign(lane, { namespace: thing.pod.namespace || "", owner: thing.pod.name });
		return lane;
	}
}

function fromEvents(all, events, to) {
	for (const event of events) {
		if (event.type?.startsWith("agent.") || event.type?.startsWith("exception.")) continue;
		const about = event.attempt ? { ...event, ...event.attempt } : event;
		const lane = !event.container && all.ofFinding.get(event.finding);
		const kind = eventKind(event);
		if (event.type === "container.joined" || event.type === "container.left") {
			const mine = lane || all.lane(about, about.container);
			const open = mine.stays.findLast((stay) => stay.to === Infinity);
			if (event.type === "container.left") {
				if (open) open.to = event.at;
				else mine.stays.push({ from: -Infinity, to: event.at, cause: event.cause || "" });
			} else if (!open) {
				mine.stays.push({ from: event.at, to: Infinity, cause: event.cause || "" });
			}
			mine.cause ||= event.cause || "";
			mine.verdict ||= event.ai?.verdict || "";
			mine.story ||= event.finding || "";
		} else if (MARKED.has(kind) && event.at <= to) {
			const mine = lane || (about.pod || about.container ? all.lane(about, about.container) : null);
			mine?.marks.push({ at: event.at, kind, text: `${eventName(event)}${event.endpoint ? " " + plain(endpoint(event.endpoint), 60) : ""}` });
		}
	}
}

function fromFindings(all, store) {
	for (const { f, first, end } of store.findings.values()) {
		const active = new Set((f.processes || []).map((process) => process.container));
		for (const container of f.containers?.length ? f.containers : [""]) {
			const lane = all.lane(f, container);
			if (!all.ofFinding.has(f.id)) all.ofFinding.set(f.id, lane);
			Object.assign(lane, { finding: f.id, cause: f.cause || lane.cause, verdict: f.ai?.verdict || lane.verdict, severity: f.severity, state: f.state,
				product: f.ai?.product || "" });
			// An init container ran and ended; when, only events tell.
			lane.span = container.type === "init" && !active.has(container.name) ? null : { from: first, to: end };
		}
		const lane = all.ofFinding.get(f.id);
		for (const one of f.network?.metadataAccess || []) lane.known = [...(lane.known || []), { at: ms(one.time), kind: "contact", text: `Contacted a metadata service ${plain(endpoint(one), 60)}` }];
		for (const one of f.network?.controlAccess || []) lane.known = [...(lane.known || []), { at: ms(one.time), kind: "control", text: `Contacted the cluster\u2019s control ${plain(endpoint(one), 60)}` }];
	}
}

// What an agent tells at its start comes after what it finds there: its own word for when it began is better, and an agent
// without a store has nothing from before.
function withStart(events, started) {
	if (!(started > 0)) return events;
	const rest = events.filter((event) => event.type !== "agent.started" || event.at < started - 1000);
	return [...rest, { type: "agent.started", at: started }].sort((a, b) => a.at - b.at);
}

// Times in which nobody watched: [from, to, why]. Starts of the agent: [at]. `started`: when the one that runs did; NaN if unknown.
export function watching(all, from, to, started) {
	const events = started >= from ? withStart(all, started) : all;
	const gaps = [];
	const starts = [];
	let stopped = from;
	let running = true; // until an event says otherwise: before the first one it may have watched for long
	for (const event of events) {
		if (event.at > to) break;
		if (event.type === "agent.stopped") {
			stopped = event.at;
			running = false;
		} else if (event.type === "agent.started") {
			starts.push(event.at);
			// What its first look finds is told a moment before it says that it has begun.
			const before = events.findLast((one) => one.at < event.at - 250);
			gaps.push([running ? before?.at ?? from : stopped, event.at, running && !before ? "no record" : "agent not running"]);
			running = true;
		} else if (event.type === "agent.gap") {
			const [since, until] = [ms(event.since), ms(event.until)];
			gaps.push([Number.isFinite(since) ? since : event.at - 1000, Number.isFinite(until) ? until : event.at, plain(event.text || "not watched", 80)]);
		} else if (event.type === "agent.lost") {
			gaps.push([event.at - 1000, event.at, `${event.count || "some"} events lost`]);
		}
	}
	if (!running) gaps.push([stopped, to, "agent not running"]);
	return { gaps: gaps.filter(([a, b]) => b > from && a < to && b > a).map(([a, b, why]) => [Math.max(a, from), Math.min(b, to), why]), starts: starts.filter((at) => at >= from) };
}

export function lanesOf(store, from, to) {
	const all = new Lanes();
	for (const { f } of store.findings.values()) f.containers?.forEach((one) => all.learn(one.id, one.name));
	store.sharing?.forEach(({ container }) => all.learn(container?.id, container?.name));
	// It may have joined before the kubelet had named it, and left since.
	store.events.forEach(({ containerID, container }) => all.learn(containerID, container));
	const events = store.events.filter((event) => event.at >= from);
	fromFindings(all, store);
	fromEvents(all, events, to);
	for (const row of store.sharing || []) {
		const lane = all.lane(row, row.container);
		lane.verdict ||= row.ai?.verdict || "";
		lane.cause ||= row.cause || "";
		lane.finding ||= row.finding || "";
		lane.product ||= row.ai?.product || "";
		if (!lane.stays.some((stay) => stay.to === Infinity)) lane.stays.push({ from: ms(row.firstSeen) || from, to: Infinity, cause: row.cause || "" });
		lane.shares = true;
	}
	const out = [];
	for (const lane of all.lanes.values()) {
		if (lane.span && !lane.stays.length) lane.stays.push({ ...lane.span });
		for (const stay of lane.stays) {
			// A finding that is resolved and a container that shares no more: its stay has ended, whether or not an event told.
			if (stay.to === Infinity && !lane.shares && lane.state === "resolved") stay.to = Math.max(lane.span?.to ?? stay.from, stay.from);
			if (stay.from === -Infinity && lane.span) stay.from = Math.min(lane.span.from, stay.to);
			stay.cause = causeKey(stay.cause || lane.cause);
		}
		for (const mark of lane.known || []) if (!lane.marks.some((one) => one.kind === mark.kind && Math.abs(one.at - mark.at) < 2000)) lane.marks.push(mark);
		lane.marks = lane.marks.filter((mark) => mark.at >= from && mark.at <= to);
		lane.stays = lane.stays.filter((stay) => stay.to >= from && stay.from <= to);
		if (!lane.stays.length && !lane.marks.length) continue;
		lane.story = lane.finding || lane.story;
		lane.text = `${lane.namespace}/${lane.owner} ${lane.container} ${lane.product || ""} ${lane.cause} ${lane.finding}`.toLowerCase();
		lane.rank = [lane.finding && lane.state !== "resolved" ? 0 : 1, lane.verdict === "ai" ? 0 : lane.verdict === "likely" ? 1 : 2,
			SEVERITIES.includes(lane.severity) ? SEVERITIES.indexOf(lane.severity) : 9];
		out.push(lane);
	}
	const late = (lane) => Math.max(...lane.stays.map((stay) => stay.from), ...lane.marks.map((mark) => mark.at));
	out.forEach((lane) => (lane.late = late(lane)));
	out.sort((a, b) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1] || a.rank[2] - b.rank[2] || b.late - a.late || (a.key < b.key ? -1 : 1));
	return { lanes: out, ...watching(store.events.filter((event) => event.at >= from), from, to, ms(store.status?.startedAt)) };
}
