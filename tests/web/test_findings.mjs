// SPDX-License-Identifier: Apache-2.0
// The list: verdict, table, filters, sorting, addresses.
import assert from "node:assert/strict";
import { live, rows } from "./browser.mjs";
import * as data from "./data.mjs";

const names = (page) => page.locator("table.rows").first().locator("tbody tr td.main a").allTextContents();
const shown = (page, n) => page.waitForFunction((want) => document.querySelectorAll("section[aria-labelledby=findings-title] tbody tr").length === want, n);

export default {
  "the verdict says how many and how bad": async ({ mock, open }) => {
    const page = await open((await mock(data.investigation(Date.now()))).url);
    await page.getByRole("heading", { level: 1, name: "Failed: 4 open findings" }).waitFor();
    assert.equal(await page.locator(".chips").innerText().then((text) => text.replace(/\s+/g, " ")), "critical 3 high 1");
    assert.match(await page.title(), /^\(4\) Findings . worker-3$/);
  },

  "open and worst come first, and a head sorts": async ({ mock, open }) => {
    const page = await open((await mock(data.investigation(Date.now()))).url);
    await shown(page, 8);
    assert.equal((await names(page))[0], "171560751715");
    assert.match((await names(page)).at(-1), /embed-nightly/);
    const head = page.locator("section[aria-labelledby=findings-title] thead th", { hasText: "Workload" });
    await head.getByRole("button").click();
    assert.equal(await head.getAttribute("aria-sort"), "descending");
    assert.equal((await names(page))[1], "agents/debug-agent");
    await head.getByRole("button").click();
    assert.equal(await head.getAttribute("aria-sort"), "ascending");
    assert.equal((await names(page)).at(-2), "agents/debug-agent");
    assert.match(page.url(), /sort=-name/);
  },

  "filters narrow the table and are in the address": async ({ mock, open }) => {
    const m = await mock(data.investigation(Date.now()));
    const page = await open(m.url);
    await shown(page, 8);
    await page.locator("#q").fill("ml vllm");
    await shown(page, 1);
    await page.locator("#q").fill("");
    await page.getByLabel("Cause").selectOption("joined");
    await shown(page, 2);
    await page.getByLabel("State").selectOption("open");
    await shown(page, 1);
    assert.deepEqual(await names(page), ["research/notebook-7f2c"]);
    await page.waitForURL(/cause=joined/);
    const again = await open(page.url());
    await shown(again, 1);
    assert.equal(await again.getByLabel("Cause").inputValue(), "joined");
    await again.locator("#q").fill("nothing has this");
    await again.getByText("No finding matches").waitFor();
    await again.getByRole("button", { name: "Clear the filter" }).click();
    await shown(again, 8);
  },

  "a permalink opens its finding, back returns to the filtered list and its row": async ({ mock, open }) => {
    const m = await mock(data.investigation(Date.now()));
    const page = await open(m.url + "#/?q=jupyter");
    await page.locator("td.main a", { hasText: "notebook-7f2c" }).click();
    await page.getByRole("heading", { level: 1, name: "Pod research/notebook-7f2c" }).waitFor();
    assert.match(page.url(), new RegExp(`#/finding/${data.hex(2)}$`));
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1");
    await page.goBack();
    await shown(page, 1);
    assert.match(page.url(), /q=jupyter/);
    await page.waitForFunction(() => document.activeElement.textContent.includes("notebook-7f2c"));
    const direct = await open(`${m.url}#/finding/${data.hex(2)}`);
    await direct.getByRole("heading", { level: 1, name: "Pod research/notebook-7f2c" }).waitFor();
    await direct.goto(`${m.url}#/finding/00000000`);
    await direct.getByText("There is no such finding").waitFor();
    direct.sins.list = direct.sins.list.filter((sin) => !sin.includes("404"));
  },

  "a finding appears, changes and resolves without a reload": async ({ mock, open }) => {
    const now = Date.now();
    const m = await mock(data.empty(now));
    const page = await open(m.url);
    await live(page);
    await page.getByRole("heading", { level: 1, name: "Passed" }).waitFor();
    const f = data.makeFinding(40, { now, kind: "Pod", name: "late", cause: "", severity: "high", ago: 1000 });
    m.push({ type: "finding.opened", changed: ["state"] }, f);
    await page.locator("td.main a", { hasText: "late" }).waitFor();
    await page.getByRole("heading", { level: 1, name: "Failed: 1 open finding" }).waitFor();
    await page.locator("#news", { hasText: "Finding opened: high, Pod ml/late" }).waitFor();
    m.push({ type: "finding.updated", changed: ["cause"] }, { ...f, cause: "joined", severity: "critical" });
    await page.locator("tbody tr", { hasText: "late" }).locator(".severity.critical").first().waitFor();
    m.push({ type: "finding.resolved", changed: ["state"] }, { ...f, cause: "joined", severity: "critical", state: "resolved", resolvedAt: data.iso(Date.now()) });
    await page.getByRole("heading", { level: 1, name: "Passed" }).waitFor();
    await rows(page);
  },

  "news leaves the other rows, lanes and cards the very elements that they were": async ({ mock, open }) => {
    const m = await mock(data.investigation(Date.now()));
    const page = await open(m.url);
    await shown(page, 8);
    await page.locator(".lane-labels li", { hasText: "notebook-7f2c" }).waitFor();
    await page.locator(".plot .mark").first().waitFor();
    const row = (name) => page.locator("section[aria-labelledby=findings-title] tbody tr", { hasText: name });
    const kept = [row("rag-gateway"), row("notebook-7f2c"), page.locator(".lane-labels li", { hasText: "notebook-7f2c" }),
      page.locator(".plot svg > g", { has: page.locator("title", { hasText: "notebook-7f2c" }) }).first()];
    for (const one of kept) await one.evaluate((node) => (node.of_before = true));
    const same = async (what) => assert.deepEqual(await Promise.all(kept.map((one) => one.evaluate((node) => node.of_before === true))), kept.map(() => true), what);
    const focused = () => page.evaluate(() => document.activeElement.textContent);
    await row("notebook-7f2c").locator("a").focus();
    await row("rag-gateway").evaluate((node) => getSelection().selectAllChildren(node.querySelector("td.main")));
    // One that changes, one that is new, and a new look at all.
    const f = m.findings.find((one) => one.id === data.hex(2));
    m.push({ type: "finding.updated", changed: ["network"] }, { ...f, network: { ...f.network, listening: [...f.network.listening, { protocol: "tcp", address: "0.0.0.0", port: 31337 }] } });
    await row("notebook-7f2c").locator(".port", { hasText: "31337" }).first().waitFor({ state: "attached" }); // in the line below the name where the column is shown
    m.push({ type: "finding.opened", changed: ["state"] }, data.makeFinding(40, { now: Date.now(), kind: "Pod", name: "late", cause: "joined", ago: 1000 }));
    await page.locator(".lane-labels li", { hasText: "late" }).waitFor();
    await same("after news");
    const looks = () => m.requests.filter((one) => one.startsWith("/api/v1/findings")).length;
    const before = looks();
    m.findings.push(data.makeFinding(41, { now: Date.now(), kind: "Pod", name: "missed", cause: "joined", ago: 1000 }));
    m.gap();
    await row("missed").waitFor();
    assert.ok(looks() > before);
    await same("after a new look");
    assert.match(await focused(), /notebook-7f2c/);
    assert.match(await page.evaluate(() => String(getSelection())), /rag-gateway/);
    await page.goto(`${m.url}#/agent`);
    const card = (name) => page.getByRole("region", { name, exact: true });
    await card("Kubelet").evaluate((node) => (node.of_before = true));
    m.statusMore = { sweeps: { done: 90210, failed: 0 } };
    m.push({ type: "finding.updated", changed: ["lastSeen"] }, f);
    await card("Sweeps").getByText("90,210").waitFor();
    assert.equal(await card("Kubelet").evaluate((node) => node.of_before), true);
  },

  "a new finding is marked for a moment, without motion too": async ({ mock, open }) => {
    for (const reducedMotion of ["no-preference", "reduce"]) {
      const m = await mock(data.investigation(Date.now()));
      const page = await open(m.url, { reducedMotion });
      await live(page);
      await shown(page, 8);
      const f = data.makeFinding(40, { now: Date.now(), kind: "Pod", name: "late", cause: "joined", ago: 1000 });
      m.push({ type: "finding.opened", changed: ["state"] }, f);
      const row = page.locator("section[aria-labelledby=findings-title] tr[data-new]");
      await row.waitFor();
      assert.match(await row.innerText(), /late/);
      const { motion, colour } = await row.evaluate((node) => ({ motion: parseFloat(getComputedStyle(node).animationDuration), colour: getComputedStyle(node).backgroundColor }));
      if (reducedMotion === "reduce") assert.ok(motion < 0.1 && colour !== "rgba(0, 0, 0, 0)", `${motion} s, ${colour}`);
      else assert.ok(motion > 1, `${motion} s`);
      // What follows at once does not take the mark away; the end of the moment does.
      m.push({ type: "finding.updated", changed: ["severity"] }, { ...f, severity: "medium" });
      await row.locator(".severity.medium").waitFor();
      await page.locator("#news", { hasText: "Finding opened" }).waitFor();
      await row.waitFor({ state: "detached" });
      await shown(page, 9);
    }
  },

  "the inventory has what is no AI too": async ({ mock, open }) => {
    const page = await open((await mock(data.investigation(Date.now()))).url + "#/sharing");
    await page.getByText("12 containers").waitFor();
    await page.locator("#q").fill("kube-proxy");
    await page.getByText("1 container", { exact: true }).waitFor();
    await page.locator("#q").fill("");
    await page.getByLabel("Verdict").selectOption("ai");
    await page.getByText("5 containers").waitFor();
  },

  "events are filtered by type and word": async ({ mock, open }) => {
    const page = await open((await mock(data.investigation(Date.now()))).url + "#/events?win=24h");
    await page.getByLabel("Type").selectOption("attempt.refused");
    await page.getByText("2 events").waitFor();
    await page.locator("#q").fill("9121");
    await page.getByText("1 event", { exact: true }).waitFor();
  },
};
