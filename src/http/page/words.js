// SPDX-License-Identifier: Apache-2.0
// The words of the domain as people read them, and small pieces of page that several views show.
import { h, show, plain, span, ms, clock, day, stamp } from "./text.js";

export const SEVERITIES = ["critical", "high", "medium"];
export const CAUSES = {
	declared: { mark: "D", says: "hostNetwork: true in the pod\u2019s spec" },
	joined: { mark: "J", says: "a process entered the host network after set-up, behind admission\u2019s back" },
	socket: { mark: "S", says: "uses a socket of the host network from a network of its own" },
	unmanaged: { mark: "U", says: "a container that the kubelet does not know" },
	"": { mark: "?", says: "cause not known yet: the kubelet has not said what the pod is" },
};
export const STATES = ["open", "excepted", "resolved"];
export const VERDICTS = { ai: "AI", likely: "likely AI", "not-ai": "not AI" };

const known = (table, value) => (Object.hasOwn(table, value ?? "") ? value ?? "" : "");

export const causeKey = (cause) => known(CAUSES, cause);

export function severity(value) {
	const key = SEVERITIES.includes(value) ? value : "unknown";
	return h("span", { class: `severity ${key}` }, show(value || "unknown", { max: 20 }));
}

export function cause(value) {
	const key = causeKey(value);
	return h("span", { class: `cause c-${key || "unknown"}`, title: CAUSES[key].says },
		h("span.cause-mark", { "aria-hidden": "true" }, CAUSES[key].mark), key || "not known yet");
}

export function state(value) {
	return h("span", { class: `state s-${STATES.includes(value) ? value : "unknown"}` }, show(value, { max: 20 }));
}

// [namespace, kind, name] of whatever a finding, event or inventory row is about; the best that is known.
export function who(thing) {
	const pod = thing.pod || {};
	const workload = thing.workload;
	if (workload?.name) return { kind: workload.kind || "", name: workload.name, namespace: pod.namespace || "" };
	if (pod.name) return { kind: "Pod", name: pod.name, namespace: pod.namespace || "" };
	if (pod.uid) return { kind: "Pod", name: pod.uid, namespace: "" };
	const container = thing.containers?.[0] || thing.container;
	const name = typeof container === "string" ? container : container?.name || container?.id;
	return { kind: "Container", name: String(name || "not known").replace(/^([0-9a-f]{12})[0-9a-f]{52}$/, "$1"), namespace: "" };
}

export function whoText(thing, max = 60) {
	const { kind, name, namespace } = who(thing);
	return `${plain(kind, 30)} ${namespace ? plain(namespace, max) + "/" : ""}${plain(name, max)}`;
}

export function endpoint(one) {
	const address = String(one.address ?? "");
	return `${one.protocol ? one.protocol + " " : ""}${address.includes(":") ? `[${address}]` : address}${one.port ? ":" + one.port : ""}`;
}

export const isLoopback = (address) => /^(127\.|::1$|::ffff:127\.)/.test(String(address ?? ""));

export const link = (path, params, ...children) => {
	const query = new URLSearchParams(Object.entries(params || {}).filter(([, value]) => value));
	return h("a", { href: `#/${path}${query.size ? "?" + query : ""}` }, ...children);
};

export const findingPath = (id) => "finding/" + encodeURIComponent(id);

const EVENTS = {
	"finding.opened": ["Finding opened", "alarm"],
	"finding.updated": ["Finding changed", "note"],
	"finding.resolved": ["Finding resolved", "good"],
	"container.joined": ["Container in the host network", "enter"],
	"container.left": ["Container left the host network", "leave"],
	"process.entered": ["Process entered the host network", "enter"],
	"process.exec": ["Program started", "note"],
	"process.left": ["Process left the host network", "leave"],
	"process.exited": ["Process ended", "leave"],
	"network.listening": ["Opened a port", "port"],
	"network.contact": ["Contacted", "contact"],
	"attempt.refused": ["Attempt to enter was refused", "refused"],
	"happening.omitted": ["More happened than is told", "note"],
	"agent.started": ["Agent started", "agent"],
	"agent.stopped": ["Agent stopped", "agent"],
	"agent.gap": ["Not watched", "gap"],
	"agent.lost": ["Events lost", "gap"],
	"exception.expired": ["Exception expired", "alarm"],
	"exception.unused": ["Exception unused", "note"],
	"pod.differs": ["Pod is not as the API server has it", "alarm"],
};
const CONTACTS = { metadata: "Contacted a metadata service", control: "Contacted the cluster\u2019s control", abstract: "Called a socket of the node" };
export const EVENT_TYPES = Object.keys(EVENTS);
export const eventName = (event) => {
	if (event.type === "network.contact") return CONTACTS[event.contact] || "Contacted";
	return EVENTS[event.type]?.[0] || plain(event.type, 40);
};
export const eventKind = (event) => {
	if (event.type === "network.contact" && event.contact === "control") return "control";
	return EVENTS[event.type]?.[1] || "note";
};

