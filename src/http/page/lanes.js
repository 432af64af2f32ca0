// SPDX-License-Identifier: Apache-2.0
// The swimlanes: drawn as SVG, told as a table, with a span that a pointer or the arrow keys choose.
import { h, s, show, plain, clock, day, stamp, span, count } from "./text.js";
import { CAUSES, findingPath, table } from "./words.js";
import { lanesOf } from "./lanedata.js";
import { termsOf } from "./store.js";
import { Parts } from "./parts.js";

export const WINDOWS = { "15m": 9e5, "1h": 36e5, "6h": 216e5, "24h": 864e5, "7d": 6048e5 };
const PAGE = 14; // lanes at once
const AXIS = 22; // px
const STEPS = [60e3, 300e3, 600e3, 1800e3, 36e5, 2 * 36e5, 4 * 36e5, 6 * 36e5, 12 * 36e5, 864e5];
const SHAPES = {
	port: ["M0-4.5 4 3.5-4 3.5Z", "port opened"],
	contact: ["M0-4.5 4.5 0 0 4.5-4.5 0Z", "metadata contacted"],
	control: ["M-3.5-3.5H3.5V3.5H-3.5Z", "cluster\u2019s control contacted"],
	refused: ["M-3.5-3.5 3.5 3.5M3.5-3.5-3.5 3.5", "attempt refused"],
};
const titleOf = ({ namespace, owner, container }) => `${namespace ? namespace + "/" : ""}${owner}${container && container !== owner ? " " + container : ""}`;
const says = (time) => stamp(time) + " UTC";

// Stripes, dots and the like: the cause is told without colour too.
function patterns() {
	const make = (id, size, ...shapes) => s("pattern", { id, width: size, height: size, patternUnits: "userSpaceOnUse" }, shapes);
	return s("defs", null,
		make("p-joined", 6, s("path", { d: "M-1 1 1-1M0 6 6 0M5 7 7 5" })),
		make("p-socket", 5, s("circle", { cx: 2.5, cy: 2.5, r: 1.1 })),
		make("p-unmanaged", 6, s("path", { d: "M0 3H6M3 0V6" })),
		make("p-unknown", 6, s("path", { d: "M3 0V6" })),
		make("p-gap", 7, s("path", { d: "M-1 1 1-1M0 7 7 0M6 8 8 6" })));
}

// The parts of [from, to] that no gap covers.
function watched(from, to, gaps) {
	let parts = [[from, to]];
	for (const [a, b] of gaps) parts = parts.flatMap(([x, y]) => (b <= x || a >= y ? [[x, y]] : [[x, Math.min(a, y)], [Math.max(b, x), y]].filter(([p, q]) => q > p)));
	return parts;
}

export class Swimlanes {
	#drag = null;
	#page = 0;
	#data = { lanes: [], gaps: [], starts: [] };
	#query = "";

