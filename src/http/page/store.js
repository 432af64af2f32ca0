// SPDX-License-Identifier: Apache-2.0
// What the page knows: one copy of the agent's state, kept up to date by the stream. Views read it, and hear what changed.
import { Stream, Latest, list, get } from "./api.js";
import { ms } from "./text.js";
import { who, SEVERITIES, STATES } from "./words.js";

const MOST_EVENTS = 20000; // kept in the page
const PICTURE_EVENTS = 10000; // asked for a picture of a span
const RETRY = 10000; // ms until events that could not be read are asked for again
const POLL = 30000; // ms: state of the agent that no event tells of

const isObject = (value) => typeof value === "object" && value !== null;
const objects = (list) => (Array.isArray(list) ? list.filter(isObject) : []);

// A finding, or a part of one, whose lists are lists of objects whatever the answer held.
export function sound(f) {
	const network = isObject(f.network) ? f.network : {};
	const ai = isObject(f.ai) ? { ...f.ai, evidence: objects(f.ai.evidence) } : undefined;
	const processes = objects(f.processes).map((one) => ({ ...one, argv: Array.isArray(one.argv) ? one.argv : [], ancestors: objects(one.ancestors) }));
	return { ...f, ai, processes, containers: objects(f.containers), remediation: Array.isArray(f.remediation) ? f.remediation : [],
		network: { listening: objects(network.listening), metadataAccess: objects(network.metadataAccess), controlAccess: objects(network.controlAccess) } };
}

// What the table sorts and filters by, made once a finding.
function entryOf(given) {
	const f = sound(given);
	const { kind, name, namespace } = who(f);
	const words = [f.id, f.state, f.severity, f.cause, f.way, f.title, kind, name, namespace, f.pod?.name, f.pod?.uid, f.ai?.product, f.ai?.category,
		f.ai?.verdict, f.exception?.name];
	for (const c of f.containers) words.push(c.name, c.id, c.image);
	for (const p of f.processes.slice(0, 20)) words.push(p.pid, p.comm, p.exe, p.argv.join(" ").slice(0, 500));
	for (const l of f.network.listening) words.push(`${l.address}:${l.port}`);
	for (const l of f.network.metadataAccess) words.push(l.address, "metadata");
	for (const l of f.network.controlAccess) words.push(`${l.address}:${l.port}`, "control");
	const first = ms(f.firstSeen) || 0;
	const last = ms(f.lastSeen) || first;
	return {
		f, first, last,
		end: f.state === "resolved" ? ms(f.resolvedAt) || last : Infinity,
		text: words.filter((word) => word !== undefined && word !== "").join("\n").slice(0, 4000).toLowerCase(),
		rank: { severity: SEVERITIES.includes(f.severity) ? 9 - SEVERITIES.indexOf(f.severity) : 0, state: STATES.indexOf(f.state), name: `${namespace}/${name}/${kind}`,
			ports: f.network.listening.length, score: f.ai?.score ?? 0 },
	};
}

export class Store extends EventTarget {
	findings = new Map(); // id -> entry
	events = []; // by seq, oldest first
	sharing = null; // null: not had yet
	status = null;
	errors = {}; // part -> ApiError of the last try
	loaded = false;
	connection = { name: "connecting", since: Date.now() };
	lastHeard = 0; // ms: the last answer or event
	eventsSince = Infinity; // ms: all events from here on are in `events`
	eventsCut = false; // there were more of them than a picture bears
	#refused = null; // events from when on could not be read, until when they are not asked for again
	#life = new AbortController(); // ends what is on its way when the token is forgotten
	#pending = null; // events of the stream while a snapshot is on its way
	#seen = new Map(); // seq -> time
	#timers = new Map();
	#again = false;
	#latest = {}; // part -> Latest
	#anew = false; // events are asked for anew, and have not come yet

	start() {
		this.stop();
		this.#life = new AbortController();
		if (this.connection.name !== "reconnecting") this.#connection({ name: "connecting" });
		this.stream = new Stream({
			state: (state) => this.#connection(state),
			event: (event) => this.#take(event),
		});
		clearInterval(this.poll);
		this.poll = setInterval(() => this.connection.name === "live" && this.refresh("status", 0), POLL);
	}

