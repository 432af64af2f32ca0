// SPDX-License-Identifier: Apache-2.0
// A table of many rows: one page of them is in the document, sorting is in the heads, and one row at a time takes the Tab key.
// And the bar above it that filters, whose values are in the address.
import { h, count } from "./text.js";
import { Parts } from "./parts.js";

// `choices`: [parameter, label, [value, text]…]. What is chosen or typed goes to the address; the first page is shown again.
export class Filter {
	constructor(app, name, hint, choices, ...more) {
		this.app = app;
		this.search = h("input", { type: "search", id: "q", placeholder: hint, autocomplete: "off", spellcheck: "false", maxlength: 300, oninput: () => this.set({ q: this.search.value }, false) });
		this.selects = choices.map(([key, label, options]) => {
			const select = h("select", { id: `f-${key}`, "aria-label": label, onchange: () => this.set({ [key]: select.value }) }, h("option", { value: "" }, `${label}: all`), options.map(([value, text]) => h("option", { value }, text)));
			return [key, select];
		});
		this.node = h("form.filter", { role: "search", "aria-label": name, onsubmit: (event) => event.preventDefault() },
			h("label.sr", { for: "q" }, `Filter: ${name}`), h("span.search", this.search, h("kbd", { "aria-hidden": "true" }, "/")), this.selects.map(([, select]) => select), more);
	}

	get = (key) => this.app.route.params.get(key) || "";

	set(changes, now = true) {
		this.app.set({ page: "", ...changes }, { now });
	}

	// What the address says, into the bar; not under the hands of who types.
	draw() {
		if (document.activeElement !== this.search && this.search.value !== this.get("q")) this.search.value = this.get("q");
		for (const [key, select] of this.selects) select.value = this.get(key);
	}

	get page() {
		return Number(this.get("page") || 1) - 1;
	}

	turn = (page) => this.app.set({ page: page ? String(page + 1) : "" }, { now: true });

	// The head that is clicked: the other way round if it sorts already.
	sort = (id, usual) => this.set({ sort: (this.get("sort") || usual) === id ? "-" + id : id === usual ? "" : id });

	// Escape empties the search. False: there was nothing to do.
	escape = () => {
		if (document.activeElement !== this.search || !this.search.value) return false;
		this.search.value = "";
		this.set({ q: "" });
		return true;
	};
}

const FRESH = 4000; // ms

export class Rows {
	#fresh = new Map(); // key of what is new for a moment -> timer
	#items = [];
	#page = 0;