export const processText = (process) => {
	const argv = process.argv?.length ? process.argv.join(" ") : process.exe || process.comm || "";
	return argv;
};

// What an event says beyond its name.
export function eventDetail(event) {
	const parts = [];
	const process = event.process || event.attempt?.process;
	if (event.endpoint) parts.push(show(endpoint(event.endpoint), { max: 80, mono: true }));
	if (event.cause) parts.push(cause(event.cause));
	if (event.attempt?.call) parts.push(`${plain(event.attempt.call, 20)} ${plain(event.attempt.errno, 20)}`);
	if (process) {
		parts.push(h("span", process.comm ? [show(process.comm, { max: 40, mono: true }), " "] : null,
			h("span.dim.whole", `pid ${plain(process.pid, 12)}${process.uid === undefined ? "" : `, uid ${plain(process.uid, 12)}`}`)));
		const words = processText(process);
		// A program's whole command is told where it starts, not at each thing that it does.
		if (words && words !== process.comm && event.type?.startsWith("process.")) parts.push(show(words, { max: 140, mono: true }));
		if (process.exeSha256 && event.type === "process.exec") parts.push(h("span.dim", { title: plain(process.exeSha256, 80) }, `sha256 ${plain(process.exeSha256, 12)}`));
	}
	// What a finding's coming and going changes is what these words say already.
	if (event.type === "finding.opened") parts.push(severity(event.severity), event.state === "excepted" ? state(event.state) : null);
	else if (event.changed?.length && event.type !== "finding.resolved") parts.push(h("span.dim", "changed: ", event.changed.map((one) => plain(one, 30)).join(", ")));
	if (event.count && event.type !== "agent.lost" && event.count > 1) parts.push(h("span.dim", `\u00d7${event.count}`));
	if (event.type === "agent.lost" && event.count) parts.push(`${event.count} events`);
	const [since, until] = [ms(event.since), ms(event.until)];
	if (since < until) parts.push(h("span", `${stamp(since)} \u2013 ${day(since) === day(until) ? clock(until) : stamp(until)} UTC, `, h("strong", span(until - since))));
	// The times stand before it: of what names them only the reason.
	const said = String(event.text || event.message || "");
	const text = event.type === "agent.gap" && event.until && said.includes(`${event.until}: `) ? said.slice(said.indexOf(`${event.until}: `) + event.until.length + 2) : said;
	if (text) parts.push(show(text, { max: 200 }));
	if (event.exception) parts.push(show(typeof event.exception === "string" ? event.exception : event.exception.name, { max: 60 }));
	return parts.filter(Boolean).map((part) => h("span.part", part));
}

// What shares the host network, or did, and is no finding: events tell of it.
export const isBystander = ({ state }) => state === "sharing" || state === "gone";
export const hasEnded = ({ state }) => state === "resolved" || state === "gone";
export const openFor = (finding) => span((hasEnded(finding) ? ms(finding.resolvedAt || finding.lastSeen) : Date.now()) - ms(finding.firstSeen));

// A state that explains itself: nothing here, cannot be had, still coming.
export function notice(kind, title, ...lines) {
	return h("div", { class: `notice ${kind}` }, h("p.notice-title", title), lines.map((line) => (line ? h("p", line) : null)));
}

export function table(caption, heads, rows, props) {
	return h("div.scroll", { tabindex: "0", role: "region", "aria-label": caption },
		h("table", props, h("caption.sr", caption), h("thead", h("tr", heads.map((head) => h("th", { scope: "col" }, head)))),
			h("tbody", rows)));
}
