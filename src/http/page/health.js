// SPDX-License-Identifier: Apache-2.0
// The agent's own health: can it see, did it lose anything, does the kubelet answer, does the store keep.
import { h, show, when, plain, clock } from "./text.js";
import { notice } from "./words.js";
import { controlOf, kubeletOf } from "./control.js";
import { Parts } from "./parts.js";

// Parts of the status that have a card of their own; all else that the agent says goes to the last one.
const CARDS = [
	["Agent", ["identity", "node", "cluster", "agentVersion", "version", "commit", "bootId", "hostNetns", "startedAt", "started", "uptime"]],
	["Hooks", ["tier", "hooks", "way", "netnsHook"]],
	["Losses", ["losses", "lost", "gaps", "coverage"]],
	["Kubelet", ["kubelet"]],
	["Sweeps", ["sweeps", "sweep"]],
	["Store", ["store"]],
	["Exceptions", ["exceptions"]],
];
const NOT_SHOWN = ["control", "complete", "incomplete", "schema", "time"];
const NAMES = ["hostNetns"]; // numbers that name, not count
const WORDS = { hostNetns: "host netns", bootId: "boot id", agentVersion: "version" };
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
const LONGEST = 60; // rows of one list

const label = (key) => (Object.hasOwn(WORDS, key) ? WORDS[key] : plain(key, 40).replace(/([a-z])([A-Z])/g, (_, a, b) => `${a} ${b.toLowerCase()}`));

function value(one, depth = 0) {
	if (one === null || one === undefined) return h("span.dim", "not known");
	if (typeof one === "boolean") return one ? "yes" : "no";
	if (typeof one === "number") return one.toLocaleString("en");
	if (typeof one === "string") return TIME.test(one) ? when(one) : show(one, { max: 300 });
	if (depth > 3) return show(JSON.stringify(one), { mono: true });
	if (Array.isArray(one)) {
		if (!one.length) return h("span.dim", "none");
		return h("ul.plain", one.slice(0, LONGEST).map((item) => h("li", value(item, depth + 1))), one.length > LONGEST ? h("li.dim", `${one.length - LONGEST} more`) : null);
	}
	// {name, state} and the like: a row of its own with a sign.
	if (one.name !== undefined) return h("span.hook", sign(one), show(one.name, { max: 60, mono: true }), " ", h("span.dim", [one.hook ?? one.state, one.text ?? one.reason].filter(Boolean).map((part) => show(part, { max: 200 })).flatMap((part, i) => (i ? [": ", part] : [part]))));
	return list(one, depth + 1);
}

const bytes = (n) => (n >= 1048576 ? `${(n / 1048576).toFixed(1)} MiB` : `${(n / 1024).toFixed(1)} KiB`);

// A word and a form, not a colour alone.
function sign(one) {
	const good = one.on ?? one.ok ?? one.attached ?? (one.state === undefined ? undefined : ["on", "ok", "attached", "watching"].includes(one.state));
	return good === undefined ? null : h("span", { class: `sign ${good ? "good" : "bad"}` }, good ? "on" : "off");
}

const list = (object, depth) => h("dl.facts", Object.entries(object).slice(0, LONGEST).map(([key, one]) => [h("dt", label(key)), h("dd", NAMES.includes(key) ? String(one) : key === "bytes" ? bytes(one) : value(one, depth))]));

function bad(title, status) {
	if (title === "Kubelet") return kubeletOf(status).ok ? "" : kubeletOf(status).text || "does not answer";
	if (title === "Losses") {
		const losses = status.losses ?? status.lost;
		const lost = typeof losses === "number" ? losses : Object.values(losses || {}).reduce((sum, n) => sum + (typeof n === "number" ? n : 0), 0);
		return lost ? `${lost.toLocaleString("en")} lost; each loss is followed by a sweep that repairs the state` : "";
	}
	if (title === "Sweeps") return status.sweeps?.failed ? `${status.sweeps.failed} could not run to the end` : "";
	if (title === "Store") return status.store && (status.store.ok === false || status.store.error) ? plain(status.store.error || "not working", 200) : "";
	if (title === "Exceptions") return status.exceptions?.ok === false ? `The file cannot be read: the rules that were read before hold on. ${plain(status.exceptions.error, 300)}` : "";
	return "";
}

export function health(app) {
	const { store } = app;
	const body = h("div");
	const node = h("div", h("h1", { tabindex: "-1", class: "page-title" }, "The agent\u2019s health"), body);
	const cardsNode = h("div.cards");
	const [parts, cardParts] = [body, cardsNode].map((place) => new Parts(place));
	let drawn = "";

	function draw() {
		const { status } = store;
		const key = JSON.stringify([status, store.errors.status?.message, store.connection.name]);
		if (key === drawn) return;
		drawn = key;
		if (!status) {
			const control = controlOf(store);
			parts.put([["control", notice(control.kind === "loading" ? "" : "bad", control.title, ...control.lines)]]);
			return;
		}
		const control = controlOf(store);
		const used = new Set(NOT_SHOWN);
		const cards = CARDS.map(([title, keys]) => {
			const here = keys.filter((one) => status[one] !== undefined);
			here.forEach((one) => used.add(one));
			if (!here.length && title === "Store") return [title, card(title, "", h("p", "None. What happened before the agent started is not known, and what happens now is known until it ends, as much of it as fits into its memory. --store FILE keeps a history."), "none")];
			if (!here.length) return null;
			const off = title === "Hooks" && Array.isArray(status.hooks) ? status.hooks.filter((one) => sign(one)?.classList.contains("bad")).length : 0;
			const wrong = bad(title, status);
			// One object alone needs no name of its own.
			const only = here.length === 1 && typeof status[here[0]] === "object" && !Array.isArray(status[here[0]]) ? status[here[0]] : null;
			return [title, card(title, wrong, only ? list(only, 1) : list(Object.fromEntries(here.map((one) => [one, status[one]])), 0), off ? `${off} off` : "")];
		});
		const rest = Object.fromEntries(Object.entries(status).filter(([one]) => !used.has(one)));
		if (Object.keys(rest).length) cards.push(["Else", card("Else", "", list(rest, 0))]);
		cardParts.put(cards.filter(Boolean));
		const partly = control.lines.filter((line) => line.startsWith("The look"));
		parts.put([["see", (control.kind === "incomplete" || partly.length) && notice("bad", "The agent does not see everything", ...partly)],
			["old", store.errors.status && notice("bad", "The state below is old", `Since ${clock(store.lastHeard)} UTC: ${plain(store.errors.status.message, 200)}`)],
			["cards", cardsNode, cardsNode]]);
	}

	const card = (title, wrong, content, other = "") => h("section", { class: `panel card${wrong ? " wrong" : ""}`, "aria-label": title },
		h("h2", title, " ", h("span", { class: `sign ${wrong || other ? "bad" : "good"}` }, wrong ? "attention" : other || "ok")), wrong ? h("p", wrong) : null, content);

	return { title: "Agent", node, update: (what) => (what === "all" || what === "status" || what === "connection") && draw() };
}
