// SPDX-License-Identifier: Apache-2.0
// The swimlanes: bars, marks, gaps, and the span that pointer and keys choose.
import assert from "node:assert/strict";
import { settled } from "./browser.mjs";
import * as data from "./data.mjs";

const titles = (page, selector) => page.locator(`.plot ${selector} > title`).evaluateAll((all) => all.map((one) => one.textContent));
const findings = (page) => page.locator("section[aria-labelledby=findings-title] tbody tr").count();

async function start({ mock, open }, options) {
  const page = await open((await mock(data.investigation(Date.now()))).url, options);
  await page.locator(".plot .mark").first().waitFor();
  await settled(page);
  return page;
}

export default {
  "bars, marks, restarts and gaps are there": async (tools) => {
    const page = await start(tools);
    const bars = await titles(page, "svg > g");
    assert.ok(bars.some((one) => /notebook-7f2c jupyter, joined: from .* on$/.test(one)), bars.join("\n"));
    assert.ok(bars.some((one) => /debug-agent debugger, joined: from .* to /.test(one)));
    assert.ok(bars.some((one) => /kube-proxy|cilium|node-exporter/.test(one) && /from before/.test(one)));
    const marks = (await titles(page, ".mark")).join("\n");
    for (const word of ["Opened a port tcp 0.0.0.0:8000", "Contacted a metadata service", "Contacted the cluster", "Attempt to enter was refused and 1 more"]) assert.match(marks, new RegExp(word.replace(/\./g, "\\.")));
    const gaps = (await titles(page, ".gap")).join("\n");
    assert.match(gaps, /agent not running[\s\S]*not watched for 140 s[\s\S]*12 events lost/);
    assert.equal((await titles(page, ".restart")).length, 1);
    // A stay over a gap is drawn in pieces.
    assert.ok(await page.locator(".plot .unseen").count() >= 4);
    const pieces = await page.locator(".plot svg > g", { has: page.locator("title", { hasText: "vllm-1 server" }) }).locator("rect.bar").count();
    assert.ok(pieces >= 3, `${pieces} pieces`);
  },

  "an agent without a store that has just begun has no record of before": async ({ mock, open }) => {
    const now = Date.now();
    const state = data.empty(now);
    state.status.startedAt = data.iso(now - 30 * 60000);
    state.findings = [data.makeFinding(1, { now, name: "vllm", ago: 29.9 * 60000 })];
    state.events = [{ seq: 1, time: data.iso(now - 29.9 * 60000), type: "finding.opened", finding: data.hex(1) }, { seq: 2, time: data.iso(now - 29.8 * 60000), type: "agent.started" }];
    const page = await open((await mock(state)).url);
    await page.locator(".plot .gap").first().waitFor({ state: "attached" });
    await settled(page);
    assert.match((await titles(page, ".gap")).join("\n"), /^Not watched from .*: no record$/);
    assert.equal((await titles(page, ".restart")).length, 1);
  },

  "the same is told as a table": async (tools) => {
    const page = await start(tools);
    await page.getByText("The picture as a table").click();
    const row = page.locator(".told tr", { hasText: "ml/vllm-1 server" });
    assert.match((await row.innerText()).replace(/\s+/g, " "), /declared .* still in 2 1 1/);
    assert.match(await page.locator(".told p").innerText(), /Not watched: .*agent not running/);
  },

  "a container that has no name when it joins is the one that leaves under its name": async ({ mock, open }) => {
    const now = Date.now();
    const state = data.empty(now);
    const made = data.makeFinding(1, { now, kind: "DaemonSet", name: "nginx", namespace: "infra", pod: "nginx-1", product: "", verdict: "not-ai", state: "gone", ago: 600000, resolvedAgo: 300000 });
    const [{ id }] = made.containers;
    const { uid } = made.pod;
    state.others = [{ ...made, title: "Workload DaemonSet infra/nginx shares the host network by hostNetwork: true" }];
    const about = { finding: made.id, pod: { namespace: "infra", name: "nginx-1", uid }, container: "server", cause: "declared" };
    state.events.push({ seq: 2, time: data.iso(now - 600000), type: "container.joined", finding: made.id, pod: { uid }, container: id },
      { seq: 3, time: data.iso(now - 500000), type: "network.listening", ...about, endpoint: { protocol: "tcp", address: "0.0.0.0", port: 80 } },
      { seq: 4, time: data.iso(now - 300000), type: "container.left", ...about, containerID: id });
    const page = await open((await mock(state)).url);
    await page.locator(".plot .mark").first().waitFor();
    await page.getByText("The picture as a table").click();
    const told = page.locator(".told tbody tr");
    assert.equal(await told.count(), 1);
    assert.match((await told.innerText()).replace(/\s+/g, " ").trim(), /^infra\/nginx-1 server declared (\d+ \w+ [\d:]{8} ){2}1$/);
    // It is no finding, and has a story.
    await page.locator(".lane-labels a").click();
    await page.getByText("Workload DaemonSet infra/nginx shares the host network").waitFor();
    assert.match(await page.locator(".finding-head").innerText(), /^no finding[\s\S]+gone[\s\S]+It lasted 5 min/);
    assert.equal(await page.locator(".remedy, .exception").count(), 0);
    await page.locator(".timeline .tl", { hasText: "Container left" }).waitFor();
  },

  "a span by pointer filters table and events": async (tools) => {
    const page = await start(tools);
    const box = await page.locator(".plot").boundingBox();
    const before = await findings(page);
    const x = (ago) => box.x + box.width * (1 - ago / 6);
    await page.mouse.move(x(5.7), box.y + 60);
    await page.mouse.down();
    await page.mouse.move(x(5.4), box.y + 60, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/from=.*to=/);
    await page.waitForFunction((n) => document.querySelectorAll("section[aria-labelledby=findings-title] tbody tr").length < n, before);
    assert.deepEqual(await page.locator("section[aria-labelledby=findings-title] td.main a").allTextContents(), ["train-a/llm-pretrain"]);
    await page.getByText("Nothing happened in this span").waitFor();
    await page.shot("brushed");
    await page.keyboard.press("Escape");
    await page.waitForFunction((n) => document.querySelectorAll("section[aria-labelledby=findings-title] tbody tr").length === n, before);
    assert.doesNotMatch(page.url(), /from=/);
  },

  "a click on a bar opens its finding, a click beside it nothing": async (tools) => {
    const page = await start(tools);
    const box = await page.locator(".plot").boundingBox();
    const label = await page.locator(".lane-labels li", { hasText: "notebook-7f2c" }).boundingBox();
    const y = label.y + label.height / 2;
    await page.mouse.click(box.x + box.width * (1 - 4 / 6), y);
    await page.mouse.click(box.x + box.width * (1 - 0.2 / 6), box.y + box.height - 5);
    assert.doesNotMatch(page.url(), /finding\//);
    await page.mouse.click(box.x + box.width * (1 - 0.2 / 6), y);
    await page.getByRole("heading", { level: 1, name: "Pod research/notebook-7f2c" }).waitFor();
  },

  "a span by keys": async (tools) => {
    const page = await start(tools);
    const end = page.getByRole("slider", { name: "end of the span" });
    await end.focus();
    const before = await end.getAttribute("aria-valuetext");
    for (let i = 0; i < 9; i++) await page.keyboard.press("PageDown");
    assert.notEqual(await end.getAttribute("aria-valuetext"), before);
    await page.waitForURL(/to=/);
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "end of the span");
    assert.deepEqual(await page.locator("section[aria-labelledby=findings-title] td.main a").allTextContents(), ["train-a/llm-pretrain"]);
    await page.keyboard.press("Home");
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !location.hash.includes("from="));
  },

  "an agent that has just begun shows the minutes that there are": async ({ mock, open }) => {
    const now = Date.now();
    const state = data.empty(now);
    state.status.startedAt = data.iso(now - 60000);
    state.events = [{ seq: 1, time: data.iso(now - 60000), type: "agent.started" }];
    const m = await mock(state);
    const page = await open(m.url);
    await page.locator('button[data-window="15m"][aria-pressed=true]').waitFor();
    await page.getByRole("button", { name: "6h" }).click();
    await page.locator('button[data-window="6h"][aria-pressed=true]').waitFor();
    assert.match(page.url(), /win=6h/);
    // A history that is longer than the agent's life is shown as long as usual.
    m.events.unshift({ seq: 0, time: data.iso(now - 5 * 3600000), type: "agent.started" });
    await page.goto(m.url + "#/agent");
    await page.goto(m.url + "#/");
    await page.reload();
    await page.locator('button[data-window="6h"][aria-pressed=true]').waitFor();
  },

  "15m, 1h, 6h, 24h, 7d": async (tools) => {
    const page = await start(tools);
    for (const name of ["15m", "1h", "24h", "7d", "6h"]) {
      await page.getByRole("group", { name: "Length of the picture" }).getByRole("button", { name }).click();
      await page.locator(`button[data-window="${name}"][aria-pressed=true]`).waitFor();
      await page.locator(".plot .bar").first().waitFor();
    }
  },
};