	// Nobody looks: what is here stays, and is read anew by start().
	stop() {
		this.stream?.stop();
		clearInterval(this.poll);
		this.#life.abort();
		this.#timers.forEach((timer) => clearTimeout(timer));
		this.#timers.clear();
		this.#pending = null;
		this.#again = false;
	}

	// Without a token nothing is read, and nothing that was read stays.
	forget() {
		this.stop();
		this.#seen.clear();
		this.#refused = null;
		Object.assign(this, { findings: new Map(), events: [], sharing: null, status: null, errors: {}, loaded: false, lastHeard: 0, eventsSince: Infinity, eventsCut: false,
			connection: { name: "unauthorized", since: Date.now() } });
	}

	#tell(what) {
		this.dispatchEvent(new CustomEvent("change", { detail: what }));
	}

	#connection(state) {
		const before = this.connection;
		this.connection = { ...state, since: before.name === state.name ? before.since : Date.now() };
		if (state.name === "live") {
			this.lastHeard = Date.now();
			this.load();
		}
		this.#tell("connection");
	}

	// A snapshot, then what the stream said meanwhile. After each new connection too: what it missed may be more than the
	// agent still has.
	async load() {
		if (this.#pending) {
			this.#again = true;
			return;
		}
		this.#pending = [];
		this.#refused = null;
		const { signal } = this.#life;
		await Promise.all([
			this.#part("findings", () => list("findings", {}, { signal }), ({ items }) => {
				this.findings = new Map(objects(items).map((f) => [f.id, entryOf(f)]));
			}),
			this.#read("sharing"),
			this.#read("status"),
		]);
		if (signal.aborted) return;
		const pending = this.#pending;
		this.#pending = null;
		this.loaded = this.loaded || !this.errors.findings;
		pending.forEach((event) => this.#apply(event));
		if (this.eventsSince !== Infinity) await this.loadEvents(this.eventsSince, true);
		this.#tell("all");
		if (this.#again) {
			this.#again = false;
			this.load();
		}
	}

	// False: a later question of this part has its answer already.
	#part(name, ask, take) {
		const { signal } = this.#life;
		return (this.#latest[name] ||= new Latest()).put(ask, (answer) => {
			if (signal.aborted) return;
			take(answer);
			delete this.errors[name];
			this.lastHeard = Date.now();
		}, (error) => {
			if (signal.aborted) return;
			this.errors[name] = error;
			if (error.status === 401) this.#connection({ name: "unauthorized", error });
		});
	}

	#read(part) {
		const { signal } = this.#life;
		return part === "status" ? this.#part(part, () => get(part, {}, signal), (status) => (this.status = status))
			: this.#part(part, () => list(part, {}, { signal }), ({ items }) => (this.sharing = objects(items)));
	}

	// Makes sure that `events` goes back to `wanted`.
	async loadEvents(wanted, again = false) {
		const since = Math.min(Math.max(wanted, 1000), Date.now()); // no other year is one for the agent
		if (this.connection.name === "unauthorized" || (!again && since >= this.eventsSince)) return;
		// A view asks each time it is drawn: for the same time again only after a pause.
		if (!again && this.#refused && Date.now() < this.#refused.until && Math.abs(since - this.#refused.since) < 60000) return;
		const { signal } = this.#life;
		this.eventsSince = since;
		// One that overtakes another that was to be anew is it too.
		const anew = (this.#anew ||= again);
		const came = await this.#part("events", () => list("events", { since: new Date(since).toISOString() }, { most: PICTURE_EVENTS, signal }), ({ items, more }) => {
			this.#anew = false;
			this.eventsCut = more;
			// Anew: what the agent says is all there is, but for what the stream has brought since.
			const newest = Math.max(...items.slice(-1).concat(items.slice(0, 1)).map(({ time }) => ms(time)).filter(Number.isFinite));
			const later = anew ? this.events.filter((event) => event.at > newest) : [];
			if (anew && items.length) {
				this.events = [];
				this.#seen.clear();
			}
			[...objects(items), ...later].forEach((event) => this.#keep(event));
			this.events.sort((a, b) => a.seq - b.seq);
		});
		if (signal.aborted || !came) return;
		this.#refused = null;
		if (this.errors.events) {
			this.eventsSince = Infinity;
			this.#refused = { since, until: Date.now() + RETRY };
			setTimeout(() => signal.aborted || this.#tell("events"), RETRY + 50);
		}
		this.#tell("events");
	}

	// Reads a part again, `wait` ms from now, once for all who ask meanwhile.
	refresh(part, wait = 800) {
		if (this.#timers.has(part)) return;
		this.#timers.set(part, setTimeout(async () => {
			this.#timers.delete(part);
			await this.#read(part);
			this.#tell(part);
		}, wait));
	}

	#take({ type, data, id }) {
		this.lastHeard = Date.now();
		if (typeof data !== "object" || data === null) return;
		// The agent has dropped events that this page has not had: all is read anew.
		if (type === "gap") return void this.load();
		const event = { ...data, type: data.type || type, seq: data.seq ?? Number(id) };
		if (this.#pending) this.#pending.push(event);
		else this.#apply(event);
	}

	#apply(event) {
		const object = event.findingObject || (typeof event.finding === "object" ? event.finding : null);
		if (object) {
			const before = this.findings.get(object.id);
			this.findings.set(object.id, entryOf(object));
			if (!before || before.f.state !== object.state) this.dispatchEvent(new CustomEvent("news", { detail: { event, finding: object } }));
			this.#tell("findings");
		} else if (event.type === "attempt.refused" || event.type?.startsWith("exception.")) {
			this.dispatchEvent(new CustomEvent("news", { detail: { event } }));
		}
		this.#keep(event);
		this.#tell("events");
		this.refresh("status");
		if (/^(finding|container)\./.test(event.type)) this.refresh("sharing");
	}

	#keep(event) {
		if (!Number.isFinite(event.seq) || this.#seen.get(event.seq) === event.time) return;
		if (this.#seen.has(event.seq)) {
			// Another event of the same number: an agent without a store has started again and counts from one.
			this.events = [];
			this.#seen.clear();
		}
		const { findingObject, ...rest } = event; // the finding itself is in `findings`
		if (typeof rest.finding === "object") rest.finding = rest.finding?.id;
		this.#seen.set(event.seq, event.time);
		rest.at = ms(event.time);
		this.events.push(rest);
		if (this.events.length > MOST_EVENTS) {
			this.events.splice(0, MOST_EVENTS / 10).forEach((old) => this.#seen.delete(old.seq));
			this.eventsCut = true;
		}
	}
}

