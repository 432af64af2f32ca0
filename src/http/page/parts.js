// SPDX-License-Identifier: Apache-2.0
// Parts of a page that are drawn anew whenever something may have changed. One that says the same as before stays the very
// element that it was, with what its reader marked, opened, typed and focused; the others take over as much of that as they can.
import { keepUnfolded } from "./text.js";

const FOCUSED = "a, button, input, select, [tabindex]";

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
	const nth = [...before.querySelectorAll(FOCUSED)].filter(like).indexOf(focused);
	const { selectionStart: from, selectionEnd: to } = focused;
	return () => {
		const alike = [...after.querySelectorAll(FOCUSED)].filter(like);
		const fresh = alike[nth] || alike[0];
		fresh?.focus({ preventScroll: true });
		if (fresh && Number.isInteger(from)) fresh.setSelectionRange(from, to);
	};
}

export class Parts {
	#drawn = new Map(); // name -> {node, as: a copy of it as it was drawn}

	// `places`: [element, {name: node or null}], and those nodes are to be its children.
	put(places) {
		const refocus = [];
		for (const [place, wanted] of places) {
			const nodes = Object.entries(wanted).filter(([, node]) => node).map(([name, node]) => this.#settle(name, node, refocus));
			for (const old of [...place.childNodes]) if (!nodes.includes(old)) old.remove();
			nodes.forEach((node, i) => place.childNodes[i] === node || place.insertBefore(node, place.childNodes[i] || null));
		}
		refocus.forEach((focus) => focus());
	}

	#settle(name, fresh, refocus) {
		const known = this.#drawn.get(name);
		if (known?.as.isEqualNode(fresh)) return known.node;
		this.#drawn.set(name, { node: fresh, as: fresh.cloneNode(true) });
		if (known) {
			keepUnfolded(known.node, fresh);
			keepTyped(known.node, fresh);
			const focus = focusOf(known.node, fresh);
			if (focus) refocus.push(focus);
		}
		return fresh;
	}
}
