// SPDX-License-Identifier: Apache-2.0
// What happened: every event of a time, newest first.
import { h, show, when, plain, stamp, count } from "./text.js";
import { eventName, eventKind, eventDetail, EVENT_TYPES, who, link, findingPath, notice } from "./words.js";
import { termsOf } from "./store.js";
import { Filter, Rows } from "./rows.js";
import { WINDOWS } from "./lanes.js";

const SIZE = 100;

export const eventColumns = [{ id: "time", label: "Time (UTC)", cls: "num when" }, { id: "what", label: "Event" }, { id: "who", label: "Who", cls: "wide who" }, { id: "detail", label: "Details", cls: "wide main" }];

function subject(event, store) {
	const about = event.attempt ? { ...event, ...event.attempt } : event;
	// What was known then may be a uid; what is known now has a name.
	const now = about.pod?.name ? null : store.findings.get(event.finding)?.f || (about.pod?.uid && store.sharing?.find((row) => row.pod?.uid === about.pod.uid));
	const thing = now || (about.pod || about.workload || about.container ? about : null);
	const text = thing ? [who(thing).namespace ? [show(who(thing).namespace, { max: 40, expand: false }), "/"] : null, show(who(thing).name, { max: 50, expand: false })]
		: event.type?.startsWith("agent.") ? "the agent" : event.finding ? show(event.finding, { max: 16, mono: true, expand: false }) : "";
	// A refused attempt has the id of a finding that it did not become.
	return event.finding && (!event.attempt || store.findings.has(event.finding)) ? link(findingPath(event.finding), null, text) : h("span", text);
}

export const eventKey = (event, store) => `${event.seq}|${subject(event, store).textContent}`;

export function eventRow(event, store) {
	const about = subject(event, store);
	return [when(event.time, { short: true }), [h("span", { class: `kind k-${eventKind(event)}` }, eventName(event)), h("div.narrow-only.sub", h("div", about.cloneNode(true)), eventDetail(event))], about, eventDetail(event)];
}

const textOf = (event) => (event.text_ ||= [event.type, eventName(event), event.finding, JSON.stringify([event.pod, event.workload, event.container, event.process, event.endpoint, event.attempt, event.text, event.message])].join(" ").toLowerCase().slice(0, 4000));

// In the order in which they happened, the newest first, though a clock was set back meanwhile.
export function eventsOf(store, { from = 0, to = Infinity, type = "", q = "" }) {
	const terms = termsOf(q);
	const out = [];
	for (let i = store.events.length - 1; i >= 0; i--) {
		const event = store.events[i];
		if (event.at < from || event.at > to || (type && event.type !== type)) continue;
		if (terms.every((term) => textOf(event).includes(term))) out.push(event);
	}
	return out;
}

export function events(app) {
	const { store } = app;
	const filter = new Filter(app, "Events", "pod, process, address, finding \u2026", [["type", "Type", EVENT_TYPES.map((one) => [one, one])]]);
	const param = filter.get;
	const zoom = h("div.segments", { role: "group", "aria-label": "How far back" }, Object.keys(WINDOWS).map((name) =>
		h("button", { type: "button", "data-window": name, onclick: () => filter.set({ win: name === "24h" ? "" : name, from: "", to: "" }) }, name)));
	const spanText = h("span.span-text");
	const clear = h("button", { type: "button", class: "quiet", onclick: () => filter.set({ from: "", to: "" }) }, "Clear span");
	const note = h("p.dim.small");
	const rows = new Rows({ caption: "Events", columns: eventColumns, size: SIZE, key: (event) => eventKey(event, store), cells: (event) => eventRow(event, store), onpage: filter.turn });
	const node = h("section.panel", { "aria-labelledby": "title" }, h("div.panel-head", h("h1", { id: "title", tabindex: "-1" }, "Events"), spanText, clear, zoom),
		filter.node, note, rows.node);

	function draw() {
		const name = param("win") || "24h";
		const from = Date.parse(param("from")) || 0;
		const to = Date.parse(param("to")) || Infinity;
		const since = from || Date.now() - (WINDOWS[name] || WINDOWS["24h"]);
		store.loadEvents(since);
		filter.draw();
		for (const button of zoom.children) button.setAttribute("aria-pressed", String(!from && button.dataset.window === name));
		spanText.textContent = from ? `${stamp(from)} \u2013 ${Number.isFinite(to) ? stamp(to) : "now"} UTC` : "";
		clear.hidden = !from;
		note.textContent = store.eventsCut ? `Only the newest ${count(store.events.length, "event")} of this time are here. hostnetd history has all.` : "";
		note.hidden = !note.textContent;
		const empty = store.connection.name === "unauthorized" ? notice("", "Nothing is read without a token") : store.errors.events ? notice("bad", "The events cannot be read", plain(store.errors.events.message, 300))
			: notice("", "No event", param("q") || param("type") ? "None of this time matches the filter." : "Nothing happened in this time, or no store keeps it: see the agent\u2019s page.");
		rows.set(eventsOf(store, { from: since, to, type: param("type"), q: param("q") }), { page: filter.page, empty, noun: "event" });
	}

	return {
		title: "Events", node,
		update: (what) => what !== "connection" && what !== "status" && what !== "sharing" && what !== "clock" && draw(),
		escape: filter.escape,
	};
}