// "ml vllm" or `"two words" joined`: all of them, anywhere.
export const termsOf = (query) => [...String(query || "").toLowerCase().matchAll(/"([^"]*)"?|(\S+)/g)].map((m) => m[1] ?? m[2]).filter(Boolean);

// The entries that a filter lets through. `filter`: q, state, severity, cause, verdict, from, to (ms).
export function select(store, filter) {
	const terms = termsOf(filter.q);
	const out = [];
	for (const entry of store.findings.values()) {
		const { f } = entry;
		if (filter.state && f.state !== filter.state) continue;
		if (filter.severity && f.severity !== filter.severity) continue;
		if (filter.cause && (f.cause || "unknown") !== filter.cause) continue;
		if (filter.verdict && f.ai?.verdict !== filter.verdict) continue;
		if (filter.from && (entry.end < filter.from || entry.first > filter.to)) continue;
		if (!terms.every((term) => entry.text.includes(term))) continue;
		out.push(entry);
	}
	return out;
}

const SORTS = {
	severity: (a, b) => a.rank.state - b.rank.state || b.rank.severity - a.rank.severity || b.first - a.first,
	name: (a, b) => (a.rank.name < b.rank.name ? -1 : a.rank.name > b.rank.name ? 1 : 0),
	cause: (a, b) => (a.f.cause || "~").localeCompare(b.f.cause || "~"),
	ai: (a, b) => b.rank.score - a.rank.score,
	ports: (a, b) => b.rank.ports - a.rank.ports,
	first: (a, b) => b.first - a.first,
	last: (a, b) => b.last - a.last,
	state: (a, b) => a.rank.state - b.rank.state,
};

// "severity", or "-severity" the other way round. Equal ones by id, so that rows do not dance.
export function order(entries, key) {
	const name = key.replace("-", "");
	const compare = SORTS[Object.hasOwn(SORTS, name) ? name : "severity"];
	const sign = key.startsWith("-") ? -1 : 1;
	return entries.sort((a, b) => sign * compare(a, b) || (a.f.id < b.f.id ? -1 : 1));
}