	// onspan(from, to): a span was chosen; null, null: none any more. onwindow(name).
	constructor(store, { onspan, onwindow }) {
		Object.assign(this, { store, onspan });
		this.labels = h("ol.lane-labels", { "aria-label": "Containers of the picture" });
		this.svg = s("svg", { role: "img" });
		this.veil = [h("div.veil"), h("div.veil")];
		this.handles = ["start", "end"].map((which, i) => h("div.handle", { role: "slider", tabindex: "0", "aria-orientation": "horizontal",
			"aria-label": `${which} of the span`, onkeydown: (event) => this.#key(event, i), onpointerdown: (event) => this.#down(event, i) }));
		this.plot = h("div.plot", { onpointerdown: (event) => this.#down(event, -1), onpointermove: (event) => this.#move(event),
			onpointerup: (event) => this.#up(event), onpointercancel: () => this.#cancel() }, this.svg, this.veil, this.handles);
		this.zoom = h("div.segments", { role: "group", "aria-label": "Length of the picture" }, Object.keys(WINDOWS).map((name) =>
			h("button", { type: "button", "data-window": name, "aria-pressed": "false", onclick: () => onwindow(name) }, name)));
		this.spanText = h("span.span-text", { "aria-live": "polite" });
		this.clear = h("button", { type: "button", class: "quiet", hidden: true, onclick: () => this.onspan(null, null) }, "Clear span");
		this.note = h("p.dim.small");
		this.pageText = h("span.dim");
		this.back = h("button", { type: "button", onclick: () => this.#turn(-1) }, "Previous");
		this.on = h("button", { type: "button", onclick: () => this.#turn(1) }, "Next");
		this.pager = h("div.pager", this.pageText, h("span.buttons", this.back, this.on));
		this.told = h("details.told", { ontoggle: () => this.#tell() }, h("summary", "The picture as a table"), h("div"));
		this.empty = h("div.empty");
		this.parts = [this.labels, this.svg, this.told.lastChild].map((place) => new Parts(place));
		this.grid = h("div.lanes", this.labels, this.plot);
		this.node = h("section.panel", { "aria-labelledby": "lanes-title" },
			h("div.panel-head", h("h2", { id: "lanes-title" }, "Who was in the host network, and when"), this.spanText, this.clear, this.zoom),
			this.grid, this.empty, this.#legend(), this.note, this.pager, this.told);
		this.observer = new ResizeObserver(() => this.draw());
		this.observer.observe(this.plot);
	}

	close() {
		this.observer.disconnect();
	}

	#legend() {
		const swatch = (key) => s("svg", { width: 22, height: 10, "aria-hidden": "true" }, s("rect", { width: 22, height: 10, rx: 2, class: `bar b-${key || "unknown"}` }),
			key === "declared" ? null : s("rect", { width: 22, height: 10, rx: 2, fill: `url(#p-${key || "unknown"})`, class: "texture" }));
		const mark = (kind) => s("svg", { width: 12, height: 12, viewBox: "-6 -6 12 12", "aria-hidden": "true" }, s("path", { d: SHAPES[kind][0], class: `mark m-${kind}` }));
		return h("ul.legend", { "aria-label": "Legend" },
			Object.keys(CAUSES).map((key) => h("li", { title: CAUSES[key].says }, swatch(key), key || "cause not known")),
			Object.keys(SHAPES).map((kind) => h("li", mark(kind), SHAPES[kind][1])),
			h("li", s("svg", { width: 12, height: 12, "aria-hidden": "true" }, s("path", { d: "M6 0V12", class: "restart" })), "agent started"),
			h("li", s("svg", { width: 22, height: 10, "aria-hidden": "true" }, s("rect", { width: 22, height: 10, fill: "url(#p-gap)" })), "not watched"),
			h("li", s("svg", { width: 22, height: 10, "aria-hidden": "true" }, s("rect", { y: 3, width: 22, height: 4, rx: 2, class: "bar b-declared slim" })), "thin: no AI"));
	}

	// `from`, `to`: the span chosen, ms or 0.
	update({ name, from, to, query, fresh }) {
		const length = WINDOWS[name];
		this.span = from && to > from ? [from, to] : null;
		// A span that lies before the window takes the picture with it.
		this.until = this.span && this.span[0] < Date.now() - length ? Math.min(Date.now(), this.span[1] + length / 8) : Date.now();
		this.since = this.until - length;
		this.length = length;
		for (const button of this.zoom.children) button.setAttribute("aria-pressed", String(button.dataset.window === name));
		if (fresh) this.#data = lanesOf(this.store, this.since, this.until);
		if (this.#query !== query) this.#page = 0;
		this.#query = query;
		this.draw();
	}

	#x(time) {
		return ((time - this.since) / this.length) * this.width;
	}

	#time(x) {
		return this.since + Math.min(1, Math.max(0, x / this.width)) * this.length;
	}

	draw() {
		this.width = this.plot.clientWidth;
		if (!this.width || !this.length) return;
		const terms = termsOf(this.#query);
		const all = this.#data.lanes.filter((lane) => terms.every((term) => lane.text.includes(term)));
		const lanes = all.length || !terms.length ? all : this.#data.lanes;
		const pages = Math.max(1, Math.ceil(lanes.length / PAGE));
		this.#page = Math.min(this.#page, pages - 1);
		this.shown = lanes.slice(this.#page * PAGE, (this.#page + 1) * PAGE);
		const narrow = this.grid.clientWidth < 620;
		this.grid.classList.toggle("narrow", narrow);
		const row = narrow ? 40 : 24;
		const height = AXIS + Math.max(1, this.shown.length) * row;
		this.row = row;
		this.#draw(row, narrow ? 29 : 12, height);
		this.parts[0].put(this.shown.map((lane) => [lane.key, () => this.#label(lane)]));
		this.pageText.textContent = lanes.length > PAGE ? `${this.#page * PAGE + 1}\u2013${this.#page * PAGE + this.shown.length} of ${count(lanes.length, "container")}` : "";
		this.pager.hidden = lanes.length <= PAGE;
		this.back.disabled = !this.#page;
		this.on.disabled = this.#page >= pages - 1;
		this.note.textContent = this.store.errors.events ? `The events of this time cannot be read: ${plain(this.store.errors.events.message, 120)}. Bars come from findings and the inventory alone.`
			: this.store.eventsCut ? "More happened in this time than the picture can bear: older events are left out." : "";
		this.note.hidden = !this.note.textContent;
		this.empty.textContent = lanes.length ? "" : this.store.loaded ? "No container was seen in the host network in this time." : "Not known yet.";
		this.#drawSpan();
		if (this.told.open) this.#tell();
	}

	#label(lane) {
		// A container that Kubernetes does not know has an id for a name: what it is says more.
		const more = lane.container && lane.container !== lane.owner ? lane.container : lane.product;
		const text = [h("span.lane-owner", show(`${lane.namespace ? lane.namespace + "/" : ""}${lane.owner}`, { max: 48, expand: false })),
			more ? h("span.dim", show(more, { max: 24, expand: false })) : null];
		const title = plain(titleOf(lane), 200);
		return h("li", lane.story ? h("a", { href: `#/${findingPath(lane.story)}`, title }, text) : h("span", { title }, text));
	}

	#draw(row, middle, height) {
		const { since, until, width } = this;
		const { gaps, starts } = this.#data;
		const parts = [["defs", patterns, "defs"]];
		const put = (key, node) => parts.push([key, node]);
		const step = STEPS.find((one) => (one / this.length) * width >= 76) || STEPS.at(-1);
		for (let t = Math.ceil(since / step) * step; t < until; t += step) {
			const x = this.#x(t);
			const text = step >= 864e5 || t % 864e5 === 0 ? day(t) : clock(t).slice(0, 5);
			put(`tick ${t}`, s("line.tick", { x1: x, x2: x, y1: AXIS - 5, y2: height }));
			if (x > 16 && x < width - 16) put(`axis ${t}`, s("text.axis", { x, y: 12, "text-anchor": "middle" }, text));
		}
		this.shown.forEach((lane, i) => put(`rule ${i}`, s("line.rule", { x1: 0, x2: width, y1: AXIS + i * row, y2: AXIS + i * row })));
		for (const [a, b, why] of gaps) {
			put(`gap ${a} ${why}`, s("g.gap", s("rect", { x: this.#x(a), y: AXIS, width: Math.max(2, this.#x(b) - this.#x(a)), height: height - AXIS, fill: "url(#p-gap)" }),
				s("title", `Not watched from ${says(a)} to ${says(b)}: ${why}`)));
		}
		this.shown.forEach((lane, i) => this.#lane((key, node) => put(`${key} ${lane.key}`, node), lane, AXIS + i * row + middle));
		for (const at of starts) {
			put(`start ${at}`, s("g.restart", s("path", { d: `M${this.#x(at)} ${AXIS - 6}V${height}` }), s("path.flag", { d: `M${this.#x(at)} ${AXIS - 6}l7 3.5-7 3.5Z` }),
				s("title", `The agent started, ${says(at)}`)));
		}
		this.parts[1].put(parts);
		this.svg.setAttribute("width", width);
		this.svg.setAttribute("height", height);
		this.svg.setAttribute("aria-label", `${count(this.shown.length, "container")} from ${says(since)} to ${says(until)}, ${count(gaps.length, "time")} not watched. The same as a table is below.`);
	}

	#lane(put, lane, y) {
		const tall = lane.verdict === "not-ai" || !lane.verdict ? 4 : 12;
		for (const stay of lane.stays) {
			const from = Math.max(stay.from, this.since);
			const to = Math.min(stay.to, this.until);
			const key = stay.cause || "unknown";
			const bar = s("g", s("title", `${plain(lane.owner, 60)} ${plain(lane.container, 40)}, ${stay.cause || "cause not known"}: from ${stay.from < this.since ? "before " + says(this.since) : says(stay.from)} ${stay.to > this.until ? "on" : "to " + says(stay.to)}`));
			for (const [a, b] of this.#data.gaps) {
				if (b > from && a < to) bar.append(s("line.unseen", { x1: this.#x(Math.max(a, from)), x2: this.#x(Math.min(b, to)), y1: y, y2: y }));
			}
			const pieces = watched(from, to, this.#data.gaps);
			if (!pieces.length && from === to) pieces.push([from, to]);
			pieces.forEach(([a, b], i) => {
				const box = { x: this.#x(a), y: y - tall / 2, width: Math.max(3, this.#x(b) - this.#x(a)), height: tall, rx: Math.min(3, tall / 2) };
				bar.append(s("rect", { ...box, class: `bar b-${key}${tall < 12 ? " slim" : ""}` }));
				if (key !== "declared" && tall >= 12) bar.append(s("rect", { ...box, fill: `url(#p-${key})`, class: "texture" }));
				// The cause's letter, where no mark is.
				const x = [4, 16, 28, 40].map((by) => box.x + by).find((at) => at + 12 < box.x + box.width && !lane.marks.some((mark) => Math.abs(this.#x(mark.at) - at - 3) < 10));
				if (!i && x && tall >= 12) bar.append(s("text.bar-mark", { x, y: y + 3.5 }, CAUSES[stay.cause].mark));
			});
			if (stay.to > this.until) bar.append(s("path", { class: `bar b-${key}`, d: `M${this.width - 5} ${y - tall / 2 - 1}l5 ${tall / 2 + 1}-5 ${tall / 2 + 1}Z` }));
			put(`bar ${stay.from}`, bar);
		}
		// What falls on the same few pixels is one mark that says how many.
		const shown = [];
		const last = {};
		for (const mark of lane.marks.sort((a, b) => a.at - b.at)) {
			const near = last[mark.kind];
			if (near && this.#x(mark.at) - this.#x(near.at) < 7) near.n++;
			else shown.push((last[mark.kind] = { ...mark, n: 1 }));
		}
		for (const { at, kind, text, n } of shown) {
			put(`mark ${kind} ${at}`, s("path", { class: `mark m-${kind}`, d: SHAPES[kind][0], transform: `translate(${this.#x(at)} ${y})` }, s("title", `${text}${n > 1 ? ` and ${n - 1} more` : ""}, ${says(at)}`)));
		}
	}

	#tell() {
		if (!this.told.open) return;
		const marks = (lane, kind) => lane.marks.filter((mark) => mark.kind === kind).length || "";
		this.parts[2].put([["table", table("Containers of the picture", ["Container", "Cause", "Entered", "Left", "Ports", "Metadata", "Control", "Refused"],
			this.shown.map((lane) => h("tr", h("th", { scope: "row" }, show(titleOf(lane), { max: 80 })),
				h("td", lane.stays.map((stay) => stay.cause || "not known").filter((one, i, list) => list.indexOf(one) === i).join(", ")),
				h("td", lane.stays.map((stay) => h("div", stay.from < this.since ? "before" : stamp(stay.from)))),
				h("td", lane.stays.map((stay) => h("div", stay.to > this.until ? "still in" : stamp(stay.to)))),
				["port", "contact", "control", "refused"].map((kind) => h("td.num", marks(lane, kind))))))],
		["gaps", h("p.small", this.#data.gaps.length ? `Not watched: ${this.#data.gaps.map(([a, b, why]) => `${says(a)} to ${says(b)} (${why})`).slice(0, 20).join("; ")}` : "Watched all the time.")]]);
	}

	// --- the span -------------------------------------------------------------------------------------------------

	#drawSpan() {
		const [from, to] = this.span || [this.since, this.until];
		const left = Math.max(0, this.#x(from));
		const right = Math.min(this.width, this.#x(to));
		this.veil[0].style.width = `${left}px`;
		this.veil[1].style.left = `${right}px`;
		this.plot.classList.toggle("brushed", Boolean(this.span));
		[[left, from], [right, to]].forEach(([x, time], i) => {
			this.handles[i].style.left = `${x}px`;
			const set = (name, value) => this.handles[i].setAttribute(name, value);
			set("aria-valuemin", 0);
			set("aria-valuemax", 1000);
			set("aria-valuenow", Math.round((Math.min(Math.max(time, this.since), this.until) - this.since) / this.length * 1000));
			set("aria-valuetext", says(time));
		});
		this.clear.hidden = !this.span;
		const text = this.span ? `${says(from)} \u2013 ${day(from) === day(to) ? clock(to) + " UTC" : says(to)}, ${span(to - from)}` : "";
		if (this.spanText.textContent !== text) this.spanText.textContent = text;
	}

	#choose(a, b, done) {
		this.span = [Math.min(a, b), Math.max(a, b)].map(Math.round);
		this.#drawSpan();
		if (done) this.onspan(...this.span);
	}

	#at(event) {
		return this.#time(event.clientX - this.plot.getBoundingClientRect().left);
	}

	#down(event, handle) {
		if (event.button) return;
		event.stopPropagation();
		this.plot.setPointerCapture(event.pointerId);
		const [from, to] = this.span || [this.since, this.until];
		this.#drag = { x: event.clientX, handle: handle >= 0, anchor: handle < 0 ? this.#at(event) : handle ? from : to, before: this.span, moved: false };
	}

	#move(event) {
		if (!this.#drag || (!this.#drag.moved && Math.abs(event.clientX - this.#drag.x) < 4)) return;
		this.#drag.moved = true;
		this.#choose(this.#drag.anchor, this.#at(event), false);
	}

	#up(event) {
		const drag = this.#drag;
		this.#drag = null;
		if (drag?.moved) this.#choose(drag.anchor, this.#at(event), true);
		else if (drag && !drag.handle) this.#open(event);
	}

	// A click on a bar: to its finding.
	#open(event) {
		const lane = this.shown[Math.floor((event.clientY - this.plot.getBoundingClientRect().top - AXIS) / this.row)];
		const [from, to] = [-3, 3].map((by) => this.#time(event.clientX + by - this.plot.getBoundingClientRect().left));
		if (lane?.story && lane.stays.some((stay) => stay.from <= to && stay.to >= from)) location.hash = `#/${findingPath(lane.story)}`;
	}

	#cancel() {
		this.span = this.#drag?.before ?? null;
		this.#drag = null;
		this.#drawSpan();
	}

	#key(event, i) {
		const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
		const span = [...(this.span || [this.since, this.until])];
		if (by) span[i] += (by * (event.shiftKey ? 5 : 1) * this.length) / 100;
		else if (event.key === "Home") span[i] = i ? span[0] + this.length / 100 : this.since;
		else if (event.key === "End") span[i] = i ? this.until : span[1] - this.length / 100;
		else return;
		event.preventDefault();
		const least = this.length / 200;
		span[i] = i ? Math.min(this.until, Math.max(span[1], span[0] + least)) : Math.max(this.since, Math.min(span[0], span[1] - least));
		this.#choose(span[0], span[1], true);
	}

	#turn(by) {
		this.#page += by;
		this.draw();
	}
}
