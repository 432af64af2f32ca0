// SPDX-License-Identifier: Apache-2.0
// The agent's API: JSON by fetch, and the stream of events by fetch too, since EventSource cannot carry a bearer token.

const KEY = "hostnetd-token";
const PAGE = 500; // items a request
const WAIT = 20000; // ms for one answer
const SILENCE = 45000; // ms without a byte, not even a comment, before a stream counts as dead

export class ApiError extends Error {
	constructor(status, message) {
		super(message);
		this.status = status; // 0: no answer at all
	}
}

// What a header can carry, and the agent reads from its file.
export const isToken = (text) => /^[\x21-\x7e]+$/.test(text);

// A browser that refuses storage keeps the token for this page only.
let memory = "";
export const token = {
	get() {
		try {
			return sessionStorage.getItem(KEY) || memory;
		} catch {
			return memory;
		}
	},
	set(value) {
		memory = value;
		try {
			if (value) sessionStorage.setItem(KEY, value);
			else sessionStorage.removeItem(KEY);
		} catch {
			// `memory` has it
		}
	},
};

function headers(more) {
	const value = token.get();
	return value ? { ...more, Authorization: `Bearer ${value}` } : more;
}

async function problem(response) {
	const text = (await response.text().catch(() => "")).slice(0, 2000);
	try {
		const body = JSON.parse(text);
		return String(body.message || body.error?.message || body.error || text);
	} catch {
		return text.trim() || response.statusText || "no reason given";
	}
}

async function request(path, options) {
	let response;
	try {
		response = await fetch(path, { cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer", ...options });
	} catch (error) {
		if (error.name === "AbortError") throw error;
		throw new ApiError(0, "the agent does not answer");
	}
	if (!response.ok) throw new ApiError(response.status, await problem(response));
	return response;
}

// `signal`: nobody wants the answer any more.
export async function get(path, params = {}, signal = null) {
	const query = new URLSearchParams(Object.entries(params).filter(([, value]) => value));
	const stop = new AbortController();
	const abort = () => stop.abort();
	let late = false;
	const timer = setTimeout(() => {
		late = true;
		abort();
	}, WAIT);
	signal?.addEventListener("abort", abort);
	if (signal?.aborted) abort();
	try {
		return await answer(path, query, stop.signal);
	} catch (error) {
		if (late) throw new ApiError(0, `no answer in ${WAIT / 1000} s: the agent is stuck, or this browser\u2019s other tabs hold all the connections that it makes to one host (six); close some`);
		throw error;
	} finally {
		clearTimeout(timer);
		signal?.removeEventListener("abort", abort);
	}
}

async function answer(path, query, signal) {
	const ask = () => request(`api/v1/${path}${query.size ? "?" + query : ""}`, { headers: headers({ Accept: "application/json" }), signal });
	// 503: too many ask at once. Once more, a little later.
	const response = await ask().catch(async (error) => {
		if (error.status !== 503) throw error;
		await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 400));
		return ask();
	});
	try {
		return await response.json();
	} catch {
		throw new ApiError(response.status, `the answer to ${path} is not JSON, or was cut off`);
	}
}

// All items of a list, page by page, `most` at most. Returns {items, more}.
export async function list(path, params = {}, { most = Infinity, signal } = {}) {
	const items = [];
	let cursor = "";
	do {
		const page = await get(path, { ...params, limit: String(PAGE), cursor }, signal);
		items.push(...(page.items || []));
		cursor = page.next || "";
	} while (cursor && items.length < most);
	return { items, more: Boolean(cursor) };
}

// Of several questions for one thing the last one asked counts: what comes of an earlier one later than of a later one is dropped.
export class Latest {
	#asked = 0;
	#known = 0;

	// What `ask` gives goes to `take`, what it throws to `fail`. False: it was dropped.
	async put(ask, take, fail) {
		const turn = ++this.#asked;
		const [answer] = await Promise.allSettled([ask()]);
		if (turn < this.#known) return false;
		this.#known = turn;
		try {
			if (answer.reason) throw answer.reason;
			take(answer.value);
		} catch (error) {
			fail(error);
		}
		return true;
	}
}

// Follows the stream until it is told to stop: connects again with the last id that it saw, later and later.
export class Stream {
	#last = "";
	#stop = new AbortController();
	#wake = () => {};

	// `state` hears {name: "live" | "reconnecting" | "unauthorized", since, retryAt, error}, `event` each {type, data, id}.
	constructor({ state, event }) {
		this.report = state;
		this.event = event;
		this.run();
	}

	stop() {
		this.#stop.abort();
		this.#wake();
	}

	// Tries at once, not when the pause is over.
	retry() {
		this.#wake();
	}

	async run() {
		const { signal } = this.#stop;
		let failures = 0;
		while (!signal.aborted) {
			let error;
			const started = Date.now();
			try {
				await this.#read(signal);
				error = new ApiError(0, "the agent closed the stream");
			} catch (caught) {
				error = caught;
			}
			if (signal.aborted) return;
			if (error.status === 401 || error.status === 403) {
				this.report({ name: "unauthorized", error });
				return;
			}
			failures = Date.now() - started > 30000 ? 0 : failures + 1;
			const pause = Math.min(30000, 500 * 2 ** Math.min(failures, 6)) * (0.75 + Math.random() / 2);
			this.report({ name: "reconnecting", retryAt: Date.now() + pause, error });
			await new Promise((resolve) => {
				const timer = setTimeout(resolve, pause);
				this.#wake = () => {
					clearTimeout(timer);
					resolve();
				};
			});
		}
	}

	async #read(signal) {
		const attempt = new AbortController();
		const abort = () => attempt.abort();
		signal.addEventListener("abort", abort, { once: true });
		let timer = setTimeout(abort, SILENCE);
		try {
			const more = this.#last ? { "Last-Event-ID": this.#last } : {};
			const response = await request("api/v1/stream", { headers: headers({ Accept: "text/event-stream", ...more }), signal: attempt.signal });
			this.report({ name: "live" });
			const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
			let rest = "";
			for (;;) {
				const { value, done } = await reader.read();
				if (done) return;
				clearTimeout(timer);
				timer = setTimeout(abort, SILENCE);
				const blocks = (rest + value).replace(/\r\n/g, "\n").split("\n\n");
				rest = blocks.pop();
				if (rest.length > 8e6) throw new ApiError(0, "an event of the stream has no end");
				blocks.forEach((block) => this.#block(block));
			}
		} catch (error) {
			throw error instanceof ApiError ? error : new ApiError(0, "the stream broke off");
		} finally {
			clearTimeout(timer);
			signal.removeEventListener("abort", abort);
			attempt.abort();
		}
	}

	#block(block) {
		const event = { type: "message", id: "" };
		const data = [];
		for (const line of block.split("\n")) {
			const colon = line.indexOf(":");
			if (colon === 0 || !line) continue;
			const field = colon < 0 ? line : line.slice(0, colon);
			const value = colon < 0 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
			if (field === "id") event.id = value;
			else if (field === "event") event.type = value;
			else if (field === "data") data.push(value);
		}
		if (event.id) this.#last = event.id;
		if (!data.length) return;
		try {
			event.data = JSON.parse(data.join("\n"));
		} catch {
			return; // one event that cannot be read does not end the stream; what it told of comes with the next look
		}
		this.event(event);
	}
}
