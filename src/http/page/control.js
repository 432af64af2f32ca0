// SPDX-License-Identifier: Apache-2.0
// What the control says, in words. Never more than is known: what is incomplete has not passed.
import { plain, clock, count } from "./text.js";
import { SEVERITIES } from "./words.js";

const textOf = (value) => (typeof value === "object" && value !== null ? value.message || value.reason || value.state || "" : value ?? "");

// The kubelet's state: "ok", or what is wrong with it.
export function kubeletOf(status) {
	const kubelet = status?.kubelet ?? status?.coverage?.kubelet;
	if (kubelet === undefined || kubelet === null) return { ok: true, text: "" };
	const state = typeof kubelet === "object" ? kubelet.state ?? (kubelet.ok === false ? "unreachable" : "ok") : kubelet;
	return { ok: ["ok"].includes(String(state)), text: plain(textOf(kubelet.error || kubelet) || state, 200) };
}

// {kind: loading | unknown | failed | passed | incomplete, title, lines, bySeverity}
export function controlOf(store) {
	const { status, connection, errors, lastHeard } = store;
	if (!status) {
		if (connection.name === "unauthorized") return { kind: "unknown", title: "A token is needed", lines: ["The agent says nothing without it."], bySeverity: {} };
		const error = errors.status || (connection.name === "reconnecting" ? connection.error : null);
		if (!error) return { kind: "loading", title: "Asking the agent\u2026", lines: [], bySeverity: {} };
		return { kind: "unknown", title: "Not known: the agent does not answer", lines: [plain(error.message, 200), "An agent that is down watches nothing. On the node: is hostnetd running, and is this its address?"], bySeverity: {} };
	}
	const control = status.control || {};
	const bySeverity = control.bySeverity || {};
	const open = Number(control.open ?? SEVERITIES.reduce((sum, key) => sum + (bySeverity[key] || 0), 0));
	const reasons = [...(status.incomplete || control.incomplete || [])].slice(0, 6).map((one) => plain(one, 240));
	const kubelet = kubeletOf(status);
	if (!kubelet.ok && !reasons.some((one) => /kubelet/i.test(one))) reasons.unshift(`kubelet: ${kubelet.text}`);
	const complete = (status.complete ?? control.complete ?? true) && !reasons.length;
	const lines = [];
	if (connection.name === "reconnecting") lines.push(`As of ${clock(lastHeard)} UTC: the agent does not answer now.`);
	const incomplete = complete ? [] : [`The look is incomplete${reasons.length ? ": " + reasons.join("; ") : ", and the agent gave no reason"}.`];
	if (open > 0 && !control.passed) {
		const worst = SEVERITIES.find((key) => bySeverity[key]);
		return { kind: "failed", worst, title: `Failed: ${count(open, "open finding")}`, lines: [...lines, ...incomplete], bySeverity, excepted: control.excepted };
	}
	if (control.passed && complete) {
		const likely = open ? [`${count(open, "likely one is", "likely ones are")} open; likely ones do not fail the control.`] : [];
		return { kind: "passed", title: "Passed", lines: [...lines, ...(likely.length ? likely : ["No AI workload shares this node\u2019s host network."])], bySeverity, excepted: control.excepted };
	}
	return { kind: "incomplete", title: "Not proven: the look is incomplete", lines: [...lines, ...incomplete, "Nothing was found in what could be seen. That is no pass."], bySeverity, excepted: control.excepted };
}
