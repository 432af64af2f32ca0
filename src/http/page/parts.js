// SPDX-License-Identifier: Apache-2.0
// Parts of a page that are drawn anew whenever something may have changed. What says the same as before stays the very node that it
// was, with what its reader marked, opened, typed and focused; the rest takes over as much of that as it can.
import { keepUnfolded } from "./text.js";

const FOCUSED = "a, button, input, select, [tabindex]";
// Their listeners know what they were made of, or the page's policy lets nobody write their attributes.
const WHOLE = "bdi, button, input, select, .exception, .weight";

function keepTyped(before, after) {
	for (const input of before.querySelectorAll("input[id]")) {
		const fresh = after.querySelector(`#${input.id}`);
		if (!fresh || fresh.value === input.value) continue;
		fresh.value = input.value;
		fresh.dispatchEvent(new Event("input"));
	}
}

// What has the focus in `before`, as a function that gives it to the like of it in `after`.
function focusOf(before, after) {
	const focused = document.activeElement;
	if (!before.contains(focused)) return null;
	const like = (one) => one.tagName === focused.tagName && one.id === focused.id && one.textContent === focused.textContent;
	const of = (root) => [root, ...root.querySelectorAll(FOCUSED)].filter(like);
	const nth = of(before).indexOf(focused);
	const { selectionStart: from, selectionEnd: to } = focused;
	return () => {
		const fresh = of(after)[nth] || of(after)[0];
		fresh?.focus({ preventScroll: true });
		if (fresh && Number.isInteger(from)) fresh.setSelectionRange(from, to);
	};
}

// `live` was drawn as `as`: what is other in `fresh` comes into it. Returns what stands there now.
function renew(live, as, fresh) {
	if (as.isEqualNode(fresh)) return live;
	const [mine, before, after] = [live, as, fresh].map((one) => [...one.childNodes]);
	const element = fresh.nodeType === Node.ELEMENT_NODE && as.nodeType === Node.ELEMENT_NODE;
	if (!element || as.nodeName !== fresh.nodeName || fresh.matches(WHOLE) || before.length !== after.length || mine.length !== after.length) {
		if (element) {
			keepUnfolded(live, fresh);
			keepTyped(live, fresh);
		}
		const focus = element && focusOf(live, fresh);
		live.replaceWith(fresh);
		if (focus) focus();
		return fresh;
	}
	for (const { name } of as.attributes) if (!fresh.hasAttribute(name)) live.removeAttribute(name);
	for (const { name, value } of fresh.attributes) if (as.getAttribute(name) !== value) live.setAttribute(name, value);
	after.forEach((child, i) => renew(mine[i], before[i], child));
	return live;
}

export class Parts {
	#drawn = new Map(); // key -> {node, as: a copy of it as it was drawn, of}

	constructor(place) {
		this.place = place;
	}

	// `wanted`: [key, node or what makes it, of]. Nothing is made where `of` is the very thing that it was made of before.
	put(wanted) {
		const { place } = this;
		const active = place.contains(document.activeElement) ? document.activeElement : null;
		const focused = active && [...this.#drawn].find(([, { node }]) => node.contains(active))?.[0];
		const drawn = new Map();
		for (const [name, make, of] of wanted) {
			if (!make) continue;
			let key = name;
			while (drawn.has(key)) key += "+"; // what is hostile may have one twice
			drawn.set(key, this.#settle(this.#drawn.get(key), make, of));
		}
		this.#drawn = drawn;
		const nodes = [...drawn.values()].map(({ node }) => node);
		const stay = new Set(nodes);
		for (const old of [...place.childNodes]) if (!stay.has(old)) old.remove();
		// What is moved loses focus and selection: of two that changed places the first goes.
		nodes.forEach((node, i) => {
			if (place.childNodes[i + 1] === node) place.childNodes[i].remove();
			else if (place.childNodes[i] !== node) place.insertBefore(node, place.childNodes[i] || null);
		});
		if (active && !place.contains(document.activeElement)) this.get(focused)?.querySelector(FOCUSED)?.focus({ preventScroll: true });
	}

	get(key) {
		return this.#drawn.get(key)?.node;
	}

	#settle(known, make, of) {
		if (known && of !== undefined && known.of === of) return known;
		const fresh = make instanceof Function ? make() : make;
		if (known?.as.isEqualNode(fresh)) return { ...known, of };
		const as = fresh.cloneNode(true);
		return { node: known ? renew(known.node, known.as, fresh) : fresh, as, of };
	}
}
