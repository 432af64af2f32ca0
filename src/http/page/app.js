// SPDX-License-Identifier: Apache-2.0
// The page's frame: routes in the hash, the connection's state, the token's form, keys, news for those who listen.
import { token, isToken } from "./api.js";
import { Store } from "./store.js";
import { h, plain, clock, span } from "./text.js";
import { whoText, eventName } from "./words.js";
import { overview } from "./overview.js";
import { finding } from "./finding.js";
import { sharing } from "./sharing.js";
import { events } from "./events.js";
import { health } from "./health.js";

// First word of the hash's path -> view. A view makes {title, node, update(what)}.
const ROUTES = { "": overview, finding, sharing, events, agent: health };

const HIDDEN = 5000; // ms that a tab is not seen until its stream gives its connection to others: a browser makes six to a host

const $ = (id) => document.getElementById(id);

class App {
	store = new Store();
	route = null;
	view = null;
	#dirty = new Set();
	#urlTimer = 0;
	#hidden = 0; // timer
	#paused = false;

	start() {
		// The style's last rule; what index.html has in "main" goes with the first view.
		$("unstyled").hidden = Boolean(getComputedStyle(document.body).getPropertyValue("--whole"));
		addEventListener("hashchange", () => this.go());
		document.addEventListener("keydown", (event) => this.key(event));
		this.store.addEventListener("change", ({ detail }) => this.changed(detail));
		this.store.addEventListener("news", ({ detail }) => this.news(detail));
		$("keys-open").addEventListener("click", () => $("keys").showModal());
		$("skip").addEventListener("click", (event) => {
			event.preventDefault();
			$("main").querySelector("h1, h2").focus();
		});
		$("retry").addEventListener("click", () => (this.store.connection.name === "unauthorized" ? $("ask").showModal() : this.store.stream.retry()));
		$("ask").addEventListener("close", () => this.pill());
		document.addEventListener("visibilitychange", () => this.seen());
		$("forget").addEventListener("click", () => this.ask("The token is forgotten."));
		setInterval(() => this.changed("clock"), 30000);
		setInterval(() => this.pill(), 1000);
		this.store.start();
		this.go(true);
		this.seen(); // it may have been opened behind others
	}