	// columns: {id, label, sort, cls}; key(item), cells(item) -> one content a column; onsort(id), onpage(n).
	constructor({ caption, columns, size, key, cells, onsort, onpage, rowClass }) {
		Object.assign(this, { size, key, cells, onpage, rowClass, columns });
		this.body = h("tbody");
		this.rows = new Parts(this.body);
		this.heads = columns.map((column) => h("th", { scope: "col", class: column.cls }, column.sort
			? h("button", { type: "button", class: "sort", onclick: () => onsort(column.id) }, column.label, h("span.arrow", { "aria-hidden": "true" }))
			: column.label));
		this.table = h("table.rows", h("caption.sr", caption), h("thead", h("tr", this.heads)), this.body);
		this.text = h("span.dim", { "aria-live": "polite" });
		this.back = h("button", { type: "button", onclick: () => this.#turn(-1) }, "Previous");
		this.on = h("button", { type: "button", onclick: () => this.#turn(1) }, "Next");
		this.pager = h("div.pager", this.text, h("span.buttons", this.back, this.on));
		this.empty = h("div.empty");
		this.nothing = new Parts(this.empty);
		this.node = h("div", this.table, this.empty, this.pager);
		this.body.addEventListener("keydown", (event) => this.#key(event));
		this.body.addEventListener("focusin", (event) => this.#rove(event.target.closest("tr")));
		this.body.addEventListener("click", (event) => this.#click(event));
	}

	// `sort`: as in the address, "-first". `empty`: a node to show where there is nothing. `aged`: what changes with the time alone is
	// drawn too.
	set(items, { page = 0, sort = "", empty, noun = "row", aged = false }) {
		this.#items = items;
		const pages = Math.max(1, Math.ceil(items.length / this.size));
		this.#page = Math.min(Math.max(0, page), pages - 1);
		const from = this.#page * this.size;
		const shown = items.slice(from, from + this.size);
		this.rows.put(shown.map((item) => [this.key(item), () => this.#make(item), aged ? undefined : item]));
		this.#rove(this.body.querySelector("tr[data-rove]") || this.body.firstChild);
		for (const key of this.#fresh.keys()) this.#show(key);
		this.heads.forEach((head, i) => {
			const { id } = this.columns[i];
			const mine = sort.replace("-", "") === id;
			if (mine) head.setAttribute("aria-sort", sort.startsWith("-") ? "ascending" : "descending");
			else head.removeAttribute("aria-sort");
		});
		const text = items.length ? `${items.length > this.size ? `${(from + 1).toLocaleString("en")}\u2013${(from + shown.length).toLocaleString("en")} of ` : ""}${count(items.length, noun)}` : "";
		if (this.text.textContent !== text) this.text.textContent = text;
		this.back.disabled = this.#page === 0;
		this.on.disabled = this.#page >= pages - 1;
		this.pager.querySelector(".buttons").hidden = pages < 2;
		this.pager.hidden = !items.length;
		this.table.hidden = !items.length;
		this.nothing.put([["", !items.length && empty]]);
	}

	#make(item) {
		const cells = this.cells(item);
		const row = h("tr", { class: this.rowClass?.(item) },
			cells.map((cell, i) => h("td", { class: this.columns[i].cls }, cell)));
		row.querySelectorAll("a").forEach((link) => link.setAttribute("tabindex", "-1"));
		return row;
	}

	// The row whose link Tab reaches.
	#rove(row) {
		for (const old of this.body.querySelectorAll("tr[data-rove]")) {
			delete old.dataset.rove;
			old.querySelectorAll("a").forEach((link) => link.setAttribute("tabindex", "-1"));
		}
		if (!row) return;
		row.dataset.rove = "";
		row.querySelector("a")?.setAttribute("tabindex", "0");
	}

	#focus(row) {
		const link = row?.querySelector("a");
		this.#rove(row);
		link?.focus();
		return Boolean(link);
	}

	focusKey(key) {
		return this.#focus(this.rows.get(key));
	}

	// New for a moment, also where its row is still to come.
	mark(key) {
		clearTimeout(this.#fresh.get(key));
		this.#fresh.set(key, setTimeout(() => {
			this.#fresh.delete(key);
			this.#show(key);
		}, FRESH));
		this.#show(key);
	}

	#show(key) {
		this.rows.get(key)?.toggleAttribute("data-new", this.#fresh.has(key));
	}

	#key(event) {
		const row = event.target.closest("tr");
		if (event.target.tagName !== "A" || event.ctrlKey || event.metaKey || event.altKey) return;
		const to = {
			ArrowDown: () => row.nextElementSibling, ArrowUp: () => row.previousElementSibling,
			Home: () => this.body.firstChild, End: () => this.body.lastChild,
		}[event.key];
		if (to) {
			event.preventDefault();
			this.#focus(to() || row);
		} else if ((event.key === "PageDown" && !this.on.disabled) || (event.key === "PageUp" && !this.back.disabled)) {
			event.preventDefault();
			this.#turn(event.key === "PageDown" ? 1 : -1);
			this.#focus(this.body.firstChild);
		}
	}

	#click(event) {
		if (event.target.closest("a, button, input") || String(getSelection())) return;
		event.target.closest("tr")?.querySelector("a")?.click();
	}

	#turn(by) {
		this.onpage(this.#page + by);
	}
}
