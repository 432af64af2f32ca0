// SPDX-License-Identifier: Apache-2.0
// A ready-made exception for one finding. It is as narrow as what is known allows, always names the finding's cause, and ends
// in 30 days.
import { h, plain } from "./text.js";

const DAYS = 30;
const LAST = "2199-12-31"; // that the agent takes

// A double-quoted YAML scalar: all that is not plain ASCII is escaped, so that what is read is what is there. JSON's escape of a
// character above U+FFFF is two halves, which YAML refuses.
const escaped = (c) => c.length > 1 ? "\\U" + c.codePointAt(0).toString(16).padStart(8, "0") : "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0");
const quote = (text) => JSON.stringify(String(text).replace(/\p{Surrogate}/gu, "\ufffd")).replace(/[\u007f-\u{10ffff}]/gu, escaped);
const patternless = (text) => !/[*?]/.test(String(text));
const list = (items) => `[${items.map(quote).join(", ")}]`;
const unique = (items) => [...new Set(items)];

export const inDays = (days, now = Date.now()) => new Date(now + days * 864e5).toISOString().slice(0, 10);

// Why no rule can be offered; "" where one can.
export function refusal(f) {
	if (f.cause === "unmanaged") return "The kubelet does not know this container: no pod and no workload that a rule could name without opening every such container. Run it under Kubernetes, or remove it.";
	if (!f.cause) return "The cause is not known yet. A rule names its cause; wait until the kubelet has said what the pod is.";
	if (!f.pod?.namespace || !(f.workload?.name || f.pod?.name)) return "The pod\u2019s name is not known yet. Without it a rule would open more than this workload.";
	const names = [f.pod.namespace, f.workload?.kind, f.workload?.name ?? f.pod.name, f.ai?.product].filter(Boolean);
	if (names.some((name) => /\p{Cc}/u.test(String(name)))) return "A name of this workload holds a control character: no rule may. Look at who made it.";
	if (!names.every(patternless)) {
		return "A name of this workload holds a character that a rule reads as a pattern. A rule made from it would match others too; write it by hand if you must.";
	}
	return "";
}

export function yaml(f, { reason, expires, approvedBy, ticket }) {
	const kind = f.workload?.kind || "Pod";
	const name = f.workload?.name || f.pod.name;
	const ports = unique((f.network?.listening || []).map((one) => Number(one.port)).filter((port) => port > 0)).sort((a, b) => a - b);
	// Two workloads have two names: of a long one the end is the finding's.
	const whole = [f.pod.namespace, kind, name, f.cause].join("-").toLowerCase().replace(/[^a-z0-9.-]+/g, "-");
	const label = whole.length > 120 ? `${whole.slice(0, 111)}-${String(f.id).slice(0, 8)}` : whole;
	const lines = [
		"# One more item of the list under exceptions: (write that line above it in an empty file)",
		`- name: ${quote(label)}`,
		`  reason: ${quote(reason)}`,
		`  expires: ${expires}`,
		approvedBy && `  approvedBy: ${quote(approvedBy)}`,
		ticket && `  ticket: ${quote(ticket)}`,
		"  match:",
		`    namespaces: ${list([f.pod.namespace])}`,
		`    workloads: [{kind: ${quote(kind)}, name: ${quote(name)}}]`,
		f.ai?.product && `    products: ${list([f.ai.product])}`,
		`    causes: [${f.cause}]`,
		ports.length && `    ports: [${ports.join(", ")}]`,
	];
	return lines.filter(Boolean).join("\n") + "\n";
}

const WARNING = {
	joined: "This workload entered the host network behind admission\u2019s back: its spec does not ask for it. A rule that names joined also accepts the next such entry of this workload, whoever makes it. Find out first how it came in.",
	socket: "This workload holds a socket of the host network although its spec does not ask for it. A rule that names socket also accepts the next one. Find out first who handed it over.",
};

async function copy(text, node) {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		// Not every origin has a clipboard: over plain HTTP the text is marked for the reader's own keys.
		const range = document.createRange();
		range.selectNodeContents(node);
		getSelection().removeAllRanges();
		getSelection().addRange(range);
		return false;
	}
}

export function exceptionForm(f) {
	const no = refusal(f);
	if (no) return h("p.notice", no);
	const field = (id, label, props) => {
		const input = h("input", { id, autocomplete: "off", ...props });
		return [h("div.field", h("label", { for: id }, label), input), input];
	};
	const [reasonField, reason] = field("x-reason", "Reason (required)", { type: "text", maxlength: 500, placeholder: "Why must it use the node\u2019s network?" });
	const [expiresField, expires] = field("x-expires", "Expires", { type: "date", value: inDays(DAYS), min: inDays(1), max: LAST });
	const [byField, by] = field("x-by", "Approved by", { type: "text", maxlength: 200 });
	const [ticketField, ticket] = field("x-ticket", "Ticket", { type: "text", maxlength: 100 });
	const day = () => (/^\d{4}-\d{2}-\d{2}$/.test(expires.value) && expires.value >= inDays(0) && expires.value <= LAST ? expires.value : "");
	const code = h("code");
	const said = h("span.dim", { role: "status" });
	const button = h("button", { type: "button", class: "primary", onclick: async () => {
		if (!reason.value.trim()) {
			said.textContent = "Fill in the reason first: a rule without one is refused.";
			reason.focus();
			return;
		}
		if (!day()) {
			said.textContent = `Choose a day from today to ${LAST}: a rule that has expired covers nothing.`;
			expires.focus();
			return;
		}
		said.textContent = (await copy(code.textContent, code)) ? "Copied." : "Marked: copy it with your keyboard.";
	} }, "Copy");
	const put = () => {
		code.textContent = yaml(f, { reason: reason.value.trim(), expires: day(),
			approvedBy: by.value.trim(), ticket: ticket.value.trim() });
		said.textContent = "";
	};
	for (const input of [reason, expires, by, ticket]) input.addEventListener("input", put);
	put();
	return h("div.exception",
		WARNING[f.cause] ? h("p.notice.bad", WARNING[f.cause]) : h("p.small.dim", "For a clear infrastructure requirement, such as RDMA. It matches this workload alone, for this cause, and ends by itself."),
		h("div.fields", reasonField, expiresField, byField, ticketField),
		h("pre", { tabindex: "0", "aria-label": "The rule, in YAML" }, code),
		h("p.small", button, " ", said),
		h("p.small.dim", `Add it to the list in the file of --exceptions, indented as the items there, on ${f.node ? plain(f.node, 60) : "the node"}; the agent reads the file again by itself.`));
}
