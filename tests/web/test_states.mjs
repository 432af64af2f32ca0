// SPDX-License-Identifier: Apache-2.0
// What the page says when there is nothing, when not all is seen, and when nobody answers.
import assert from "node:assert/strict";
import { live, settled } from "./browser.mjs";
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
    assert.equal(await page.locator(".card", { hasText: "Exceptions" }).count(), 0);
  },

  "rules that cannot be read any more are on the agent\u2019s page": async ({ mock, open }) => {
    const state = data.empty(Date.now());
    state.status.exceptions = { rules: 3, ok: false, error: "rules.yaml:2: reason: is missing", readAt: data.iso(Date.now() - 3600000) };
    const page = await open((await mock(state)).url + "#/agent");
    await page.locator(".card.wrong", { hasText: "Exceptions" }).getByText("The file cannot be read: the rules that were read before hold on. rules.yaml:2").waitFor();
  },

  "a script of the page that does not come is said in words": async ({ mock, open }) => {
    for (const [file, how] of [["app.js", 404], ["rows.js", 503], ["text.js", 0], ["lanes.js", "cut"]]) {
      const m = await mock(data.empty(Date.now()), (one) => one.refused.set(file, how));
      const page = await open(m.url, { allow: [...NET, /MIME type/] });
      await heading(page, "This page does not run");
      await page.getByText("One of its script files did not come whole").waitFor();
      assert.doesNotMatch(await page.locator("body").innerText(), /connecting|Reading|Passed/, file);
      m.refused.clear();
      await page.reload();
      await heading(page, "Passed");
      assert.equal(await page.locator("#unread").count(), 0);
    }
  },

  "a style that does not come is said in words, and the page runs": async ({ mock, open }) => {
    for (const how of [404, 503, 0, "cut"]) {
      const m = await mock(data.empty(Date.now()), (one) => one.refused.set("style.css", how));
      const page = await open(m.url, { allow: [...NET, /MIME type/] });
      await heading(page, "Passed");
      await page.getByRole("alert").filter({ hasText: "style did not come whole" }).waitFor();
      m.refused.clear();
      await page.reload();
      await heading(page, "Passed");
      assert.equal(await page.locator("#unstyled").isVisible(), false);
    }
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
    // No header can carry it.
    await page.getByLabel("Bearer token").fill("Zugang\u20ac-schl\u00fcssel");
    await page.keyboard.press("Enter");
    await page.getByText("This is no token").waitFor();
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
    // Nothing that was read stays, nothing is asked, and there is a way back.
    const asked = m.requests.length;
    for (let i = 0; i < 3; i++) await page.keyboard.press("Escape");
    await heading(page, "A token is needed");
    assert.equal(await page.locator("#connection-text").innerText(), "token needed");
    assert.doesNotMatch(await page.locator("body").innerText(), /Passed|worker-3/);
    await page.waitForTimeout(1200); // no sign tells of what does not happen
    assert.equal(m.streams.size, 0);
    assert.equal(m.requests.length, asked);
    await page.getByRole("button", { name: "Enter the token" }).click();
    await page.getByLabel("Bearer token").fill("s3cret-token");
    await page.keyboard.press("Enter");
    await heading(page, "Passed");
    await live(page);
    assert.equal(await page.locator("#banner").isVisible(), false);
  },

  "a tab that nobody sees holds no connection, and reads anew when it is seen": async ({ mock, open }) => {
    const m = await mock(data.empty(Date.now()));
    const page = await open(m.url);
    await live(page);
    await heading(page, "Passed");
    const see = (hidden) => page.evaluate((value) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
    await see(true);
    await new Promise((resolve) => [...m.streams][0].on("close", resolve));
    m.push({ type: "finding.opened" }, data.makeFinding(41, { now: Date.now(), kind: "Pod", name: "meanwhile", cause: "joined", ago: 1000 }));
    await see(false);
    await page.locator("td.main a", { hasText: "meanwhile" }).waitFor();
    await live(page);
    assert.equal(m.streams.size, 1);
  },

  "an answer that does not come is not waited for without end, and the page says why": async ({ mock, open }) => {
    const m = await mock(data.empty(Date.now()), (one) => one.broken.set("status", [0]));
    const page = await open(m.url);
    const said = await page.evaluate(async () => {
      const real = window.setTimeout;
      window.setTimeout = (what, ms) => real(what, ms / 100);
      const { get } = await import("./api.js");
      return get("status").catch((error) => `${error.status} ${error.message}`);
    });
    assert.match(said, /^0 no answer in 20 s: .*other tabs/);
  },

  "an answer that is overtaken by a later question\u2019s is dropped": async ({ mock, open }) => {
    const state = data.investigation(Date.now());
    state.events.unshift({ seq: 0, time: data.iso(Date.now() - 3 * 864e5), type: "agent.gap", text: "long ago" });
    const m = await mock(state);
    const page = await open(m.url);
    const asked = async (n) => {
      while (m.held.length < n) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    // Both go out, the later one first; what the stream says after them is drawn after them. What holds then is looked at at once: the
    // next look would make it right.
    const overtake = async (path, see) => {
      await asked(2);
      const came = () => page.waitForResponse((response) => response.url().includes(`/api/v1/${path}`)).then((response) => response.finished());
      for (const one of m.held.splice(0).reverse()) await Promise.all([came(), one()]);
      m.holds = "";
      m.push({ type: "network.listening", finding: data.hex(1), text: `after ${path}` });
      await see();
    };
    await live(page);
    await heading(page, "Failed: 4 open findings");
    m.holds = "status";
    m.push({ type: "finding.updated" }, m.findings[0]);
    await asked(1);
    m.push({ type: "finding.opened" }, data.makeFinding(42, { now: Date.now(), kind: "Pod", name: "fifth", cause: "joined", ago: 1000 }));
    await overtake("status", () => page.locator("tbody td.main", { hasText: "after status" }).waitFor());
    assert.equal(await page.locator("h1").innerText(), "Failed: 5 open findings");

    await page.goto(`${m.url}#/finding/${data.hex(1)}`);
    await page.locator(".timeline .tl").nth(5).waitFor();
    m.holds = "findings/";
    const gap = (text) => m.push({ type: "agent.gap", since: data.iso(Date.now() - 60000), until: data.iso(Date.now() - 1000), text });
    gap("the first");
    await asked(1);
    gap("the second");
    await overtake("findings/", () => page.locator(".timeline", { hasText: "after findings/" }).waitFor());
    assert.match(await page.locator(".timeline").innerText(), /the second/);

    // A look at all that is new must not take away what was asked for of longer ago meanwhile.
    await page.goto(`${m.url}#/events?win=6h`);
    await page.locator("td.main", { hasText: "after findings/" }).waitFor();
    m.holds = "events";
    m.gap();
    await asked(1);
    await page.getByRole("button", { name: "7d" }).click();
    await overtake("events", () => page.locator("td.main", { hasText: "after events" }).waitFor());
    await page.locator("#q").fill("long ago");
    await page.locator("td.main", { hasText: "long ago" }).waitFor();
  },

  "a store that fails takes the events, not the findings": async ({ mock, open }) => {
    const m = await mock(data.investigation(Date.now()), (one) => one.broken.set("events", [503, "the store is corrupt: set aside"]));
    const page = await open(m.url, { allow: NET });
    await heading(page, "Failed: 4 open findings");
    await page.getByText("The events of this time cannot be read: the store is corrupt").waitFor();
    await page.getByText("The events cannot be read", { exact: true }).waitFor();
    // It is not asked again and again, and is when the connection is new.
    await page.goto(m.url + "#/events?from=0001-01-01T00:00:00Z");
    await page.locator("section[aria-labelledby=title] .notice", { hasText: "The events cannot be read" }).waitFor();
    const events = () => m.requests.filter((one) => one.startsWith("/api/v1/events"));
    // What is too much to do for the agent is asked once more.
    while (events().filter((one) => one.includes("since=1970")).length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    await settled(page);
    const asked = events().length;
    const news = page.waitForResponse(/status$/); // of after the event, long after the page was drawn
    m.push({ type: "agent.gap", text: "drawn anew" });
    await page.locator("td.main", { hasText: "drawn anew" }).waitFor();
    await news;
    assert.equal(events().length, asked);
    // A year that the agent does not take is not asked for.
    assert.ok(events().every((one) => new URL(one, m.url).searchParams.get("since") >= "1970"), events().join("\n"));
    m.broken.clear();
    m.streams.forEach((response) => response.destroy());
    await page.locator("td.main", { hasText: "drawn anew" }).waitFor();
  },
};