	seen() {
		clearTimeout(this.#hidden);
		if (document.hidden) {
			this.#hidden = setTimeout(() => {
				this.#paused = true;
				this.store.stop();
			}, HIDDEN);
		} else if (this.#paused) {
			this.#paused = false;
			if (this.store.connection.name !== "unauthorized") this.store.start();
		}
	}

	// --- routes ---------------------------------------------------------------------------------------------------

	parse() {
		const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
		const [name, ...rest] = path.split("/");
		let arg = rest.join("/");
		try {
			arg = decodeURIComponent(arg);
		} catch {
			// taken as it is: no finding has such an id
		}
		return { name, arg, params: new URLSearchParams(query || "") };
	}

	go(first = false) {
		const before = this.route;
		this.route = this.parse();
		if (before && this.view && before.name === this.route.name && before.arg === this.route.arg) {
			this.view.update("route");
			return;
		}
		this.show(before, first);
	}

	show(before, first) {
		const { name, arg } = this.route;
		const make = Object.hasOwn(ROUTES, name) ? ROUTES[name] : null;
		this.view?.close?.();
		this.view = make ? make(this, arg) : {
			title: "No such page",
			node: h("section.panel", h("h1", { tabindex: "-1" }, "No such page"),
				h("p", "The address names a page that this dashboard does not have. ", h("a", { href: "#/" }, "To the findings"))),
			update() {},
		};
		$("main").replaceChildren(this.view.node);
		for (const link of document.querySelectorAll("nav a")) {
			const mine = link.getAttribute("href").slice(2) === name || (name === "finding" && link.getAttribute("href") === "#/");
			if (mine) link.setAttribute("aria-current", "page");
			else link.removeAttribute("aria-current");
		}
		this.view.update("all");
		this.frame();
		if (first) return;
		scrollTo(0, 0);
		const back = before?.name === "finding" && this.view.focus?.(before.arg);
		if (!back) this.view.node.querySelector("h1")?.focus();
	}

	// Changes what the address says of filters: at once in `route`, a little later in the bar (browsers count those writes).
	set(changes, { now = false } = {}) {
		for (const [key, value] of Object.entries(changes)) {
			if (value === "" || value === null || value === undefined) this.route.params.delete(key);
			else this.route.params.set(key, value);
		}
		clearTimeout(this.#urlTimer);
		const { name, arg, params } = this.route;
		const write = () => {
			if (this.route.params !== params) return;
			const path = name + (arg ? "/" + encodeURIComponent(arg) : "");
			history.replaceState(null, "", `#/${path}${params.size ? "?" + params : ""}`);
		};
		if (now) write();
		else this.#urlTimer = setTimeout(write, 250);
		this.view.update("route");
	}

	// --- what changed ---------------------------------------------------------------------------------------------

	// Events may come by the hundred: one look a frame is enough, and one in 250 ms for a page that nobody sees.
	changed(what) {
		if (what === "connection") {
			this.pill();
			if (this.store.connection.name === "unauthorized") return this.ask(token.get() ? "The agent refused this token." : "");
		}
		if (!this.#dirty.size) (document.hidden ? (f) => setTimeout(f, 250) : requestAnimationFrame)(() => this.flush());
		this.#dirty.add(what);
	}

	flush() {
		const dirty = this.#dirty;
		this.#dirty = new Set();
		this.frame();
		for (const what of dirty.has("all") ? ["all"] : dirty) this.view.update(what);
	}

	frame() {
		const { status } = this.store;
		const open = status?.control?.open;
		const node = plain(status?.node || status?.identity?.node || "", 40);
		const cluster = plain(status?.cluster || status?.identity?.cluster || "", 40);
		document.title = `${open ? `(${open}) ` : ""}${plain(this.view.title, 60)} \u2013 ${node || "hostnetd"}`;
		$("node").textContent = node ? `${cluster ? cluster + " / " : ""}${node}` : "";
		$("forget").hidden = !token.get();
		this.pill();
	}

	pill() {
		const { name, since, retryAt, error } = this.store.connection;
		const texts = { connecting: "connecting\u2026", live: "live", unauthorized: "token needed" };
		const heard = this.store.lastHeard;
		const stale = name === "reconnecting";
		const text = stale ? (heard ? `stale since ${clock(heard)} UTC` : "not connected") : texts[name];
		const pill = $("connection");
		pill.className = `pill p-${stale && Date.now() - since < 3000 ? "wait" : name}`;
		if ($("connection-text").textContent !== text) $("connection-text").textContent = text;
		const locked = name === "unauthorized" && !$("ask").open;
		$("banner").hidden = !locked && (!stale || Date.now() - since < 1500);
		$("retry").textContent = locked ? "Enter the token" : "Try now";
		if (locked) $("banner-text").textContent = "The agent says nothing without its token.";
		if (!stale) return;
		const left = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
		$("banner-text").textContent = `Reconnecting: ${plain(error?.message || "the agent does not answer", 160)}. ` +
			(heard ? `What you see is from ${clock(heard)} UTC, ${span(Date.now() - heard)} ago. ` : "Nothing has been read yet. ") +
			(left ? `Next try in ${left} s.` : "Trying now.");
	}

	news({ event, finding: object }) {
		const name = object ? `${eventName(event)}: ${plain(object.severity, 20)}, ${whoText(object)}${object.cause ? ", " + plain(object.cause, 20) : ""}`
			: `${eventName(event)}: ${whoText({ ...event, ...event.attempt })}`;
		const line = h("p", `${clock(event.at || Date.parse(event.time) || Date.now())} UTC ${name}`);
		$("news").prepend(line);
		while ($("news").children.length > 3) $("news").lastChild.remove();
		this.view.news?.(object, event);
	}

	// --- token and keys -------------------------------------------------------------------------------------------

	ask(why) {
		const dialog = $("ask");
		const say = (text) => {
			$("ask-why").textContent = text;
			$("ask-why").hidden = !text;
		};
		token.set("");
		this.store.forget();
		// The view that was here holds what was read.
		$("news").replaceChildren();
		this.show(this.route, true);
		say(why);
		$("token").value = "";
		if (!dialog.open) dialog.showModal();
		this.pill();
		$("ask-form").onsubmit = (event) => {
			event.preventDefault();
			const value = $("token").value.trim();
			if (!isToken(value)) return say("This is no token: one has letters, digits and signs of ASCII, and no blank.");
			token.set(value);
			dialog.close();
			this.store.start();
		};
	}

	key(event) {
		if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
		const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
		if (event.key === "/" && !typing) {
			const input = $("main").querySelector("input[type=search]");
			if (!input) return;
			event.preventDefault();
			input.focus();
			input.select();
		} else if (event.key === "?" && !typing) {
			$("keys").showModal();
		} else if (event.key === "Escape") {
			if (this.view.escape?.(event)) event.preventDefault();
			else if (typing) event.target.blur();
		}
	}
}

new App().start();
