// SPDX-License-Identifier: Apache-2.0
// Text of outside: names, labels, argv. It goes into the page through text nodes only, its direction isolated, its
// invisible characters made visible, cut where it is long.

// Controls, formats (bidi, zero width, tags), surrogates without a partner, private and unassigned ones, and the blanks that
// look like nothing.
const HIDDEN = /([\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0f])\1*/gu;

const NAMES = { 0: "NUL", 7: "BEL", 8: "BS", 9: "TAB", 10: "LF", 13: "CR", 27: "ESC", 127: "DEL" };
const unicode = (char) => "U+" + char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
const picture = (char) => NAMES[char.codePointAt(0)] || unicode(char);

const pictures = (run) => {
	const [char] = run;
	const times = run.length / char.length;
	return times > 1 ? `${picture(char)}\u00d7${times}` : picture(char);
};

function cut(text, max) {
	if (text.length <= max) return text;
	const last = text.charCodeAt(max - 1);
	return text.slice(0, last >= 0xd800 && last < 0xdc00 ? max - 1 : max);
}

// One line for attributes, titles and announcements.
export function plain(value, max = 120) {
	const text = String(value ?? "");
	const short = cut(text, max);
	return short.replace(HIDDEN, (run) => `[${pictures(run)}]`) + (short.length < text.length ? "\u2026" : "");
}

// An element: "span.a.b", then what it has (where there is any), then its children: nodes or text. Properties of `on…` are
// listeners; null, undefined and false are left out.
const maker = (create) => (tag, ...rest) => {
	const [name, ...classes] = tag.split(".");
	const node = create(name);
	if (classes.length) node.setAttribute("class", classes.join(" "));
	if (Object.getPrototypeOf(rest[0] ?? 0) === Object.prototype) {
		for (const [key, value] of Object.entries(rest.shift())) {
			if (value === null || value === undefined || value === false) continue;
			if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
			else node.setAttribute(key, value === true ? "" : value);
		}
	}
	node.append(...rest.flat(9).filter((one) => one !== null && one !== undefined && one !== false));
	return node;
};
export const h = maker((name) => document.createElement(name));
export const s = maker((name) => document.createElementNS("http://www.w3.org/2000/svg", name));

function visible(text) {
	const parts = [];
	let from = 0;
	for (const match of text.matchAll(HIDDEN)) {
		if (match.index > from) parts.push(text.slice(from, match.index));
		parts.push(h("span.hidden-char", { title: unicode(match[1]) },
			pictures(match[0])));
		from = match.index + match[0].length;
	}
	parts.push(text.slice(from));
	return parts;
}

const folds = new WeakMap(); // element of show() that is cut -> its whole text, and what unfolds it

// Hostile text as an element. What is longer than `max` is cut, with a button that shows the rest.
export function show(value, { max = 160, mono = false, expand = true } = {}) {
	const text = String(value ?? "");
	const node = h("bdi", { class: mono ? "mono" : null });
	const short = cut(text, max);
	const put = (open) => {
		node.replaceChildren(...visible(open ? text : short));
		if (short.length === text.length) return;
		if (!open) node.append("\u2026");
		if (!expand) return;
		const button = h("button", { type: "button", class: "more", "aria-expanded": String(open) },
			open ? "show less" : `show all ${text.length.toLocaleString("en")} characters`);
		button.addEventListener("click", (event) => {
			event.preventDefault();
			event.stopPropagation();
			put(!open);
			node.querySelector("button.more").focus();
		});
		node.append(" ", button);
	};
	put(false);
	if (expand && short.length < text.length) folds.set(node, { text, unfold: () => put(true) });
	return node;
}

// Texts that a reader unfolded in `before` are unfolded in `after`, which is to take its place.
export function keepUnfolded(before, after) {
	const folded = [...after.querySelectorAll("bdi")].filter((node) => folds.has(node));
	for (const button of before.querySelectorAll("button.more[aria-expanded=true]")) {
		const { text } = folds.get(button.closest("bdi"));
		const at = folded.findIndex((node) => folds.get(node).text === text);
		if (at >= 0) folds.get(folded.splice(at, 1)[0]).unfold();
	}
}

const two = (n) => String(n).padStart(2, "0");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export const ms = (time) => (time ? Date.parse(time) : NaN);
export const clock = (t) => {
	const d = new Date(t);
	return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
};
export const day = (t) => {
	const d = new Date(t);
	return `${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]}`;
};
export const stamp = (t) => (Number.isFinite(t) ? `${day(t)} ${clock(t)}` : "");

const LOCAL = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" }); // making one is slow

// A time in UTC, the reader's own in the title.
export function when(time, { short = false } = {}) {
	const t = typeof time === "number" ? time : ms(time);
	if (!Number.isFinite(t)) return h("span.dim", "not known");
	const today = day(t) === day(Date.now()) && Date.now() - t < 864e5;
	const iso = new Date(t).toISOString();
	return h("time", { datetime: iso, title: `${typeof time === "string" ? plain(time, 40) : iso} \u2014 here ${LOCAL.format(t)}` },
		short && today ? clock(t) : stamp(t));
}

export function span(milliseconds) {
	const sec = Math.max(0, Math.round(milliseconds / 1000));
	const parts = [[Math.floor(sec / 86400), "d"], [Math.floor(sec / 3600) % 24, "h"], [Math.floor(sec / 60) % 60, "min"], [sec % 60, "s"]];
	const first = parts.findIndex(([n]) => n > 0);
	if (first < 0) return "0 s";
	return parts.slice(first, first + 2).filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}`).join(" ");
}

export const count = (n, one, many = one + "s") => `${Number(n).toLocaleString("en")} ${n === 1 ? one : many}`;
