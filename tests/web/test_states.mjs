// SPDX-License-Identifier: Apache-2.0
// What the page says when there is nothing, when not all is seen, and when nobody answers.
import assert from "node:assert/strict";
import { live } from "./browser.mjs";
import * as data from "./data.mjs";

const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();
const NET = [/Failed to load resource/, /ERR_/];

export default {
  "nothing found is a pass, and says why the list is empty": async ({ mock, open }) => {
    const page = await open((await mock(data.empty(Date.now()))).url);
    await heading(page, "Passed");
    await page.getByText("No AI workload has been seen in this node\u2019s host network").waitFor();
    await page.shot("empty");
  },

  "an agent without a store says what is not known": async ({ mock, open }) => {
    const state = data.empty(Date.now());
    delete state.status.store;
    const page = await open((await mock(state)).url);
    await page.getByText("host network since the agent started").waitFor();
    await page.goto(page.url() + "#/agent");
    await page.locator(".card", { hasText: "What happened before the agent started is not known" }).waitFor();
    assert.equal(await page.locator(".card", { hasText: "Hooks" }).locator("h2 .sign").innerText(), "1 off");
    await page.shot("no-store");
  },

  "a kubelet that does not answer is no pass": async ({ mock, open }) => {
    const page = await open((await mock(data.incomplete(Date.now()))).url);
    await heading(page, "Not proven: the look is incomplete");
    await page.getByText("403: grant get on nodes/proxy").waitFor();
    await page.getByText("That is no pass").waitFor();
    await page.shot("incomplete");
    await page.goto(page.url() + "#/agent");
    await page.locator(".card.wrong", { hasText: "Kubelet" }).waitFor();
  },

  "passed, but incomplete, is not shown as passed": async ({ mock, open }) => {
    const state = data.empty(Date.now());
    state.status.complete = false;
    const page = await open((await mock(state)).url);
    await heading(page, "Not proven: the look is incomplete");
  },

  "an agent that never answered": async ({ mock, open }) => {
    const m = await mock(data.empty(Date.now()), (one) => one.broken.set("", [503, "starting"]));
    const page = await open(m.url, { allow: NET });
    await heading(page, "Not known: the agent does not answer");
    await page.getByText("Nothing has been read yet").waitFor();
    await page.shot("unreachable");
    m.broken.clear();
    await page.getByRole("button", { name: "Try now" }).click();
    await heading(page, "Passed");
  },

  "an agent that goes away and comes back": async ({ mock, open }) => {
    const m = await mock(data.investigation(Date.now()));
    const page = await open(m.url, { allow: NET });
    await live(page);
    await heading(page, "Failed: 4 open findings");
    m.push({ type: "container.joined", pod: { namespace: "a", name: "b", uid: "c" }, container: "d" });
    const last = m.events.at(-1).seq;
    await page.locator("td", { hasText: "a/b" }).first().waitFor();
    await m.stop();
    await page.locator("#connection-text", { hasText: /^stale since \d\d:\d\d:\d\d UTC$/ }).waitFor();
    await page.locator("#banner-text", { hasText: /What you see is from .* ago/ }).waitFor();
    await page.getByText(/As of .*: the agent does not answer now/).waitFor();
    await page.shot("stale");
    await m.restart();
    await live(page);
    assert.equal(m.lastEventId, String(last));
    assert.equal(await page.locator("#banner").isVisible(), false);
  },

  "an agent without a store that starts again counts its events from one": async ({ mock, open }) => {
    const m = await mock(data.empty(Date.now()));
    const page = await open(m.url + "#/events", { allow: NET });
    await live(page);
    m.push({ type: "agent.gap", text: "of the first life" });
    await page.locator("td.main", { hasText: "of the first life" }).waitFor();
    await m.stop();
    m.events = [1, 2, 3, 4].map((seq) => ({ seq, time: data.iso(Date.now() + seq), type: seq === 1 ? "agent.started" : "agent.gap", text: `of the second life ${seq}` }));
    await m.restart();
    await page.locator("td.main", { hasText: "of the second life 4" }).waitFor();
    await page.locator("td.main", { hasText: "of the second life 3" }).waitFor();
    assert.equal(await page.getByText("of the first life").count(), 0);
    m.push({ type: "agent.lost", count: 3, text: "and live" });
    await page.locator("td.main", { hasText: "and live" }).waitFor();
  },

  "events that the agent dropped are made up for by a new look": async ({ mock, open }) => {
    const m = await mock(data.empty(Date.now()));
    const page = await open(m.url);
    await live(page);
    await heading(page, "Passed");
    m.findings.push(data.makeFinding(41, { now: Date.now(), kind: "Pod", name: "missed", cause: "joined", ago: 1000 }));
    m.status = data.statusOf(m.findings, Date.now());
    m.gap();
    await page.locator("td.main a", { hasText: "missed" }).waitFor();
    await heading(page, "Failed: 1 open finding");
  },

  "a token is asked for, kept for the tab, and in no address": async ({ mock, open }) => {
    const m = await mock(data.empty(Date.now()), (one) => (one.token = "s3cret-token"));
    const page = await open(m.url, { allow: NET });
    await page.getByRole("dialog", { name: "This agent asks for a token" }).waitFor();
    await page.shot("token");
    await page.getByLabel("Bearer token").fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByText("The agent refused this token").waitFor();
    await page.getByLabel("Bearer token").fill("s3cret-token");
    await page.keyboard.press("Enter");
    await heading(page, "Passed");
    await page.reload();
    await heading(page, "Passed");
    assert.ok(m.requests.every((one) => !one.includes("s3cret")));
    assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);
    await page.getByRole("button", { name: "Forget token" }).click();
    await page.getByRole("dialog", { name: "This agent asks for a token" }).waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  },

  "a store that fails takes the events, not the findings": async ({ mock, open }) => {
    const m = await mock(data.investigation(Date.now()), (one) => one.broken.set("events", [503, "the store is corrupt: set aside"]));
    const page = await open(m.url, { allow: NET });
    await heading(page, "Failed: 4 open findings");
    await page.getByText("The events of this time cannot be read: the store is corrupt").waitFor();
    await page.getByText("The events cannot be read", { exact: true }).waitFor();
  },
};
